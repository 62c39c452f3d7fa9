"""Whether everything in a record follows from its findings: statuses, answers, decision, counts and numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from readiness.core.checklist import proofs_among
from readiness.core.errors import InvalidReport
from readiness.core.findings import Origin, Question, Status, recompute
from readiness.core.keys import Topic
from readiness.core.provenance import MOST_QUOTED
from readiness.core.sanitize import shown
from readiness.verdict.decision import decide
from readiness.verdict.history import history_fault
from readiness.verdict.isolation import isolation_fault
from readiness.verdict.recomputation.numbers import check_all
from readiness.verdict.record import Record


def check(record: Record, *, counted: bool = False) -> None:
    """Recompute every number that can be, every status, answer and the decision from the findings.

    Args:
        record: whole.
        counted: whether shares must come with their counts, and all numbers from what this program computes for them
            by the recorded spec, as in whatever the host lets pass; so has every record that names `tool_sha256`.

    Raises:
        InvalidReport: at the first thing that does not follow.
    """
    if record.rule not in ("interval", "point"):
        raise InvalidReport(f"The record's rule is {record.rule!r}; expected 'interval' or 'point'.")
    for answer in record.answers:
        for finding in answer.findings:
            if recompute(finding) is not finding.status:
                raise InvalidReport(
                    f"Finding {finding.code} says {finding.status.words}; its bounds and criterion say "
                    f"{recompute(finding).words}."
                )
    _check_codes(record)
    _check_kinds(record)
    _check_decision(record)
    _check_segments(record)
    _check_counts(record)
    _check_compared(record)
    _check_quotes(record)
    _check_previous(record)
    if fault := isolation_fault(record):
        raise InvalidReport(f"The record says {fault}.")
    check_all(record, counted=counted)


def _check_compared(record: Record) -> None:
    """Question 3 is no yes where segments were measured and none was compared: all stand aside as too small."""
    answer = record.answer(Question.SEGMENTS)
    deficits = [finding for finding in answer.findings if finding.key.kind is Topic.DEFICIT]
    if answer.status is Status.MET and deficits and not any(finding.blocking for finding in deficits):
        raise InvalidReport("Question 3 is answered yes, and no segment was compared with all other rows.")


def _check_quotes(record: Record) -> None:
    """Each text that is quoted is, byte for byte, the evidence that the record names."""
    proofs = proofs_among(record.gathered.inputs)
    for quote in record.quotes:
        content = quote.text.encode("utf-8", "surrogatepass")
        if len(content) > MOST_QUOTED or proofs.get(quote.file) != hashlib.sha256(content).hexdigest():
            raise InvalidReport(f"The record quotes {shown(quote.file)}, and not as it was read.")
    if len({quote.file for quote in record.quotes}) < len(record.quotes):
        raise InvalidReport("The record quotes a file twice.")


def _check_previous(record: Record) -> None:
    """What is said to be open or met since an earlier report is so."""
    if record.previous is None:
        return
    if fault := history_fault(record.previous, record.answers, record.soundness):
        raise InvalidReport(f"What became of the findings of the earlier report {fault}.")


_CELLS = frozenset(
    {Topic.TRUE_NEGATIVES, Topic.FALSE_POSITIVES, Topic.FALSE_NEGATIVES, Topic.TRUE_POSITIVES, Topic.CELL}
)


def _check_counts(record: Record) -> None:
    """The cells of the confusion matrix add up to the rows that were scored, and to the positives."""
    data = record.gathered.data
    rows = {f.key: f.measured.value for f in record.answer(Question.ERRORS).findings if f.measured}
    cells = [value for key, value in rows.items() if key.kind in _CELLS]
    if cells and sum(cells) != data.rows_scored:
        raise InvalidReport(
            f"The counts of right and wrong rows are {sum(cells):,.0f}; scored were {data.rows_scored:,}."
        )
    found = [rows[key] for key in (Topic.TRUE_POSITIVES.key(), Topic.FALSE_NEGATIVES.key()) if key in rows]
    if data.positives is not None and len(found) == 2 and sum(found) != data.positives:
        raise InvalidReport(f"The record counts {sum(found):,.0f} positives, and {data.positives:,}.")


def _check_codes(record: Record) -> None:
    codes = [finding.code for answer in record.answers for finding in answer.findings]
    if len(codes) != len(set(codes)):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise InvalidReport(f"Finding {twice} stands in the record twice.")
    for answer in record.answers:
        for finding in answer.findings:
            if finding.key.question not in (None, answer.question):
                raise InvalidReport(f"Finding {finding.code} stands under the question {answer.question.value}.")


def _check_kinds(record: Record) -> None:
    """A claim is judged by numbers or by what came of it, not by both; a finding of a user's own is marked so."""
    for finding in (finding for answer in record.answers for finding in answer.findings):
        if finding.bounds is not None and finding.outcome is not None:
            raise InvalidReport(f"Finding {finding.code} has bounds, and an outcome besides them.")
        if (finding.origin is Origin.OWN) is not (finding.key.kind is Topic.OWN):
            raise InvalidReport(f"Finding {finding.code} is marked as one of the user's own, and is none.")


def _check_segments(record: Record) -> None:
    """All findings of one segment call it by the same values, and no other segment is called so."""
    named: dict[tuple[int, int], Mapping[str, str]] = {}
    for finding in record.answer(Question.SEGMENTS).findings:
        place = finding.key.number("segmentation"), finding.key.number("segment")
        if all(place) and named.setdefault(place, finding.segment) != finding.segment:
            raise InvalidReport(f"Finding {finding.code} calls its segment otherwise than other findings call it.")
    for place, values in named.items():
        if any(values == others and place[0] == there[0] and place != there for there, others in named.items()):
            raise InvalidReport(f"The record calls several segments of SEGM-{place[0]} the same.")


def _check_decision(record: Record) -> None:
    try:
        decision = decide(record.answers, rule=record.rule, vouched=record.decision.vouched)
    except ValueError as error:
        raise InvalidReport(f"The record does not hold the six answers, each once: {error}.") from error
    if decision != record.decision or decision.verdict is not record.verdict:
        raise InvalidReport(
            f"The record says {record.verdict.words}; its findings say {decision.verdict.words}, or other actions."
        )
