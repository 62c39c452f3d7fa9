"""From a draft to files: `readiness check` accepts them, and the walk finds what the draft found."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from typer.testing import CliRunner

from readiness import review
from readiness.cli import app
from readiness.core.errors import InputError
from readiness.core.findings import Question
from readiness.evidence.preflight import preflight
from readiness.evidence.row_hashes import hashes_of, write_hashes
from readiness.reviews.to_spec import spec_text
from readiness.spec.load import load_spec
from readiness.starter.starter import starter
from tests.conftest import make_rows
from tests.walking import NOT_PROBED, Walked, walk

FEATURES = ["a", "b"]
TRAIN, TEST = make_rows(400, 1), make_rows(500, 2)
MODEL = LogisticRegression().fit(TRAIN[FEATURES], TRAIN["y"])
QUICK = {
    "stability": {"repeats": 2, "folds": 2, "seeds": 0, "budget_seconds": 60},
    "production": {"calls": 300, "call_seconds": 0.2, "latency_p99_ms": 500},
}
RICH: dict[str, Any] = {
    "X_train": TRAIN[FEATURES],
    "y_train": TRAIN["y"],
    "segments": {"region": TEST["group"], "on": np.arange(500) % 2 == 0},
    "costs": {"false_positive": 1, "false_negative": np.linspace(5, 15, 500), "currency": "EUR"},
    "requirements": [{"says": 'Miss few: "now"', "metric": "recall", "at_least": 0.5}],
    "groups": np.repeat(np.arange(250), 2),
    "time": pd.date_range("2026-01-01", periods=500, freq="h"),
    "sample_weight": np.where(np.arange(500) % 3 == 0, 2.0, 1.0),
    "id": [f"row {number}" for number in range(500)],
    "label_horizon": "12 h",
    "known_at": {
        "a": {"when": "before", "by": "the data office", "on": datetime.date(2026, 1, 30), "why": "asked: first"}
    },
    "independent": {"region": {"by": "the data office", "on": "2026-01-30", "why": "a region is no person"}},
    "sampled": False,
    "threshold": 0.4,
    "name": "on: #1",
    "version": "1e5",
    "about": {"purpose": "yes", "prepared_by": ["ours"], "valid_days": 30, "limitations": ["no: 1", "08"]},
    "baseline": {"rules": [{"name": "large", "when": "a > 1"}], "margin": 0.01},
    "segment_settings": {"limit": 0.4, "fairness": {"demographic_parity_ratio": 0.2}},
    "errors": {"describe": {"false_negative": "a case\nis missed"}, "show": ["a"]},
    "checklist": {"rollback_plan": {"done": True, "by": "me", "on": datetime.date(2026, 1, 31), "evidence": "docs"}},
    "confidence": 0.9,
    "seed": 7,
    **QUICK,
}


def findings(answers: Any) -> dict[str, tuple[Any, ...]]:
    """Status, value and limits by code, without what a clock says."""
    return {
        f.code: (f.status, f.measured and (f.measured.value, f.measured.low, f.measured.high, f.measured.n), f.bounds)
        for answer in answers
        for f in answer.findings
        if not f.measured_time and f.code not in ("PROD-MEMORY", "PROD-MEMORY-MODEL", "PROD-SECONDS")
    }


def walked(spec: Path, **how: Any) -> Walked:
    preflight(load_spec(spec))
    return walk(spec, figures=False, **how)


@pytest.mark.slow
def test_the_walk_finds_what_the_draft_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that was given is written, accepted, and leads to the same statuses, values and limits."""
    monkeypatch.setattr(
        "readiness.evidence.measure_times.measure_throughput", lambda *_, **__: NOT_PROBED
    )  # takes seconds
    draft = review(MODEL, TEST[FEATURES], TEST["y"], **RICH)
    expected = findings(draft)
    spec = draft.to_spec(tmp_path / "review")
    found = findings(walked(spec, probes=True).record.answers)

    assert 0 == CliRunner().invoke(app, ["check", str(spec)]).exit_code
    assert expected == found
    assert {"recall": 0.5} == {r.metric: r.limit for r in load_spec(spec).spec.business.requirements}


def typed(n: int, seed: int) -> pd.DataFrame:
    """A column of each kind that tables hold, gaps among them."""
    rng = np.random.default_rng(seed)
    known = rng.random(n) > 0.1
    return pd.DataFrame(
        {
            "category": pd.Categorical(rng.choice(["low", "mid", "high"], n), categories=["low", "mid", "high"], ordered=True),
            "nullable": pd.array(np.where(known, rng.integers(0, 9, n), None), dtype="Int64"),
            "flag": pd.array(np.where(known, rng.random(n) > 0.5, None), dtype="boolean"),
            "small": rng.normal(size=n).astype("float32"),
            "byte": rng.integers(0, 200, n).astype("uint8"),
            "day": pd.to_datetime("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="D"),
            "zone": pd.Series(pd.to_datetime("2026-01-01") + pd.to_timedelta(rng.integers(0, 90, n), unit="h")).dt.tz_localize("UTC"),
            "date": [datetime.date(2026, 1, 1 + k % 28) for k in range(n)],
            "word": pd.array(np.where(known, rng.choice(["x", "y"], n), None), dtype="string"),
            "text": np.where(rng.random(n) > 0.5, "ü", "<b>"),
        }
    )  # fmt: skip


def boosted(rows: pd.DataFrame, labels: pd.Series) -> Any:
    return HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(rows, labels)


@pytest.mark.slow
def test_columns_of_every_kind_come_back_as_they_were(tmp_path: Path) -> None:
    """pandas reads the dtypes that were given, and the walk scores and groups as the draft did."""
    train, test = typed(300, 1), typed(300, 2)
    labels = {seed: pd.Series(np.random.default_rng(seed).random(300) > 0.6, name="bad") for seed in (1, 2)}
    features = ["category", "nullable", "flag", "small", "byte"]
    model = boosted(train[features], labels[1])
    kinds = ["category", "flag", "day", "word"]
    draft = review(model, test, labels[2], X_train=train, y_train=labels[1], segments=kinds, **QUICK)
    spec = draft.to_spec(tmp_path / "review")
    back = pd.read_parquet(tmp_path / "review" / "test.parquet")
    record = walked(spec).record

    pd.testing.assert_frame_equal(test, back[list(test.columns)])
    for question in (Question.BASELINE, Question.SEGMENTS, Question.STABILITY):
        assert findings([draft[question.value]]) == findings([record.answer(question)])


def test_categories_that_are_numbers_are_refused(tmp_path: Path) -> None:
    """A Parquet file would give them back as numbers, and the model would see another column."""
    rows = pd.DataFrame({"a": TRAIN["a"], "c": pd.Categorical(np.arange(400) % 3)})
    draft = review(boosted(rows, TRAIN["y"]), rows.assign(a=rows["a"] + 1), TRAIN["y"])
    with pytest.raises(InputError, match=r'column "c" of X_test is category; out of a Parquet file .* int64'):
        draft.to_spec(tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """A second time is refused and changes nothing, unless it is asked for."""
    draft = review(MODEL, TEST[FEATURES], TEST["y"], requirements={"recall": 0.5})
    spec = draft.to_spec(tmp_path / "new" / "folder")
    spec.write_text("mine")
    with pytest.raises(InputError, match=r"holds model.joblib, test.parquet, readiness.yaml already"):
        draft.to_spec(spec.parent)

    assert "mine" == spec.read_text()
    assert "mine" != draft.to_spec(spec.parent, overwrite=True).read_text()
    assert {"model.joblib", "readiness.yaml", "test.parquet"} == {path.name for path in spec.parent.iterdir()}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Found a file, expected a folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; expected a folder"):
        review(MODEL, TEST[FEATURES], TEST["y"]).to_spec(tmp_path / "file")


def test_a_failure_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk leaves no half of a review."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("readiness.reviews.to_spec.pq.write_table", full)
    with pytest.raises(InputError, match="No space left on device"):
        review(MODEL, TEST[FEATURES], TEST["y"]).to_spec(tmp_path / "review")

    assert [] == list((tmp_path / "review").iterdir())


class OnArrays:
    """Says nothing of its features."""

    def predict(self, rows: Any) -> Any:
        return (np.asarray(rows)[:, 0] > 0).astype(int)


def test_a_model_that_would_be_given_something_else_is_not_written(tmp_path: Path) -> None:
    """From a file, a model that says nothing is given a table; a draft that gave it an array would not be the same."""
    draft = review(OnArrays(), TEST[FEATURES].to_numpy(), TEST["y"].to_numpy())
    with pytest.raises(InputError, match="n_features_in_"):
        draft.to_spec(tmp_path)


@pytest.mark.slow
def test_paths_are_written_as_they_read_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model in production, named from the working directory, is found from the folder of the spec."""
    monkeypatch.chdir(tmp_path)
    joblib.dump(MODEL, "old.joblib")
    from readiness.core.files import sha256_file

    current = {"name": "old", "path": "old.joblib", "sha256": sha256_file(Path("old.joblib"))}
    Path("plan.md").write_text("roll back")
    said = {"done": True, "by": "me", "on": "2026-01-31"}
    boxes = {"rollback_plan": {**said, "evidence": "plan.md"}, "monitoring": {**said, "evidence": "x" * 5000}}
    write_hashes(hashes_of(TRAIN, [*FEATURES, "y"], names_rows=False, target="y"), Path("training.txt"))
    hashes = {"training_rows": {"path": "training.txt", "source": "the vendor"}}
    draft = review(MODEL, TEST[FEATURES], TEST["y"], baseline={"current": current}, checklist=boxes, supplied=hashes)
    loaded = load_spec(draft.to_spec("a/b"))
    list(draft)  # all six, so that the rows are looked at

    assert "../../training.txt" == loaded.spec.supplied.training_rows.path
    assert "../../old.joblib" == loaded.spec.baseline.current.path
    assert ["../../plan.md", "x" * 5000] == [loaded.spec.checklist[box].evidence for box in boxes]
    assert findings([draft.baseline]) == findings([walked(loaded.path).record.answer(Question.BASELINE)])


@pytest.mark.slow
def test_a_regression_and_a_model_of_arrays_walk_the_same(tmp_path: Path) -> None:
    """No classes, no names of features: the tables say what the arrays said."""
    rows = np.random.default_rng(0).normal(size=(400, 3))
    truth = rows[:, 0] * 3 + np.random.default_rng(1).normal(size=400)
    model = LinearRegression().fit(rows[:200], truth[:200])
    draft = review(
        model, rows[200:], truth[200:], X_train=rows[:200], y_train=truth[:200], costs={"under": 2, "over": 1}, **QUICK
    )
    record = walked(draft.to_spec(tmp_path)).record
    list(draft)  # all six, so that the rows are looked at

    for question in (Question.BASELINE, Question.ERRORS, Question.STABILITY):
        assert findings([draft[question.value]]) == findings([record.answer(question)])


@pytest.fixture
def text() -> Callable[..., str]:
    """The text of a spec for some document."""

    def written(**more: Any) -> str:
        draft = review(MODEL, TEST[FEATURES], TEST["y"], **more)
        return spec_text(draft._source.document, "0" * 64, draft._answering.evidence.task)

    return written


def test_the_spec_reads_like_one_of_readiness_new(text: Callable[..., str], tmp_path: Path) -> None:
    """The same sections, explanations and TODOs, where nothing was given."""
    TEST[[*FEATURES, "y"]].to_parquet(tmp_path / "test.parquet")
    joblib.dump(MODEL, tmp_path / "model.joblib")
    new = starter(tmp_path / "model.joblib", tmp_path / "test.parquet", folder=tmp_path)
    explained = {line for line in new.splitlines()[1:] if line.startswith("##") or "# TODO: what" in line}

    assert explained <= set(text().splitlines())
    assert "you vouch for this file" in text()
    assert "# latency_p99_ms" not in text(production={"latency_p99_ms": 5})


@pytest.mark.parametrize(
    "word", ["yes", "1e5", "08", "null", "~", "a: b", "# x", "'", "\u202e", "line\nend", "🙂", "x" * 300]
)
def test_texts_come_back_as_they_were(word: str, tmp_path: Path) -> None:
    """Words that YAML could misread are quoted."""
    draft = review(
        MODEL, TEST[FEATURES].assign(**{word: TEST["group"]}), TEST["y"], segments=[word], about={"purpose": word}
    )
    loaded = load_spec(draft.to_spec(tmp_path))

    assert (word, word) == (loaded.spec.about.purpose, loaded.spec.data.segments[0])
