"""A review in a few lines of Markdown, for the summary of a CI job or a comment on a merge request.

Names and reasons are written by others. In Markdown they could open a link, a tag or a table cell, call people by their
names or refer to issues, so every sign that acts is made to stand for itself. Each line begins with words of ours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from readiness.core.findings import Status
from readiness.core.sanitize import presentable, shorten, visible
from readiness.report.junit import Source, Unfinished
from readiness.report.sentences import (
    NOT_PERMISSION,
    TITLE,
    Language,
    Step,
    also_look_at,
    answer_sentence,
    answer_word,
    approval_words,
    asked,
    result_words,
    reused_words,
    step_line,
    steps,
    topic,
    verdict_sentence,
)
from readiness.verdict.record import Record, supplied_words
from readiness.verdict.reservations import reservations

RESERVED = "**What undermines this result:**"
"""Begins the list of what a reader must know before relying on it."""

LARGEST = 60_000
"""Bytes. A comment on GitHub may have 65,536 characters, a step's summary 1 MiB, a note on GitLab a million."""

LONGEST_MESSAGE = 8_000
"""Characters of an error."""

LENGTHS = (1200, 400, 100)
"""Characters of a sentence: the first length with which the whole is not too large."""

HEADING, NO_VERDICT = "## Test result:", "## No test result:"
"""What a summary begins with."""

_STANDING = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "$": "&#36;"}
    | {sign: f"\\{sign}" for sign in "`*[]{}~^#"}
)
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
"""Within a word an underscore means nothing, and is_fraud stays readable."""
_CALLING = re.compile(r"""[@#!%~$&^:](?=[\w"'+/-])|\b(?:www|gh|gl)(?=[.-])""", re.IGNORECASE)
"""Signs with which services find people, issues, merge requests, labels, pictures of moods and addresses."""
_APART = "\u2060"
"""A joiner without width: the two halves are no name any more, and nothing is seen of it."""


def markdown(record: Record, source: Source) -> str:
    """The review in Markdown: result, six answers with their numbers, what to do, and where the report is."""
    record = presentable(record)
    tried = (_text(record, source, longest) for longest in LENGTHS)
    return next((text for text in tried if len(text.encode()) <= LARGEST), "") or _text(record, source, LENGTHS[-1])


def markdown_unfinished(unfinished: Unfinished) -> str:
    """A review without a verdict: what went wrong, and what to do."""
    message = shorten(visible(unfinished.message, keep="\n"), LONGEST_MESSAGE)
    fence = _fence(message, 3)
    code = "" if unfinished.exit_code is None else f" Exit code {unfinished.exit_code}."
    said = f"The review of {code_span(unfinished.spec)} gave no verdict.{code}"
    return f"{NO_VERDICT} the review was not completed\n\n{said}\n\n{fence}text\n{message}\n{fence}\n"


def inline(text: str) -> str:
    """Text on one line that nothing follows from: read as it was written, wherever it stands after words of ours."""
    apart = _CALLING.sub(lambda found: found[0] + _APART, visible(text))
    return _EDGE.sub(r"\\_", apart.translate(_STANDING)).replace(_APART, "&#8288;")


def code_span(text: str) -> str:
    """Text in the type of a machine; nothing acts in there but its end."""
    shown = visible(text)
    fence = _fence(shown, 1)
    edge = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


def _fence(text: str, least: int) -> str:
    """More backticks in a row than the text holds."""
    return "`" * max([least, *(len(found) + 1 for found in re.findall("`+", text))])


def _text(record: Record, source: Source, longest: int) -> str:
    def said(text: str) -> str:
        return inline(shorten(text, longest))

    model, language = record.gathered.model, Language.of(record)
    approval, required = approval_words(record)
    parts = [
        f"{HEADING} {inline(result_words(record))} – {inline(model.name)} {inline(model.version)}",
        f"Because: {said(verdict_sentence(record, language))}",
        *_warnings(record, source, longest),
        *_reservations(record, longest),
        f"Approval: {approval}; required: {said(required)}",
        "\n".join(["| | Question | Answer | In numbers |", "|---|---|---|---|", *_rows(record, language, longest)]),
        *_next_steps(record, language, longest),
        f"Report: {code_span(source.path)}, SHA-256 `{source.sha256}`. {_signature(source)}",
        NOT_PERMISSION.replace("page", "summary"),
    ]
    return "\n\n".join(parts) + "\n"


def _rows(record: Record, language: Language, longest: int) -> list[str]:
    answers = [record.answer(question) for question in asked(record)]
    return [
        f"| {answer.question.number} | {answer.question.words} | {_word(answer.status)} "
        f"| {inline(shorten(answer_sentence(answer, language), longest))} |"
        for answer in answers
    ]


def _word(status: Status) -> str:
    word = answer_word(status)
    return word if status is Status.MET else f"**{word}**"


def _signature(source: Source) -> str:
    before, keyid, after = source.signature.partition(source.keyid or source.signature)
    return f"{before}{code_span(keyid)}{after}" if source.keyid else f"**{keyid}**"


def _warnings(record: Record, source: Source, longest: int) -> list[str]:
    said = [
        ("Note", source.note),
        ("Supplied", supplied_words(record)),
        (TITLE, reused_words(record.reused)),
    ]
    return [f"**{label}:** {inline(shorten(text, longest))}" for label, text in said if text]


def _reservations(record: Record, longest: int) -> list[str]:
    """What undermines the result, as on the first screen of the report."""
    lines = [f"- {told.label}: {inline(shorten(told.text, longest))}." for told in reservations(record)]
    return [RESERVED, "\n".join(lines)] if lines else []


def _next_steps(record: Record, language: Language, longest: int) -> list[str]:
    def lines(told: Sequence[Step]) -> str:
        return "\n".join(f"- {_place(step)}: {inline(shorten(step_line(step), longest))}" for step in told)

    also = also_look_at(record, language)
    look = ["Also look at:", lines(also)] if also else []
    if told := steps(record, language):
        return ["Before go-live:", lines(told), *look]
    stages = [f"- {stage.percent} %: {inline(shorten(stage.condition, longest))}" for stage in record.decision.rollout]
    return [*look, *(["Rollout, once approved:", "\n".join(stages)] if stages else [])]


def _place(step: Step) -> str:
    """The question that a step is about."""
    return "All" if step.question is None else f"{step.question.number} {topic(step.question)}"
