"""The decision in sentences: the reason of a verdict, what must happen, what else to look at, one row a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Answer, Finding, Origin, Outcome, Question, Status, overall
from readiness.core.keys import Topic
from readiness.core.withholding import Kind, kind_of
from readiness.report.sentences.answers import asked
from readiness.report.sentences.gains import stated_requirement
from readiness.report.sentences.language import Language
from readiness.report.sentences.margins import closeness, deciding, margin_of
from readiness.report.sentences.numbers import times_short, with_days
from readiness.report.sentences.phrases import lower, sentence, several, upper
from readiness.report.sentences.words import section
from readiness.verdict.decision import ADVICE
from readiness.verdict.imitation import as_name
from readiness.verdict.record import Record
from readiness.verdict.reservations import open_doubts

SOUNDNESS = "soundness"
"""Where the page says more of the rows themselves."""


@dataclass(frozen=True, slots=True)
class Headline:
    """Why a verdict is what it is, in the reader's words."""

    lead: str
    """A short sentence of about twelve words."""
    detail: str
    """A few sentences more; empty where the lead says it all."""
    target: str
    """The question or section that the reason comes from; empty where it comes from all."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must happen before go-live."""

    text: str
    owner: str
    """Who sees to it; empty where the spec names nobody."""
    due: str
    """By when, in words; empty where the spec says nothing."""
    question: Question | None
    """None for what concerns the rows themselves."""
    target: str
    required: bool
    """True: it mends what is not met. False: it would settle what is not known."""
    items: tuple[str, ...] = ()
    """What the text is about, where that is several things: the checks that nobody vouches for."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One question in one line: the claim that decides it."""

    question: Question
    check: str
    minimum_bar: str
    measured: str
    margin: str
    """Distance to the limit in half-widths: "6 ×"; a dash where there is none."""
    status: Status


SHORT_QUESTIONS = {
    Question.BASELINE: "Beats the alternatives",
    Question.BUSINESS: "Meets the requirements",
    Question.SEGMENTS: "Works for everyone",
    Question.ERRORS: "Errors are acceptable",
    Question.STABILITY: "Performance is consistent",
    Question.PRODUCTION: "Works in the real world",
}
NO_MARGIN = "–"


# ----------------------------------------------------------------------------------------------------
# The reason of a verdict


def headline(record: Record, language: Language | None = None) -> Headline:
    """The reason of a verdict in the reader's words, the worst first; a partial review says first what it asked."""
    language = language or Language.of(record)
    answers = [record.answer(question) for question in asked(record)]
    judged = [finding for answer in answers for finding in answer.findings if finding.blocking]
    refused = [finding for finding in judged if finding.status is Status.NOT_MET]
    if refused:
        told = _refused(refused, answers, language)
    elif any(answer.status is not Status.MET for answer in answers):
        told = _unproven(record, answers, language)
    else:
        told = _held(record, judged, language)
    if not record.only:
        return told
    scope = f"Only {_questions(asked(record))} {'was' if len(answers) == 1 else 'were'} asked."
    open_ones = "" if told.target else "The other questions are open."
    return Headline(scope, " ".join(filter(None, (told.lead, told.detail, open_ones))), told.target)


def _held(record: Record, judged: Sequence[Finding], language: Language) -> Headline:
    count = "Both requirements hold" if len(judged) == 2 else f"All {len(judged):,} requirements hold"
    many = count if len(judged) != 1 else "The one requirement holds"
    if record.rule == "point":
        return Headline(f"{many} by the measured values alone; chance is not excluded.", "", "")
    lead = f"{many}, even at the worse end of {'its' if len(judged) == 1 else 'their'} margin of error."
    vouched = [Kind(kind).doubt for kind in record.decision.vouched]
    word = f"It rests on somebody's word that this does no harm: {several(vouched)}." if vouched else ""
    closest = None if record.only else deciding(judged)
    near = f"The closest to its limit: {lower(language.sentence(closest))}" if closest is not None else ""
    return Headline(lead, " ".join(filter(None, (word, near))), SOUNDNESS if vouched else "")


def _refused(refused: Sequence[Finding], answers: Sequence[Answer], language: Language) -> Headline:
    worst = deciding(refused)
    assert worst is not None
    question = next(answer.question for answer in answers if worst in answer.findings)
    others = [a.question for a in answers if a.status is Status.NOT_MET and a.question is not question]
    also = f"{upper(_questions(others))} {'is' if len(others) == 1 else 'are'} no, too." if others else ""
    lead, reason = language.failing(worst), language.sentence(worst)
    detail = " ".join(filter(None, ("" if reason == lead else reason, also)))
    return Headline(lead, detail, question.value)


def _unproven(record: Record, answers: Sequence[Answer], language: Language) -> Headline:
    doubts = open_doubts(record)
    open_answers = [answer for answer in answers if answer.status is not Status.MET]
    kinds = list(dict.fromkeys(kind for doubt in doubts if (kind := kind_of(doubt.key)) is not None))
    rest = _what_lacks(open_answers, language)
    if kinds and any(f.withheld_by for answer in open_answers for f in answer.findings if f.blocking):
        said = sentence(*(upper(kind.doubt) for kind in kinds))
        to_what = "" if len(open_answers) == len(answers) else " to every question"
        return Headline(f"These rows cannot carry a yes{to_what}.", " ".join((said, *rest)), SOUNDNESS)
    judged = [f for answer in answers for f in answer.findings if f.blocking]
    lacking = sum(finding.status is not Status.MET for finding in judged)
    lead = f"Nothing failed, but {lacking:,} of {len(judged):,} requirements are not shown to hold."
    if lacking == 1:
        lead = f"Nothing failed, but one of {len(judged):,} requirements is not shown to hold."
    if len(judged) <= 1:
        lead = "Nothing failed, but nothing is shown to hold either." if judged else "Nothing was judged."
    return Headline(lead, " ".join(rest), open_answers[0].question.value)


def _what_lacks(answers: Sequence[Answer], language: Language) -> Iterator[str]:
    """What is missing by question: people's word, limits, rows."""
    few_rows: list[Question] = []
    for answer in answers:
        lacking = [f for f in answer.findings if f.blocking and f.status is not Status.MET and not f.withheld_by]
        if not lacking:
            continue
        boxes = [f for f in lacking if f.key.kind is Topic.BOX]
        unknown = [f for f in lacking if f.status is Status.NOT_ASSESSED and f.key.kind is not Topic.BOX]
        if boxes:
            yield _unvouched(answer.question, len(boxes))
        if unknown:
            yield f"Question {answer.question.number}: {lower(language.sentence(unknown[0]))}"
        thin = [f for f in lacking if f.status is Status.NOT_PROVEN]
        if thin and not boxes and not unknown:
            few_rows.append(answer.question)
    if few_rows:
        facts, many = language.words.facts, language.words.row.many
        at_hand = f"{facts.rows_scored:,} {many}" if facts is not None else many
        yield f"{upper(_questions(few_rows))} {_need(few_rows)} more than the {at_hand} at hand."


def _need(questions: Sequence[Question]) -> str:
    return "needs" if len(questions) == 1 else "need"


def _unvouched(question: Question, count: int) -> str:
    verb = "has" if count == 1 else "have"
    of = sum(box.source is Source.ATTESTED for box in BOXES)
    return (
        f"For question {question.number}, {count} of {of} checks that people answer {verb} nobody who vouches for them."
    )


def _questions(questions: Sequence[Question]) -> str:
    numbers = several([str(question.number) for question in questions])
    return f"question{'' if len(questions) == 1 else 's'} {numbers}"


# ----------------------------------------------------------------------------------------------------
# What must happen before go-live, and what else deserves an approver's eye


def steps(record: Record, language: Language | None = None) -> tuple[Step, ...]:
    """Everything that must happen before go-live, whole and each once, what failed first."""
    language = language or Language.of(record)
    found = [*_of_rows(record, language)]
    for question in asked(record):
        found += _of_question(record, record.answer(question), language)
    if record.only:
        rest = [question for question in Question if question not in asked(record)]
        found.append(Step(f"Run the whole review; not asked yet: {_questions(rest)}.", "", "", None, "", False))
    once = {(step.text): step for step in reversed(found)}
    ordered = [step for step in dict.fromkeys(found) if once.get(step.text) == step]
    return tuple(sorted(ordered, key=lambda step: not step.required))


def _owner(record: Record, question: Question | None = None) -> str:
    """Who answers for the criteria of a question, else for the model."""
    stated = {} if question is None else section(record.gathered.spec, question.value)
    return as_name(str(stated.get("owner") or record.about.get("owner") or ""))


def _due(record: Record, question: Question) -> str:
    """By when what does not hold is to be settled: "12 December 2026"; empty where the spec does not say."""
    return with_days(str(section(record.gathered.spec, question.value).get("due") or ""))


def _of_rows(record: Record, _language: Language) -> Iterator[Step]:
    kinds = dict.fromkeys(kind for doubt in open_doubts(record) if (kind := kind_of(doubt.key)) is not None)
    for kind in kinds:
        yield Step(f"{upper(kind.cure)}.", _owner(record), "", None, SOUNDNESS, False)


def _of_question(record: Record, answer: Answer, language: Language) -> Iterator[Step]:
    if not any(finding.blocking for finding in answer.findings):
        text = f"State what question {answer.question.number} is to judge: nothing was judged."
        yield Step(text, _owner(record, answer.question), "", answer.question, answer.question.value, False)
    lacking = [f for f in answer.findings if f.blocking and f.status is not Status.MET and not f.withheld_by]
    lacking.sort(key=lambda finding: (finding.status is not Status.NOT_MET, closeness(finding)))
    unvouched = [f for f in lacking if f.key.kind is Topic.BOX and f.status is Status.NOT_ASSESSED]
    together = unvouched if len(unvouched) >= _TOGETHER else []
    thin = [f for f in lacking if f.status is Status.NOT_PROVEN and not f.withheld]
    put_together = {finding.key for finding in (*thin, *together)}
    for finding in lacking:
        if finding.key not in put_together:
            yield _step(record, answer.question, finding, language)
    if thin:
        yield _step(record, answer.question, _hungriest(thin), language)
    if together:
        text = f"For {len(together)} checks, name who vouches for each, when, and where that is written down."
        names = tuple(language.title(finding) for finding in together)
        question = answer.question
        due = _due(record, question)
        yield Step(text, _owner(record, question), due, question, question.value, False, names)


def _hungriest(thin: Sequence[Finding]) -> Finding:
    """Of all that needs rows, the one that needs the most, by how close it is to its limit."""
    return min(thin, key=lambda finding: abs(margin_of(finding) or 0.0))


_TOGETHER = 3
"""So many checks without anybody's word are one step."""


def _step(record: Record, question: Question, finding: Finding, language: Language) -> Step:
    text = language.to_settle(finding) or f"{ADVICE[question]}."
    if finding.status is Status.NOT_PROVEN and not finding.withheld_by:
        title = language.title(finding)
        text = f"{title}: {lower(text)}"
    stated = stated_requirement(language.words, finding) if finding.key.kind is Topic.REQUIREMENT else {}
    return Step(
        text,
        as_name(str(stated.get("owner") or "")) or _owner(record, question),
        with_days(str(stated.get("due") or "")) or _due(record, question),
        question,
        question.value,
        finding.status is Status.NOT_MET,
    )


def also_look_at(record: Record, language: Language | None = None) -> tuple[Step, ...]:
    """What changes no answer and deserves an eye: weak spots that were found, overconfidence, unequal alarm rates."""
    language = language or Language.of(record)
    found: list[Step] = []
    for question in asked(record):
        findings = record.answer(question).findings
        texts = _worth_an_eye(question, findings, language)
        found += [Step(text, "", "", question, question.value, False) for text in texts]
    return tuple({step.text: step for step in found}.values())


def _worth_an_eye(question: Question, findings: Sequence[Finding], language: Language) -> Iterator[str]:
    if question is Question.SEGMENTS:
        yield from _weak_spots(findings, language)
        yield from _unequal(findings, language)
    if question is Question.ERRORS:
        yield from _overconfident(findings, language)
        yield from _cheaper(findings, language)
    for finding in findings:
        if finding.origin is Origin.SUPPLIED:
            continue  # that it was measured elsewhere is said of all such figures at once
        if finding.warning and finding.blocking and finding.status is Status.MET and finding.key.kind in _WARNED:
            yield sentence(language.said(finding).fact, finding.warning)


_WARNED = frozenset({Topic.BOX, Topic.PROBE})


def _weak_spots(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    spots = [f for f in findings if f.key.kind is Topic.SLICE and f.status is Status.NOT_MET and not f.blocking]
    if not spots:
        return
    worst = max(spots, key=lambda f: f.measured.value if f.measured is not None else 0.0)
    more = f", and {len(spots) - 1} more like it" if len(spots) > 1 else ""
    yield f"{upper(language.said(worst).fact)}. Found by search{more}."


def _unequal(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    from readiness.report.sentences.groups import FOUR_FIFTHS

    for finding in findings:
        is_ratio = finding.key.kind is Topic.FAIRNESS and finding.key.metric == "demographic_parity_ratio"
        if is_ratio and finding.criterion is None and finding.measured is not None and (
            finding.measured.value < FOUR_FIFTHS
        ):  # fmt: skip
            yield sentence(language.said(finding).fact)


def _overconfident(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    slope = next((f for f in findings if f.key.kind is Topic.CALIBRATION_SLOPE), None)
    if slope is None or slope.measured is None or slope.measured.high is None or slope.measured.high >= 1:
        return
    errors = next((f for f in findings if f.key.kind is Topic.CONFIDENT_ERRORS and f.measured is not None), None)
    yield sentence("Its probabilities are overconfident", language.said(errors).fact if errors is not None else "")


def _cheaper(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """Another threshold, only where one is recommended: it meets every requirement."""
    advice = next((f for f in findings if f.key.kind is Topic.THRESHOLD_ADVICE), None)
    if advice is not None and advice.measured is not None:
        yield sentence(
            f"Another decision threshold, {language.measured(advice)}, would cost less and meets every requirement"
        )


# ----------------------------------------------------------------------------------------------------
# One row a question


def scorecard(record: Record, language: Language | None = None) -> tuple[ScoreRow, ...]:
    """One row for each question that was asked: the claim that decides it, with its margin."""
    language = language or Language.of(record)
    return tuple(_row(record, question, language) for question in asked(record))


def _row(record: Record, question: Question, language: Language) -> ScoreRow:
    answer = record.answer(question)
    finding = deciding(answer.findings)
    if finding is None:
        return ScoreRow(answer.question, "Nothing was judged", NO_MARGIN, NO_MARGIN, NO_MARGIN, answer.status)
    margin = None if finding.withheld_by else margin_of(finding)  # no distance helps where the rows are in doubt
    measured = language.measured(finding) or finding.status.words
    if answer.question is Question.PRODUCTION:
        measured = f"{measured}; checklist: {checks_tally(record)}"
    return ScoreRow(
        answer.question,
        language.title(finding),
        language.requirement(finding) or NO_MARGIN,
        measured,
        NO_MARGIN if margin is None else times_short(margin),
        answer.status,
    )


def checks_tally(record: Record) -> str:
    """The 25 checks counted: "23 of 25 ticked, 12 measured and 11 attested; 1 no, 1 open"; see `BOXES`."""
    count = Counter(check_word(box, record) for box in BOXES)
    how = several([f"{count[word]} {word}" for word in ("measured", "attested") if count[word]])
    rest = [f"{count[word]} {word}" for word in ("no", "does not apply", "open") if count[word]]
    ticked = f"{count['measured'] + count['attested']} of {len(BOXES)} ticked" + (f", {how}" if how else "")
    return ticked + (f"; {', '.join(rest)}" if rest else "")


def check_word(box: Box, record: Record) -> str:
    """What came of a check, in one of five words: measured, attested, no, does not apply, open."""
    own = findings_of_check(box, record.answer(Question.PRODUCTION).findings)
    if box.question is not None:
        status = record.answer(box.question).status
    elif not own:
        return "open"
    elif len(own) == 1 and own[0].outcome is Outcome.NOT_APPLICABLE:
        return "does not apply"
    else:
        status = own[0].status if len(own) == 1 else overall(tuple(own))
    if status is Status.MET:
        is_attested = box.question is None and all(f.measured is None and f.outcome is Outcome.ATTESTED for f in own)
        return "attested" if is_attested else "measured"
    return "no" if status is Status.NOT_MET else "open"


def findings_of_check(box: Box, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of a check; one that is otherwise measured may also be attested under its own name."""
    own = Topic.BOX.key(box.key)
    return [finding for finding in findings if box.holds(finding.key) or finding.key == own]
