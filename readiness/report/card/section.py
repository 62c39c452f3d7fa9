"""The section of the card: verdict, six answers with their numbers, limits, and how to check it all."""

from __future__ import annotations

import os
from urllib.parse import quote

from readiness.core.findings import Finding, Question, Status
from readiness.core.format import (
    format_count,
    format_level,
    is_exact,
)
from readiness.core.sanitize import presentable
from readiness.report.card.content import (
    EVIDENCE_ONLY,
    Source,
    cell,
    claims,
    counted,
    digest_command,
    inline,
    known_limitations,
    not_measured,
    some,
    stock_command,
    table,
    tested_on,
    verify_command,
    withheld,
)
from readiness.report.page.tables import outcome_mark
from readiness.report.sentences import (
    Language,
    Step,
    also_look_at,
    answer_word,
    approval_words,
    step_line,
    steps,
    topic,
    verdict_sentence,
    yes_count,
)
from readiness.verdict.isolation import unproven
from readiness.verdict.record import Record
from readiness.verdict.reservations import reservations

HEADING = "Readiness"


def section_lines(source: Source) -> list[str]:
    """The section between its markers, as lines without line ends."""
    record = presentable(source.record)
    parts = [
        _head(source, record),
        _answers(record),
        _claims(source, record),
        _next(record),
        _limits(record),
        _provenance(source, record),
    ]
    return [line for part in parts for line in (*part, "")][:-1]


def link(source: Source, anchor: str = "") -> str:
    """Where the report is, for the brackets of a Markdown link."""
    place = source.url or quote(os.fsencode(source.path or source.name), safe="/.-_~")  # a name need not be UTF-8
    return f"<{place}{f'#{anchor}' if anchor else ''}>"


def _head(source: Source, record: Record) -> list[str]:
    model = record.gathered.model
    state, required = (inline(words) for words in approval_words(record))
    result = inline(record.decision.words)
    unsigned = (
        []
        if source.opened.signed
        else ["> **UNSIGNED.** Nobody has signed the report: anybody could have written it, and this section.", ">"]
    )
    return [
        f"## {HEADING}: {result}",
        "",
        *unsigned,
        f"> **{EVIDENCE_ONLY}** Test result: **{result}**. Approval: **{state}**; required: {required}.",
        "",
        f"Model: {inline(model.name)} {inline(model.version)}. {inline(verdict_sentence(record))}",
        "",
        f"Tested on: {inline(tested_on(record))}.",
        *_reservations(record),
    ]


def _reservations(record: Record) -> list[str]:
    """What undermines the result, as on the first screen of the report."""
    lines = [f"- {told.label}: {inline(told.text)}." for told in reservations(record)]
    return ["", "**What undermines this result:**", "", *lines] if lines else []


def _answers(record: Record) -> list[str]:
    rows = []
    for question in Question:
        answer = record.answer(question)
        rows.append(
            [
                f"{question.number} {question.words}",
                _strong(answer_word(answer.status), answer.status),
                counted(claims(answer).judged),
            ]
        )
    return [
        f"### {yes_count(record)} of 6 questions are answered yes",
        "",
        *table(["Question", "Answer", "Claims judged"], rows),
    ]


def _strong(word: str, status: Status) -> str:
    return word if status is Status.MET else f"**{word}**"


_WORST_FIRST = (Status.NOT_MET, Status.NOT_PROVEN, Status.NOT_ASSESSED, Status.MET)


def _claims(source: Source, record: Record) -> list[str]:
    language = Language.of(record)
    parted = {question: claims(record.answer(question)) for question in Question}
    shown = [(question, finding) for question in Question for finding in parted[question].shown]
    shown.sort(key=lambda pair: _WORST_FIRST.index(pair[1].status))  # across all questions; within a status by question
    rows = [_claim(question, finding, language) for question, finding in shown]
    for question in Question:
        if rest := parted[question].rest:
            more = f"… {len(rest)} more ({counted(rest)}), [in the report]({link(source, question.value)})"
            rows.append([_name(question), more, "", "", "", ""])
    columns = ["Question", "Claim", f"Measured ({_level(record)} interval)", "n", "Required", "Result"]
    return ["### The claims behind them, the worst and the closest to their limit first", "", *table(columns, rows)]


def _level(record: Record) -> str:
    levels = {f.measured.level for a in record.answers for f in a.findings if f.measured and f.measured.level < 1}
    return format_level(max(levels, default=0.95))


def _name(question: Question) -> str:
    return f"{question.number} {topic(question)}"


def _claim(question: Question, finding: Finding, language: Language) -> list[str]:
    n = "" if finding.measured is None or is_exact(finding.measured) else format_count(finding.measured.n)
    required = "" if finding.criterion is None else cell(language.requirement(finding))
    return [_name(question), cell(language.title(finding)), _measured(finding, language), n, required, _result(finding)]


def _measured(finding: Finding, language: Language) -> str:
    return cell(finding.reason if finding.measured is None else language.measured(finding))


def _result(finding: Finding) -> str:
    words = finding.status.words if finding.outcome is None else outcome_mark(finding.outcome).word
    warning = f"; warning: {finding.warning}" if finding.warning else ""
    return _strong(words, finding.status) + (inline(warning, 120) if warning else "")


def _next(record: Record) -> list[str]:
    decision, language = record.decision, Language.of(record)
    if told := steps(record, language):
        lines = [f"{_step_of(step)}: {inline(step_line(step))}" for step in told]
        also = [f"{_step_of(step)}: {inline(step.text)}" for step in also_look_at(record, language)]
        more = ["", "### Also look at", "", *(f"- {line}" for line in also)] if also else []
        return ["### Before go-live", "", *(f"- {line}" for line in lines), *more]
    stages = [f"- {stage.percent} % of traffic: {inline(stage.condition)}" for stage in decision.rollout]
    return ["### Rollout, once approved", "", *stages]


def _step_of(step: Step) -> str:
    return "The rows themselves" if step.question is None else _name(step.question)


def _limits(record: Record) -> list[str]:
    missing, held = not_measured(record), withheld(record)
    lines = [
        f"- Not measured: {inline(some(missing))}." if missing else "- Not measured: nothing that was asked for.",
        *(f"- Withheld: {inline(name)}: {inline(why)}." for name, why in held[:3]),
        *([f"- Withheld: {len(held) - 3} more, in the report."] if held[3:] else []),
        *(f"- Known limitation: {inline(text)}" for text in known_limitations(record)),
        *(f"- A signature does not prove {inline(text)}." for text in unproven(record)),
    ]
    return ["### What this does not show", "", *lines]


def _provenance(source: Source, record: Record) -> list[str]:
    signed = source.opened.signed
    keyids = ", ".join(f"`{keyid}`" for keyid in source.opened.keyids)
    files = [
        f"- Model file: {inline(file.name)}, SHA-256 `{inline(file.sha256)}`" for file in record.gathered.model.files
    ]
    verify = [verify_command(source), stock_command(source)] if signed else []
    how = (
        "Get the signer's public key from the signer, not from here. To verify, with this program or without it:"
        if signed
        else "There is no signature to verify. Whether the file is the one that this section was written from:"
    )
    return [
        "### The report, and how to verify it",
        "",
        f"- Report: [{inline(source.name)}]({link(source)}), SHA-256 `{source.sha256}`",
        *(files or ["- Model file: none; ready-made predictions were reviewed"]),
        f"- Signed with key {keyids}, as the report says" if signed else "- **UNSIGNED**: no key, no signature",
        "",
        how,
        "",
        "```sh",
        digest_command(source),
        *verify,
        "```",
    ]
