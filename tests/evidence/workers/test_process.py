"""A model in a process of its own: it answers as it does here, and whatever it does besides ends there."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import psutil
import pytest
from lightgbm import LGBMRanker
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from readiness.core.errors import ModelError, ScoringError
from readiness.core.missing import Missing
from readiness.core.policy import Task
from readiness.evidence import refit_jobs
from readiness.evidence.candidate import Candidate
from readiness.evidence.probes.robustness import PROBES
from readiness.evidence.probes.trial import Trial, try_candidate
from readiness.evidence.refit_jobs import Plan, fit_clones
from readiness.evidence.workers import line, process
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.process import ProcessWorker
from readiness.evidence.workers.worker import Footprint, ModelRaised, Outcome, Scores, TimeRequest, Times, WorkerLost
from tests.evidence.workers.apart import lives, process_of, worker_of_code, worker_of_object
from tests.sampling import exhaustive, sampled

pytestmark = pytest.mark.slow

RANDOM = np.random.default_rng(3)
ROWS = pd.DataFrame(
    {
        "amount": RANDOM.normal(size=160),
        "count": RANDOM.integers(0, 9, 160),
        "town": pd.Series(RANDOM.choice(["north", "south", "ü"], 160), dtype=object),
        "kind": pd.Categorical(RANDOM.choice(["a", "b"], 160), categories=["b", "a", "never"]),
        "search": np.repeat(np.arange(16), 10),
    }
)
ROWS.loc[::17, "town"] = "east"
NUMBERS = ["amount", "count"]
EVERY = [*NUMBERS, "town", "kind"]
SIGN = (ROWS["amount"] + RANDOM.normal(size=160) > 0).astype(np.int64).to_numpy()


@pytest.fixture
def started() -> Iterator[list[ProcessWorker]]:
    """Workers that are closed at the end."""
    workers: list[ProcessWorker] = []
    yield workers
    for worker in workers:
        worker.close()


# ----------------------------------------------------------------------------------------------------
# It answers as it does here


def mixed(last: Any) -> Any:
    """A pipeline that takes numbers, texts and categories."""
    parts = make_column_transformer(
        (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), ["town", "kind"])
    )
    return make_pipeline(parts, last)


MODELS: dict[str, tuple[Any, list[str], Task, tuple[Any, ...]]] = {
    "binary, texts and categories": (mixed(LogisticRegression()), EVERY, Task.BINARY, ("no", "yes")),
    "multiclass, labels that are numbers": (
        RandomForestClassifier(4, random_state=None, n_jobs=1),
        NUMBERS,
        Task.MULTICLASS,
        (0.0, 1.0, 2.5e3),
    ),
    "regression": (mixed(Ridge()), EVERY, Task.REGRESSION, ()),
    "regression, open seed": (RandomForestRegressor(3, n_jobs=1), NUMBERS, Task.REGRESSION, ()),
    "ranking": (LGBMRanker(n_estimators=4, n_jobs=1, verbose=-1, min_child_samples=2), NUMBERS, Task.RANKING, ()),
}


def fitted(name: str) -> tuple[Any, Any, Any]:
    """The model fitted on all rows, their targets as codes or values, and arguments of its candidate."""
    model, columns, task, classes = MODELS[name]
    codes = SIGN if task is Task.BINARY else np.digitize(ROWS["amount"], [-0.5, 0.5])
    y = codes if task.has_classes else (SIGN.astype(float) if task is Task.RANKING else ROWS["amount"].to_numpy())
    more = {"task": task, "classes": classes, "query": "search" if task is Task.RANKING else None}
    labels = np.array(classes, dtype=object)[codes].tolist() if classes else y
    sizes = {"group": [10] * 16} if task is Task.RANKING else {}
    return model.fit(ROWS[columns], labels, **sizes), y, {"columns": columns, **more}


def bits(said: Scores | None) -> Any:
    """All that was said, down to the last bit."""
    if said is None:
        return None
    scores = None if said.scores is None else (said.scores.dtype, said.scores.shape, said.scores.tobytes())
    return (said.predicted.dtype, said.predicted.tobytes(), scores, said.is_probability, said.classes, said.method)


def all_bits(outcomes: list[Outcome] | Missing) -> Any:
    assert not isinstance(outcomes, Missing)
    return [(each.split, bits(each.scores), bits(each.held), each.converged, each.error) for each in outcomes]


@pytest.mark.parametrize("name", MODELS)
def test_answers_and_refits_are_those_of_this_process(name: str, tmp_path: Path, started: list[ProcessWorker]) -> None:
    """Bit by bit: of all rows, of one row, of no row; refits in one process and in two; seeds that are open."""
    model, y, more = fitted(name)
    worker = worker_of_object(tmp_path, model)
    started.append(worker)
    here, there = (Candidate.of(each, **more) for each in (InProcess(model), worker))
    assert here.worker.about == there.worker.about
    for rows in (ROWS, ROWS.iloc[[7]], ROWS.iloc[::-1]):
        assert bits(here.score(rows)) == bits(there.score(rows))
    splits = list(Plan(y, more["task"], 3, 2, 5, groups=ROWS["search"].to_numpy()).repeat(0))
    plan = Plan(y, more["task"], 3, 2, 5)
    expected = all_bits(fit_clones(here, ROWS, plan, splits, patience=60, held=ROWS.iloc[:40]))
    for workers in (1, 2):
        done = fit_clones(there, ROWS, plan, splits, workers=workers, patience=60, held=ROWS.iloc[:40])
        assert expected == all_bits(done)
    worker.end_refits()
    assert bits(here.score(ROWS)) == bits(there.score(ROWS))


def test_a_model_of_arrays_in_batches(
    tmp_path: Path, started: list[ProcessWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows go over in batches, and come back as one; nothing is asked of more rows than there are."""
    monkeypatch.setattr(process, "BATCH_ROWS", 70)
    numbers = ROWS[NUMBERS].to_numpy()
    model = LogisticRegression().fit(numbers, SIGN)
    worker = worker_of_object(tmp_path, model)
    started.append(worker)
    here, there = (Candidate.of(each, NUMBERS, task=Task.BINARY, classes=(1, 0)) for each in (InProcess(model), worker))
    assert not there.named
    assert bits(here.score(ROWS)) == bits(there.score(ROWS))
    times = worker.time(TimeRequest("predict", numbers, batch=4, calls=5))
    assert isinstance(times, Times)
    assert (5, 5, 0) == (len(times.began), len(times.ended), len(times.raised))
    assert 0 < times.ended[-1] <= times.outside


def test_labels_of_every_type_are_known_there_and_here(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """Fractions, truth values, texts, dates and numbers of any size come over as what they are."""
    known = [0.5, 2.0, True, "ä", datetime.date(2026, 1, 1), 2**60, None]
    body = "\n".join(f"    def answer_{k}(self): return {label!r}" for k, label in enumerate(known))
    code = f"import datetime\nclass Model:\n    classes_ = {known!r}\n    def predict(self, rows): return [0]\n{body}\n"
    worker = worker_of_code(tmp_path, code)
    started.append(worker)
    assert known == list(worker.about.classes or ())
    assert [*map(type, known)] == [*map(type, worker.about.classes or ())]


def test_memory_and_probes_of_a_saved_model(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """Libraries are not counted as the model's; every probe has an outcome, and the process lived through all."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS[NUMBERS], SIGN)
    model.ballast = np.ones(6_000_000)  # 48 MB
    worker = worker_of_object(tmp_path, model)
    started.append(worker)
    result = tried(worker, Task.BINARY, (0, 1))
    assert isinstance(result.memory, Footprint)
    assert 40e6 < result.memory.model < 200e6
    assert result.memory.peak >= result.memory.predicted
    assert 0 < result.memory.first_call
    assert result.completed
    assert PROBES.keys() == outcomes(result).keys()
    assert outcomes(result)["determinism"] == "passed"


def tried(worker: ProcessWorker, task: Task = Task.REGRESSION, classes: tuple[Any, ...] = ()) -> Trial:
    return try_candidate(Candidate.of(worker, NUMBERS, task=task, classes=classes), ROWS)


def outcomes(result: Trial) -> dict[str, str]:
    assert not isinstance(result.probes, Missing)
    return {probe.name: probe.outcome for probe in result.probes}


def reasons(result: Trial) -> dict[str, str]:
    assert not isinstance(result.probes, Missing)
    return {probe.name: probe.reason for probe in result.probes}


# ----------------------------------------------------------------------------------------------------
# Whatever it does besides ends there

MISCHIEF = '''
import ctypes, os, random, signal, subprocess, sys, threading, time
import numpy as np

class Wordless(Exception):
    pass

class Unspeakable(Exception):
    def __str__(self):
        raise self
    __repr__ = __str__

class Model:
    """Does what the first cell says."""
    def predict(self, rows):
        return getattr(self, str(rows["how"].iloc[0]))(rows)

    def well(self, rows):
        return np.arange(len(rows), dtype=float)

    # It is gone, or never comes back
    def hang(self, rows):
        time.sleep(3600)
    def spin(self, rows):
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP})
        while True:
            pass
    def stop(self, rows):
        os.kill(os.getpid(), signal.SIGSTOP)
    def leave(self, rows):
        os.write(2, b"\\x1b[31mthe licence has run out\\n")
        os._exit(7)
    def crash(self, rows):
        ctypes.string_at(0)
    def abort(self, rows):
        os.abort()
    def interrupt(self, rows):
        raise KeyboardInterrupt
    def fork_and_leave(self, rows):
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
        os._exit(0)
    def fork_and_hang(self, rows):
        if os.fork() == 0:
            time.sleep(3600)
        time.sleep(3600)

    # It speaks out of turn
    def others(self):
        for name in os.listdir("/proc/self/fd"):
            if os.readlink("/proc/self/fd/" + name).startswith("pipe:") and int(name) > 2:
                yield int(name)
    def garbage(self, rows):
        for number in self.others():
            try:
                os.write(number, b"{}" * 500)
            except OSError:
                pass
        return self.well(rows)
    def shut(self, rows):
        for number in self.others():
            os.close(number)
        return self.well(rows)

    # It raises
    def ends(self, rows):
        sys.exit("no more rows today")
    def wordless(self, rows):
        raise Wordless
    def unspeakable(self, rows):
        raise Unspeakable
    def endless(self, rows):
        raise ValueError("x" * 50_000_000)
    def surrogate(self, rows):
        raise ValueError("half \\ud800 a pair")
    def renamed(self, rows):
        raise type("<script>", (ValueError,), {})("with a name of its own")
    def hungry(self, rows):
        raise MemoryError
    def deep(self, rows):
        return self.deep(rows)
    def no_card(self, rows):
        raise RuntimeError("No CUDA GPUs are available")

    # It goes on, and does not disturb
    def prints(self, rows):
        for _ in range(64):
            sys.stdout.write("o" * 2**20); sys.stderr.write("e" * 2**20)
            os.write(1, b"RDN1" * 2**16)
        sys.stdout.flush()
        return self.well(rows)
    def state(self, rows):
        random.seed(0); np.random.seed(0)
        os.environ.clear(); os.chdir("/")
        sys.path.clear(); sys.setrecursionlimit(50_000)
        sys.modules.pop("json", None)
        threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        sys.stdin = sys.stdout = sys.stderr = None
        return self.well(rows)
'''


def asked(worker: ProcessWorker, how: str) -> Any:
    return worker.call("predict", pd.DataFrame({"how": [how] * 3}))


@pytest.fixture(scope="module")
def mischief(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProcessWorker]:
    """One model for all; whoever ends its process leaves a fresh one to the next."""
    worker = worker_of_code(tmp_path_factory.mktemp("mischief"), MISCHIEF)
    yield worker
    worker.close()


def running(worker: ProcessWorker) -> psutil.Process:
    """Its process, which has answered well."""
    worker._losses = 0
    assert [0, 1, 2] == asked(worker, "well").tolist()
    return process_of(worker)


LOST = {
    "hang": "did not answer for 1 seconds",
    "spin": "did not answer for 1 seconds",
    "stop": "did not answer for 1 seconds",
    "leave": "ended with exit code 7",
    "crash": "killed by SIGSEGV",
    "abort": "killed by SIGABRT",
    "interrupt": "killed by SIGINT",
    "fork_and_leave": "ended with exit code 0",
    "fork_and_hang": "did not answer for 1 seconds",
    "garbage": "does not begin as one",
    "shut": "The process of the model was lost",
}


@pytest.mark.parametrize("how", sampled(LOST, 5, always=("hang",)))
def test_a_process_that_is_lost_is_gone_and_another_one_answers(
    how: str, mischief: ProcessWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that it started; the error says how it ended."""
    first = running(mischief)
    born = _watched(first, monkeypatch)
    if "1 seconds" in LOST[how]:
        monkeypatch.setattr(process, "CALL_SECONDS", 1.0)
    with pytest.raises(WorkerLost, match=LOST[how]) as caught:
        asked(mischief, how)
    monkeypatch.undo()
    assert "\x1b" not in str(caught.value)
    assert not [each for each in (first, *born) if _lives_on(each)]
    assert process_of_none(mischief)
    second = running(mischief)
    assert first.pid != second.pid


def process_of_none(worker: ProcessWorker) -> bool:
    return worker._line is None


def _watched(process_: psutil.Process, monkeypatch: pytest.MonkeyPatch) -> list[psutil.Process]:
    """The processes that it has started by the moment when it is ended."""
    born: list[psutil.Process] = []
    stop = line.Line.stop

    def watching(self: line.Line, why: str = "") -> str:
        born.extend(each for each in psutil.process_iter() if _group(each) == process_.pid)
        return stop(self, why)

    monkeypatch.setattr(line.Line, "stop", watching)
    return born


def _group(each: psutil.Process) -> int:
    import os

    with contextlib.suppress(ProcessLookupError, PermissionError):
        return os.getpgid(each.pid)
    return -1


def _lives_on(each: psutil.Process) -> bool:
    """Whether it is still there after a moment in which the system may put it away."""
    for _ in range(200):
        if not lives(each):
            return False
        time.sleep(0.02)
    return True


RAISED = {
    "ends": ("SystemExit", "no more rows today", False),
    "wordless": ("Wordless", "", False),
    "unspeakable": ("Unspeakable", "", False),
    "endless": ("ValueError", "x" * 2000, True),
    "surrogate": ("ValueError", "half ? a pair", True),
    "renamed": ("Exception", "with a name of its own", True),
    "hungry": ("MemoryError", "", False),
    "deep": ("RecursionError", "maximum recursion depth exceeded", False),
    "no_card": ("RuntimeError", "No CUDA GPUs are available", True),
}


@pytest.mark.parametrize("how", sampled(RAISED, 5))
def test_what_a_model_raises_comes_over_and_its_process_lives(how: str, mischief: ProcessWorker) -> None:
    """Class and words, cut where they are endless; whether it is a refusal that somebody can act on."""
    before = running(mischief)
    with pytest.raises(ModelRaised) as caught:
        asked(mischief, how)
    kind, words, clean = RAISED[how]
    assert (kind, clean) == (caught.value.kind, caught.value.is_clean)
    assert caught.value.words.startswith(words)
    assert len(caught.value.words) <= 2000
    assert ("ValueError" in (caught.value.kind, *caught.value.bases)) is (how in ("endless", "surrogate", "renamed"))
    assert before.pid == running(mischief).pid


@pytest.mark.parametrize("how", ["prints", "state"])
def test_what_does_not_disturb(how: str, mischief: ProcessWorker) -> None:
    """Much is printed to both outputs, and global state is turned over: the answers go on."""
    before = running(mischief)
    for _ in range(2):
        assert [0, 1, 2] == asked(mischief, how).tolist()
    assert before.pid == running(mischief).pid


def test_the_review_goes_on_with_a_clean_error(mischief: ProcessWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost, or raised as CUDA does: the candidate says it in words that end in a remedy."""
    running(mischief)
    candidate = Candidate.of(mischief, ["how"], task=Task.REGRESSION)
    with pytest.raises(ScoringError, match="No CUDA GPUs are available") as caught:
        candidate.score(pd.DataFrame({"how": ["no_card"]}))
    assert caught.value.remedy
    with pytest.raises(ScoringError, match="The process of the model was lost") as caught:
        candidate.score(pd.DataFrame({"how": ["leave"]}))
    assert caught.value.remedy
    running(mischief)


def test_a_process_is_not_started_for_ever(mischief: ProcessWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many losses there is no other one."""
    running(mischief)
    monkeypatch.setattr(line, "MOST_LOSSES", 1)
    with pytest.raises(WorkerLost, match="exit code 7"):
        asked(mischief, "leave")
    with pytest.raises(WorkerLost, match="was lost 1 times; no other one is started"):
        asked(mischief, "well")


def test_nothing_is_left_when_it_is_closed_or_forgotten(tmp_path: Path) -> None:
    """Also when nobody closes it."""
    worker = worker_of_code(tmp_path, MISCHIEF)
    closed = running(worker)
    worker.close()
    assert not _lives_on(closed)
    forgotten = running(worker)
    del worker
    import gc

    for _ in range(5):  # a watch that was set for its last answer may hold it for a moment
        gc.collect()
        if not _lives_on(forgotten):
            return

    pytest.fail("a process that nobody knows any more lives on")


# ----------------------------------------------------------------------------------------------------
# Probes that a model does not survive; answers that are none


def probed(folder: Path, body: str, **more: Any) -> ProcessWorker:
    """A model whose `predict(self, rows)` has this body."""
    return worker_of_code(
        folder,
        "import os, sys, time\nimport numpy as np\nclass Model:\n    def predict(self, rows):\n        "
        + body.replace("\n", "\n        "),
        **more,
    )


def test_crash_fails_the_probe_and_spares_the_rest(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """A crash at a missing value fails that probe alone; those before and after stand, asked of a fresh process."""
    worker = probed(tmp_path, "if rows.isna().any(axis=None):\n    os.abort()\nreturn np.zeros(len(rows))")
    started.append(worker)
    result = tried(worker)
    assert isinstance(result.memory, Footprint)
    assert not result.completed
    found = outcomes(result)
    assert ("passed", "failed", "passed") == tuple(found[n] for n in ("determinism", "missing_value", "outlier"))
    expected = (
        "A missing value in amount ended the process of the model: The process of the model was lost: "
        "it was killed by SIGABRT."
    )
    assert expected == reasons(result)["missing_value"]


def test_silence_fails_the_probe(tmp_path: Path, started: list[ProcessWorker], monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that never comes back from a missing value is ended."""
    worker = probed(tmp_path, "if rows.isna().any(axis=None):\n    time.sleep(600)\nreturn np.zeros(len(rows))")
    started.append(worker)
    assert isinstance(worker.footprint(ROWS[NUMBERS].iloc[:1]), Footprint)
    monkeypatch.setattr(process, "CALL_SECONDS", 2.0)
    result = tried(worker)
    assert "failed" == outcomes(result)["missing_value"]
    assert "did not answer for 2 seconds" in reasons(result)["missing_value"]
    assert "passed" == outcomes(result)["one_row"]


def test_a_model_that_answers_no_row_has_no_memory(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """What it raised is the reason, and every probe fails."""
    worker = probed(tmp_path, "raise ValueError('no licence')")
    started.append(worker)
    result = tried(worker)
    assert isinstance(result.memory, Missing)
    assert "ValueError: no licence" in result.memory.reason
    assert "passed" not in outcomes(result).values()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return np.zeros(len(rows) + 1)", "predict returned 161 rows for 160 rows"),
        ("return np.zeros((len(rows), 2))", "predict returned 2 values for each row; expected one"),
        ("return 1.0", "predict returned one value for 160 rows"),
        ("return {'a': 1}", "predict"),
        ("return [np.zeros((len(rows), 2))] * 3", "predict"),
        ("return np.full(len(rows), np.nan)", "first row 1"),
        ("return ['text'] * len(rows)", '"text"'),
        ("return None", "predict"),
        ("class Odd:\n    def __array__(self, *a, **b): raise RuntimeError('not me')\nreturn Odd()", "predict"),
    ],
)
def test_answers_of_another_shape_are_told_as_here(
    body: str, words: str, tmp_path: Path, started: list[ProcessWorker]
) -> None:
    """The very words that the same answer gets in this process."""
    worker = probed(tmp_path, body)
    started.append(worker)
    said = []
    for each in (worker, InProcess(_same(tmp_path, worker))):
        with pytest.raises(ScoringError) as caught:
            Candidate.of(each, NUMBERS, task=Task.REGRESSION).score(ROWS)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert words in said[0]


def _same(folder: Path, worker: ProcessWorker) -> Any:
    """The same model in this process."""
    assert worker._file.loader is not None
    source = (folder / f"{worker._file.loader.partition(':')[0]}.py").read_text()
    space: dict[str, Any] = {}
    exec(source, space)
    return space["load"](None)


# ----------------------------------------------------------------------------------------------------
# What it sees, and loading


def test_secrets_are_not_inherited(
    tmp_path: Path, started: list[ProcessWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds the variables that programs need to start, and those that the spec names."""
    monkeypatch.setenv("SIGNING_PASSPHRASE", "hush")
    monkeypatch.setenv("REGION", "eu")
    monkeypatch.setenv("READINESS_GO", "1")
    worker = probed(tmp_path, "return [' '.join(sorted(os.environ)), os.environ['HOME']]", environment=["REGION"])
    started.append(worker)
    seen, home = worker.call("predict", ROWS[NUMBERS].iloc[:2]).tolist()
    assert {"PATH", "REGION"} <= set(seen.split())
    assert not {"SIGNING_PASSPHRASE", "READINESS_GO"} & set(seen.split())
    assert "/nonexistent" == home


def test_it_knows_nothing_of_the_review(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """Neither its input, nor its arguments, nor its open files lead anywhere but to the two pipes."""
    worker = probed(
        tmp_path,
        "places = ['/proc/self/fd/' + name for name in os.listdir('/proc/self/fd')]\n"
        "links = [os.readlink(place) for place in places if os.path.lexists(place)]\n"
        "return [sys.stdin.read() == '', ' '.join(sys.orig_argv), ' '.join(sorted(links))]",
    )
    started.append(worker)
    empty, arguments, links = worker.call("predict", ROWS[NUMBERS].iloc[:3]).tolist()
    assert empty
    assert str(tmp_path) not in arguments
    files = [each for each in links.split() if each.startswith("/") and not each.startswith(("/proc/", "/dev/"))]
    assert [] == files


def test_a_changed_file_is_not_loaded_there(tmp_path: Path, started: list[ProcessWorker]) -> None:
    """The pin is checked again in the process."""
    worker = worker_of_object(tmp_path, LogisticRegression().fit(ROWS[NUMBERS], SIGN))
    started.append(worker)
    joblib.dump(Ridge(), tmp_path / "model.joblib")
    with pytest.raises(ModelError, match="is not the file that the spec pins"):
        _ = worker.about


@pytest.mark.parametrize(
    ("at_top", "loading", "error", "words"),
    sampled(
        [
            ("", "raise ValueError('of another time')", ModelError, "cannot be loaded: ValueError: of another time"),
            ("", "sys.exit(3)", ModelError, "ended the program"),
            ("", "os._exit(5)", WorkerLost, "exit code 5"),
            ("", "os.abort()", WorkerLost, "SIGABRT"),
            ("", "raise RuntimeError('Found no NVIDIA driver on your system')", ModelError, "Found no NVIDIA driver"),
            ("", "return 5", ModelError, "expected an object with a method predict"),
            ("", "open(path, 'w').write('other'); return Model()", ModelError, "changed while"),
            ("import nowhere_at_all", "return Model()", ModelError, "nowhere_at_all"),
            ("os._exit(6)", "return Model()", WorkerLost, "exit code 6"),
            ("raise SystemExit(2)", "return Model()", ModelError, "cannot be imported: SystemExit"),
        ],
        4,
    ),
)
def test_a_model_that_dies_while_it_is_loaded(
    at_top: str, loading: str, error: type[Exception], words: str, tmp_path: Path, started: list[ProcessWorker]
) -> None:
    """An error in words with a remedy, and no process is left."""
    code = "class Model:\n    def predict(self, rows): return [0.0] * len(rows)"
    worker = worker_of_code(tmp_path, code)
    started.append(worker)
    assert worker._file.loader is not None
    module = tmp_path / f"{worker._file.loader.partition(':')[0]}.py"
    module.write_text(f"import os, sys\n{at_top}\n{code}\ndef load(path):\n    {loading}\n")
    with pytest.raises(error, match=words) as caught:
        _ = worker.about
    assert getattr(caught.value, "remedy", "")
    assert "Traceback" not in str(caught.value)
    assert process_of_none(worker)


# ----------------------------------------------------------------------------------------------------
# Refits that end their process


def refitting(folder: Path, body: str) -> Candidate:
    """A classifier whose `fit` has this body; it is fitted already."""
    code = f"""
import os, sys, time
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
class Model(ClassifierMixin, BaseEstimator):
    classes_ = np.array([0, 1])
    def fit(self, rows, y):
        {body}
        return self
    def predict(self, rows):
        return np.zeros(len(rows), dtype=int)
"""
    return Candidate.of(worker_of_code(folder, code), NUMBERS, task=Task.BINARY, classes=(0, 1))


@pytest.mark.parametrize("workers", [exhaustive(1), 2])
@pytest.mark.parametrize(
    ("body", "patience", "words"),
    [("os._exit(9)", 60.0, "exit code 9"), ("time.sleep(600)", 1.0, "did not answer for 1 seconds")],
)
def test_a_refit_that_ends_or_hangs(
    body: str, patience: float, words: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refits are missing, with the reason; the model answers on, in a fresh process, and none is left."""
    monkeypatch.setattr(refit_jobs, "LEAST_PATIENCE", 1.0)
    candidate = refitting(tmp_path, body)
    worker = candidate.worker
    assert isinstance(worker, ProcessWorker)
    before = candidate.score(ROWS)
    plan = Plan(SIGN, Task.BINARY, 2, 2, 0)
    done = fit_clones(candidate, ROWS, plan, list(plan.repeat(0)), workers=workers, patience=patience)
    assert isinstance(done, Missing)
    assert "a refit was not completed" in done.reason
    assert words in done.reason
    worker.end_refits()
    assert bits(before) == bits(candidate.score(ROWS))
    last = process_of(worker)
    worker.close()
    assert not _lives_on(last)


def test_a_small_budget_is_no_reason_to_end_a_refit(tmp_path: Path) -> None:
    """It is made, whatever was left of the time."""
    candidate = refitting(tmp_path, "time.sleep(0.5)")
    plan = Plan(SIGN, Task.BINARY, 2, 2, 0)
    done = fit_clones(candidate, ROWS, plan, [next(plan.repeat(0))], patience=1e-6)
    assert isinstance(candidate.worker, ProcessWorker)
    candidate.worker.close()
    assert not isinstance(done, Missing)
    assert [""] == [each.error for each in done]


def test_a_refit_that_fails_is_told_as_here(tmp_path: Path) -> None:
    """Under its exception's name, and the next one is made in the same process."""
    candidate = refitting(tmp_path, "raise ValueError('no solution with ' + str(len(rows)) + ' rows.')")
    plan = replace(Plan(SIGN, Task.BINARY, 2, 2, 0))
    done = fit_clones(candidate, ROWS, plan, list(plan.repeat(0)), patience=60)
    assert not isinstance(done, Missing)
    assert ["ValueError: no solution with 80 rows."] * 2 == [each.error for each in done]
    assert isinstance(candidate.worker, ProcessWorker)
    candidate.worker.close()
