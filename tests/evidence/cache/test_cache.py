"""The cache of a review: nothing is measured twice, and nothing is taken that was measured on something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import LinearSVC

from readiness.core.missing import Missing
from readiness.evidence import equal_refits, refits, retraining
from readiness.evidence import measure_refits as refitting
from readiness.evidence import measure_runtime as probing
from readiness.evidence import measure_times as timing
from readiness.evidence.cache import cache as caches
from readiness.evidence.cache import entries
from readiness.evidence.cache.cache import REFITS, SEEDS, TEST, TRAINING, Cache, Hit
from readiness.evidence.cache.entries import pack_scores, unpack_scores
from readiness.evidence.cache.fingerprint import Code
from readiness.evidence.cache.store import SUFFIX, Entry
from readiness.evidence.candidate import Candidate
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Evidence
from readiness.evidence.measure_refits import measure_refits
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.latency import Latency
from readiness.evidence.probes.load import Load
from readiness.evidence.probes.throughput import Throughput
from readiness.evidence.probes.trial import Trial
from readiness.evidence.refits import Refits
from readiness.evidence.workers.in_process import InProcess
from readiness.evidence.workers.worker import Footprint, Scores
from tests.conftest import make_rows

pytestmark = pytest.mark.slow

Write = Callable[..., Path]


class Calls:
    """What was asked of a model: rows scored, and splits refitted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[int] = []
        self.repeats: list[int] = []
        score, fit_clones, estimate = Candidate.score, refits.fit_clones, refitting.estimate

        def counted(candidate: Candidate, frame: pd.DataFrame) -> Scores:
            self.rows.append(len(frame))
            return score(candidate, frame)

        def fitted(candidate: Any, frame: Any, plan: Any, splits: Any, **more: Any) -> Any:
            self.repeats += [split.repeat if split.repeat < 10_000 else -1 - split.fold for split in splits]
            done, self.rows = self.rows, []
            outcomes = fit_clones(candidate, frame, plan, splits, **more)
            self.rows = done  # what refits score is counted as refits
            return outcomes

        def estimated(*args: Any, **more: Any) -> Any:
            done, self.rows = self.rows, []
            cost = estimate(*args, **more)
            self.rows = done  # nor what is scored to say what refits will cost
            return cost

        monkeypatch.setattr(Candidate, "score", counted)
        monkeypatch.setattr(refitting, "estimate", estimated)
        for module in (refits, retraining, equal_refits):
            monkeypatch.setattr(module, "fit_clones", fitted)

    def new(self) -> tuple[list[int], list[int]]:
        """Rows and repeats since the last time."""
        found = self.rows, sorted(set(self.repeats))
        self.rows, self.repeats = [], []
        return found


def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """No source counts as changed, ours and the tests' own, which somebody may be writing."""
    monkeypatch.setattr(caches, "program_digests", lambda: {"readiness": "the same"})
    monkeypatch.setattr(caches, "local_code", lambda *_, **__: Code({}, own=False))
    monkeypatch.setattr(caches, "list_code", lambda known: {**known})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """Counts what is asked of models; the tests' own modules, which others may be writing, count as unchanged."""
    steady(monkeypatch)
    return Calls(monkeypatch)


@pytest.fixture
def cache(tmp_path: Path) -> str:
    return str(tmp_path / "cache")


def forest() -> RandomForestClassifier:
    train = make_rows(600, 1)
    return RandomForestClassifier(5).fit(train[["a", "b"]], train["y"])


def parts(evidence: Evidence) -> list[str]:
    return [reuse.part for reuse in evidence.reused]


def edited(path: Path, **sections: dict[str, Any]) -> Path:
    """The spec with other values in some sections."""
    spec = yaml.safe_load(path.read_text())
    for section, values in sections.items():
        spec[section] = {**spec.get(section, {}), **values}
    path.write_text(yaml.safe_dump(spec))
    return path


def test_a_second_review_asks_the_model_nothing(review_files: Write, cache: str, calls: Calls) -> None:
    """Neither scores nor refits nor other seeds nor small changes; and every number is the same, bit by bit."""
    spec = review_files(model=forest())
    first = measure_refits(gather(spec, cache=cache))
    assert ([800, 600, 800], [*range(-8, 0), 0, 1]) == calls.new()
    again = measure_refits(gather(spec, cache=cache))
    assert ([], []) == calls.new()
    expected = [TEST, "8 refits with other seeds", TRAINING, "10 refits", "scores of slightly changed rows"]
    assert ([], expected) == (parts(first), parts(again))
    assert_same(first, again)
    assert_same(first, measure_refits(gather(spec)))


def assert_same(first: Evidence, second: Evidence) -> None:
    """Scores, refits, seeds and small changes with every bit and every kind."""
    assert isinstance(first.refits, Refits)
    assert isinstance(second.refits, Refits)
    pairs = [
        (first.cases.y_pred, second.cases.y_pred),
        (first.cases.y_score, second.cases.y_score),
        (first.refits.predicted, second.refits.predicted),
        (first.refits.scores, second.refits.scores),
        (first.refits.held, second.refits.held),
        (first.perturbed.after, second.perturbed.after),  # type: ignore[union-attr]
        *zip(
            (one.said.predicted for one in first.retraining.seeds),
            (one.said.predicted for one in second.retraining.seeds),
            strict=True,
        ),
    ]
    for a, b in pairs:
        assert a is not None
        assert b is not None
        assert (a.dtype, a.shape, a.flags.c_contiguous) == (b.dtype, b.shape, b.flags.c_contiguous)
        assert a.tobytes() == b.tobytes()
    assert [one.value for one in first.retraining.seeds] == [one.value for one in second.retraining.seeds]
    assert (first.refits.notes, first.gathered.model) == (second.refits.notes, second.gathered.model)


def test_what_only_judges_repeats_nothing(review_files: Write, cache: str, calls: Calls) -> None:
    """Costs, limits, requirements, segments, attestations, texts, the primary metric and fewer repeats."""
    spec = review_files({"stability": {"repeats": 3, "budget_seconds": 60}})
    measure_refits(gather(spec, cache=cache))
    calls.new()
    edited(
        spec,
        about={"purpose": "another", "owner": "somebody"},
        model={"name": "renamed", "version": "2"},
        data={"segments": ["group", "b"], "id": None},
        errors={"costs": {"false_positive": 3, "false_negative": 4, "currency": "EUR"}},
        segments={"limit": 0.3},
        baseline={"metric": "roc_auc"},
        stability={"repeats": 2, "half_width": 0.2},
        production={"drift_limit": 0.5},
        checklist={"monitoring": {"not_applicable": "a test"}},
    )
    again = measure_refits(gather(spec, cache=cache))
    assert ([], []) == calls.new()
    fresh = measure_refits(gather(spec))
    assert isinstance(again.refits, Refits)
    assert isinstance(fresh.refits, Refits)
    assert fresh.refits.scores.tobytes() == again.refits.scores.tobytes()


def test_a_threshold_is_moved_without_the_model(review_files: Write, cache: str, calls: Calls) -> None:
    """Labels follow from the kept scores: of the test rows, of refits, and of changed rows."""
    spec = review_files({"model": {"threshold": 0.5}}, model=forest())
    measure_refits(gather(spec, cache=cache))
    calls.new()
    edited(spec, model={"threshold": 0.3})
    again = measure_refits(gather(spec, cache=cache))
    assert ([], []) == calls.new()
    assert again.cases.y_score is not None
    assert np.array_equal((again.cases.y_score >= 0.3).astype(np.int64), again.cases.y_pred)
    assert_same(measure_refits(gather(spec)), again)


def test_more_repeats_and_seeds_add_only_what_is_missing(review_files: Write, cache: str, calls: Calls) -> None:
    """Of four repeats the two that are there are taken; so of ten seeds the eight."""
    spec = review_files(model=forest())
    measure_refits(gather(spec, cache=cache))
    calls.new()
    edited(spec, stability={"repeats": 4, "seeds": 10})
    again = measure_refits(gather(spec, cache=cache))
    assert ([], [-10, -9, 2, 3]) == calls.new()
    assert {"10 refits", "8 refits with other seeds"} <= {*parts(again)}
    assert_same(measure_refits(gather(spec)), again)


def test_a_gap_among_the_repeats_is_filled(review_files: Write, cache: str, calls: Calls) -> None:
    """When one entry was swept away, that repeat alone is made again."""
    spec = review_files({"stability": {"repeats": 4, "budget_seconds": 60}})
    first = measure_refits(gather(spec, cache=cache))
    calls.new()
    store = first.cache.store
    assert store is not None
    held = {"folds": 5, "plan_seed": 0, "repeat": 2, "held": 800}
    store._path(first.cache._key(REFITS, held)).unlink()
    again = measure_refits(gather(spec, cache=cache))
    assert ([], [2]) == calls.new()
    assert_same(first, again)


@pytest.mark.parametrize("what", ["train", "test", "model", "seed", "target", "backend"])
def test_what_decides_a_measurement_is_measured_anew(
    review_files: Write, cache: str, calls: Calls, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other files, other roles, other seeds, another backend of Keras: nothing old is taken."""
    spec = review_files()
    gather(spec, cache=cache)
    assert ([800], []) == calls.new()
    if what in ("train", "test"):
        make_rows(800, 9).to_parquet(tmp_path / f"{what}.parquet")
    elif what == "model":
        review_files(model=forest())
    elif what == "seed":
        spec.write_text(f"{spec.read_text()}\nseed: 7\n")
    elif what == "backend":
        monkeypatch.setenv("KERAS_BACKEND", "another")
    else:
        edited(spec, data={"positive": 0})
    assert [] == parts(gather(spec, cache=cache))
    assert ([800], []) == calls.new()
    gather(spec, cache=cache)
    assert ([], []) == calls.new()


def test_other_folds_are_other_refits(review_files: Write, cache: str, calls: Calls) -> None:
    """The repeats are made again; seeds, which have no folds, and scores are not."""
    spec = review_files()
    measure_refits(gather(spec, cache=cache))
    calls.new()
    again = measure_refits(gather(edited(spec, stability={"folds": 4}), cache=cache))
    assert ([], [0, 1]) == calls.new()
    assert [TEST, "3 refits with other seeds", TRAINING, "scores of slightly changed rows"] == parts(again)


def test_a_damaged_entry_is_measured_anew_and_replaced(review_files: Write, cache: str, calls: Calls) -> None:
    """Every entry is spoilt in its middle; the review goes on as if they were not there, and keeps new ones."""
    spec = review_files(model=forest())
    first = measure_refits(gather(spec, cache=cache))
    calls.new()
    for path in Path(cache).glob(f"*{SUFFIX}"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    again = measure_refits(gather(spec, cache=cache))
    assert (([800, 600, 800], [*range(-8, 0), 0, 1]), []) == (calls.new(), parts(again))
    assert_same(first, again)
    measure_refits(gather(spec, cache=cache))
    assert ([], []) == calls.new()


def test_a_table_that_is_written_to_meanwhile_is_not_kept(
    review_files: Write, cache: str, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows that were read may be older than the bytes that were hashed."""
    from readiness.evidence.sources import FileOrigin

    spec, artifact = review_files(), FileOrigin.artifact

    def late(origin: FileOrigin, name: str) -> Any:
        if name == "test":
            make_rows(700, 5).to_parquet(tmp_path / "test.parquet")
        return artifact(origin, name)

    monkeypatch.setattr(FileOrigin, "artifact", late)
    measure_refits(gather(spec, cache=cache))
    assert [] == list(Path(cache).glob(f"*{SUFFIX}"))


def test_things_that_a_notebook_replaced_are_not_known(review_files: Write, cache: str, calls: Calls) -> None:
    """Another candidate in the same evidence is measured, whatever is kept of the first one."""
    spec = review_files()
    measure_refits(gather(spec, cache=cache))
    calls.new()
    evidence = gather(spec, cache=cache)
    assert evidence.candidate is not None
    other = replace(evidence, candidate=Candidate.in_form(InProcess(forest()), evidence.candidate.form))
    assert [TEST] == parts(measure_refits(other))
    assert evidence.begin_cache().store is not None


def test_refits_that_do_not_fit_are_not_kept(review_files: Write, cache: str, calls: Calls) -> None:
    """No repeats without the time for them; the one copy that says all is kept with the scores."""
    spec = review_files({"stability": {"repeats": 2, "budget_seconds": 0.000001}})
    first = measure_refits(gather(spec, cache=cache))
    assert isinstance(first.refits, Missing)
    expected = [TEST, "1 refit with other seeds", TRAINING, "scores of slightly changed rows"]
    assert expected == parts(measure_refits(gather(spec, cache=cache)))


def test_other_code_of_the_user_is_measured_anew(
    review_files: Write, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where the code cannot be told, nothing is kept at all."""
    steady(monkeypatch)
    spec, code = review_files(), ["one"]
    monkeypatch.setattr(caches, "local_code", lambda *_, **__: Code({"module": code[0]}, own=True))
    monkeypatch.setattr(caches, "list_code", lambda _: {})
    gather(spec, cache=cache)
    assert [TEST] == parts(gather(spec, cache=cache))
    code[0] = "two"
    assert [] == parts(gather(spec, cache=cache))
    monkeypatch.setattr(caches, "local_code", lambda *_, **__: None)
    for _ in range(2):
        assert [] == parts(gather(spec, cache=cache))


@pytest.mark.parametrize("threshold", [None, 0.0])
def test_scores_in_any_form_come_back(threshold: float | None) -> None:
    """Decision values, three classes, and numbers; other rows or classes are not taken for them."""
    train = make_rows(200, 1)
    svc = LinearSVC().fit(train[["a", "b"]], train["y"])
    from readiness.core.policy import Task

    candidate = Candidate.of(InProcess(svc), ["a", "b"], task=Task.BINARY, classes=(0, 1), threshold=threshold)
    said = candidate.score(train)
    arrays, facts = pack_scores(said, "x-", candidate)
    entry = Entry(arrays, facts, "", "")
    back = unpack_scores(entry, "x-", facts, candidate, 200)
    assert back is not None
    assert back.scores is not None
    assert (said.predicted.tobytes(), said.method, said.notes) == (back.predicted.tobytes(), back.method, back.notes)
    assert (said.classes, said.is_probability) == (back.classes, back.is_probability)
    assert ("x-labels" in arrays) == (threshold is None)
    assert unpack_scores(entry, "x-", facts, candidate, 199) is None
    wide = Entry({"x-scores": np.zeros((200, 3)), "x-labels": said.predicted}, facts, "", "")
    assert unpack_scores(wide, "x-", facts, candidate, 200) is None


def test_times_memory_and_probes(
    review_files: Write, cache: str, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken when all was measured to its end, on the same machine and for as many calls."""
    made: list[str] = []
    latency = Latency(np.arange(300), "table of one row", "predict_proba", 5, 1, np.arange(12))
    loads = (Load(50.0, np.arange(30), 49.0, percent=50), Load(100.0, np.arange(60), 97.0, 1, 2, "no", percent=100))
    speeds = (Throughput(1, np.array([1.5, 2.0])), Throughput(32, np.array([3.0])))
    result = Trial(Footprint(1, 2, 3, 4), (ProbeResult("one_row", "failed", "no"),))

    def told(name: str, value: Any) -> Callable[..., Any]:
        return lambda *_, **__: (made.append(name), value)[1]

    monkeypatch.setattr(timing, "measure_latency", told("latency", latency))
    monkeypatch.setattr(timing, "measure_throughput", told("throughput", speeds))
    monkeypatch.setattr(timing, "measure_degradation", told("load", loads))
    at_once = (Throughput(32, np.array([1.5, 2.0]), 1), Throughput(32, np.array([3.0, 4.0]), 2))
    monkeypatch.setattr(timing, "measure_workers", told("at once", at_once))
    monkeypatch.setattr(probing, "try_candidate", told("apart", result))
    spec = review_files()
    first, again = (probing.probe(gather(spec, cache=cache)) for _ in range(2))
    assert ["latency", "throughput", "apart"] == made
    assert ["times of single calls", "rows per second", "memory and probes"] == parts(again)[1:]
    assert (first.probes, first.technical.note) == (again.probes, again.technical.note)
    names = first.technical.measures.keys()
    values = [found.value for found in first.technical.measures.values() if not isinstance(found, Missing)]
    assert len(values) > 4
    assert values == [
        again.technical.measures[n].value for n in names if not isinstance(first.technical.measures[n], Missing)
    ]
    assert first.technical.facts["memory_growth"] == again.technical.facts["memory_growth"]
    probing.probe(gather(edited(spec, production={"calls": 400}), cache=cache))
    assert ["latency"] == made[3:]
    rated = edited(spec, production={"rate_per_second": 100, "workers": 2})
    here, there = (probing.probe(gather(rated, cache=cache)).technical for _ in range(2))
    assert ["load", "at once"] == made[4:]
    assert not isinstance(here.loads, Missing)
    assert not isinstance(there.loads, Missing)
    assert [(load.rate, load.error, load.response.tolist()) for load in here.loads] == [
        (load.rate, load.error, load.response.tolist()) for load in there.loads
    ]
    assert {1: 1.5, 2: 3.0} == {count: found.value for count, found in here.by_workers.items()}
    assert here.by_workers.keys() == there.by_workers.keys()
    assert [3.0, 4.0] == [there.by_workers[2].lower(0.4), there.by_workers[2].upper(0.4)]
    probing.probe(gather(edited(spec, production={"latency_p99_ms": 100}), cache=cache))
    assert ["latency"] == made[6:]  # a limit decides how long it is timed
    monkeypatch.setattr(entries, "this_machine", lambda: "another one")
    probing.probe(gather(spec, cache=cache))
    assert ["latency", "throughput", "load", "at once", "apart"] == made[7:]


@pytest.mark.parametrize(
    "result",
    [
        Trial(Missing("it crashed"), Missing("it crashed"), completed=False),
        Trial(Footprint(1, 2, 3, 4), (ProbeResult("one_row", "failed", "it crashed"),), completed=False),
        Trial(Footprint(1, 2, 3, 4), (ProbeResult("one_row", "unavailable", "no time"),)),
    ],
)
def test_a_process_that_did_not_end_well_is_asked_again(result: Trial, tmp_path: Path) -> None:
    """It may have been for want of memory, and says nothing for certain."""
    from readiness.evidence.cache.store import Store

    known, made = Cache(Store.open(tmp_path / "cache")), []
    for _ in range(2):
        assert result is entries.cached_probes(known, lambda: (made.append(1), result)[1])
    assert [1, 1] == made


def test_seeds_are_counted_in_words() -> None:
    """One is one, many have their commas; several entries of a part are as old as the oldest."""
    stored = [Entry({}, {"seconds": 1.5}, f"2026-11-2{day}T00:00:00+00:00", f"place {day}") for day in (3, 2)]
    known = Cache(found=[Hit(SEEDS, 1, stored[0]), *(Hit(REFITS, 700, each) for each in stored)])
    assert [
        ("1 refit with other seeds", "2026-11-23T00:00:00+00:00", "place 3"),
        ("1,400 refits", "2026-11-22T00:00:00+00:00", "place 2"),
    ] == [(reuse.part, reuse.measured, reuse.where) for reuse in known.summarize_hits()]
    assert 4.5 == known.seconds
