"""Values that must agree: the candidate's with the confusion matrix, gains with both of their values, guesses with what
guessing gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Finding, Question
from readiness.core.keys import Topic
from readiness.core.metrics import Metric
from readiness.core.policy import Task
from readiness.spec.schema import Human, Spec, label_text
from readiness.statistics.basis import MOVER, SHARE
from readiness.statistics.cases import Floats
from readiness.statistics.comparison import Guess
from readiness.statistics.labels import BINARY_LABEL_METRICS, MULTICLASS_LABEL_METRICS, label_metric_values
from readiness.verdict.margins import required_margin
from readiness.verdict.recomputation.classes import check_classes
from readiness.verdict.recomputation.counts import cells, one_against_rest
from readiness.verdict.recomputation.shapes import is_human, relative_factor, stated_requirement

if TYPE_CHECKING:
    from readiness.verdict.record import Record

CLOSE = 1e-8
"""Recorded numbers have ten digits; what is put together from several agrees to fewer."""
CANDIDATE = "candidate"


def check_values(record: Record, spec: Spec) -> None:
    """Raises:
    InvalidReport: a value contradicts the confusion matrix, or a gain the values that it is taken between.
    """
    table = counted_cells(record)
    if table is not None:
        _check_candidate(record, spec, table)
        _check_guesses(record, table)
        check_classes(record, spec, table)
    _check_gains(record, spec)


def counted_cells(record: Record) -> Floats | None:
    """The confusion matrix of a task with classes; None where there is none, or where rows count by their weight."""
    has_classes = record.gathered.data.task in (Task.BINARY, Task.MULTICLASS)
    is_weighted = bool(record.gathered.spec.get("data", {}).get("weight"))
    return cells(record) if has_classes and not is_weighted else None


def values_of(record: Record) -> Mapping[tuple[str, str], float]:
    """By method and metric what question 1 shows: the candidate is "candidate", others go by their key."""
    found = {}
    for finding in record.answer(Question.BASELINE).findings:
        if finding.key.kind is Topic.METHOD_VALUE and finding.measured is not None:
            found[finding.key.part("method"), finding.metric] = finding.measured.value
    return found


def _check_candidate(record: Record, spec: Spec, table: Floats) -> None:
    """Raises: InvalidReport."""
    for finding in record.answer(Question.BASELINE).findings:
        if (
            finding.key.kind is Topic.METHOD_VALUE
            and finding.measured is not None
            and finding.key.part("method") == CANDIDATE
        ):
            _check_value(finding, finding.measured.value, table)
    for finding in record.answer(Question.BUSINESS).findings:
        stated = stated_requirement(spec, finding.key)
        if finding.measured is None or stated is None or stated.lift_over or stated.gain_over:
            continue
        if stated.of_class is None or len(table) == 2:
            _check_value(finding, finding.measured.value, table)
            continue
        text, names = label_text(stated.of_class), record.gathered.data.classes
        place = next((k for k, name in enumerate(names) if text in (name, name.lower())), None)
        if place is not None and place < len(table):
            _check_value(finding, finding.measured.value, one_against_rest(table, place))


def _check_value(finding: Finding, value: float, table: Floats) -> None:
    """Raises: InvalidReport."""
    expected = value_of_table(finding.metric, table)
    if expected is not None and not is_close(value, expected):
        raise InvalidReport(
            f"Finding {finding.code} does not hold. Its value is {value:.10g}; the right and wrong rows of question 4 "
            f"give {expected:.10g}."
        )


def value_of_table(metric: str, table: Floats) -> float | None:
    """What a confusion matrix gives for a metric of labels, nan where it gives nothing; None for other metrics."""
    binary = len(table) == 2
    if metric not in (BINARY_LABEL_METRICS if binary else MULTICLASS_LABEL_METRICS):
        return None
    return float(label_metric_values(metric, table, binary=binary))


def is_close(a: float, b: float, *, scale: float = 0.0) -> bool:
    """Whether two numbers are the same but for rounding, also where they are small beside what they are made of."""
    return bool(abs(a - b) <= CLOSE * max(abs(a), abs(b), scale) + 1e-12 * (scale == 0))


def _check_guesses(record: Record, table: Floats) -> None:
    """What always one class, a random guess and, of two classes, one in proportion to them give on these very rows.

    Raises:
        InvalidReport: naming the first value that no such guess has.
    """
    values = values_of(record)
    for key in ("uniform", "majority", "minority", "stratified"):
        shown = {metric: value for (method, metric), value in values.items() if method == key}
        possible = list(_guesses(key, shown, len(table)))
        if possible and not any(_gives(guess, shown, table) for guess in possible):
            findings = record.answer(Question.BASELINE).findings
            code = next(f.code for f in findings if f.key.kind is Topic.METHOD_VALUE and f.key.part("method") == key)
            raise InvalidReport(
                f"Finding {code} does not hold, or another value of that guess: with the true classes of question 4 "
                "there is no such guess."
            )


def _guesses(key: str, shown: Mapping[str, float], classes: int) -> Iterator[Floats]:
    if key == "uniform":
        yield np.full(classes, 1 / classes)
    elif key in ("majority", "minority"):
        yield from np.eye(classes)
    elif classes == 2 and 0 <= (share := shown.get("recall", -1.0)) <= 1:
        yield np.array([1 - share, share])


def _gives(guess: Floats, shown: Mapping[str, float], table: Floats) -> bool:
    expected = Guess(tuple(guess.tolist())).table(table.sum(axis=1))
    pairs = [(value, value_of_table(metric, expected)) for metric, value in shown.items()]
    return all(is_close(value, float(np.nan_to_num(given))) for value, given in pairs if given is not None)


def largest_classes(record: Record, table: Floats) -> Sequence[int]:
    """Classes that may be the largest one of the training rows, by what naming it always is said to give."""
    shown = {metric: value for (method, metric), value in values_of(record).items() if method == "majority"}
    return [k for k, guess in enumerate(np.eye(len(table))) if _gives(guess, shown, table)]


def _check_gains(record: Record, spec: Spec) -> None:
    """Raises: InvalidReport."""
    values = values_of(record)
    for finding in record.answer(Question.BASELINE).findings:
        if finding.key.kind is Topic.LIFT and finding.measured is not None and finding.bounds is not None:
            _check_lift(finding, spec, values)
    for finding in record.answer(Question.BUSINESS).findings:
        stated = stated_requirement(spec, finding.key)
        if stated is None or finding.measured is None or stated.of_class is not None:
            continue
        metric = spec.metric(finding.metric)
        factor, name = relative_factor(stated, metric), stated.lift_over or stated.gain_over or ""
        mine, theirs = values.get((CANDIDATE, metric.name)), _rival(record, values, name, metric.name)
        people = spec.baseline.human
        if theirs is None and is_human(spec, name) and people is not None:
            _check_people(finding, people)
            theirs = people.value
        if factor is not None and mine is not None and theirs is not None:
            _check_gain(finding, metric, factor, mine, theirs)


def _check_lift(finding: Finding, spec: Spec, values: Mapping[tuple[str, str], float]) -> None:
    """Raises: InvalidReport."""
    key, metric = finding.key.part("method"), spec.metric(finding.metric)
    factor, people = required_margin(metric, spec.baseline, key).factor, spec.baseline.human
    mine = values.get((CANDIDATE, metric.name))
    if is_human(spec, key) and people is not None:
        _check_people(finding, people)
        if mine is not None:  # of a metric that is not shown otherwise only the people's number is known
            _check_gain(finding, metric, factor, mine, people.value)
        return
    if mine is None:
        raise InvalidReport(f"Finding {finding.code} judges a gain, and the candidate's own value is not recorded.")
    # a method without a value, such as the precision of one that finds nothing, counts as 0
    _check_gain(finding, metric, factor, mine, values.get((key, metric.name), 0.0))


def _rival(record: Record, values: Mapping[tuple[str, str], float], name: str, metric: str) -> float | None:
    """The value of the other method that a requirement names by its key or its name."""
    for finding in record.answer(Question.BASELINE).findings:
        key = (
            finding.key.part("method")
            if finding.key.kind is Topic.METHOD_VALUE and finding.metric == metric
            else CANDIDATE
        )
        if key != CANDIDATE and name in (key, finding.name):
            return values.get((key, metric))
    return None


def _check_gain(finding: Finding, metric: Metric, factor: float, mine: float, theirs: float) -> None:
    """Raises: InvalidReport."""
    assert finding.measured is not None
    value = finding.measured.value
    expected = (mine - factor * theirs) * (1 if metric.greater_is_better else -1)
    scale = max(abs(mine), abs(factor * theirs))
    if not is_close(value, expected, scale=scale):
        of = "" if factor == 1 else f"{factor:.4g} of "
        raise InvalidReport(
            f"Finding {finding.code} does not hold. It says a gain of {value:.10g}; the candidate's {mine:.10g} "
            f"against {of}{theirs:.10g} is one of {expected:.10g}."
        )


def _check_people(finding: Finding, people: Human) -> None:
    """The share of people that a gain is taken over is the one that the spec states, of as many cases.

    Raises:
        InvalidReport: it is another one.
    """
    basis = None if finding.bounds is None else finding.bounds.basis
    share = None if basis is None else _of_people(basis)
    if share is None:
        return
    hits, cases = share.numbers.get("successes"), share.numbers.get("n")
    if cases != people.n or hits is None or not is_close(hits, people.value * (people.n or 0)):
        raise InvalidReport(
            f"Finding {finding.code} does not hold. It compares with other people than the spec states."
        )


def _of_people(basis: Basis) -> Basis | None:
    difference = basis.parts[0] if basis.form == "linear" and basis.parts else basis
    if difference.form != MOVER or len(difference.parts) != 2 or difference.parts[1].form != SHARE:
        return None
    return difference.parts[1]
