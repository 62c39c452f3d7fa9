"""Tables made of literal rows, so that each rule about them is tested as the pure function that it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from readiness.core.policy import Task
from readiness.soundness.tables import Tables
from tests.questions.conftest import spec_of


def tables_of(
    test: pd.DataFrame,
    train: pd.DataFrame | None = None,
    *,
    y_test: Any = None,
    y_train: Any = None,
    task: Task = Task.BINARY,
    classes: tuple[str, ...] = ("0", "1"),
    features: tuple[str, ...] = (),
    recent: Any = None,
    **parts: Any,
) -> Tables:
    """Tables with these rows; targets are 0 and 1 in turn where none are given; `parts` are sections of the spec."""

    def target(given: Any, rows: int) -> Any:
        return np.arange(rows) % 2 if given is None else np.asarray(given)

    trained = None if train is None else target(y_train, len(train))
    return Tables(
        spec_of(**parts), task, classes, features, test, target(y_test, len(test)), train, trained, recent, "y"
    )
