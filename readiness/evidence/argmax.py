"""For which models is the predicted class always the most probable one, so that one pass gives both?

Asking for probabilities and for labels costs twice as much. Of the classes listed here it is known from their
source that `predict` is the argmax of `predict_proba`. Others decide in another way (SVC by its margin, tuned
thresholds by their threshold, CatBoost by one that can be set), so those are asked for both.
"""

from __future__ import annotations

from typing import Any

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
