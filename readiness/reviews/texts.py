"""Review, answer and decision in lines for a terminal; a draft is marked first and last, so that nobody takes it for a
report.
"""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.checklist import BOXES
from readiness.core.findings import Answer, Finding, Outcome, Status
from readiness.core.format import MINUS
from readiness.core.provenance import Gathered
from readiness.core.sanitize import presentable, visible
from readiness.report.sentences import answer_sentence, answer_word, worst_first
from readiness.report.sentences.language import Language
from readiness.reviews.settings import reworded
from readiness.spec.words import vocabulary_in
from readiness.verdict.decision import Decision

BANNER = "DRAFT · unsigned · computed in memory; nothing here can be approved"
NEXT = "For a report that can be signed: .to_spec(FOLDER), then readiness run"
MOST_CLAIMS = 20
"""Lines of claims under one answer."""
_WAITING = (Outcome.PENDING, Outcome.MISSING)
_BOXES = frozenset(box.code for box in BOXES if box.code)


def gathered_text(gathered: Gathered) -> str:
    """Candidate and rows in one line."""
    data, model = gathered.data, gathered.model
    rows = f"{data.rows_scored:,} of {data.rows_read:,} test rows scored"
    words = vocabulary_in(gathered.spec.get("data"), data.positive)
    positives = "" if data.positives is None else f", {data.positives:,} with {data.target} = {data.positive}"
    if data.positives is not None and words.positive is not None:
        positives = f", {words.positive.counted(data.positives)} among them"
    dropped = "".join(f"; {drop.rows:,} dropped: {drop.reason}" for drop in data.dropped)
    return f"{model.name} {model.version} ({model.kind}): {rows}{positives}{dropped}"


def review_text(
    head: str, reason: str, answers: Sequence[Answer], decision: Decision, language: Language, *, is_draft: bool
) -> str:
    """Six answers and what to do, in lines."""
    presented = presentable(tuple(answer.findings for answer in answers))
    yes = sum(answer.status is Status.MET for answer in answers)
    lines = [visible(head), result_words(decision, is_draft=is_draft), f"  {visible(reason)}"]
    lines += ["", f"{yes} of 6 questions are answered yes:"]
    for answer, findings in zip(answers, presented, strict=True):
        sentence = in_place(answer_sentence(Answer(answer.question, findings), language), is_draft=is_draft)
        lines += [_head(answer), f"      {sentence}"]
    lines += _what_to_do(decision, is_draft=is_draft)
    return _joined([*lines, "", BANNER, NEXT] if is_draft else lines, is_draft=is_draft)


def answer_text(answer: Answer, table: str, language: Language, *, is_draft: bool) -> str:
    """One answer with its claims, the worst first; `table` is where to find all of them."""
    answer = Answer(answer.question, presentable(answer.findings))
    judged, pending = claims(answer)
    lines = [_head(answer), f"      {in_place(answer_sentence(answer, language), is_draft=is_draft)}"]
    lines += [
        f"    - {finding.status.words}: {in_place(finding_words(finding, language), is_draft=is_draft)}"
        for finding in judged[:MOST_CLAIMS]
    ]
    more = len(judged) - MOST_CLAIMS
    lines += [f"    - and {more} more {'claim' if more == 1 else 'claims'}: {table}"] if more > 0 else []
    lines += [f"    - {pending_words(pending, is_draft=is_draft)}"] if pending else []
    return _joined(lines, is_draft=is_draft)


def decision_text(decision: Decision, *, is_draft: bool) -> str:
    """The result and what follows from it."""
    return _joined(
        [result_words(decision, is_draft=is_draft), *_what_to_do(decision, is_draft=is_draft)], is_draft=is_draft
    )


def claims(answer: Answer) -> tuple[list[Finding], int]:
    """The claims that were judged, the worst first, without boxes that nobody has filled in; and how many those are."""
    judged = [finding for finding in answer.findings if finding.blocking]
    waiting = [finding for finding in judged if finding.outcome in _WAITING and finding.code in _BOXES]
    return worst_first([finding for finding in judged if finding not in waiting]), len(waiting)


def finding_words(finding: Finding, language: Language) -> str:
    """A finding in sentences; of one that is open, with the reason and the remedy in the words of who works on it: the
    page leaves out keys, classes of errors and calls, and the notebook must not.
    """
    said = language.sentence(finding)
    if finding.status not in (Status.NOT_PROVEN, Status.NOT_ASSESSED):
        return said
    reason = finding.reason.rstrip(". ")
    parts = [said, f"Reason: {reason}." if reason and reason.lower() not in said.lower() else ""]
    parts.append(f"To settle it: {finding.needs.rstrip('. ')}." if finding.needs else "")
    return " ".join(filter(None, parts))


def pending_words(count: int, *, is_draft: bool) -> str:
    """How many boxes wait, and where they are filled in."""
    boxes = "1 box of the checklist is" if count == 1 else f"{count} boxes of the checklist are"
    return f"{boxes} pending; fill them in {'with review(…, checklist=…)' if is_draft else 'under checklist'}"


def in_place(text: str, *, is_draft: bool) -> str:
    """A sentence with the keywords of the call in place of keys of a spec, where there was no spec."""
    return reworded(text) if is_draft else text


def result_words(decision: Decision, *, is_draft: bool) -> str:
    """The test result; of a draft, that it is one."""
    return f"Test result{' (draft)' if is_draft else ''}: {decision.words}"


def _head(answer: Answer) -> str:
    question = answer.question
    return f"  {question.number} {question.words} {answer_word(answer.status).upper()}"


def _what_to_do(decision: Decision, *, is_draft: bool) -> list[str]:
    actions = presentable(decision.actions)
    if actions:
        items = (f"  {action.question.number} {in_place(action.text, is_draft=is_draft)}" for action in actions)
        return ["", "Before go-live:", *items]
    return ["", "Nothing that was asked is left open."]


def _joined(lines: Sequence[str], *, is_draft: bool) -> str:
    marked = [BANNER, "", *lines] if is_draft else lines
    return "\n".join(marked).replace(MINUS, "-") + "\n"
