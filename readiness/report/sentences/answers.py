"""Words for answers, results and approvals that are the same in every report, and what an answer does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from readiness.core.findings import Finding, Question, Status
from readiness.core.format import (
    listed,
)
from readiness.core.metrics import METRICS
from readiness.core.provenance import Reuse
from readiness.core.selection import PARTIAL, partial_words
from readiness.verdict.decision import Action
from readiness.verdict.imitation import as_name
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# What of a review was not measured for it, but taken from the cache: the words for page and terminal.

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
# What the answer to each question does not tell: sentences for the page, the same in every report.

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


def actions(record: Record) -> list[Action]:
    """What follows from the questions that were asked."""
    return [action for action in record.decision.actions if action.question in asked(record)]
