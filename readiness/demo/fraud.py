"""Synthetic card payments on which a model is good on average and fails people of 65 and more.

Two kinds of fraud happen in these data. With a *stolen card* somebody else pays: far from home, often, on a new
device. Where somebody is *talked into paying*, the cardholder pays: near home, on their own device, to a payee they
have just met, in a long session. Only people of 65 and more meet the second kind.

The first model was trained on a table in which the frauds that people of 65 and more had reported were not
yet marked. It does not use age, its average is fine, and it knows nothing of the second kind. The fixed model is the
same, trained on the same rows with the reports put back.
"""

from __future__ import annotations

from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from readiness.demo.material import Material

TRAIN_ROWS, TEST_ROWS, RECENT_ROWS = 10_000, 10_000, 4_000
"""Enough that each claim about the fixed model is proven in at least 95 of 100 such tables."""

FRAUD_SHARE = 0.10
TALKED_SHARE = 0.60
"""Of the frauds against people of 65 and more."""
OLDEST = "65+"
AGE_GROUPS = {"18-25": 0.15, "25-35": 0.22, "35-50": 0.27, "50-65": 0.21, OLDEST: 0.15}
REGIONS = ("north", "east", "south", "west")
MERCHANTS = ("electronics", "groceries", "restaurants", "services", "travel")
USUAL_MERCHANTS = (0.10, 0.35, 0.25, 0.20, 0.10)
STOLEN_MERCHANTS = (0.40, 0.10, 0.10, 0.10, 0.30)
GAPS = {"km_from_home": 0.04, "payee_known_days": 0.03, "session_minutes": 0.05}
"""Share of missing values."""

CATEGORIES = ("merchant",)
NUMBERS = ("amount", "km_from_home", "payments_last_hour", "payee_known_days", "session_minutes", "new_device")
FEATURES = (*CATEGORIES, *NUMBERS)
TARGET = "is_fraud"


def payments(rows: int, *, seed: int, start: str, days: int) -> pd.DataFrame:
    """Synthetic card payments in order of time, `days` days from `start` on; every fraud is marked."""
    rng = np.random.default_rng(seed)
    age_group = rng.choice(list(AGE_GROUPS), rows, p=list(AGE_GROUPS.values()))
    fraud = rng.random(rows) < FRAUD_SHARE
    talked = fraud & (age_group == OLDEST) & (rng.random(rows) < TALKED_SHARE)
    stolen = fraud & ~talked
    seconds = np.sort(rng.integers(0, days * 86_400, rows))
    frame = pd.DataFrame(
        {
            "payment_id": [f"P{seed}-{number:05d}" for number in range(rows)],
            "paid_at": np.datetime64(start, "s") + seconds.astype("timedelta64[s]"),
            "age_group": age_group,
            "region": rng.choice(REGIONS, rows),
            "merchant": np.where(
                stolen, rng.choice(MERCHANTS, rows, p=STOLEN_MERCHANTS), rng.choice(MERCHANTS, rows, p=USUAL_MERCHANTS)
            ),
            **_measures(rng, stolen, talked),
            TARGET: fraud.astype(np.int64),
        }
    )
    for column, share in GAPS.items():
        frame.loc[rng.random(rows) < share, column] = np.nan
    return frame


def _measures(rng: np.random.Generator, stolen: NDArray[Any], talked: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Numeric columns; what differs between the two kinds of fraud and all other payments."""

    def lognormal(usual: float, if_stolen: float, if_talked: float, sd: float) -> NDArray[Any]:
        center = np.select([stolen, talked], [if_stolen, if_talked], usual)
        return np.exp(rng.normal(center, sd))

    new_device = rng.random(stolen.size) < np.where(stolen, 0.75, 0.05)
    return {
        "amount": lognormal(7.5, 8.4, 8.4, 1.0).round(2),
        "km_from_home": lognormal(1.4, 4.6, 1.4, 1.0).round(1),
        "payments_last_hour": rng.poisson(np.where(stolen, 5.0, 0.5)),
        "payee_known_days": lognormal(4.6, 4.6, 0.0, 1.0).round(1),
        "session_minutes": lognormal(1.0, 1.0, 3.2, 0.55).round(1),
        "new_device": new_device.astype(np.int64),
    }


def without_reports(frame: pd.DataFrame) -> pd.DataFrame:
    """The same payments with no fraud marked against people of 65 and more."""
    return frame.assign(**{TARGET: frame[TARGET].where(frame["age_group"] != OLDEST, 0)})


def candidate() -> Pipeline:
    """The model under review, not yet fitted: gradient boosting, indifferent to gaps and to unknown merchants."""
    # A column of nothing but gaps arrives as numbers, which the encoder would refuse.
    as_labels = FunctionTransformer(methodcaller("astype", object), feature_names_out="one-to-one")
    categories = make_pipeline(as_labels, OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    columns = ColumnTransformer(
        [("categories", categories, list(CATEGORIES)), ("numbers", "passthrough", list(NUMBERS))]
    )
    boosting = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=12, learning_rate=0.12, early_stopping=False, random_state=0
    )
    return make_pipeline(columns, boosting)


def current() -> Pipeline:
    """The model now in production, not yet fitted: two numbers and a straight line."""
    return make_pipeline(
        SimpleImputer(strategy="median"), FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression()
    )


CURRENT_FEATURES = ("amount", "km_from_home")


def incomplete() -> Material:
    """The candidate whose training table lacks the reports of people of 65 and more."""
    return _material(
        version="1.0",
        reports=False,
        changes="First version with gradient boosting; it replaces a straight line on two numbers.",
        labels="Reports of cardholders, checked by the fraud desk; all are in the test rows.",
    )


def complete() -> Material:
    """The same candidate, trained on the same rows with those reports put back."""
    return _material(
        version="1.1",
        reports=True,
        changes="Trained on the same payments as 1.0, with the reports of people of 65 and more put back.",
        labels="Reports of cardholders, checked by the fraud desk; all are in the training and test rows.",
    )


def _material(*, version: str, reports: bool, changes: str, labels: str) -> Material:
    everything = payments(TRAIN_ROWS, seed=1, start="2026-01-01", days=181)
    partial = without_reports(everything)
    train = everything if reports else partial
    tables = {
        "train": train,
        "test": payments(TEST_ROWS, seed=2, start="2026-07-01", days=92),
        "recent": payments(RECENT_ROWS, seed=3, start="2026-10-01", days=31).drop(columns=TARGET),
    }
    # One thread: sums are then taken in the same order, and the files come out the same, on every machine.
    with threadpool_limits(limits=1):
        models = {
            "candidate": candidate().fit(train[list(FEATURES)], train[TARGET]),
            "current": current().fit(partial[list(CURRENT_FEATURES)], partial[TARGET]),
        }
    words = {"version": version, "changes": changes, "labels": labels}
    return Material("fraud.yaml", tables, models, words, attested=True)
