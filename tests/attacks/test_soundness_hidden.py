"""Records that hide what was found of the rows: each is refused by host and verifier alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.findings import Bounds, Criterion, Estimate, Finding, Outcome, Question, Status
from readiness.core.keys import key_of
from readiness.core.withholding import Soundness
from readiness.soundness.recent import NO_BAR, TOLD_APART
from readiness.verdict.checks import check
from readiness.verdict.decision import decide
from readiness.verdict.record import Record, from_plain, to_plain
from tests.end_to_end.unsound.test_unsound import (
    far_rarer_in_production,
    labelled_recent_rows_that_fail,
    predictions_only,
    recent_rows_that_fail,
    split_at_random,
)
from tests.end_to_end.unsound.workshop import Workshop, vouch

pytestmark = pytest.mark.slow


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
        answers.append(replace(answer, findings=findings))
    decision = decide(answers, rule=record.rule, vouched=record.decision.vouched)
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


# Findings that are left out ---------------------------------------------------------------------------------------


def reviewed(factory: pytest.TempPathFactory, plant: Callable[[Workshop], None]) -> Record:
    shop = Workshop(factory.mktemp(plant.__name__))
    plant(shop)
    return shop.reviewed().record


def without(record: Record, *codes: str) -> Record:
    return with_rows(yes_again(record), lambda f: None if f.code in codes else f)


def instead(record: Record, code: str, **changes: Any) -> Record:
    """The record with one finding on the rows changed, and each yes back."""
    return with_rows(yes_again(record), lambda f: replace(f, **changes) if f.code == code else f)


def changed(finding: Finding, value: float) -> Finding:
    """The finding with another number, met."""
    measured = Estimate(value, value, value, 1.0, 1)
    bounds = replace(finding.bounds or Bounds(value, value, 0.002), lower=value, upper=value, basis=None)
    return replace(finding, status=Status.MET, measured=measured, bounds=bounds, withheld="", needs="", outcome=None)


def test_a_search_for_copies_that_is_left_out(unsound: Record) -> None:
    """With a training table there are always COPIES, and the classes; with a bar at 1 what recent answers say."""
    for code in ("EVID-SEEN-COPIES", "EVID-ABSENT-CLASSES"):
        refused(without(unsound, code), f"lacks finding {code}")
    aside = with_rows(unsound, lambda f: replace(f, blocking=False) if f.code == "EVID-SEEN-COPIES" else f)
    refused(aside, "EVID-SEEN-COPIES")


def test_a_search_that_failed_stands_for_what_it_would_have_found(unsound: Record) -> None:
    """It is a doubt, and withholds; a word of somebody's does not set it aside."""
    (copies,) = (f for f in rows_of(unsound).findings if f.code == "EVID-SEEN-COPIES")
    failed = Finding("EVID-SEEN-RULE-1", copies.name, Status.NOT_ASSESSED, reason="the rule failed", needs="mend it")
    broken = with_rows(unsound, lambda f: failed if f is copies else f)
    touches = {**rows_of(unsound).touches, failed.code: rows_of(unsound).touches["EVID-SEEN"]}
    check(replace(broken, soundness=replace(rows_of(broken), touches=touches)), counted=True)


def test_a_finding_that_no_rule_makes(unsound: Record) -> None:
    """A code that only begins like one of a kind is about no kind; it cannot stand in for anything."""
    (order,) = (f for f in rows_of(unsound).findings if f.code == "EVID-ORDER")
    more = replace(order, key=key_of("EVID-ORDER-INVENTED"))
    soundness = replace(rows_of(unsound), findings=(*rows_of(unsound).findings, more))
    refused(replace(unsound, soundness=soundness), "EVID-ORDER-INVENTED is about no kind of doubt")


def test_a_large_number_of_a_rule_that_failed(unsound: Record) -> None:
    """Nobody counts up to it; the doubt that the failure is withholds what it has to."""
    (first,) = (f for f in rows_of(unsound).findings if f.code == "EVID-LEAK")
    failed = Finding("EVID-LEAK", first.name, Status.NOT_ASSESSED, reason="the rule failed", needs="mend it")
    far = replace(failed, key=key_of("EVID-LEAK-999999999"))
    broken = with_rows(unsound, lambda f: failed if f is first else f)
    touches = {**rows_of(unsound).touches, far.code: rows_of(unsound).touches["EVID-LEAK"]}
    assert broken.soundness is not None
    soundness = replace(broken.soundness, findings=(*broken.soundness.findings, far), touches=touches)
    refused(replace(broken, soundness=soundness), "rests on rows in doubt: EVID-LEAK")


def test_copies_in_the_test_table_have_a_finding_of_their_own(unsound: Record) -> None:
    """For equal rows somebody may vouch, for copies nobody: the one does not stand for the other."""
    many = with_rows(
        unsound,
        lambda f: replace(changed(f, 0.2), status=Status.NOT_MET, needs="once") if f.code == "EVID-REPEATS" else f,
    )
    refused(many, "lacks finding EVID-REPEATS-COPIES")


def test_recent_rows_that_are_others_have_consequences(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where a difference alone is no doubt, what it does to the answers is judged: it cannot be left out."""
    record = reviewed(tmp_path_factory, recent_rows_that_fail)
    check(record, counted=True)
    (first,) = (f for f in rows_of(record).findings if f.code == "EVID-RECENT")
    assert first.criterion is not None
    assert first.criterion.threshold == NO_BAR > TOLD_APART
    doubts = [f.code for f in rows_of(record).doubts]
    refused(without(record, *doubts), "lacks finding EVID-RECENT-(SCORES|OVERLAP)")
    lower = instead(without(record, *doubts), "EVID-RECENT", criterion=replace(first.criterion, threshold=0.66))
    refused(lower, "EVID-RECENT")
    (fact,) = (f.code for f in record.answer(Question.BASELINE).findings if f.code == "BASE-VALUE-CANDIDATE-F1")
    for code in doubts:
        soundness = replace(rows_of(record), touches={**rows_of(record).touches, code: (fact,)})
        refused(yes_again(replace(record, soundness=soundness)), "does not withhold")


def test_a_doubt_about_one_claim_cannot_be_led_to_another(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What is measured once more names the claim that it measures: one, of its metric and its bar."""
    record = reviewed(tmp_path_factory, labelled_recent_rows_that_fail)
    check(record, counted=True)
    touches = rows_of(record).touches
    single = [f.code for f in rows_of(record).doubts if f.code.startswith("EVID-RECENT-KNOWN-")]
    assert single
    claims = {f.code for a in record.answers for f in a.findings if f.blocking and f.bounds}
    for code in single:
        (own,) = touches[code]
        mine = next(f for a in record.answers for f in a.findings if f.code == own)
        same = {
            f.code
            for a in record.answers
            for f in a.findings
            if f.criterion and mine.criterion and f.metric == mine.metric
            and (f.criterion.op, f.criterion.threshold) == (mine.criterion.op, mine.criterion.threshold)
        }  # fmt: skip
        for other in sorted(claims - same):
            for named in ((other,), (own, other)):
                moved = replace(record, soundness=replace(rows_of(record), touches={**touches, code: named}))
                refused(moved, f"{code} does not withhold")


def test_claims_that_fall_at_productions_share_are_counted(tmp_path_factory: pytest.TempPathFactory) -> None:
    """As many are named as the first finding counts, each with its own finding."""
    record = reviewed(tmp_path_factory, far_rarer_in_production)
    check(record, counted=True)
    touches = rows_of(record).touches
    carried = [f.code for f in rows_of(record).doubts if f.code.startswith("EVID-MIX-CARRIED-")]
    assert carried
    refused(without(record, carried[-1]), f"lacks finding {carried[-1]}")
    fewer = replace(record, soundness=replace(rows_of(record), touches={**touches, "EVID-MIX": ("BUSI-1",) * 2}))
    refused(fewer, "EVID-MIX does not withhold")
    plain: dict[str, Any] = {"status": Status.MET, "bounds": None, "measured": None, "criterion": None, "needs": ""}
    for outcome in (Outcome.PASSED, Outcome.ATTESTED, Outcome.ACCEPTED_ERROR, Outcome.NOT_APPLICABLE):
        refused(instead(without(record, *carried), "EVID-MIX", outcome=outcome, **plain), "EVID-MIX has an outcome")


def test_what_the_spec_gives_nothing_to_measure_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without training rows and hashes nobody can know whether the model had seen a row; nor that times are in order."""

    def alone(shop: Workshop) -> None:
        predictions_only(shop)
        shop.fitted_on, shop.train, shop.recent = shop.train, None, None

    record = reviewed(tmp_path_factory, alone)
    check(record, counted=True)
    bar = Criterion("<=", 0.1, "share", presumed=True)
    for code in ("EVID-SEEN", "EVID-ORDER", "EVID-GROUPS", "EVID-ABSENT", "EVID-RECENT", "EVID-MIX"):
        zero = changed(next(f for f in rows_of(record).findings if f.code == code), 0.0)
        numbers = {"measured": zero.measured, "bounds": zero.bounds, "status": Status.MET, "outcome": None, "needs": ""}
        measured = instead(record, code, criterion=bar, blocking=True, withheld="", **numbers)
        soundness = rows_of(measured)
        touches = {**soundness.touches, code: soundness.touches["EVID-SEEN"]}
        refused(replace(measured, soundness=replace(soundness, touches=touches)), f"{code} (holds numbers|is judged)")
