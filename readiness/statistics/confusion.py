"""Who was taken for what, in every segment at once? Confusion matrices of many groups by one bincount."""

from __future__ import annotations

import numpy as np

from readiness.criteria import Task
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.inference import Inference, Undefined
from readiness.statistics.labels import measure_table


def confusion_by_group(cases: Cases, codes: Integers, groups: int) -> Floats:
    """Confusion matrix of each group, shape (groups, true, predicted); weighted where rows carry weights.

    Args:
        cases: classified rows.
        codes: group of each row, 0..groups-1, shape (n,).
        groups: number of groups, some of which may be empty.
    """
    k = cases.n_classes
    index = codes * (k * k) + cases.cell_codes
    weight = None if cases.weight is None else cases.relative_weight
    return np.bincount(index, weight, groups * k * k).astype(float).reshape(groups, k, k)


def measure_by_group(
    metric: str, cases: Cases, codes: Integers, groups: int
) -> tuple[tuple[Inference | Undefined, Inference | Undefined], ...]:
    """For each group a label metric inside it and among all other rows; for independent rows of equal weight.

    Raises:
        ValueError: the rows carry weights or depend on each other; measure the subsets instead.
    """
    if not cases.is_plain:
        raise ValueError("rows have weights or groups; use measure(metric, cases.subset(rows)) instead")
    tables = confusion_by_group(cases, codes, groups)
    binary, whole = cases.task is Task.BINARY, tables.sum(axis=0)
    return tuple(
        (measure_table(metric, table, binary=binary), measure_table(metric, whole - table, binary=binary))
        for table in tables
    )
