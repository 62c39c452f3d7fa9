"""What a process may see of this machine, and whether it is told as it is: with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from readiness.core.files import Role
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.models.own_modules import served_modules
from readiness.evidence.workers import isolation
from readiness.evidence.workers.isolation import Cell, Start, isolate, search_environment
from readiness.evidence.workers.model import start_model
from readiness.evidence.workers.process import ProcessWorker
from readiness.spec.load import load_spec
from tests.evidence.workers.apart import worker_of_code

pytestmark = pytest.mark.slow

IN_SANDBOX = Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False)
SANDBOX = pytest.mark.skipif(
    isolate(Cell(())).isolation != IN_SANDBOX,
    reason="bubblewrap is not installed, or may not make namespaces here",
)
ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may start a process of another user"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A spec's folder that anybody may look into, with a table and a model."""
    place = tmp_path / "project"
    place.mkdir()
    (place / "test.csv").write_text("y\n1\n")
    (place / "model.txt").write_text("model")
    opened = [place, *(each for each in place.parents if "pytest" in str(each))]
    modes = {each: each.stat().st_mode for each in opened}
    for each in opened:
        each.chmod(0o755)
    yield place
    for each, mode in modes.items():
        each.chmod(mode)


def cell(folder: Path, *visible: str) -> Cell:
    names = visible or ("model.txt",)
    return Cell(tuple(folder / name for name in names), (folder / "test.csv",), folder)


def said(start: Start, code: str, folder: Path) -> list[str]:
    """What a program prints that is started so."""
    done = subprocess.run(
        [*start.prefix, sys.executable, "-P", "-c", code],
        capture_output=True, text=True, check=False, timeout=60,
        cwd=None if start.prefix else folder, env=search_environment(os.environ), **start.options(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


SYSTEM_PYTHON = "/usr/bin/python3"
BY_SYSTEM = pytest.mark.skipif(not Path(SYSTEM_PYTHON).exists(), reason="the system has no interpreter of its own")


@pytest.fixture
def system_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interpreter that any user may start; this one may lie in somebody's home. It has no packages."""
    monkeypatch.setattr(isolation.sys, "executable", SYSTEM_PYTHON)
    packages = '("numpy", "pandas", "readiness")'
    assert packages in isolation._TRIAL
    monkeypatch.setattr(isolation, "_TRIAL", isolation._TRIAL.replace(packages, "()"))


@pytest.fixture
def no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_bubblewrap", lambda: None)


# ----------------------------------------------------------------------------------------------------
# The sandbox


@SANDBOX
def test_the_sandbox_holds_what_is_needed_and_nothing_else(folder: Path) -> None:
    """Of the folder the model alone; of the processes its own; it can write into its own temporary folder only."""
    start = isolate(cell(folder))
    assert IN_SANDBOX == start.isolation
    marker = Path("/tmp") / f"left-by-{os.getpid()}"
    code = f"""
import os, pathlib, sys, tempfile
print(sorted(os.listdir({str(folder)!r})), os.getcwd() == {str(folder)!r})
print(sorted(name for name in os.listdir("/proc") if name.isdigit())[:1], os.getppid() <= 2)
pathlib.Path({str(marker)!r}).write_text("mine"); print(os.path.exists({str(marker)!r}))
import numpy, readiness
kept = []
for place in ({str(folder / "model.txt")!r}, numpy.__file__, readiness.__file__, sys.executable, "/etc/passwd",
              "/usr/new", "/new", os.path.expanduser("~/new")):
    try:
        open(place, "a").close()
        kept.append(place)
    except OSError:
        pass
print(kept)
pathlib.Path({str(folder / "new")!r}).write_text("in a folder of its own")
print([name for name in ("/etc/shadow", "/etc/passwd", "/root/.ssh", "/home", "/var", "/mnt", "/run", "/srv")
       if os.path.exists(name)])
import socket
print(socket.if_nameindex())
"""
    lines = said(start, code, folder)
    assert "['model.txt'] True" == lines[0]
    assert "['1'] True" == lines[1]
    assert ["True", "[]", "[]"] == lines[2:5]
    assert "[(1, 'lo')]" == lines[5]
    assert not marker.exists()
    assert not (folder / "new").exists()


@SANDBOX
def test_a_package_with_its_data_and_a_model_that_is_a_folder(folder: Path) -> None:
    """Folders are shown with all that is in them."""
    (folder / "shop" / "deep").mkdir(parents=True)
    (folder / "shop" / "deep" / "words.txt").write_text("words")
    start = isolate(cell(folder, "shop"))
    code = (
        f"import os; print(open({str(folder / 'shop' / 'deep' / 'words.txt')!r}).read(), os.listdir({str(folder)!r}))"
    )
    assert ["words ['shop']"] == said(start, code, folder)


@SANDBOX
def test_a_project_where_packages_are_looked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when the folder, or the one above it, is on the search path, no table of it is shown."""
    (folder / "shop.py").write_text("")
    (folder.parent / "other.py").write_text("FOUND = True")
    for place in (folder, folder.parent):
        monkeypatch.syspath_prepend(str(place))
    start = isolate(cell(folder))
    assert IN_SANDBOX == start.isolation
    code = f"import os, sys; print(os.listdir({str(folder)!r}), os.listdir({str(folder.parent)!r}))"
    shown, above = said(start, code, folder)[0].split("] [")
    assert "['model.txt'" == shown
    assert {"other.py", "project"} == {name.strip("[]' ") for name in above.split(",")}


@SANDBOX
def test_names_with_blanks_quotes_and_dashes(tmp_path: Path) -> None:
    """Nothing of a path is taken for an option, or for two."""
    folder = tmp_path / "--ro-bind it's\n ä"
    folder.mkdir()
    for name in ("test.csv", "-model $(x).txt"):
        (folder / name).write_text("content")
    start = isolate(cell(folder, "-model $(x).txt"))
    assert IN_SANDBOX == start.isolation
    assert ["['-model $(x).txt']"] == said(start, "import os; print(os.listdir('.'))", folder)


@SANDBOX
def test_a_folder_below_places_of_the_system_is_covered() -> None:
    """A project below /usr or /opt lies in what is shown, and is hidden there all the same."""
    places = isolation._masked(
        [Path("/usr"), Path("/opt")], Cell((), (Path("/opt/data/test.csv"),), Path("/usr/src/p"))
    )
    assert [Path("/opt/data"), Path("/usr/src/p")] == places
    nested = Cell((), (Path("/opt/p/data/test.csv"),), Path("/opt/p"))
    assert [Path("/opt/p")] == isolation._masked([Path("/opt")], nested)
    assert [] == isolation._masked([Path("/usr")], Cell((), (Path("/home/a/test.csv"),), Path("/home/a")))


def test_a_trial_that_sees_too_much_or_too_little_is_no_sandbox(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What hides nothing, and what hides the model, is not called one."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr(isolation, "_bubblewrap", lambda: "/usr/bin/env")
    monkeypatch.setattr(isolation, "_bubblewrap_arguments", lambda *_: ["/usr/bin/env"])
    assert Isolation(IsolationForm.PROCESS, network=True, labels=True) == isolate(cell(folder)).isolation
    hidden_only = Cell((folder / "absent",), (), folder)
    assert IsolationForm.PROCESS is isolate(hidden_only).isolation.form
    monkeypatch.setattr(isolation, "_bubblewrap_arguments", lambda *_: ["/bin/false"])
    assert IsolationForm.PROCESS is isolate(Cell((), (), folder)).isolation.form
    monkeypatch.setattr(isolation, "_bubblewrap_arguments", lambda *_: [str(folder / "no-such-program")])
    assert IsolationForm.PROCESS is isolate(Cell((), (), folder)).isolation.form


# ----------------------------------------------------------------------------------------------------
# Another user, and a process of its own


@ROOT
@BY_SYSTEM
def test_another_user_cannot_read_a_private_table(folder: Path, no_bubblewrap: None, system_python: None) -> None:
    """It is neither root nor in any group of root's, and writes nowhere in the folder."""
    (folder / "test.csv").chmod(0o600)
    start = isolate(cell(folder))
    assert Isolation(IsolationForm.USER, network=True, labels=False) == start.isolation
    assert start.user is not None
    code = f"""
import os
print(os.geteuid(), os.getegid(), os.getgroups())
for place in ({str(folder / "test.csv")!r}, "/proc/{os.getpid()}/mem", "/proc/{os.getpid()}/environ"):
    try:
        open(place, "rb").read(1); print("read")
    except OSError as error:
        print(type(error).__name__)
print([name for name in ({str(folder)!r}, {str(folder / "model.txt")!r}) if os.access(name, os.W_OK)])
"""
    lines = said(start, code, folder)
    assert f"{start.user} {start.user} []" == lines[0]
    assert ["PermissionError"] * 3 + ["[]"] == lines[1:]


@ROOT
@BY_SYSTEM
def test_another_user_who_may_read_the_table_is_told(folder: Path, no_bubblewrap: None, system_python: None) -> None:
    """World-readable labels are within reach, and a hidden folder counts like a file."""
    (folder / "test.csv").chmod(0o644)
    assert Isolation(IsolationForm.USER, network=True, labels=True) == isolate(cell(folder)).isolation
    (folder / "test.csv").chmod(0o600)
    (folder / "parts").mkdir()
    both = Cell((folder / "model.txt",), (folder / "test.csv", folder / "parts"), folder)
    assert isolate(both).isolation.labels
    (folder / "parts").chmod(0o700)
    assert not isolate(both).isolation.labels


@ROOT
@BY_SYSTEM
def test_another_user_who_cannot_read_the_model_is_of_no_use(
    folder: Path, no_bubblewrap: None, system_python: None
) -> None:
    """The plain form is taken, which reads everything, and says so."""
    (folder / "model.txt").chmod(0o600)
    start = isolate(cell(folder))
    assert Isolation(IsolationForm.PROCESS, network=True, labels=True) == start.isolation
    assert (None, ()) == (start.user, start.prefix)


def test_a_process_of_its_own_is_told_as_that(
    folder: Path, no_bubblewrap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ordinary user without bubblewrap."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    start = isolate(cell(folder))
    assert Isolation(IsolationForm.PROCESS, network=True, labels=True) == start.isolation
    assert ["y"] == said(start, "print(open('test.csv').readline().strip())", folder)


CODE = """
import os, resource
class Model:
    def predict(self, rows):
        score = open("/proc/self/oom_score_adj").read().strip()
        files, core = resource.getrlimit(resource.RLIMIT_FSIZE)[0], resource.getrlimit(resource.RLIMIT_CORE)[0]
        return [os.geteuid(), int(score), files, core, os.getsid(0) == os.getpid() or os.getppid() <= 2]
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux knows them")
@pytest.mark.parametrize(
    "form", [pytest.param("bubblewrap", marks=SANDBOX), pytest.param("user", marks=ROOT), "process"]
)
def test_a_model_is_limited_in_every_form(folder: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No core dumps, no endless files, the first to go when memory runs out, a session of its own."""
    if form != "bubblewrap":
        monkeypatch.setattr(isolation, "_bubblewrap", lambda: None)
    if form == "process":
        monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    worker: ProcessWorker = worker_of_code(folder, CODE, start=None)
    if form == "user" and worker.isolation.form is IsolationForm.PROCESS:
        pytest.skip("this interpreter lies where no other user may start it")
    assert form == worker.isolation.form.value
    try:
        answer: Any = worker.call("predict", pd.DataFrame({"a": range(5)}))
        user, score, files, core, apart = answer.tolist()
    finally:
        worker.close()
    assert (900, isolation.MOST_FILE_BYTES, 0, 1) == (score, files, core, apart)
    if form == "user":
        assert isolation.FIRST_USER <= user < isolation.FIRST_USER + isolation.USERS


@pytest.mark.parametrize("through", ["link", "real"])
def test_a_project_and_a_model_behind_links(tmp_path: Path, through: str) -> None:
    """Modules are found from the folder itself, and the model under the name that the spec gives it."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    name = f"behind_{through}"
    (real / f"{name}_help.py").write_text("ANSWER = 3.0\n")
    (real / f"{name}.py").write_text(
        f"import {name}_help\nclass Model:\n    def predict(self, rows): return [{name}_help.ANSWER] * len(rows)\n"
        "def load(path):\n    assert open(path).read() == 'm'\n    return Model()\n"
    )
    (tmp_path / "elsewhere.txt").write_text("m")
    (real / "model.txt").symlink_to(tmp_path / "elsewhere.txt")
    pd.DataFrame({"a": [1, 2], "y": [0.5, 1.5]}).to_csv(real / "test.csv", index=False)
    (real / "readiness.yaml").write_text(
        f"model: {{name: a, version: '1', path: model.txt, loader: '{name}:load'}}\n"
        "data: {test: test.csv, target: y, task: regression}\n"
    )
    loaded = load_spec(tmp_path / through / "readiness.yaml")
    model = start_model(loaded, loaded.spec.model)
    try:
        assert [3.0, 3.0] == model.worker.call("predict", pd.DataFrame({"a": [1, 2]})).tolist()
    finally:
        model.worker.close()
    expected = {Role.MODULE.name_of(each) for each in (f"{name}.py", f"{name}_help.py")}
    assert expected == {each.name for each in served_modules()}


DAEMON = """
import os, time
class Model:
    def predict(self, rows):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv("/bin/sleep", ["sleep", {seconds!r}])
            os._exit(0)
        return [0.0] * len(rows)
"""


@SANDBOX
def test_a_daemon_ends_with_its_sandbox(folder: Path) -> None:
    """Forked twice and in a session of its own, which no group of processes holds any more."""
    seconds = f"{86_000 + os.getpid() % 400}.{os.getpid()}"
    worker = worker_of_code(folder, DAEMON.format(seconds=seconds), start=None)
    worker.call("predict", pd.DataFrame({"a": [1]}))
    wait(lambda: len(sleepers(seconds)) > 0)
    worker.close()
    wait(lambda: not sleepers(seconds))


def sleepers(seconds: str) -> list[int]:
    """Processes that sleep for so long."""
    return [each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", seconds]]


def wait(holds: Callable[[], bool]) -> None:
    """Until something holds, which it does soon or never."""
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it does not come to that")
