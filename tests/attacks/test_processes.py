"""Processes of the candidate: what they see, and that none of them outlives the review."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest

from readiness.core.errors import InputError, KernelError, SpecError
from readiness.run.executed import read_template
from readiness.run.execution import Execution, execute
from readiness.run.kernel_manager import Setting, _has_all_ended, _read_to_end, started_kernel
from readiness.run.progress import Silent
from readiness.run.runner import variables
from readiness.spec.load import load_spec

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux knows child subreapers")
DAEMON = """\
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        open({mark!r}, "w").write(str(os.getpid()))
        sys.stdin = open(os.devnull)
        time.sleep(600)
    os._exit(0)
while not os.path.exists({mark!r}) or not open({mark!r}).read():
    time.sleep(0.01)
"""
"""A process that cuts itself loose: forked twice, in a session of its own."""


def run(source: str, folder: Path, *, prepare: Callable[[], None] | None = None) -> Execution:
    """A notebook with one cell of parameters and one of `source`, walked as a review walks its template."""
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell("spec_path = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ])  # fmt: skip
    path = folder / "template.ipynb"
    nbformat.write(notebook, path)
    template = read_template(path)
    with started_kernel(Setting(folder, ("NEEDED",), waits=True)) as kernel:
        return execute(template, {}, kernel=kernel, seconds=300, progress=Silent(), prepare=prepare)


def printed(execution: Execution) -> str:
    return "".join(
        output.text for cell in execution.notebook.cells for output in cell.get("outputs", []) if "text" in output
    )


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
@LINUX
def test_a_daemon_ends_with_the_kernel(tmp_path: Path) -> None:
    """When the kernel is gone, so is what cut itself loose from it; nothing is signed before."""
    execution = run(DAEMON.format(mark=str(tmp_path / "pid")), tmp_path)
    assert execution.failure is None
    assert not lives(int((tmp_path / "pid").read_text()))


@pytest.mark.slow
@LINUX
def test_a_daemon_of_a_process_of_its_own_ends_too(tmp_path: Path) -> None:
    """As a model does that forks where it is probed: a child of the kernel in another session."""
    mark = tmp_path / "pid"
    script = tmp_path / "daemon.py"
    script.write_text(DAEMON.format(mark=str(mark)))
    start = "import subprocess, sys; subprocess.run([sys.executable, {!r}], start_new_session=True)"
    execution = run(start.format(str(script)), tmp_path)
    assert execution.failure is None
    assert not lives(int(mark.read_text()))


@pytest.mark.slow
@LINUX
def test_many_that_go_on_forking_end(tmp_path: Path) -> None:
    """Each starts another one before it ends, in a session of its own."""
    source = f"""\
import subprocess, sys
again = "import os, sys, time\\nopen({str(tmp_path / "log")!r}, 'a').write(f'{{os.getpid()}}\\\\n')\\n"
again += "for _ in range(200):\\n    if os.fork():\\n        time.sleep(0.02); os._exit(0)\\n    os.setsid()\\n"
again += "    open({str(tmp_path / "log")!r}, 'a').write(f'{{os.getpid()}}\\\\n')\\ntime.sleep(600)"
for _ in range(4):
    subprocess.Popen([sys.executable, "-c", again], start_new_session=True)
"""
    execution = run(source, tmp_path)
    assert execution.failure is None
    log = tmp_path / "log"
    assert not [pid for pid in map(int, log.read_text().split() if log.exists() else ()) if lives(pid)]


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_whoever_ends_the_launcher_gets_no_report(tmp_path: Path, number: str) -> None:
    """The review is not completed when nobody can tell what still runs; a request to end ends all."""
    source = f"import os, signal, time\nos.kill(os.getppid(), signal.{number})\ntime.sleep(600)"
    failure = run(source, tmp_path).failure
    assert isinstance(failure, KernelError)
    assert 4 == failure.exit_code


def test_a_report_that_somebody_else_still_holds_is_none() -> None:
    """Whoever holds the launcher's output when that has ended could have written it, and may never let go of it."""
    reading, writing = os.pipe()
    os.write(writing, b'{"left": 0}')
    with os.fdopen(reading, "rb") as stream:
        assert b"" == _read_to_end(stream)
    os.close(writing)
    reading, writing = os.pipe()
    os.write(writing, b'{"left": 0}')
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        assert _has_all_ended(_read_to_end(stream))
    assert not _has_all_ended(b"")


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("through", ["launcher", "nothing"])
def test_nobody_looks_into_the_launcher(through: str) -> None:
    """Its report cannot be forged through its open files by a process of the same user; those of others can be seen."""
    script = f"""\
import ctypes, os, subprocess, sys
from readiness.run import launcher
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
ctypes.CDLL(None).prctl(launcher.SET_DUMPABLE, 1, 0, 0, 0)
look = ["/bin/sh", "-c", "ls /proc/$PPID/fd 1>&2; true"]
launcher.main(look) if {through == "launcher"} else subprocess.run(look)
"""
    command = [sys.executable, "-c", script]
    hearing, held = os.pipe()  # the end of its input would be the end of all
    said = subprocess.run(command, stdin=hearing, capture_output=True, text=True, check=True).stderr
    os.close(hearing)
    os.close(held)
    assert said
    assert ("denied" in said) is (through == "launcher")


@pytest.mark.slow
def test_a_kernel_that_dies_is_told_as_before(tmp_path: Path) -> None:
    """The launcher ends by the same signal as the kernel."""
    failure = run("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", tmp_path).failure
    assert isinstance(failure, KernelError)
    assert "SIGKILL" in failure.message


@pytest.mark.slow
def test_the_kernel_sees_a_list_of_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key under any name and the address of a webhook stay behind; what the spec names arrives."""
    for name in ("OPENAI", "SLACK_WEBHOOK", "DB", "NEEDED", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "value")
    source = "import json, os, sys\nsys.stdout.write(json.dumps([dict(os.environ), sys.path, sys.flags.safe_path]))"
    seen, path, safe = json.loads(printed(run(source, tmp_path)))
    assert {"NEEDED", "OMP_WAIT_POLICY"} <= seen.keys()
    assert not {"OPENAI", "SLACK_WEBHOOK", "DB", "HOME"} & seen.keys()
    assert safe
    assert not {"", str(tmp_path)} & set(path)


@pytest.mark.slow
def test_processes_of_the_kernel_are_safe_as_well(tmp_path: Path) -> None:
    """An interpreter that the candidate's libraries start looks for no module in the spec's folder."""
    (tmp_path / "wave.py").write_text("print('shadow')")
    source = "import subprocess, sys\nsys.stdout.write(subprocess.run(\
[sys.executable, '-c', 'import wave; print(wave.__file__)'], capture_output=True, text=True).stdout)"
    said = printed(run(source, tmp_path))
    assert said
    assert str(tmp_path) not in said
    assert "shadow" not in said


def test_variables_that_a_spec_names(review_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in the record; one that is not set, or that decides which code is run, is refused."""
    from readiness.run.runner import check_variables

    def named(*names: str) -> Path:
        spec = review_files()
        text = spec.read_text().replace(
            "path: model.joblib", f"path: model.joblib\n  environment: [{', '.join(names)}]"
        )
        spec.write_text(text)
        return spec

    spec = load_spec(named("REGION")).spec
    assert ("REGION",) == variables(spec)
    monkeypatch.delenv("REGION", raising=False)
    with pytest.raises(InputError, match="REGION"):
        check_variables(spec)
    monkeypatch.setenv("REGION", "eu")
    check_variables(spec)
    for name in ("PYTHONPATH", "LD_PRELOAD", "READINESS_GO"):
        with pytest.raises(SpecError, match="cannot be handed through"):
            load_spec(named(name))


@pytest.mark.slow
def test_nothing_is_run_before_the_host_is_ready(tmp_path: Path) -> None:
    """Any template but the stock one is started only when the host has loaded what it will use."""
    mark = tmp_path / "ran"
    seen: list[bool] = []

    def prepare() -> None:
        time.sleep(0.5)
        seen.append(mark.exists())

    assert run(f"open({str(mark)!r}, 'w').close()", tmp_path, prepare=prepare).failure is None
    assert [False] == seen
    assert mark.exists()


@pytest.mark.slow
def test_a_host_that_is_ready_before_the_kernel_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal to go is not lost; a template that waits for it, as the stock one does, is walked."""
    from readiness.run import executed as walkthrough

    monkeypatch.setattr(walkthrough, "template_path", lambda _name: tmp_path / "template.ipynb")
    execution = run("from readiness.reviews.opening import wait_for_host\nwait_for_host()\nprint('gone on')", tmp_path)
    assert execution.failure is None
    assert "gone on" in printed(execution)


@pytest.mark.slow
def test_a_host_that_cannot_get_ready_completes_nothing(tmp_path: Path) -> None:
    """Its own failure is told, whatever the notebook did."""

    def prepare() -> None:
        raise ImportError("no such module")

    failure = run("1", tmp_path, prepare=prepare).failure
    assert failure is not None
    assert "no such module" in failure.message
    assert 4 == failure.exit_code


@pytest.mark.slow
@LINUX
def test_the_process_of_the_model_sees_the_same_list(
    review_files: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment is made by the same rule, with what the spec names."""
    from readiness import gather

    monkeypatch.setenv("OPENAI", "sk-1")
    monkeypatch.setenv("REGION", "eu")
    (tmp_path / "own_probe.py").write_text(
        "import os, joblib\n"
        "def load(path):\n"
        "    model = joblib.load(path)\n"
        "    model.description = ' '.join([*sorted(os.environ), os.environ['REGION']])\n"
        "    return model\n"
    )
    spec = review_files()
    spec.write_text(
        spec.read_text().replace(
            "path: model.joblib", "path: model.joblib\n  loader: own_probe:load\n  environment: [REGION]"
        )
    )
    evidence = gather(spec)
    assert evidence.candidate is not None
    *seen, region = evidence.candidate.worker.about.kind.split()
    evidence.candidate.worker.close()
    assert ("eu", True) == (region, {"REGION", "PATH"} <= set(seen))
    assert "OPENAI" not in seen
