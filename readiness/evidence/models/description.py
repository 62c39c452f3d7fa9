"""The description of an estimator: kind, methods, columns and classes, read from the object itself."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from readiness.core.missing import Missing
from readiness.evidence.workers.worker import METHODS, ModelDescription

# ----------------------------------------------------------------------------------------------------
# Models whose predicted class is always the most probable one, so that one pass gives both.
#
# Asking for probabilities and for labels costs twice as much. Of the classes listed here it is known from their
# source that `predict` is the argmax of `predict_proba`. Others decide in another way (SVC by its margin, tuned
# thresholds by their threshold, CatBoost by one that can be set), so those are asked for both.

KNOWN = frozenset(
    {
        "sklearn.calibration.CalibratedClassifierCV",
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._gb.GradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._logistic.LogisticRegressionCV",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "lightgbm.sklearn.LGBMClassifier",
        "xgboost.sklearn.XGBClassifier",
        "xgboost.sklearn.XGBRFClassifier",
    }
)
"""Exact classes; a subclass may have its own `predict`."""

SEARCHES = frozenset(
    {
        "sklearn.model_selection._search.GridSearchCV",
        "sklearn.model_selection._search.RandomizedSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    }
)
PIPELINE = "sklearn.pipeline.Pipeline"


def predicts_most_probable(estimator: Any) -> bool:
    """Whether `estimator.predict` is known to be the argmax of its `predict_proba`, up to ties."""
    name = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
    if name == PIPELINE:
        return predicts_most_probable(estimator.steps[-1][1])
    if name in SEARCHES:
        return predicts_most_probable(getattr(estimator, "best_estimator_", None))
    own = "predict" in getattr(estimator, "__dict__", {})  # replaced on the object itself
    return name in KNOWN and not own


# ----------------------------------------------------------------------------------------------------

LIBRARIES = {"sklearn": "scikit-learn", "xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}
NETWORKS = {"keras": "Keras", "torch": "PyTorch"}
"""Packages whose models are known by their base class, also inside of what a loader wraps around them."""
QUERY_ARGUMENTS = ("qid", "group_id", "group")
"""As XGBoost, CatBoost and LightGBM call it; the last one takes numbers of rows instead of codes."""
SEED_KEYS = ("random_state", "random_seed")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""Where an object lay in memory, which is never twice the same."""


def describe_model(
    estimator: Any, *, container: str = "", notes: tuple[str, ...] = (), takes_arrays: bool | None = None
) -> ModelDescription:
    """What an estimator says of itself; `container` is what its file is besides, such as MLflow."""
    expected = attribute_of(estimator, "n_features_in_")
    refits = unfit_for_cloning(estimator)
    return ModelDescription(
        kind=f"{container} {describe(estimator)}".strip(),
        package=type(estimator).__module__.partition(".")[0],
        methods=tuple(name for name in METHODS if callable(attribute_of(estimator, name))),
        feature_names=feature_names_of(estimator),
        n_features=None if expected is None else int(expected),
        classes=_classes_of(estimator),
        regressor=says_regressor(estimator),
        most_probable=predicts_most_probable(estimator),
        scores_only=attribute_of(estimator, "scores_only") is True,
        takes_arrays=attribute_of(estimator, "takes_arrays") is True if takes_arrays is None else takes_arrays,
        refits=refits,
        seeded=refits is None and takes_seed(estimator),
        query_argument=query_argument(estimator),
        notes=notes,
    )


def describe(estimator: Any) -> str:
    """Library and class of an estimator, with the last step of a pipeline or the network inside a wrapper."""
    if isinstance(said := getattr(estimator, "description", None), str):
        return said
    for part in (estimator, *getattr(estimator, "__dict__", {}).values()):
        bases = (base.__module__.partition(".")[0] for base in type(part).__mro__)
        if network := next((NETWORKS[base] for base in bases if base in NETWORKS), ""):
            return f"{network} {type(part).__name__}"
    package = type(estimator).__module__.partition(".")[0]
    words = f"{LIBRARIES.get(package, package)} {type(estimator).__name__}"
    steps = getattr(estimator, "steps", None)
    return f"{words} ending in {type(steps[-1][1]).__name__}" if package == "sklearn" and steps else words


def attribute_of(estimator: Any, name: str) -> Any:
    """An attribute; None where there is none, or asking for it fails."""
    try:
        return getattr(estimator, name, None)
    except Exception:  # a property of a model that was never fitted may raise anything
        return None


def feature_names_of(estimator: Any) -> tuple[str, ...]:
    """The columns a model was fitted on, as far as it knows them."""
    names = attribute_of(estimator, "feature_names_in_")
    if names is None and type(estimator).__module__.startswith("catboost"):
        names = attribute_of(estimator, "feature_names_")
        if names is not None and list(names) == [str(place) for place in range(len(names))]:
            return ()  # fitted on an array: CatBoost counts its columns
    return () if names is None else tuple(str(name) for name in names)


def _classes_of(estimator: Any) -> tuple[Any, ...] | None:
    known = attribute_of(estimator, "classes_")  # CatBoost has it before fitting, as None
    if known is None or isinstance(known, str | bytes) or np.ndim(known) != 1:
        return None
    return tuple(label.item() if isinstance(label, np.generic) else label for label in known)


def says_regressor(estimator: Any) -> bool | None:
    """Whether a model says that it predicts numbers; None when it says nothing."""
    from sklearn.base import is_classifier, is_regressor

    try:
        if is_regressor(estimator):
            return True
        return False if is_classifier(estimator) or hasattr(estimator, "predict_proba") else None
    except Exception:  # an estimator of another library may know nothing of scikit-learn's tags
        return False if hasattr(estimator, "predict_proba") else None


def query_argument(model: Any) -> str:
    """What the `fit` of an estimator, or of a pipeline's last step, calls the queries; empty when it asks for none."""
    if steps := getattr(model, "steps", None):
        last, step = steps[-1]
        name = query_argument(step)
        return f"{last}__{name}" if name else ""
    try:
        known = inspect.signature(model.fit).parameters
    except (AttributeError, TypeError, ValueError):  # "passthrough", or compiled code
        return ""
    return next((name for name in QUERY_ARGUMENTS if name in known), "")


def unfit_for_cloning(estimator: Any) -> Missing | None:
    """Why clones of `estimator` cannot stand for it; None when they can."""
    from sklearn.base import clone

    if known := getattr(estimator, "refits_unavailable", None):
        return Missing(*known)
    try:
        clone(estimator)
        parts = estimator.get_params(deep=True)
    except Exception as error:
        said = " ".join(ADDRESS.sub("", str(error)).split())[:200]
        if not hasattr(estimator, "get_params"):
            said = f"{type(estimator).__name__} has no get_params"
        return Missing(
            f"the model cannot be cloned for refitting: {said}", "an estimator with get_params, as scikit-learn's"
        )
    frozen = [value for value in (estimator, *parts.values()) if type(value).__name__ == "FrozenEstimator"]
    if frozen or any(name.endswith("cv") and str(value) == "prefit" for name, value in parts.items()):
        return Missing("the model holds a frozen part that refitting leaves as it is", "a model without it")
    return None


def takes_seed(estimator: Any) -> bool:
    """Whether fitting may depend on a seed at all."""
    parts = {"": estimator, **estimator.get_params(deep=True)}
    return any(name.rpartition("__")[2] in SEED_KEYS or is_catboost(value) for name, value in parts.items())


def is_catboost(value: Any) -> bool:
    """Whether an object is one of CatBoost's."""
    return type(value).__module__.startswith("catboost")
