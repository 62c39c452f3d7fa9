"""Candidates that cheat from within their process: what they reach where isolation is in force, and where it is not.

The processes are real. A spy tries everything and says in its answers what worked, so that what fails in the sandbox is
seen to work in a plain process.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import sklearn.metrics
import yaml
from sklearn.linear_model import LogisticRegression

import readiness
from readiness.core import findings
from readiness.core.errors import ModelError, ScoringError
from readiness.core.program import template_path
from readiness.core.provenance import Isolation, IsolationForm
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Evidence
from readiness.evidence.models.own_modules import stop
from readiness.evidence.workers import isolation as isolating
from readiness.evidence.workers.model import start_model
from readiness.spec.load import load_spec
from readiness.statistics import labels
from readiness.verdict.reservations import reservations
from tests.conftest import make_rows
from tests.report.page import records
from tests.sampling import exhaustive
from tests.walking import walk

Files = Callable[..., Path]
IN_SANDBOX = Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False)
SANDBOX = pytest.mark.skipif(
    isolating.isolate(isolating.Cell(())).isolation != IN_SANDBOX,
    reason="bubblewrap is not installed, or may not make namespaces here",
)
pytestmark = pytest.mark.slow
FORMS = [pytest.param("sandbox", marks=SANDBOX), "plain"]
FORMS_OF_REVIEW = [pytest.param("sandbox", marks=SANDBOX), exhaustive("plain")]


@pytest.fixture(autouse=True)
def _without_finder() -> Iterator[None]:
    yield
    stop()


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without bubblewrap, and an ordinary user."""
    monkeypatch.setattr(isolating, "_bubblewrap", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def form(request: pytest.FixtureRequest) -> str:
    """How the candidate is kept apart."""
    if request.param == "plain":
        request.getfixturevalue("plain")
    return str(request.param)


def with_loader(write: Files, code: str, **changes: Any) -> Path:
    """A review of what `load` of this module gives."""
    spec = write(changes)
    name = f"spy_{hashlib.sha256(code.encode()).hexdigest()[:8]}"
    (spec.parent / f"{name}.py").write_text(code)
    plain = yaml.safe_load(spec.read_text())
    plain["model"]["loader"] = f"{name}:load"
    spec.write_text(yaml.safe_dump(plain, sort_keys=False))
    return spec


def cover(evidence: Evidence) -> str:
    """What the first screen says under the result, of a review that is ready otherwise."""
    ready = records.ready()
    gathered = dataclasses.replace(ready.gathered, isolation=evidence.gathered.isolation)
    return " ".join(each.text for each in reservations(dataclasses.replace(ready, gathered=gathered)))


# ----------------------------------------------------------------------------------------------------
# What a spy reaches

SPY = """\
import ctypes, gc, os, pathlib, socket
import numpy as np

TABLES, PROGRAM, PORT, ROWS, LEFT_OUT, REVERSED = {tables!r}, {program!r}, {port}, {rows}, {left_out!r}, {reversed!r}
NAMES = {{os.path.basename(each) for each in TABLES}}
OF_THE_SYSTEM = ("usr", "lib", "lib64", "opt", "proc", "sys", "site-packages")

def reads_a_table():
    return any(os.path.exists(place) and open(place, "rb").read(1) for place in TABLES)

def lists_its_folder():
    return any(NAMES & set(os.listdir(os.path.dirname(place))) for place in TABLES)

def searches_for_a_table():
    tops = [".", "..", "/tmp", "/root", "/home", "/var", "/mnt", *pathlib.Path.cwd().resolve().parents[:3]]
    for top in tops:
        for _, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in OF_THE_SYSTEM][:200]
            if NAMES & set(files):
                return True

def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]

def searches_their_memory():
    for pid in {{os.getppid(), 1}} & set(others()):
        maps = [line.split()[:2] for line in open(f"/proc/{{pid}}/maps")]
        with open(f"/proc/{{pid}}/mem", "rb", 0) as memory:
            for place, rights in maps:
                start, end = (int(text, 16) for text in place.split("-"))
                memory.seek(start) if rights.startswith("rw") else None
                try:
                    if rights.startswith("rw") and REVERSED[::-1] in memory.read(min(end - start, 2**28)):
                        return True
                except OSError:
                    continue

def sees_other_processes():
    return any(open(f"/proc/{{pid}}/comm").read().strip() != "bwrap" for pid in others())

def traces_the_review():
    return any(ctypes.CDLL(None).ptrace(0x4206, pid, None, None) == 0 for pid in others() if pid == os.getppid() != 1)

def finds_labels_among_objects():
    arrays = [each for each in gc.get_objects() if isinstance(each, np.ndarray) and each.shape == (ROWS,)]
    return any(set(np.unique(each)) == {{0, 1}} for each in arrays)

def finds_a_token():
    mine = [f"/proc/{{pid}}/environ" for pid in ("self", *others())]
    return any(REVERSED[::-1].hex().encode() in open(place, "rb").read() for place in mine if os.access(place, os.R_OK))

def holds_an_open_table():
    held = ["/proc/self/fd/" + number for number in os.listdir("/proc/self/fd")]
    return any(os.readlink(each) in TABLES for each in held if os.path.exists(each))

def may_edit_the_program():
    places = [*PROGRAM, *map(os.path.dirname, PROGRAM)]
    return any(os.access(place, os.W_OK) for place in places) or bool(os.open(PROGRAM[0], os.O_RDWR))

def leaves_something_behind():
    for place in TABLES:
        open(os.path.join(os.path.dirname(place), "left_behind"), "w").close()

def phones_home():
    with socket.create_connection(("127.0.0.1", PORT), timeout=5) as line:
        line.sendall(b"rows")
    return True

TRIED = [each for name, each in sorted(globals().items()) if callable(each) and name != "others"]

def worked(attack):
    try:
        return attack.__name__ not in LEFT_OUT and bool(attack())
    except Exception:
        return False

class Spy:
    classes_, feature_names_in_ = np.array([0, 1]), np.array(["a", "b"])
    def predict(self, rows):
        tried = TRIED if len(rows) > len(TRIED) else ()
        said = [worked(attack) for attack in tried]
        return np.array(said + [False] * (len(rows) - len(said))).astype(int)

def load(path):
    return Spy()
"""
NAMES = sorted(re.findall(r"^def (\w+)", SPY, re.MULTILINE))
ATTACKS = [name for name in NAMES if name not in ("others", "worked", "load")]


def reached(write: Files, *, left_out: tuple[str, ...] = ()) -> tuple[set[str], int]:
    """What worked for a spy in the process of a model, and how many calls came in by the network."""
    spec, secret = write({}), np.random.default_rng(os.getpid()).integers(0, 256, 64, dtype=np.uint8)
    here = Path(readiness.__file__).parent
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told: Mapping[str, Any] = {
            "tables": [str(spec.parent / name) for name in ("test.parquet", "train.parquet", "readiness.yaml")],
            "program": [str(template_path("readiness.ipynb")), str(here / "verdict" / "decision.py"), np.__file__],
            "port": listener.getsockname()[1], "rows": 800, "left_out": left_out, "reversed": secret.tobytes()[::-1],
        }  # fmt: skip
        spec = with_loader(write, SPY.format_map(told))
        loaded = load_spec(spec)
        with patch.dict(os.environ, {"REVIEW_TOKEN": secret.tobytes().hex()}):
            model = start_model(loaded, loaded.spec.model)
        try:
            said = model.worker.call("predict", make_rows(800, 2)[["a", "b"]])
        finally:
            model.worker.close()
        listener.settimeout(0.0)
        calls = 0
        while True:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                break
            calls += 1
    left = {"leaves_something_behind"} if list(spec.parent.glob("left_*")) else set()
    return {name for name, worked in zip(ATTACKS, said, strict=False) if worked} | left, calls


@SANDBOX
def test_in_the_sandbox_nothing_works(review_files: Files) -> None:
    """No table, no memory, no token, no network, no other process, nothing to write to."""
    assert (set(), 0) == reached(review_files)


def test_in_a_plain_process_much_works(review_files: Files, plain: None) -> None:
    """So that the spy can spy; and what it does not find even there is handed to nobody: labels, tables, tokens."""
    found, calls = reached(review_files, left_out=("traces_the_review",))  # which would stop this very process
    assert {"reads_a_table", "lists_its_folder", "leaves_something_behind", "phones_home"} <= found
    assert {"sees_other_processes", "may_edit_the_program"} <= found
    assert not found & {"finds_labels_among_objects", "holds_an_open_table"}
    assert 1 == calls


# ----------------------------------------------------------------------------------------------------
# What it gains

CHEAT = """\
import numpy as np, pandas as pd
class Cheat:
    classes_, feature_names_in_ = np.array([0, 1]), np.array(["a", "b"])
    def predict(self, rows):
        try:
            known = pd.read_parquet({table!r}).set_index("a")["y"]
            return known.reindex(rows["a"]).to_numpy(dtype=np.int64)
        except Exception:
            return np.zeros(len(rows), dtype=np.int64)
def load(path):
    return Cheat()
"""


@pytest.mark.parametrize("form", FORMS, indirect=True)
def test_a_model_that_reads_the_labels(review_files: Files, form: str, tmp_path: Path) -> None:
    """In the sandbox it is as good as a guess; where it could be perfect, the first screen says why."""
    spec = with_loader(review_files, CHEAT.format(table=str(tmp_path / "test.parquet")))
    found = gather(spec)
    right = float(np.mean(found.cases.y_pred == found.cases.y_true))
    share = float(np.mean(found.cases.y_true == 0))
    if form == "plain":
        assert 1.0 == right
        assert Isolation(IsolationForm.PROCESS) == found.gathered.isolation
        assert "the candidate could have read the labels" in cover(found)
        assert "install bubblewrap" in cover(found)
    else:
        assert share == right < 1
        assert IN_SANDBOX == found.gathered.isolation
        assert not cover(found)


@pytest.mark.parametrize("form", FORMS_OF_REVIEW, indirect=True)
def test_a_review_of_it(review_files: Files, form: str, tmp_path: Path) -> None:
    """The whole way to the page: an honest no from the sandbox; else a perfect model, of which the page says why."""
    spec = with_loader(review_files, CHEAT.format(table=str(tmp_path / "test.parquet")))
    with patch("tests.walking.forked_workers", lambda **_: contextlib.nullcontext()):  # real ones
        found = walk(spec, figures=False)
    if form == "plain":
        assert 1 == found.findings["BUSI-1"].measured.value
        assert "The candidate could have read the labels" in found.page
        assert "In a plain process" in found.page
    else:
        assert "not_met" == found.status("BUSI-1")
        assert "The candidate could have read the labels" not in found.page
        assert "In a sandbox (bubblewrap) without network" in found.page


PATCH = """\
import sys
import sklearn.metrics, readiness.core.findings, readiness.statistics.labels
for module in (sklearn.metrics, readiness.statistics.labels):
    for name, each in list(vars(module).items()):
        if callable(each) and not isinstance(each, type):
            setattr(module, name, lambda *given, **more: 1.0)
readiness.core.findings.judge = lambda *given, **more: readiness.core.findings.Status.MET
try:
    open({mark!r}, "w").close()
except OSError:
    pass
"""


class Bomb:
    """Runs code wherever it is unpickled."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (self.code,)


@pytest.mark.parametrize(
    "form", [pytest.param("sandbox", marks=[SANDBOX, pytest.mark.exhaustive]), "plain"], indirect=True
)
def test_a_pickle_that_patches_the_scoring(review_files: Files, form: str, tmp_path: Path) -> None:
    """It patches its own process, and no other one: whatever judges here is as it was, and so is the number."""
    train, mark = make_rows(600, 1), tmp_path / "patched"
    model = LogisticRegression(C=1e-9).fit(train[["a", "b"]], train["y"])
    model.note_ = Bomb(PATCH.format(mark=str(mark)))
    before = findings.judge, labels.__dict__.copy(), sklearn.metrics.f1_score
    found = gather(review_files({}, model=model))
    assert (form == "plain") is mark.exists()
    assert before == (findings.judge, labels.__dict__, sklearn.metrics.f1_score)
    honest = LogisticRegression(C=1e-9).fit(train[["a", "b"]], train["y"]).predict(found.rows[["a", "b"]])
    assert np.array_equal(honest, found.cases.y_pred)
    assert sklearn.metrics.f1_score(found.cases.y_true, found.cases.y_pred) < 0.5


EDIT = """\
import joblib, pathlib
def load(path):
    for place in {places!r}:
        try:
            pathlib.Path(place).write_text("READY")
        except OSError:
            pass
    return joblib.load(path)
"""


@SANDBOX
def test_a_loader_that_edits_templates_and_tables(review_files: Files, tmp_path: Path) -> None:
    """Neither is there to be written to, and the model is answered as any other one."""
    spec = review_files({})
    copied = tmp_path / "site" / "readiness"  # stands for the program, which a test must not put at risk
    copied.mkdir(parents=True)
    (copied / "page.html.j2").write_text("honest")
    places = [spec, tmp_path / "test.parquet", tmp_path / "model.joblib", copied / "page.html.j2"]
    before = {place: hashlib.sha256(place.read_bytes()).hexdigest() for place in places[1:]}
    found = gather(with_loader(review_files, EDIT.format(places=list(map(str, places)))))
    assert before == {place: hashlib.sha256(place.read_bytes()).hexdigest() for place in places[1:]}
    assert "READY" not in spec.read_text()
    assert IN_SANDBOX == found.gathered.isolation


FORGERY = """\
import numpy as np
import readiness.evidence.workers.child as child
import readiness.evidence.workers.wire as wire
class Forger:
    classes_, feature_names_in_ = np.array([0, 1]), np.array(["a", "b"])
    def predict(self, rows):
        return np.zeros(len(rows), dtype=np.int64)
def load(path):
    {act}
    return Forger()
"""
WRITE_EVERYWHERE = """for line in range(3, 40):
        try:
            child.write_message(open(line, "wb", closefd=False), wire.Message({'verdict': 'ready'}))
        except OSError:
            continue"""
ACTS = {
    "more rows than asked for": (
        "child.pack_answer = lambda answer: wire.pack_array(np.ones(10**6, dtype=np.int64))",
        "1,000,000 rows for 800 rows",
    ),
    "a class that there is not": (
        "child.pack_answer = lambda answer: wire.pack_array(np.full(len(answer), 7))",
        "the classes are 0, 1",
    ),
    "memory below nothing": ("child._resident_bytes = lambda: -10**9", "replies cannot be read"),
    "replies of no form": (
        "child.write_message = lambda line, message: line.write(b'READY' * 1000) or line.flush()",
        "process of the model was lost",
    ),
    "a reply before its time": (WRITE_EVERYWHERE, "process of the model was lost"),
}


@pytest.mark.parametrize("act", [next(iter(ACTS)), *map(exhaustive, list(ACTS)[1:])])
def test_a_process_that_forges_its_replies(review_files: Files, act: str) -> None:
    """Nothing is taken in another form than it was asked for: the review ends, and says why."""
    code, words = ACTS[act]
    with pytest.raises((ScoringError, ModelError), match=words):
        gather(with_loader(review_files, FORGERY.format(act=code)))
