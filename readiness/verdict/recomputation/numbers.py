"""The order in which the numbers of a record are held against each other, its counts and its own spec."""

from __future__ import annotations

from readiness.core.errors import InvalidReport
from readiness.core.policy import Task
from readiness.spec.schema import Spec
from readiness.verdict.comparison import IN_WORDS_OF_SPEC, other_bars, other_metrics, relabelled
from readiness.verdict.recomputation.bounds import check_counted, check_numbers
from readiness.verdict.recomputation.costs import check_costs
from readiness.verdict.recomputation.counts import check_counts, check_coverage
from readiness.verdict.recomputation.shapes import check_shapes, recorded_spec
from readiness.verdict.recomputation.values import check_values
from readiness.verdict.record import Record
from readiness.verdict.soundness import check_presumed, check_soundness


def check_all(record: Record, *, counted: bool) -> None:
    """Recompute every number that can be, and tie those together that follow from each other.

    Args:
        record: whole.
        counted: whether numbers must also be computed as this program computes them, with counts behind every share,
            and be held against the bars of the recorded spec.

    Raises:
        InvalidReport: at the first thing that does not follow.
    """
    check_presumed(record)
    if counted:
        spec = recorded_spec(record)
        _check_by_spec(record, spec)
        if not record.only:
            check_soundness(record, spec)
    check_numbers(record)
    check_counts(record)
    if counted:
        check_counted(record)


def _check_by_spec(record: Record, spec: Spec) -> None:
    """Raises: InvalidReport."""
    task = Task(record.gathered.data.task)
    if wrong := other_metrics(record.answers, spec, task):
        raise InvalidReport(f"Finding {wrong[0]} holds numbers of another metric than its code says.")
    if wrong := other_bars(record.answers, spec, task):
        raise InvalidReport(f"Finding {wrong[0]} is judged by another bar than the spec in the record sets.")
    if wrong := relabelled(record.answers, spec, task, IN_WORDS_OF_SPEC):
        raise InvalidReport(f"Finding {wrong[0]} is called otherwise than the spec in the record calls it.")
    check_shapes(record, spec)
    check_coverage(record, spec)
    check_values(record, spec)
    check_costs(record, spec)
