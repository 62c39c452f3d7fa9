"""Records that hide what was found of the rows: each is refused by host and verifier alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.findings import Finding, Question, Status, overall
from readiness.core.withholding import Soundness
from readiness.verdict.checks import check
from readiness.verdict.decision import decide
from readiness.verdict.record import Record, from_plain, to_plain
from tests.end_to_end.unsound.test_unsound import split_at_random
from tests.end_to_end.unsound.workshop import Workshop, vouch


@pytest.fixture(scope="module")
def unsound(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Rows that were split at random although they have dates: order is in doubt, and a yes is withheld."""
    shop = Workshop(tmp_path_factory.mktemp("unsound"))
    split_at_random(shop)
    return shop.reviewed().record


def rows_of(record: Record) -> Soundness:
    assert record.soundness is not None
    return record.soundness


def with_rows(record: Record, change: Callable[[Finding], Finding | None]) -> Record:
    """The record with findings on the rows changed or taken out."""
    found = tuple(new for old in rows_of(record).findings if (new := change(old)) is not None)
    return replace(record, soundness=replace(rows_of(record), findings=found))


def yes_again(record: Record) -> Record:
    """Every claim that was withheld is a yes again, and the decision follows."""
    answers = []
    for answer in record.answers:
        findings = tuple(
            replace(f, status=Status.MET, withheld="") if f.withheld.startswith("withheld:") else f
            for f in answer.findings
        )
        answers.append(replace(answer, findings=findings, status=overall(findings)))
    decision = decide([answer.answer() for answer in answers], rule=record.rule, vouched=record.decision.vouched)
    return replace(record, answers=tuple(answers), decision=decision, verdict=decision.verdict)


def refused(record: Record, words: str) -> None:
    with pytest.raises(InvalidReport, match=words):
        check(record, counted=True)


def test_the_record_itself_holds(unsound: Record) -> None:
    """The control: it comes back unchanged, and is not refused."""
    check(from_plain(to_plain(unsound)), counted=True)
    assert Status.NOT_PROVEN is unsound.answer(Question.BUSINESS).status


def test_a_yes_on_rows_in_doubt(unsound: Record) -> None:
    """Claims that are met again although the doubt stands."""
    refused(yes_again(unsound), "rests on rows in doubt: EVID-ORDER")


def test_no_word_of_the_rows(unsound: Record) -> None:
    """The whole part taken out."""
    refused(replace(yes_again(unsound), soundness=None), "does not say what was found of the rows")


def test_a_kind_that_was_not_looked_for(unsound: Record) -> None:
    """One kind taken out."""
    hidden = with_rows(yes_again(unsound), lambda f: None if f.code.startswith("EVID-ORDER") else f)
    refused(hidden, "EVID-ORDER")


def test_a_doubt_that_withholds_nothing(unsound: Record) -> None:
    """Turned into a fact that does not block, or aimed at nothing."""
    aside = with_rows(yes_again(unsound), lambda f: replace(f, blocking=False) if f.code == "EVID-ORDER" else f)
    refused(aside, "EVID-ORDER")
    for touches in ((), ("PROD-SIZE",), ("baseline",)):
        aimed = replace(unsound, soundness=replace(rows_of(unsound), touches={
            **rows_of(unsound).touches, "EVID-ORDER": touches
        }))  # fmt: skip
        refused(yes_again(aimed), "EVID-ORDER does not withhold")


def test_a_doubt_that_is_called_met(unsound: Record) -> None:
    """Its own bounds say otherwise."""
    lied = with_rows(
        yes_again(unsound), lambda f: replace(f, status=Status.MET) if f.code.startswith("EVID-ORDER") else f
    )
    refused(lied, "EVID-ORDER")


def test_a_higher_bar_for_the_rows(unsound: Record) -> None:
    """A threshold that nothing can reach."""

    def loose(finding: Finding) -> Finding:
        if finding.criterion is None or not finding.code.startswith("EVID-ORDER"):
            return finding
        return replace(finding, criterion=replace(finding.criterion, threshold=2.0), status=Status.MET)

    refused(with_rows(yes_again(unsound), loose), "EVID-ORDER")


def test_a_word_that_nobody_gave(unsound: Record) -> None:
    """The decision says that somebody vouches; the spec names nobody."""
    spoken = replace(unsound, decision=replace(unsound.decision, vouched=("order",)))
    refused(yes_again(spoken), "other words")


def test_a_candidate_that_is_presumed_good(unsound: Record) -> None:
    """What is presumed of rows may not be presumed of the candidate."""

    def presumed(finding: Finding) -> Finding:
        if finding.code != "BUSI-1" or finding.criterion is None:
            return finding
        return replace(finding, criterion=replace(finding.criterion, presumed=True))

    answers = tuple(replace(a, findings=tuple(map(presumed, a.findings))) for a in unsound.answers)
    with pytest.raises(InvalidReport):
        check(replace(unsound, answers=answers))


def test_a_word_from_outside_is_told_with_the_verdict(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Somebody who did not prepare the review says that rows of all times are alike: READY, and on whose word."""
    shop = Workshop(tmp_path_factory.mktemp("vouched"))
    split_at_random(shop)
    shop.spec["soundness"] = {"order": vouch(why="decisions do not change with the season")}
    walked = shop.reviewed()
    assert "READY on vouched evidence" == walked.record.decision.words
    assert ("order",) == walked.record.decision.vouched
    assert "decisions do not change with the season" in walked.page
    check(walked.record, counted=True)
    unsaid = replace(walked.record, decision=replace(walked.record.decision, vouched=()))
    refused(unsaid, "other words|rests on rows in doubt")
