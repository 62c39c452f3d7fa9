"""MLflow model folders as objects that predict.

Loading one runs code: what it holds is pickled, and it may bring modules along. So it needs a pin like any pickle.
Where its own library gives an estimator in the manner of scikit-learn, that estimator is reviewed; otherwise the
function that MLflow serves. Nothing is fetched, nothing is tracked, and nothing is written into the folder.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core.errors import ModelError

ESTIMATORS = ("sklearn", "xgboost", "lightgbm", "catboost")
"""Flavors that may hold an estimator."""
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
"""MLflow reports how it is used unless it is told not to, before it is imported."""


@contextmanager
def silence_mlflow() -> Iterator[None]:
    """Meanwhile nothing is reported to anybody, and no compiled module is written beside a model's own modules."""
    before, compiling = {name: os.environ.get(name) for name in QUIET}, sys.dont_write_bytecode
    os.environ.update(QUIET)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = compiling
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


with silence_mlflow(), warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own parts, not of any model
    import mlflow.pyfunc
    from mlflow.models import Model


class MlflowFunction:
    """The function that MLflow serves."""

    refits_unavailable = (
        "an MLflow function holds the model as it was fitted, not how to fit it",
        "the estimator inside, as a file of its own",
    )
    """Why clones cannot stand for it, and what would do instead."""

    def __init__(self, function: Any, described: str) -> None:
        """`function` is what `mlflow.pyfunc.load_model` returns."""
        self._function = function
        self.description = described
        inputs = function.metadata.get_input_schema()
        self._tensor = inputs is not None and inputs.is_tensor_spec()
        if inputs is None:
            return
        if not self._tensor and inputs.has_input_names():
            self.feature_names_in_ = np.array([str(name) for name in inputs.input_names()], dtype=object)
        elif self._tensor and len(inputs.inputs) == 1 and len(inputs.inputs[0].shape) == 2:
            self.n_features_in_ = int(inputs.inputs[0].shape[1])
            self._type = inputs.inputs[0].type

    def predict(self, rows: pd.DataFrame | NDArray[Any]) -> Any:
        """What the function returns for n rows; a table of one column as that column."""
        given = np.asarray(rows).astype(self._type) if hasattr(self, "_type") else rows
        with silence_mlflow():
            answer = self._function.predict(given)
        return answer.to_numpy() if isinstance(answer, pd.DataFrame | pd.Series) else answer


def open_mlflow(folder: Path) -> Any:
    """What predicts in an MLflow model folder; runs the code that it holds.

    Exceptions of MLflow and of the model pass. What MLflow logs meanwhile becomes warnings.

    Raises:
        ModelError: a path that MLflow does not take for one.
    """
    place = str(folder.resolve())
    if taken := sorted(set("#%?") & set(place)):
        raise ModelError(
            f"MLflow takes {place} for an address, because of the {' and '.join(taken)} in it.",
            remedy="Rename the folder, or move it.",
        )
    with silence_mlflow(), _turn_into_warnings():
        flavors = Model.load(place).flavors
        for flavor in ESTIMATORS:
            if flavor in flavors and (estimator := _estimator(flavor, place)) is not None:
                return estimator
        function = mlflow.pyfunc.load_model(place)
    own = next((flavor for flavor in flavors if flavor != "python_function"), "")
    return MlflowFunction(function, f"{own} model, through its Python function" if own else "Python function")


def _estimator(flavor: str, place: str) -> Any:
    """The estimator of a library, if it behaves like scikit-learn's; else None."""
    import importlib

    loaded = importlib.import_module(f"mlflow.{flavor}").load_model(place)
    alike = all(callable(getattr(loaded, name, None)) for name in ("predict", "get_params"))
    return loaded if alike else None


class _AsWarnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            warnings.warn(record.getMessage(), UserWarning, stacklevel=2)


@contextmanager
def _turn_into_warnings() -> Iterator[None]:
    """Let what MLflow logs be warnings meanwhile, and nothing of it reach the screen."""
    logger, handler = logging.getLogger("mlflow"), _AsWarnings()
    before, passed_on = list(logger.handlers), logger.propagate
    logger.handlers, logger.propagate = [handler], False
    try:
        yield
    finally:
        logger.handlers, logger.propagate = before, passed_on
