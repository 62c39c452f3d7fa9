"""Findings, answers and the verdict in sentences: the same words in notebook, page and terminal.

Reads answers and records only, computes nothing, and needs no more than the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.format import (
    MINUS,
    format_bound,
    format_criterion,
    format_estimate,
    format_interval,
    format_level,
    is_exact,
    listed,
)
from readiness.core.metrics import METRICS
from readiness.core.provenance import Reuse
from readiness.core.sanitize import presentable
from readiness.core.selection import PARTIAL, partial_words
from readiness.core.withholding import Soundness
from readiness.verdict.decision import Action, Verdict
from readiness.verdict.imitation import as_name
from readiness.verdict.record import Record, supplied_words
from readiness.verdict.reservations import open_doubts, reservations, warnings

# ----------------------------------------------------------------------------------------------------
# How is one finding said in a sentence? What was measured, with its interval, and what was required.


def finding_sentence(finding: Finding) -> str:
    """One sentence on one finding: the claim, its counts, its interval, what was required."""
    said = finding.reason.rstrip(". ") or _measured_words(finding)
    details = "; ".join(_details(finding, said))
    sentence = f"{finding.name} – {said}" if said else f"{finding.name}: {finding.status.words}"
    return f"{sentence} ({details})." if details else f"{sentence}."


def _measured_words(finding: Finding) -> str:
    if finding.measured is None:
        return ""
    return format_estimate(finding.measured, finding.criterion)


def _details(finding: Finding, said: str) -> list[str]:
    """Value, interval and requirement, each only where the sentence has not said it yet."""
    parts: list[str] = []
    if finding.measured is not None:
        value = _measured_words(finding)
        parts += [] if value in said else [f"measured {value}"]
        interval = format_interval(finding.measured, finding.criterion)
        parts += [f"{format_level(finding.measured.level)} interval {interval}"] if interval else []
    if finding.criterion is not None:
        parts.append(f"required {format_criterion(finding.criterion)}")
    if finding.status is Status.NOT_PROVEN:
        parts += _unproven(finding)
    return parts


def _unproven(finding: Finding) -> list[str]:
    if finding.withheld:
        return [finding.withheld.rstrip(".")]
    if finding.bounds is None or finding.criterion is None or finding.measured is None or is_exact(finding.measured):
        return []
    bound = format_bound(finding.bounds, finding.criterion, favourable=False)
    return [f"proven is only {bound}"] if bound.startswith("at ") else []  # the interval has said it already


# ----------------------------------------------------------------------------------------------------
# What of a review was not measured for it, but taken from the cache? The words for page and terminal.

TITLE = "Taken from the cache"


def _plain_time(text: str) -> str:
    """An ISO 8601 time in UTC as "2026-11-23 02:28 UTC"."""
    return f"{text[:16].replace('T', ' ')} UTC"


def reused_words(reused: Sequence[Reuse], time: Callable[[str], str] = _plain_time) -> str:
    """What was taken, when and where it was measured, as `time` writes times; empty when nothing was."""
    groups: dict[tuple[str, str], list[str]] = {}
    for reuse in reused:
        groups.setdefault((time(reuse.measured), reuse.where), []).append(reuse.part)
    told = ((listed(parts, most=len(parts)), when, where) for (when, where), parts in groups.items())
    return "; ".join(f"{parts}, measured {when} on {where}" for parts, when, where in told)


# ----------------------------------------------------------------------------------------------------
# What does the answer to each question not tell? Sentences for the page, the same in every report.

UNTOLD: Mapping[Question, tuple[str, ...]] = {
    Question.BASELINE: (
        "A gain on these rows is a gain for rows like these; the alternatives were not tried on tomorrow's.",
        "Only the alternatives that were named are compared. A better one that nobody named is not in the table.",
        "What it costs to build and to look after the model is not part of the comparison.",
    ),
    Question.BUSINESS: (
        "Whether the requirements are the right ones. They are judged as they were stated.",
        "What was not stated as a requirement was not judged.",
        "How the figures hold when customers change their behaviour because of the model.",
    ),
    Question.SEGMENTS: (
        "Groups that no column tells apart cannot be seen here, nor overlaps of three columns that were not named.",
        "Why a group does worse. A cause has to be looked for in the data and in the field.",
        "Groups that are too small to be assessed may do much worse than the table shows.",
    ),
    Question.ERRORS: (
        "Costs are those that were stated. Harm that has no price in the spec is not in the sum.",
        "The worst errors are the worst of these rows, not the worst that can happen.",
        "Whether those who bear the cost of an error accept it.",
    ),
    Question.STABILITY: (
        "Refits tell how much the result depends on the draw of training rows, not how the world will change.",
        "Random folds do not stand in for time. A season that is not in the data is not in the range either.",
        "The refits share rows, so their spread is smaller than that of fresh data sets would be.",
    ),
    Question.PRODUCTION: (
        "Times and memory measured here hold for the machine named under provenance, not for the one it will run on.",
        "An attested box rests on the word and the evidence of the person named beside it.",
        "Drift compares columns one by one and misses changes in how they hang together.",
    ),
}


# ----------------------------------------------------------------------------------------------------

NOT_PERMISSION = "This page is evidence, not permission to deploy."

_ANSWER_WORDS = {
    Status.MET: "yes",
    Status.NOT_MET: "no",
    Status.NOT_PROVEN: "not proven",
    Status.NOT_ASSESSED: "not assessed",
}

_TOPICS = {
    Question.BASELINE: "Alternatives",
    Question.BUSINESS: "Requirements",
    Question.SEGMENTS: "Segments",
    Question.ERRORS: "Errors",
    Question.STABILITY: "Stability",
    Question.PRODUCTION: "Production",
}

_NONE_WAS = {
    Status.NOT_MET: "is met",
    Status.NOT_PROVEN: "is proven",
    Status.NOT_ASSESSED: "could be assessed",
}

_SEVERITY = (Status.NOT_MET, Status.NOT_ASSESSED, Status.NOT_PROVEN, Status.MET)


def answer_word(status: Status) -> str:
    """A question's answer in words: yes, no, not proven, not assessed."""
    return _ANSWER_WORDS[status]


def topic(question: Question) -> str:
    """A question in one word, for tables and tight places."""
    return _TOPICS[question]


def metric_title(metric: str) -> str:
    """A metric as people write it: "ROC AUC"."""
    known = METRICS.get(metric.lower())
    return known.label if known is not None else metric.replace("_", " ").lower()


def limits(question: Question) -> tuple[str, ...]:
    """What the answer to a question does not tell."""
    return UNTOLD[question]


def segment_words(finding: Finding) -> str:
    """The rows that a finding is about: "age_group = 65+ and region = north"."""
    return " and ".join(f"{column} = {value}" for column, value in finding.segment.items())


def worst_first(findings: Sequence[Finding]) -> list[Finding]:
    """Findings in the order of severity; within a status in their own order."""
    return sorted(findings, key=lambda finding: _SEVERITY.index(finding.status))


def answer_sentence(answer: Answer) -> str:
    """One sentence that states an answer: how many claims, and the worst of them in numbers."""
    judged = [finding for finding in answer.findings if finding.blocking]
    word = answer_word(answer.status).capitalize()
    if not judged:
        return f"{word}: nothing was judged."
    if answer.status is Status.MET:
        return _all_met(word, judged)
    worst = [finding for finding in judged if finding.status is answer.status]
    if answer.status is Status.NOT_ASSESSED and len(judged) == 1:
        said = worst[0].reason.rstrip(". ") or finding_sentence(worst[0]).rstrip(".")
        return f"{word}: {said}."
    head = f"{word}: {_how_many(worst, judged)}"
    also = _also(judged, answer.status)
    link = "; first: " if also or len(worst) > 1 else ": "
    return f"{head}{also}{link}{finding_sentence(worst[0])}"


def soundness_sentence(soundness: Soundness) -> str:
    """One sentence that states what was found of the rows: nothing, or the first doubt and how many there are."""
    doubts = soundness.doubts
    if not doubts:
        return "Nothing was found that speaks against these rows."
    first = doubts[0]
    reason = first.reason.rstrip(". ") or finding_sentence(first).rstrip(".")
    count = f"{len(doubts)} doubts" if len(doubts) > 1 else "One doubt"
    return f"{count} about these rows{', first' if len(doubts) > 1 else ''}: {presentable(reason)}."


def verdict_sentence(record: Record) -> str:
    """Test result and reason in one sentence."""
    verdict = record.verdict
    if record.only:
        return _partial_sentence(record)
    if verdict is Verdict.READY:
        return "All six questions are answered yes: every claim that was judged is shown by its less favourable limit."
    if verdict is Verdict.READY_BY_POINT_ESTIMATE:
        return "All six questions are answered yes by the measured values alone, as the spec chose."
    if doubts := _unsound(record):
        return doubts
    status = Status.NOT_MET if verdict is Verdict.NOT_READY else None
    answers = [record.answer(question) for question in Question]
    open_answers = [a for a in answers if a.status is not Status.MET and (status is None or a.status is status)]
    return _because(open_answers)


def _unsound(record: Record) -> str:
    """That the rows cannot carry a yes, where nothing worse is known of the candidate."""
    doubts = open_doubts(record)
    if record.verdict is not Verdict.NOT_PROVEN or not doubts:
        return ""
    return f"These rows cannot carry a yes: {(doubts[0].reason or doubts[0].name).rstrip('. ')}."


def _partial_sentence(record: Record) -> str:
    answers = [record.answer(question) for question in asked(record)]
    names = listed((_numbered(answer.question) for answer in answers), most=6)
    head = f"Asked {'was' if len(answers) == 1 else 'were'} only {names}"
    open_answers = [answer for answer in answers if answer.status is not Status.MET]
    if open_answers:
        return f"{head}. {_because(open_answers)}"
    return f"{head}, answered yes; the other questions are open."


def _numbered(question: Question) -> str:
    return f"{question.number} {topic(question)}"


def asked(record: Record) -> tuple[Question, ...]:
    """The questions that a review asked: all six, unless it is partial."""
    return tuple(question for question in Question if not record.only or question.value in record.only)


def result_words(record: Record) -> str:
    """The test result as people read it; of a partial review that it is none."""
    return f"{PARTIAL} ({partial_words(record.only)})" if record.only else record.decision.words


def model_names(record: Record) -> tuple[str, str]:
    """Name and version of the candidate, each in quotation marks when it reads like a verdict."""
    model = record.gathered.model
    return as_name(model.name), as_name(model.version)


def yes_count(record: Record) -> int:
    """How many of the six questions are answered yes."""
    return sum(answer.status is Status.MET for answer in record.answers)


def yes_words(record: Record) -> str:
    """How many questions are answered yes, in a sentence without its full stop."""
    yes, count = yes_count(record), len(asked(record))
    if not record.only:
        return f"{yes} of 6 questions are answered yes"
    if count == 1:
        return f"The one question that was asked is {'' if yes else 'not '}answered yes"
    return f"{yes} of the {count} questions that were asked {'is' if yes == 1 else 'are'} answered yes"


def approval_words(record: Record) -> tuple[str, str]:
    """Approval as it stands when the page is written, and who is required."""
    if record.only:
        return "not possible", "a review of all six questions comes first"
    owner = as_name(str(record.about.get("owner") or ""))
    return "none yet", f"the model's owner, {owner}" if owner else "not stated; the spec names no owner"


def text_report(record: Record) -> str:
    """The report for a terminal: test result, approval, six answers, what to do; no control characters."""
    record = presentable(record)
    lines = [
        " ".join(model_names(record)),
        f"Test result: {result_words(record)}",
        f"  {verdict_sentence(record)}",
        *(f"  {told.label}: {told.text}." for told in (*reservations(record), *warnings(record))),
        "Cannot be approved. First run the whole review."
        if record.only
        else "Approval: {}; required: {}".format(*approval_words(record)),
        "",
        f"{yes_words(record)}:",
    ]
    for question in asked(record):
        answer = record.answer(question)
        lines += [
            f"  {question.number} {question.words} {answer_word(answer.status).upper()}",
            f"      {answer_sentence(answer)}",
        ]
    supplied = supplied_words(record)
    lines += ["", f"Note: {supplied}.", *_action_lines(record)] if supplied else _action_lines(record)
    lines += ["", f"{TITLE}: {reused_words(record.reused)}."] if record.reused else []
    return "\n".join([*lines, "", NOT_PERMISSION.replace("page", "report")]).replace(MINUS, "-") + "\n"


def actions(record: Record) -> list[Action]:
    """What follows from the questions that were asked."""
    return [action for action in record.decision.actions if action.question in asked(record)]


def _action_lines(record: Record) -> list[str]:
    decision = record.decision
    if decision.actions:
        lines = [f"  {action.question.number} {action.text}" for action in actions(record)]
        rest = listed((str(question.number) for question in Question if question not in asked(record)), most=6)
        more = [f"  A review of all six questions; not asked: {rest}."] if rest else []
        return ["", "Before go-live:", *lines, *more]
    stages = [f"  {stage.percent} % {stage.condition}" for stage in decision.rollout]
    return ["", "Rollout, once approved:", *stages] if stages else []


def _all_met(word: str, judged: Sequence[Finding]) -> str:
    several = f"{'both' if len(judged) == 2 else f'all {len(judged)}'} claims are met"
    count = several if len(judged) > 1 else "the one claim is met"
    by_chance = [f for f in judged if f.measured is not None and not is_exact(f.measured)]
    closest = min(by_chance or judged, key=_room)
    if closest.measured is None or closest.criterion is None:
        return f"{word}: {count}."
    which = "; the closest: " if len(judged) > 1 else ": "
    return f"{word}: {count}{which}{finding_sentence(closest)}"


def _room(finding: Finding) -> float:
    """How far the less favourable limit lies inside the bar, as a share of the bar."""
    if finding.bounds is None or finding.criterion is None:
        return float("inf")
    limit = finding.bounds.lower if finding.criterion.wants_more else finding.bounds.upper
    if limit is None:
        return float("inf")
    return abs(limit - finding.criterion.threshold) / (abs(finding.criterion.threshold) or 1.0)


def _how_many(worst: Sequence[Finding], judged: Sequence[Finding]) -> str:
    status = worst[0].status
    verb = "is" if len(worst) == 1 else "are"
    if len(judged) == 1:
        return f"the one claim is {status.words}"
    if len(worst) == len(judged):
        which = "neither of the two claims" if len(judged) == 2 else f"none of the {len(judged)} claims"
        return f"{which} {_NONE_WAS[status]}"
    return f"{len(worst)} of {len(judged)} claims {verb} {status.words}"


def _also(judged: Sequence[Finding], told: Status) -> str:
    counts = [(status, sum(f.status is status for f in judged)) for status in _SEVERITY[:3] if status is not told]
    words = [f"{count} {status.words}" for status, count in counts if count]
    return f", {listed(words)}" if words else ""


def _because(answers: Sequence[Answer]) -> str:
    parts = [_answered(status, [a for a in answers if a.status is status]) for status in _SEVERITY[:3]]
    first = min(answers, key=lambda answer: _SEVERITY.index(answer.status))
    worst = next((f for f in first.findings if f.blocking and f.status is first.status), None)
    head = _upper_first(listed(filter(None, parts)))
    if worst is None:
        return f"{head}."
    if len(answers) == 1:
        return f"{head}: {finding_sentence(worst)}"
    rest = _questions([answer for answer in answers if answer is not first])
    return f"{head}. Question {first.question.number}: {finding_sentence(worst).rstrip('.')}; {rest}: see below."


def _answered(status: Status, answers: Sequence[Answer]) -> str:
    """Say "questions 2 and 4 are answered no"; empty when there are none."""
    if not answers:
        return ""
    said = "answered no" if status is Status.NOT_MET else status.words
    return f"{_questions(answers)} {'is' if len(answers) == 1 else 'are'} {said}"


def _questions(answers: Sequence[Answer]) -> str:
    numbers = listed((str(answer.question.number) for answer in answers), most=6)
    return f"question{'' if len(answers) == 1 else 's'} {numbers}"


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
