"""Whether everything in a record follows from its findings: statuses, answers, decision, counts and numbers."""

from __future__ import annotations

from readiness.core.errors import InvalidReport
from readiness.core.findings import Question, recompute
from readiness.verdict.decision import decide
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
        if answer.answer().status is not answer.status:
            raise InvalidReport(f"The answer to {answer.question} does not follow from its findings.")
    _check_codes(record)
    _check_decision(record)
    _check_counts(record)
    check_all(record, counted=counted)


def _check_counts(record: Record) -> None:
    """The cells of the confusion matrix add up to the rows that were scored, and to the positives."""
    data = record.gathered.data
    own = [f for f in record.answer(Question.ERRORS).findings if f.code.startswith("ERRO-")]
    rows = {f.code.removeprefix("ERRO-"): f.measured.value for f in own if f.measured}
    cells = [value for code, value in rows.items() if code in ("TP", "FP", "FN", "TN") or code.startswith("CELL-")]
    if cells and sum(cells) != data.rows_scored:
        raise InvalidReport(
            f"The counts of right and wrong rows are {sum(cells):,.0f}; scored were {data.rows_scored:,}."
        )
    if data.positives is not None and {"TP", "FN"} <= rows.keys() and rows["TP"] + rows["FN"] != data.positives:
        raise InvalidReport(f"The record counts {rows['TP'] + rows['FN']:,.0f} positives, and {data.positives:,}.")


def _check_codes(record: Record) -> None:
    codes = [finding.code for answer in record.answers for finding in answer.findings]
    if len(codes) != len(set(codes)):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise InvalidReport(f"Finding {twice} stands in the record twice.")
    for answer in record.answers:
        for finding in answer.findings:
            _check_prefix(finding.code, answer.question)


def _check_prefix(code: str, question: Question) -> None:
    """A finding of the user's own may have any prefix but that of another question."""
    if any(code.startswith(f"{other.prefix}-") for other in Question if other is not question):
        raise InvalidReport(f"Finding {code} stands under the question {question.value}.")


def _check_decision(record: Record) -> None:
    try:
        decision = decide(
            [answer.answer() for answer in record.answers], rule=record.rule, vouched=record.decision.vouched
        )
    except ValueError as error:
        raise InvalidReport(f"The record does not hold the six answers, each once: {error}.") from error
    if decision != record.decision or decision.verdict is not record.verdict:
        raise InvalidReport(
            f"The record says {record.verdict.words}; its findings say {decision.verdict.words}, or other actions."
        )
