"""Models of the whole reviews that no library has: in a module that the process of a model loads at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Fickle(ClassifierMixin, BaseEstimator):
    """Learns from two of the rows it is given: good only when they happen to be good ones."""

    def fit(self, rows: pd.DataFrame, target: Any) -> Fickle:
        """Fit a straight line to the a row of each class."""
        y = np.asarray(target)
        few = np.concatenate([np.flatnonzero(y == k)[100:101] for k in (0, 1)])
        self.line_ = LogisticRegression(C=100).fit(rows.iloc[few], y[few])
        self.classes_, self.feature_names_in_ = self.line_.classes_, self.line_.feature_names_in_
        return self

    def predict_proba(self, rows: pd.DataFrame) -> Any:
        """Shares of both classes."""
        return self.line_.predict_proba(rows)

    def predict(self, rows: pd.DataFrame) -> Any:
        """The likelier class."""
        return self.line_.predict(rows)


class Fixed:
    """A rule with the method predict and nothing else, as from another library."""

    def predict(self, rows: pd.DataFrame) -> Any:
        return (rows["a"] > 0.8).astype(int).to_numpy()


class Raising:
    """A model that fails when it is asked."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind = kind

    def predict(self, rows: pd.DataFrame) -> Any:
        raise self.kind("said by the model")
