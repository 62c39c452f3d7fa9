"""Columns that give the answer away: what is said of them, whose word settles them, and what is never taken for one."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from readiness.core.findings import Finding, Status
from readiness.core.policy import Task
from readiness.core.withholding import is_vouched
from readiness.evidence.evidence import Recent
from readiness.soundness import leak_columns
from readiness.soundness.assessment import judge_examined
from readiness.soundness.leak import examine, examine_tables
from tests.questions.conftest import evidence_of
from tests.soundness.rows import tables_of

N = 1500
TODAY = datetime.date.today()
CLASSES = {Task.BINARY: ("0", "1"), Task.MULTICLASS: ("a", "b", "c")}


def noise(n=N, seed=0):
    rng = np.random.default_rng(seed)
    return {"age": rng.normal(size=n), "amount": rng.normal(size=n), "city": rng.choice(["Bonn", "Ulm", "Jena"], n)}


def truth(n=N, seed=1, task=Task.BINARY):
    rng = np.random.default_rng(seed)
    if task is Task.REGRESSION:
        return rng.normal(size=n)
    return rng.choice(3, n) if task is Task.MULTICLASS else (rng.random(n) < 0.4).astype(np.int64)


def judged(columns, y, *, said=None, task=Task.BINARY, halves=True, **more):
    """The findings by code; the first half of the rows are test rows, the others training rows."""
    frame = pd.DataFrame(columns)
    cut = len(frame) // 2 if halves else len(frame)
    train, y_train = (frame.iloc[cut:], y[cut:]) if halves else (None, None)
    tables = tables_of(
        frame.iloc[:cut], train, y_test=y[:cut], y_train=y_train, task=task, classes=CLASSES.get(task, ()),
        features=tuple(columns), **more,
    )  # fmt: skip
    claims = examine_tables(tables, None if said is None else said[:cut])
    return {finding.code: finding for finding in map(judge_examined, claims)}


def vouch(by="a validator", when="before", on=None):
    return {"by": by, "on": str(on or TODAY), "why": "the form has it", "when": when}


def known(name="status", *, prepared=("the builder",), **more):
    return {"about": {"prepared_by": list(prepared)}, "data": {"known_at": {name: vouch(**more)}}}


def test_nothing_stands_out():
    """How much was looked at, what comes nearest, and what cannot be seen."""
    columns = noise()
    found = judged(columns | {"age": columns["age"] + truth()}, truth(), said=truth()[: N // 2] * 0.5)

    assert list(found) == ["EVID-LEAK"]
    finding = found["EVID-LEAK"]
    assert finding.status is Status.MET
    assert (
        "3 columns, pairs, sums, differences, products and ratios of all of them and what is missing" in finding.reason
    )
    assert "on 750 test and 750 training rows" in finding.reason
    assert "the most telling column, age, reaches 0.7" in finding.reason
    assert "preparation that was fitted on all rows" in finding.reason


TELLING_TEXTS = {
    "a word": (
        lambda y, rng: f"case {rng.integers(1e9)} was {'written off' if y else 'paid in full'}",
        "” stands in note alone tells 604 of 604",
    ),
    "a first letter": (
        lambda y, rng: f"{'D' if y else 'P'}{rng.integers(10**6):06d}",
        "the first letter of note alone tells",
    ),
    "a last letter": (
        lambda y, rng: f"{rng.integers(10**6):06d}{'d' if y else 'P'} ",
        "the last letter of note alone tells",
    ),
    "one of many words": (
        lambda y, rng: (
            f"{rng.integers(1e9)} {rng.choice(['lost', 'void', 'late'] if y else ['kept', 'good'])} {rng.integers(1e9)}"
        ),
        "which of 5 words stand in note, such as “",
    ),
    "a length": (
        lambda y, rng: "x".join(f"{rng.integers(10**6):06d}" for _ in range(2 + int(y))),
        "the length of note alone tells",
    ),
    "a number": (
        lambda y, rng: f"no {int(y) * 10**6 + rng.integers(10**5):07d}",
        "the first number in note alone tells",
    ),
}


@pytest.mark.parametrize("kind", TELLING_TEXTS)
def test_texts_that_give_the_answer_away_are_found(kind):
    """None of them comes twice."""
    written, said = TELLING_TEXTS[kind]
    y, rng = truth(), np.random.default_rng(30)
    found = judged(noise() | {"note": [written(k, rng) for k in y]}, y)

    assert found["EVID-LEAK-1"].status is Status.NOT_PROVEN
    assert "Is note known before" in found["EVID-LEAK-1"].name
    assert said in found["EVID-LEAK-1"].reason


@pytest.mark.parametrize("rows", [60, N])
def test_texts_that_say_nothing_are_no_suspects(rows):
    """However many words they have; a text that helps is none either. What was read of them is said."""
    rng, y = np.random.default_rng(32), truth()[:rows]
    words = np.array([f"w{k}" for k in range(3_000)])
    many = [" ".join(rng.choice(words, 40)) for _ in y]
    helps = [f"{rng.integers(1e9)} {'urgent' if rng.random() < 0.2 + 0.6 * k else 'as usual'}" for k in y]
    found = judged({name: column[:rows] for name, column in noise().items()} | {"many": many, "helps": helps}, y)

    assert list(found) == ["EVID-LEAK"]
    assert found["EVID-LEAK"].status is Status.MET
    assert (
        "of many and helps single words, beginnings and ends, a number and lengths were read"
        in found["EVID-LEAK"].reason
    )


def test_what_cannot_be_searched_is_not_counted():
    """Objects of which each stands for itself."""
    columns = noise()
    found = judged(columns | {"thing": [object() for _ in range(N)]}, truth())

    assert f"among {len(columns)} columns" in found["EVID-LEAK"].reason
    assert "thing could not be searched, as each value stands for itself" in found["EVID-LEAK"].reason


def test_a_suspect_is_not_proven_and_says_its_counts():
    """The class as text: rows of both sides, the area, the model, the next column, the cure."""
    y = truth()
    found = judged(noise() | {"status": np.where(y == 1, "closed", "open")}, y, said=y.astype(float))
    finding = found["EVID-LEAK-1"]
    p = int(y.sum())

    assert finding.status is Status.NOT_PROVEN
    assert f"status alone tells {p:,} of {p:,} rows with y = 1 from {N - p:,} of {N - p:,} others" in finding.reason
    assert "the model with all its columns reaches 1.000" in finding.reason
    assert "data.known_at for status" in finding.needs
    assert finding.segment == {"column": "status"}
    assert finding.blocking
    assert found["EVID-LEAK"].status is Status.MET
    assert "1 suspect may give y away" in found["EVID-LEAK"].reason


def test_somebodys_word_settles_it():
    """Outside those who prepared the review, this year, of each column: the doubt can be set aside by its segment."""
    y = truth()
    columns = noise() | {"status": y}
    finding = judged(columns, y, **known())["EVID-LEAK-1"]

    assert finding.status is Status.NOT_PROVEN
    assert is_vouched(finding, ("leak/status",))
    assert not is_vouched(finding, ("leak/age",))


def test_whose_word_counts_comes_last():
    """Three unsettled suspects are named before the settled one."""
    y, rng = truth(), np.random.default_rng(3)
    columns = noise() | {f"s{k}": y + 0.01 * rng.normal(size=N) for k in range(4)}
    named = [finding.segment.get("column") for finding in judged(columns, y, **known("s1")).values()]

    assert set(named[1:]) == {"s0", "s2", "s3"}
    for word in (known("s1", by="The Builder"), known("s1", on=TODAY - datetime.timedelta(days=400))):
        found = judged(columns, y, **word)
        assert found["EVID-LEAK"].status is Status.NOT_PROVEN
        assert "1 of them not named here" in found["EVID-LEAK"].reason


@pytest.mark.parametrize("strong", [True, False])
def test_what_is_known_only_afterwards_is_not_met(strong):
    """Whoever says so, and whether or not it tells much."""
    y = truth()
    columns = noise() | {"status": y if strong else np.random.default_rng(2).normal(size=N)}
    finding = judged(columns, y, **known(when="after", by="the builder"))["EVID-LEAK-1"]

    assert finding.status is Status.NOT_MET
    assert "status is known only after the decision, says the builder: the form has it" in finding.reason
    assert ("area under the ROC curve" in finding.reason) is strong


def test_a_column_that_the_candidate_does_not_use_cannot_leak():
    """Its features alone are asked."""
    y = truth()
    frame = pd.DataFrame(noise() | {"status": y})
    claims = examine_tables(tables_of(frame, y_test=y, features=("age", "amount"), **known(when="after")))

    assert [claim.code for claim in claims] == ["EVID-LEAK"]


def test_skill_that_is_gone_of_late_is_not_met():
    """Filled in later: among recent rows the column is empty, or by chance; while it lasts, it is a doubt."""
    y, later = truth(), truth(400, 9)
    columns = noise() | {"status": y.astype(float)}
    for values, status in (
        (np.full(400, np.nan), Status.NOT_MET),
        (np.random.default_rng(4).permutation(later).astype(float), Status.NOT_MET),
        (later.astype(float), Status.NOT_PROVEN),
    ):
        recent = Recent(pd.DataFrame(noise(400, 8) | {"status": values}), later)
        finding = judged(columns, y, recent=recent)["EVID-LEAK-1"]
        assert finding.status is status
        assert ("among 400 recent rows it tells little" in finding.reason) is (status is Status.NOT_MET)


def test_recent_rows_without_a_truth_say_nothing():
    """None of them, or not yet."""
    y = truth()
    columns = noise() | {"status": y.astype(float)}
    frame = pd.DataFrame(noise(400, 8) | {"status": np.nan})
    for target in (None, np.full(400, -1)):
        assert judged(columns, y, recent=Recent(frame, target))["EVID-LEAK-1"].status is Status.NOT_PROVEN


def test_a_pair_takes_the_word_for_both_columns():
    """Due and paid tell all by their difference."""
    y, rng = truth(), np.random.default_rng(5)
    due = 50 * rng.normal(size=N)
    finding = judged(noise() | {"due": due, "paid": due - y + 0.02 * rng.normal(size=N)}, y)["EVID-LEAK-1"]

    assert "− " in finding.name
    assert set(finding.segment.values()) == {"due", "paid"}
    assert not is_vouched(finding, ("leak/due",))
    assert is_vouched(finding, ("leak/due", "leak/paid"))


def test_a_number_is_told_in_its_own_words():
    """Two parts that add up to the target."""
    columns = noise()
    y = columns["age"] + columns["amount"]
    finding = judged(columns, y, task=Task.REGRESSION)["EVID-LEAK-1"]

    assert finding.status is Status.NOT_PROVEN
    assert "amount + age tells y of 1,500 of 1,500 rows (100.0 %) to within a tenth" in finding.reason
    assert "(R² 1" in finding.reason
    assert "the better one alone, amount, 0.4" in finding.reason


def test_one_of_several_classes():
    """How many rows get the right class."""
    y = truth(task=Task.MULTICLASS)
    found = judged(noise() | {"status": np.array(["x", "y", "z"])[y]}, y, task=Task.MULTICLASS)

    assert "status alone tells y of 1,500 of 1,500 rows (100.0 %)" in found["EVID-LEAK-1"].reason


def test_a_ranking_is_asked_for_relevant_rows():
    """Clicks that are counted after the list was shown."""
    y = np.random.default_rng(6).integers(0, 4, N).astype(float)
    found = judged(noise() | {"clicks": y * 3}, y, task=Task.RANKING, data={"query": "city"})

    assert "relevant rows" in found["EVID-LEAK-1"].reason


DAYS = pd.Timestamp("2026-01-01") + pd.to_timedelta(truth() * 40 + np.arange(N) % 30, unit="D")


@pytest.mark.parametrize(
    "column",
    [
        np.where(truth() == 1, "closed", None),
        np.where(truth() == 1, np.array([f"note {k}" for k in range(N)], dtype=object), None),
        pd.Categorical(np.where(truth() == 1, "yes", "no")),
        pd.array(np.where(truth() == 1, "yes", "no"), dtype="string"),
        pd.array(truth() == 1, dtype="boolean"),
        pd.array(np.where(truth() == 1, 5, None), dtype="Int64"),
        DAYS, DAYS.tz_localize("Europe/Berlin"), DAYS.strftime("%Y-%m-%d"), DAYS - pd.Timestamp("2026-01-01"),
        [str(x) for x in truth() * 3.0 + np.arange(N) / N], [Decimal(int(k)) for k in truth()],
        np.argsort(np.argsort(truth(), kind="stable")), [[int(k)] for k in truth()], truth().astype(np.float16),
        pd.arrays.SparseArray(truth()),
    ],
    ids=[
        "text in some", "texts of their own in some", "category", "string", "boolean", "whole numbers in some", "dates",
        "dates in a zone", "dates as text", "durations", "numbers as text", "decimals", "row numbers", "lists", "halves",
        "sparse",
    ],
)  # fmt: skip
def test_leaks_of_any_type_are_found(column):
    """However the value is stored."""
    found = judged({**noise(), "status": column}, truth())

    assert found["EVID-LEAK-1"].status is Status.NOT_PROVEN


def odd(n, seed):
    rng = np.random.default_rng(seed)
    return {
        "empty": np.full(n, np.nan), "none": np.full(n, None, dtype=object), "const": 1, "lists": [[1, 2]] * n,
        "dicts": [{"a": k} for k in range(n)], "huge": rng.normal(size=n) * 1e300, "inf": np.where(rng.random(n) < 0.2, np.inf, 1.0),
        "mixed": [k if k % 3 else str(k) for k in range(n)], "complex": rng.normal(size=n) + 1j,
        "bytes": [b"%d" % (k % 7) for k in range(n)], "day": [datetime.date(2026, 1, 1 + k % 28) for k in range(n)],
        "moment": pd.Series(pd.date_range("2026-01-01", periods=n, tz="UTC")).sample(frac=1, random_state=seed).array,
        "period": pd.period_range("2000-01", periods=n, freq="D")[rng.permutation(n)],
        "interval": pd.cut(rng.normal(size=n), 4), "<b>&\u202e": rng.normal(size=n), "gaps": pd.array(rng.choice([1, 2, None], n), dtype="Int64"),
    }  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("n", [1, 2, 30, 400])
def test_odd_columns_neither_break_nor_alarm(task, n):
    """Empty, endless, nested, mixed, hostile; few rows."""
    y = truth(n, 3, task).astype(float) if task in (Task.REGRESSION, Task.RANKING) else truth(n, 3, task)
    test, train = (pd.DataFrame(odd(n, seed)) for seed in (1, 2))
    train["gaps"] = train["gaps"].astype(str)
    tables = tables_of(
        test,
        train,
        y_test=y,
        y_train=y,
        task=task,
        classes=CLASSES.get(task, ()),
        features=tuple(test),
        recent=Recent(test, y),
    )
    found = [judge_examined(claim) for claim in examine_tables(tables)]

    assert [finding.code for finding in found] == ["EVID-LEAK"]
    assert found[0].status in (Status.MET, Status.NOT_ASSESSED)
    assert found[0].status is Status.MET or n < 30


def test_rows_of_a_group_lie_in_one_half():
    """The name of a customer tells all of a customer's other rows, and nothing of other customers."""
    rng = np.random.default_rng(7)
    customer = rng.integers(0, 150, N)
    y = (rng.random(150) < 0.5)[customer].astype(int)
    columns = noise() | {"customer": [f"c{k}" for k in customer]}

    assert list(judged(columns, y, data={"group": "customer"})) == ["EVID-LEAK"]


def test_a_feature_that_the_training_table_lacks_is_asked_on_test_rows():
    """Of those alone."""
    y = truth()
    frame = pd.DataFrame(noise() | {"status": y})
    tables = tables_of(frame, frame.drop(columns="status"), y_test=y, y_train=y, features=tuple(frame))
    found = [judge_examined(claim) for claim in examine_tables(tables)]

    assert "1,500 test rows" in found[1].reason
    assert "training" not in found[1].reason


def test_a_sample_says_so(monkeypatch):
    """Many rows are not all looked at; the sample is the same each time."""
    monkeypatch.setattr(leak_columns, "MOST_ROWS", 1000)
    y = truth()
    once, again = (judged(noise() | {"status": y}, y, halves=False) for _ in range(2))

    assert "on a random sample of 1,000 of 1,500 test rows" in once["EVID-LEAK-1"].reason
    assert once == again


def test_without_columns_nobody_can_look():
    """Predictions alone: not assessed, with what would help."""
    (claim,) = examine_tables(tables_of(pd.DataFrame({"y": truth()}), y_test=truth()))
    finding = judge_examined(claim)

    assert finding.status is Status.NOT_ASSESSED
    assert "data.features" in finding.needs
    assert "soundness.leak" in finding.needs


def test_columns_without_a_role_are_asked_where_no_model_names_them():
    """As if they were features."""
    y = truth()
    frame = pd.DataFrame(noise() | {"id": np.arange(N), "status": y, "y": y})
    found = [judge_examined(claim) for claim in examine_tables(tables_of(frame, y_test=y, data={"id": "id"}))]

    assert found[0].measured.n == 4
    assert found[1].segment == {"column": "status"}


def test_the_evidence_of_a_review_is_asked_with_the_candidates_scores():
    """A column with an area of 0.99 is suspicious beside a candidate that has no more, and not beside a better one."""
    y, rng = truth(3000), np.random.default_rng(8)
    frame = pd.DataFrame(noise(3000) | {"letters": 3.3 * y + rng.normal(size=3000)})

    def codes(score):
        evidence = evidence_of(y, y, score=score, more={"rows": frame})
        return [claim.code for claim in examine(evidence)]

    assert codes(frame["letters"].to_numpy()) == ["EVID-LEAK", "EVID-LEAK-1"]
    assert codes(y.astype(float)) == ["EVID-LEAK"]


def test_findings_are_plain(monkeypatch):
    """Every sentence is one line, and numbers keep their order to the bar."""
    y = truth()
    for finding in judged(noise() | {"status": y}, y).values():
        assert isinstance(finding, Finding)
        assert "\n" not in finding.reason + finding.needs
        assert finding.bounds is not None
        assert finding.criterion.presumed
