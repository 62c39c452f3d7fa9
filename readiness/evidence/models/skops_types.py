"""Which types may a skops file hold beyond those that skops itself trusts? Reviewed ones, by exact name."""

from __future__ import annotations

from collections.abc import Iterator

_HOLDERS = {
    # Compiled tables of split points and leaf values; they read the arrays they are given and nothing else.
    "sklearn.tree._tree": ("Tree",),
    "sklearn.ensemble._hist_gradient_boosting.predictor": ("TreePredictor",),
    # Compiled search trees and distances over arrays.
    "sklearn.neighbors._kd_tree": ("KDTree", "KDTree32", "KDTree64"),
    "sklearn.neighbors._ball_tree": ("BallTree", "BallTree32", "BallTree64"),
    "sklearn.metrics._dist_metrics": tuple(
        f"{distance}Distance{bits}"
        for distance in ("Euclidean", "Manhattan", "Chebyshev", "Minkowski", "Hamming", "Haversine")
        for bits in ("", "32", "64")
    ),
    # Python classes whose methods only do arithmetic on their own fields.
    "sklearn.calibration": ("_CalibratedClassifier", "_SigmoidCalibration"),
    "sklearn.compose._column_transformer": ("_RemainderColsList",),
    "sklearn._loss.loss": (
        "HalfSquaredError", "HalfBinomialLoss", "HalfMultinomialLoss", "HalfPoissonLoss", "HalfGammaLoss",
        "HalfTweedieLoss", "HalfTweedieLossIdentity", "AbsoluteError", "PinballLoss", "HuberLoss", "ExponentialLoss",
    ),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.gaussian_process.kernels": (
        "ConstantKernel", "Exponentiation", "Matern", "Product", "RBF", "RationalQuadratic", "Sum", "WhiteKernel",
    ),
    "sklearn.gaussian_process._gpc": ("_BinaryGaussianProcessClassifierLaplace",),
    # Scores of single columns: functions from arrays to arrays.
    "sklearn.feature_selection._univariate_selection": ("chi2", "f_classif", "f_regression", "r_regression"),
    "sklearn.feature_selection._mutual_info": ("mutual_info_classif", "mutual_info_regression"),
    # Kind of an array's elements, and the curve pieces of SplineTransformer.
    "numpy": ("dtype",),
    "scipy.interpolate._bsplines": ("BSpline",),
}  # fmt: skip


def _names() -> Iterator[str]:
    for module, names in _HOLDERS.items():
        yield from (f"{module}.{name}" for name in names)


REVIEWED = frozenset(_names())
"""Read in scikit-learn 1.6 to 1.9: none opens files, imports modules, or calls what it was handed."""
