"""Six answers inside a notebook: computed when they are looked at, marked as a draft, and leaving no trace."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from IPython.lib.pretty import pretty
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from readiness import review
from readiness.core.checklist import this_day
from readiness.core.errors import InputError
from readiness.core.findings import Answer, Origin, Question, Status
from readiness.core.sanitize import NOT_TYPESET
from readiness.evidence.evidence import Evidence
from readiness.report.pictures import Picture
from readiness.report.plots.style import NothingToDraw
from readiness.reviews import answering
from readiness.reviews.texts import BANNER
from readiness.verdict.decision import Verdict
from tests.conftest import make_rows
from tests.walking import NOT_PROBED, not_probed

FEATURES = ["a", "b"]
TRAIN, TEST = make_rows(400, 1), make_rows(500, 2)
MODEL = LogisticRegression().fit(TRAIN[FEATURES], TRAIN["y"])
GIVEN: dict[str, Any] = {
    "X_train": TRAIN[FEATURES],
    "y_train": TRAIN["y"],
    "segments": {"region": TEST["group"]},
    "costs": {"false_positive": 1, "false_negative": 10, "currency": "EUR"},
    "requirements": {"recall": 0.5},
    "stability": {"repeats": 2, "folds": 2, "seeds": 0, "budget_seconds": 20},
    "production": {"calls": 300, "call_seconds": 0.1},
}


def drafted(**changes: Any) -> Any:
    return review(changes.pop("model", MODEL), TEST[FEATURES], TEST["y"], **GIVEN | changes)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was measured, in order; timing and the process apart are left out."""
    done: list[str] = []

    def probed(evidence: Evidence) -> Any:
        done.append("probed")
        return not_probed(evidence)

    def refitted(evidence: Evidence, listener: Any) -> Evidence:
        listener("Refitting: soon done.")
        done.append("refitted")
        return evidence

    monkeypatch.setattr(answering, "probed", probed)
    monkeypatch.setattr(answering, "measure_refits", refitted)
    return done


def test_nothing_is_measured_before_it_is_looked_at(measured: list[str]) -> None:
    """Refits come with stability, times with production, and each of them once."""
    draft = drafted()
    for name in ("baseline", "business", "segments", "errors"):
        draft.answer(name)
    repr(draft)

    assert [] == measured
    draft.stability, draft.production, draft.table(), draft["stability"], draft.text()
    assert ["refitted", "probed"] == measured


def test_a_technical_requirement_is_timed(measured: list[str]) -> None:
    """A requirement on latency needs the clock that production needs, too."""
    drafted(requirements={"latency_p99_ms": 100}).answer("business")

    assert ["probed"] == measured


def test_an_answer_has_three_names(measured: list[str]) -> None:
    """As an attribute, by its name in brackets, and by `answer`; and six come one after the other."""
    draft = drafted()

    assert draft.segments is draft["segments"] is draft.answer("segments")
    assert [question.words for question in Question] == [each.question for each in draft]
    with pytest.raises(InputError, match='did you mean "segments"'):
        draft["segmnts"]


def test_the_decision_follows_from_the_six_answers(measured: list[str]) -> None:
    """No model can be ready whose production was not looked at."""
    draft = drafted()

    assert Verdict.NOT_PROVEN is draft.decision.verdict
    assert len(draft.decision.actions) == sum(answer.status is not Status.MET for answer in draft)


def test_a_table_holds_numbers_as_numbers(measured: list[str]) -> None:
    """One row for each finding, one type for each column; counts may be missing and stay whole numbers."""
    draft = drafted()
    table = draft.errors.table()

    assert len(draft.errors.findings) == len(table)
    assert {"measured": "float64", "low": "float64", "required": "float64", "n": "Int64", "blocking": "bool"} == {
        name: str(table[name].dtype) for name in ("measured", "low", "required", "n", "blocking")
    }
    assert isinstance(table["status"].dtype, pd.CategoricalDtype)
    assert table["status"].cat.ordered
    assert sum(len(answer.findings) for answer in draft) == len(draft.table())
    assert BANNER == draft.table().attrs["note"]


def test_a_table_tells_claims_from_facts_first(measured: list[str]) -> None:
    """What is merely shown has no answer of its own, and a terminal shows claim and status before it runs out."""
    table = drafted().errors.table()

    assert ["claim", "status"] == list(table.columns[:2])
    assert table["blocking"].tolist() == (table["status"] != "shown").tolist()
    assert "shown" in set(table["status"])
    assert {pd.DataFrame} == {type(part) for part in (table[["claim"]], table.query("blocking"), table.head())}
    first, *lines = repr(table).splitlines()
    assert ["claim", "status", "measured", "required"] == first.split()
    assert max(map(len, lines[:-2])) <= 80
    assert lines[-1].startswith("Further columns: low, high, op")


@pytest.mark.slow
def test_whoever_waits_is_told_what_for(measured: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Printing says beforehand what takes long, once and beside the output; what a notebook displays says nothing."""
    draft = drafted()
    str(draft), str(draft)
    said = capsys.readouterr()
    assert ("", 3) == (said.out, len(said.err.splitlines()))
    assert said.err.startswith("readiness: computing 6 of 6 answers")
    assert "readiness: Refitting: soon done." in said.err

    pretty(drafted()), drafted()._repr_html_()
    assert ("", "") == tuple(capsys.readouterr())
    assert "print(…) asks and shows all six" in repr(drafted())


def test_boxes_that_wait_take_one_line(measured: list[str]) -> None:
    """An empty checklist does not bury what was measured; one box that is filled in stands by itself."""
    draft = drafted()
    filled = {"rollback_plan": {"done": True, "by": "Ana", "on": str(this_day()),
                                "evidence": "https://example.com/page-3"}}  # fmt: skip
    for text in (draft.production.text(), draft.production._repr_html_()):
        assert "boxes of the checklist are pending" in text
    count = [
        int(t.split(" boxes")[0].split()[-1])
        for t in (draft.production.text(), drafted(checklist=filled).production.text())
    ]
    assert count[0] - 1 == count[1]


def test_an_empty_table_has_the_same_columns() -> None:
    """Answers without findings give a table without rows."""
    from readiness.reviews.frames import findings_frame

    assert (0, 21) == findings_frame([]).shape


def test_figures_go_onto_the_axes_that_are_given() -> None:
    """`plot` draws on `ax`, or makes a picture with words for whoever cannot see it; pyplot's state stays as it was."""
    draft = drafted()
    figure, ax = plt.subplots()
    before = dict(plt.rcParams)

    assert "groups" in draft.segments.figures
    assert ax is draft.segments.plot("groups", ax=ax)
    picture = draft.segments.plot("groups")
    assert isinstance(picture, Picture)
    assert picture is draft.segments.plot("groups")
    assert picture.alt
    assert [figure.number] == plt.get_fignums()
    assert before == dict(plt.rcParams)
    plt.close("all")


def test_a_figure_of_ones_own_is_drawn_from_the_answer() -> None:
    """A function is as good as a name; what it trips over is said, and is no error."""
    draft = drafted()

    def claims(answer: Answer, *, ax: Any = None) -> Any:
        """How many claims there are."""
        ax = plt.figure().subplots() if ax is None else ax
        ax.bar(["claims"], [len(answer.findings)])
        return ax

    picture = draft.business.plot(claims)
    assert ("business", "How many claims there are.") == (picture.question, picture.caption)
    assert "ZeroDivisionError" in str(draft.business.plot(lambda answer, ax=None: 1 / 0))
    plt.close("all")


def test_a_figure_that_is_not_there_is_named() -> None:
    """A misspelt name is an error of the caller; a figure that does not apply is silent, and cannot go onto axes."""
    draft = drafted()
    with pytest.raises(InputError, match='did you mean "groups"'):
        draft.segments.plot("group")
    assert draft.errors.plot("residuals") is None
    figure, ax = plt.subplots()
    with pytest.raises(NothingToDraw):
        draft.errors.plot("residuals", ax=ax)
    plt.close(figure)
    assert [] == plt.get_fignums()


def test_a_finding_of_ones_own_stands_beside_the_others() -> None:
    """Judged by its interval where a limit is given, shown where none is, replaced where it is added again."""
    draft = drafted()
    assert Status.MET is draft.business.status
    draft.business.add("Days until an objection is answered", 4.0, low=3.0, high=6.0, n=40, unit="days", at_most=5)
    draft.business.add("Complaints", 7, unit="")
    own = {finding.code: finding for finding in draft.business.findings if finding.origin is Origin.OWN}

    assert {"BUSI-OWN-DAYS-UNTIL-AN-OBJECTION-IS-ANSWERED", "BUSI-OWN-COMPLAINTS"} == set(own)
    assert [Status.NOT_PROVEN, Status.NOT_ASSESSED] == [finding.status for finding in own.values()]
    assert [True, False] == [finding.blocking for finding in own.values()]
    assert Status.NOT_PROVEN is draft.business.status
    draft.business.add("Days until an objection is answered", 4.0, low=4.0, high=4.0, unit="days", at_most=5)
    assert Status.MET is draft.business.status
    assert draft.business.plot("requirements") is not None
    with pytest.raises(InputError, match="two limits"):
        draft.business.add("Both", 1, at_least=0, at_most=2)
    with pytest.raises(InputError, match="leaves out its value"):
        draft.business.add("Off", 1, low=2, high=3)


def test_nothing_of_a_draft_is_recorded(measured: list[str]) -> None:
    """Whatever a template shows of a draft, no report can be made of it."""
    draft = drafted()
    for shown in (draft, draft.data, draft.soundness, *draft, draft.decision):
        assert ({}, {}) == shown._repr_mimebundle_()


def test_every_face_says_that_it_is_a_draft(measured: list[str]) -> None:
    """Text, short form and HTML of the review, of each answer and of the decision."""
    draft = drafted()
    for shown in (draft, *draft, draft.decision):
        assert BANNER in str(shown)
        assert BANNER in pretty(shown)
        assert "DRAFT, unsigned" in repr(shown)
        assert BANNER in shown._repr_html_()


def test_a_terminal_shows_the_six_answers(measured: list[str]) -> None:
    """What `print` and IPython show: each question with its answer in one word, and what must happen."""
    text = str(drafted())

    for answer in (
        "alternatives? NOT PROVEN",
        "requirements? NOT PROVEN",
        "acceptable? NOT PROVEN",
        "consistent? NOT ASSESSED",
    ):
        assert answer in text
    assert "Before go-live:" in text
    assert not set(text) & set("\x1b\u202e")


def test_the_page_needs_nothing_and_leaks_nothing(measured: list[str]) -> None:
    """No script, no style sheet, no id, no address: all looks are in attributes, all pictures in the text.

    The only classes keep notebooks from typesetting names as formulas.
    """
    page = BeautifulSoup(drafted()._repr_html_(), "html.parser")

    assert [] == page.find_all(["script", "style", "link", "iframe"])
    assert [] == [tag.name for tag in page.find_all(True) if {"id", "onclick", "href"} & set(tag.attrs)]
    assert {NOT_TYPESET} == {" ".join(tag["class"]) for tag in page.find_all(class_=True)}
    assert page.find_all("img")
    assert all(image["src"].startswith("data:image/") and image["alt"] for image in page.find_all("img"))


HOSTILE = "<script>alert(1)</script>\u202e'\"&{{7*7}}\x1b[31m"


@pytest.mark.slow
def test_hostile_names_are_shown_and_do_not_act(measured: list[str]) -> None:
    """Whatever stands in the name of a model, a column or a value is text."""
    rows = TEST[FEATURES].assign(**{HOSTILE: HOSTILE})
    requirements = [{"says": HOSTILE, "metric": "recall", "at_least": 0.5}]
    draft = review(MODEL, rows, TEST["y"], name=HOSTILE, segments=[HOSTILE], requirements=requirements)
    page, text = draft._repr_html_(), str(draft)

    assert [] == BeautifulSoup(page, "html.parser").find_all("script")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in page
    assert not set(text + page) & set("\x1b\u202e")


class Untouchable:
    """A model that cannot be pickled."""

    def __init__(self) -> None:
        self.lock = lambda: None

    def predict(self, rows: Any) -> Any:
        return (rows["a"] > 0.8).astype(int)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throughput, which takes seconds, is left out."""
    monkeypatch.setattr("readiness.evidence.measure_times.measure_throughput", lambda *_, **__: NOT_PROBED)


def test_a_model_that_cannot_be_written_is_timed_all_the_same(quick: None) -> None:
    """What needs a file is not assessed, with the reason; latency and the rest of the review stand."""
    draft = drafted(model=Untouchable(), requirements={"size_mb": 10, "recall": 0.1})
    table = draft.production.table().set_index("code")

    assert table.loc["PROD-LATENCY-P99", "measured"] > 0
    assert "cannot be written to a file" in table.loc["PROD-PROBE-ONE-ROW", "reason"]
    assert ["not_assessed", "met"] == draft.business.table()["status"].tolist()[:2]
    assert "cannot be written to a file" in draft.business.table()["reason"][0]
    assert Status.MET is draft.baseline.status
    assert "cannot be cloned" in draft.stability.text()


def test_a_model_of_the_notebook_itself_is_not_tried_elsewhere(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class or function of `__main__` cannot be imported by another process; the reason names it."""
    own = type("OwnModel", (Untouchable,), {"__module__": "__main__", "__init__": lambda self: None})
    monkeypatch.setattr(sys.modules["__main__"], "OwnModel", own, raising=False)
    draft = drafted(model=own())

    assert "OwnModel, defined in this notebook" in draft.production.text()
    with pytest.raises(InputError, match="OwnModel"):
        draft.to_spec(Path(tempfile.gettempdir()) / "never-written")
    assert not (Path(tempfile.gettempdir()) / "never-written").exists()


def test_a_function_of_the_notebook_inside_a_pipeline_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a step calls counts as much as the class of the step."""
    from readiness.reviews.model_file import why_no_file

    def doubled(rows: Any) -> Any:
        return rows * 2

    doubled.__module__, doubled.__qualname__ = "__main__", "doubled"
    monkeypatch.setattr(sys.modules["__main__"], "doubled", doubled, raising=False)

    assert "doubled, defined in this notebook" in why_no_file(FunctionTransformer(doubled))
    assert "" == why_no_file(FunctionTransformer(np.log1p))


@pytest.mark.exhaustive
@pytest.mark.slow
def test_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """No file, no output, no filter of warnings, no figure: with refits, timing and the process apart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    filters, parameters = list(warnings.filters), dict(plt.rcParams)
    draft = drafted()
    draft._repr_html_()

    assert Status.NOT_ASSESSED is not draft.stability.status
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert ("", "") == tuple(capfd.readouterr())
    assert filters == list(warnings.filters)
    assert parameters == dict(plt.rcParams)
    assert [] == plt.get_fignums()


def test_it_works_while_an_event_loop_runs(measured: list[str]) -> None:
    """Cells run inside the loop of their kernel."""

    async def cell() -> str:
        return str(drafted())

    assert BANNER in asyncio.run(cell())


def test_the_rows_of_the_caller_stay_as_they_are() -> None:
    """Neither the frame nor the array that was given is changed."""
    rows, labels = TEST[FEATURES].copy(), TEST["y"].to_numpy(copy=True)
    review(MODEL, rows, labels, segments={"s": TEST["group"]}).answer("segments")

    pd.testing.assert_frame_equal(TEST[FEATURES], rows)
    np.testing.assert_array_equal(TEST["y"].to_numpy(), labels)


def test_the_example_of_the_documentation_runs() -> None:
    """What the docstring shows is what happens."""
    module = importlib.import_module("readiness.reviews.from_arrays")
    done = doctest.testmod(module)

    assert (0, 5) == (done.failed, done.attempted)


def test_every_keyword_is_explained_or_is_a_section_of_the_spec() -> None:
    """The keywords that are passed on are exactly those that the type names."""
    from readiness.reviews.settings import SECTIONS, Settings
    from readiness.spec.schema import Spec

    assert set(SECTIONS) <= set(Settings.__annotations__)
    assert set(SECTIONS) | {"extends", "model", "data", "segments"} == set(Spec.model_fields)


def test_a_draft_of_a_constant_model_is_no_yes(measured: list[str]) -> None:
    """A model that says the same of every row does not beat the alternatives."""
    constant = DummyClassifier(strategy="most_frequent").fit(TRAIN[FEATURES], TRAIN["y"])

    assert Status.NOT_MET is drafted(model=constant).baseline.status
