"""Sentences for a finding, an answer and a verdict, and the whole report in lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.format import MINUS, listed
from readiness.core.sanitize import presentable
from readiness.core.withholding import Soundness, kind_of
from readiness.report.sentences.answers import (
    NOT_PERMISSION,
    TITLE,
    answer_word,
    approval_words,
    asked,
    model_names,
    result_words,
    reused_words,
    yes_words,
)
from readiness.report.sentences.decision import Step, also_look_at, headline, steps
from readiness.report.sentences.language import Language
from readiness.report.sentences.margins import deciding
from readiness.report.sentences.phrases import lower, upper
from readiness.verdict.decision import Verdict
from readiness.verdict.record import Record, supplied_words
from readiness.verdict.reservations import reservations

_NONE_WAS = {
    Status.NOT_MET: "is met",
    Status.NOT_PROVEN: "is proven",
    Status.NOT_ASSESSED: "could be assessed",
}
_SEVERITY = (Status.NOT_MET, Status.NOT_ASSESSED, Status.NOT_PROVEN)


def finding_sentence(finding: Finding, language: Language | None = None) -> str:
    """One finding in a sentence or two: counts before rates, then its limit; in plain words without a language."""
    return (language or Language.over((finding,))).sentence(finding)


def answer_sentence(answer: Answer, language: Language | None = None) -> str:
    """An answer in a few sentences: how many requirements hold, and the one that decides, in numbers."""
    language = language or Language.over(answer.findings)
    judged = [finding for finding in answer.findings if finding.blocking]
    word = answer_word(answer.status).capitalize()
    finding = deciding(judged)
    if finding is None:
        return f"{word}: nothing was judged."
    said = language.sentence(finding)
    if answer.status is Status.MET:
        return _all_hold(word, judged, finding, said)
    if len(judged) == 1:
        return f"{word}: {lower(said)}"
    worst = [each for each in judged if each.status is answer.status]
    also = _also(judged, answer.status)
    link = " The worst:" if len(worst) > 1 else ""
    return f"{word}: {_how_many(worst, judged)}{also}.{link} {lower(said) if link else said}"


def _all_hold(word: str, judged: Sequence[Finding], closest: Finding, said: str) -> str:
    if len(judged) == 1:
        return f"{word}: {lower(said)}"
    count = "both requirements hold" if len(judged) == 2 else f"all {len(judged):,} requirements hold"
    if closest.measured is None or closest.criterion is None:
        return f"{word}: {count}."
    return f"{word}: {count}. The closest to its limit: {lower(said)}"


def _how_many(worst: Sequence[Finding], judged: Sequence[Finding]) -> str:
    status = worst[0].status
    if len(worst) == len(judged):
        which = "neither of the two requirements" if len(judged) == 2 else f"none of the {len(judged):,} requirements"
        return f"{which} {_NONE_WAS[status]}"
    return f"{len(worst):,} of {len(judged):,} requirements {'is' if len(worst) == 1 else 'are'} {status.words}"


def _also(judged: Sequence[Finding], told: Status) -> str:
    counts = [(status, sum(f.status is status for f in judged)) for status in _SEVERITY if status is not told]
    words = [f"{count:,} {status.words}" for status, count in counts if count]
    return f", {listed(words)}" if words else ""


def soundness_sentence(soundness: Soundness) -> str:
    """What was found of the rows in one sentence: nothing, or each doubt once."""
    doubts = soundness.doubts
    if not doubts:
        return "Nothing was found that speaks against these rows."
    kinds = dict.fromkeys(kind for doubt in doubts if (kind := kind_of(doubt.key)) is not None)
    count = f"{len(doubts)} doubts" if len(doubts) > 1 else "One doubt"
    return f"{count} about these rows: {listed([kind.doubt for kind in kinds], most=len(kinds) or 1)}."


def verdict_sentence(record: Record, language: Language | None = None) -> str:
    """The reason of the test result in a few sentences, the worst first."""
    told = headline(record, language)
    return " ".join(filter(None, (told.lead, told.detail)))


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One line of a report as text."""

    text: str
    mark: str = ""
    """What ends the line and says the status: "NO"."""
    status: Status | None = None

    def whole(self) -> str:
        """The line as plain text."""
        return f"{self.text}{self.mark}"


def status_of(verdict: Verdict) -> Status:
    """The status whose colour a verdict takes; one by point estimate has not excluded chance."""
    return _VERDICTS[verdict]


def report_lines(record: Record) -> list[ReportLine]:
    """The report for a terminal: test result, approval, six answers, what to do; no control characters."""
    record = presentable(record)
    language = Language.of(record)
    lines = [
        ReportLine(" ".join(model_names(record))),
        ReportLine(f"Test result: {result_words(record)}")
        if record.only
        else ReportLine("Test result: ", result_words(record), status_of(record.verdict)),
        ReportLine(f"  {verdict_sentence(record, language)}"),
        *(ReportLine(f"  {told.label}: {told.text}.") for told in reservations(record)),
        ReportLine(
            "Cannot be approved. First run the whole review."
            if record.only
            else "Approval: {}; required: {}".format(*approval_words(record))
        ),
        ReportLine(""),
        ReportLine(f"{yes_words(record)}:"),
    ]
    for question in asked(record):
        answer = record.answer(question)
        word = answer_word(answer.status).upper()
        lines += [
            ReportLine(f"  {question.number} {question.words} ", word, answer.status),
            ReportLine(f"      {answer_sentence(answer, language)}"),
        ]
    supplied = supplied_words(record)
    rest = ["", f"Note: {supplied}."] if supplied else []
    rest += _steps(record, language)
    rest += ["", f"{TITLE}: {reused_words(record.reused)}."] if record.reused else []
    rest += ["", NOT_PERMISSION.replace("page", "report")]
    return [_plain_minus(line) for line in (*lines, *map(ReportLine, rest))]


_VERDICTS = {
    Verdict.READY: Status.MET,
    Verdict.NOT_READY: Status.NOT_MET,
    Verdict.NOT_PROVEN: Status.NOT_PROVEN,
    Verdict.READY_BY_POINT_ESTIMATE: Status.NOT_PROVEN,
}


def _plain_minus(line: ReportLine) -> ReportLine:
    return replace(line, text=line.text.replace(MINUS, "-"))


def text_report(record: Record) -> str:
    """The same as one text."""
    return "\n".join(line.whole() for line in report_lines(record)) + "\n"


def step_line(step: Step) -> str:
    """A step on one line, with the things that it names, who sees to it and by when."""
    items = f" {upper('; '.join(step.items))}." if step.items else ""
    who = ", ".join(filter(None, (step.owner, f"by {step.due}" if step.due else "")))
    return f"{step.text}{items}{f' ({who})' if who else ''}"


def _number(question: Question | None) -> str:
    return str(question.number) if question is not None else "-"


def _steps(record: Record, language: Language) -> list[str]:
    lines: list[str] = []
    if told := steps(record, language):
        lines += ["", "Before go-live:", *(f"  {_number(step.question)} {step_line(step)}" for step in told)]
    if told := also_look_at(record, language):
        lines += ["", "Also look at:", *(f"  {_number(step.question)} {step.text}" for step in told)]
    if not record.decision.actions and not record.only:
        stages = [f"  {stage.percent} % {stage.condition}" for stage in record.decision.rollout]
        lines += ["", "Rollout, once approved:", *stages] if stages else []
    return lines
