"""What a notebook holds: arrays of many kinds become the same tables, and what cannot be right is refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LinearRegression, LogisticRegression

from readiness import review
from readiness.core.errors import DataError, InputError, ModelError, SpecError
from readiness.reviews.arrays import as_table

rng = np.random.default_rng(0)
ARRAY = rng.normal(size=(300, 3))
LABELS = (ARRAY[:, 0] + 0.3 * rng.normal(size=300) > 0).astype(int)
FRAME = pd.DataFrame(ARRAY, columns=["a", "b", "c"])
X, Y = FRAME[150:], LABELS[150:]
NAMED = LogisticRegression().fit(FRAME[:150], LABELS[:150])
UNNAMED = LogisticRegression().fit(ARRAY[:150], LABELS[:150])


class Handed:
    """A frame of another library, which hands itself over to Arrow; has no other face."""

    columns = ("a", "b", "c")

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return pa.Table.from_pandas(X, preserve_index=False).__arrow_c_stream__(requested_schema)


class Interchanged:
    """A frame of another library that knows the older protocol of DataFrames."""

    columns = ("a", "b", "c")

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        return pa.Table.from_pandas(X, preserve_index=False).__dataframe__(nan_as_null, allow_copy)


class OnArrays:
    """A model without any of scikit-learn's attributes, which counts columns."""

    def predict(self, rows: Any) -> Any:
        return (rows[:, 0] > 0).astype(int)


class Stateless(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An estimator that learns nothing, and so has no attribute that ends in an underscore."""

    def fit(self, rows: Any, labels: Any) -> Stateless:
        return self

    def predict(self, rows: Any) -> Any:
        return (rows["a"] > 0).astype(int).to_numpy()


FORMS = {
    "frame": (NAMED, X),
    "array of a model with names": (NAMED, X.to_numpy()),
    "array": (UNNAMED, X.to_numpy()),
    "frame of a model without names": (UNNAMED, X),
    "lists": (UNNAMED, X.to_numpy().tolist()),
    "mapping": (NAMED, {name: X[name].tolist() for name in X}),
    "Arrow's table": (NAMED, pa.Table.from_pandas(X, preserve_index=False)),
    "the protocol of Arrow": (NAMED, Handed()),
    "the protocol of frames": (NAMED, Interchanged()),
    "columns with numbers for names": (UNNAMED, pd.DataFrame(X.to_numpy())),
}
TRUTHS = {"array": Y, "list": Y.tolist(), "series": pd.Series(Y, name="truth"), "Arrow's array": pa.array(Y),
          "categories": pd.Categorical(Y), "index": pd.Index(Y)}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_rows_gives_the_same_answer(form: str) -> None:
    """Arrays, frames, lists and the tables of other libraries are the same rows."""
    model, rows = FORMS[form]
    columns = ["code", "status", "measured", "low", "high", "n"]
    expected = review(NAMED, X, Y).baseline.table()[columns]

    pd.testing.assert_frame_equal(expected, review(model, rows, Y).baseline.table()[columns])


@pytest.mark.parametrize("form", TRUTHS)
def test_every_form_of_truth_gives_the_same_answer(form: str) -> None:
    """One value for each row, whatever holds them."""
    expected = review(NAMED, X, Y).baseline.table()["measured"]

    pd.testing.assert_series_equal(expected, review(NAMED, X, TRUTHS[form]).baseline.table()["measured"])


REFUSED: dict[str, tuple[type[Exception], str, dict[str, Any]]] = {
    "fewer truths": (DataError, "y_test has 149 values, and X_test has 150 rows", {"y_test": Y[:-1]}),
    "truth with two dimensions": (DataError, "y_test is a table of 150 × 1", {"y_test": Y.reshape(-1, 1)}),
    "truth in a frame": (DataError, "y_test is a table of 150 × 1", {"y_test": pd.DataFrame({"y": Y})}),
    "truth as a name": (DataError, "y_test is str", {"y_test": "y"}),
    "missing truth": (DataError, "1 of 150 rows, first in row 7", {"y_test": np.where(np.arange(150) == 7, np.nan, Y)}),
    "one dimension": (DataError, "X_test is 1-dimensional", {"X_test": ARRAY[150:, 0]}),
    "three dimensions": (DataError, "X_test is 3-dimensional", {"X_test": ARRAY[None]}),
    "a series": (DataError, "X_test is Series", {"X_test": X["a"]}),
    "texts": (DataError, "X_test is a list of texts", {"X_test": ["a", "b"]}),
    "nothing": (DataError, "X_test is NoneType", {"X_test": None}),
    "no rows": (DataError, "0 rows", {"X_test": X[:0], "y_test": Y[:0]}),
    "a sparse matrix": (DataError, "sparse matrix", {"X_test": sparse.csr_matrix(ARRAY[150:])}),
    "two columns of one name": (DataError, 'more than one column named "a"', {"X_test": X.set_axis(["a", "a", "c"], axis=1)}),
    "names that are one as text": (DataError, 'named "1"', {"X_test": X.set_axis(["1", 1, "c"], axis=1)}),
    "a missing feature": (DataError, 'X_test lacks 1 of the needed columns: "c"', {"X_test": X[["a", "b"]]}),
    "too few columns": (DataError, "fitted on 3 columns", {"model": UNNAMED, "X_test": ARRAY[150:, :2]}),
    "a model that is not fitted": (ModelError, "is not fitted", {"model": LogisticRegression()}),
    "a class": (ModelError, "the class LogisticRegression", {"model": LogisticRegression}),
    "no model": (ModelError, "model is str", {"model": "model.pkl"}),
    "training rows without truth": (InputError, "X_train is given and y_train is not", {"X_train": FRAME[:150]}),
    "training truth without rows": (InputError, "y_train is given and X_train is not", {"y_train": Y}),
    "the training rows once more": (DataError, "the very rows of X_train", {"X_train": X, "y_train": Y}),
    "a feature as the truth": (DataError, "fitted on a feature of that name", {"y_test": pd.Series(Y, name="a")}),
    "another column of that name": (
        DataError,
        'would be the column "t"',
        {"X_test": X.assign(t=1), "y_test": pd.Series(Y, name="t", index=X.index)},
    ),
    "another order": (DataError, "same index labels in another order", {"y_test": pd.Series(Y, index=X.index[::-1])}),
    "words for labels": (InputError, "Set pos_label", {"y_test": np.array(["no", "yes"])[Y]}),
    "no such label": (SpecError, "pos_label: 7 is not in", {"pos_label": 7}),
    "a misspelt segment": (DataError, 'did you mean "a"', {"segments": ["aa"]}),
    "short segments": (DataError, "segments['r'] has 1 values", {"segments": {"r": ["n"]}}),
    "a misspelt group": (DataError, 'did you mean "b"', {"groups": "bb"}),
    "short weights": (DataError, "sample_weight has 2 values", {"sample_weight": [1, 2]}),
    "a misspelt cost": (SpecError, 'costs.false_positve: unknown key; did you mean "false_positive"', {"costs": {"false_positve": 1}}),
    "negative costs": (DataError, "costs.false_negative takes", {"costs": {"false_positive": 1, "false_negative": -np.ones(150)}}),
    "a misspelt keyword": (InputError, 'stabilty; did you mean "stability"', {"stabilty": {}}),
    "a misspelt key": (SpecError, 'production.latency_p9_ms: unknown key; did you mean "latency_p99_ms"', {"production": {"latency_p9_ms": 1}}),
    "a misspelt metric": (SpecError, 'requirements[0].metric: "recal" is no metric; did you mean "recall"', {"requirements": {"recal": 0.9}}),
    "a limit that is no number": (SpecError, 'requirements[0].at_least: found the text "high"', {"requirements": {"recall": "high"}}),
    "requirements that are none": (InputError, "requirements is float", {"requirements": 0.9}),
    "said twice": (InputError, "State it once", {"requirements": {"recall": 0.9}, "business": {"requirements": []}}),
    "a model in a setting": (InputError, "holds something that no spec can hold", {"baseline": {"current": {"name": "x", "path": NAMED}}}),
    "columns for training rows that are none": (InputError, "columns_train is given and X_train is not", {"columns_train": {"g": Y}}),
    "a column of two kinds": (DataError, 'The column "z" of X_test holds values that no table can hold', {"X_test": X.assign(z=[1, "a"] * 75), "segments": "z"}),
    "text for a number": (SpecError, "confidence: found the number 2, expected less than 1", {"confidence": 2}),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_right_is_refused_in_the_words_of_the_call(case: str) -> None:
    """The error says what was found, names the parameter, and speaks of no file and of no key that was not given."""
    kind, words, given = REFUSED[case]
    with pytest.raises(kind) as refused:
        review(**{"model": NAMED, "X_test": X, "y_test": Y} | given)

    assert words in str(refused.value)
    assert "data." not in str(refused.value)


def test_a_column_without_a_table_form_is_no_fault_while_nobody_asks_for_it() -> None:
    """A column that is neither a feature nor named may hold anything."""
    assert "met" == review(NAMED, X.assign(z=[1, "a"] * 75), Y).baseline.status


def test_models_without_attributes_are_given_what_the_caller_gave() -> None:
    """A model that says nothing of its features gets an array where an array was given."""
    draft = review(OnArrays(), ARRAY[150:], Y)

    assert "met" == draft.baseline.status


def test_an_estimator_without_state_counts_as_fitted() -> None:
    """Whether something is fitted is seen when it predicts, not from the names of its attributes."""
    assert "met" == review(Stateless(), X, Y).baseline.status


def test_the_target_may_be_a_column_of_the_rows() -> None:
    """A table that still holds the truth under the same name is taken as it is; the truth is no feature."""
    rows = X.assign(bad=Y)
    draft = review(NAMED, rows, rows["bad"])

    assert "bad" == draft.spec.data.target
    assert 3 == draft._answering.evidence.gathered.data.features


def test_a_target_without_a_name_gets_one_that_is_free() -> None:
    """A column called target is left alone."""
    assert "y" == review(NAMED, X.assign(target=1), Y).spec.data.target


@pytest.mark.parametrize(("labels", "expected"), [([0, 1], 1), ([-1, 1], 1), ([False, True], True), ([0.0, 1.0], 1)])
def test_one_is_the_positive_label_as_in_scikit_learn(labels: list[Any], expected: Any) -> None:
    """Of 0 and 1, -1 and 1, false and true, nobody has to say which is looked for."""
    y = np.array(labels)[LABELS]
    draft = review(LogisticRegression().fit(FRAME[:150], y[:150]), X, y[150:])

    assert expected == draft.spec.data.positive


def test_the_classes_of_a_model_are_known_without_training_rows() -> None:
    """Three classes are taken from the model, so that one which no test row has is not overlooked."""
    y = np.array(["x", "y", "z"])[np.arange(300) % 3]
    model = LogisticRegression().fit(FRAME[:150], y[:150])
    rows = y[150:] != "z"

    assert ("x", "y", "z") == review(model, X[rows], y[150:][rows]).spec.data.classes


def test_numbers_are_a_regression_without_a_word() -> None:
    """A regressor needs no pos_label and no task."""
    model = LinearRegression().fit(FRAME[:150], ARRAY[:150, 0])

    assert "regression" == review(model, X, ARRAY[150:, 0] + 0.1)._answering.evidence.task


SEGMENTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a name": ("a", ("a",)),
    "names": (["a", "b"], ("a", "b")),
    "a number for a name": ([0], ("0",)),
    "in the spec's words": ([{"column": "a", "bins": 2}, ["a", "b"]], ("a", "a × b")),
    "a series": (pd.Series(["n", "s"] * 75, name="region"), ("region",)),
    "a series among names": (["a", pd.Series(["n", "s"] * 75, name="region")], ("a", "region")),
    "a frame": (pd.DataFrame({"r": ["n", "s"] * 75, "q": ["n", "s", "t"] * 50}), ("r", "q")),
    "a mapping": ({"r": ["n", "s"] * 75}, ("r",)),
    "an array": (np.array(["n", "s"] * 75), ("segment",)),
}


@pytest.mark.parametrize("case", SEGMENTS)
def test_segments_are_named_or_given(case: str) -> None:
    """Columns of the rows by name, or further columns, which never become features."""
    given, expected = SEGMENTS[case]
    rows = X.assign(**{"0": X["b"]}) if case == "a number for a name" else X
    draft = review(NAMED, rows, Y, segments=given)
    cuts = draft._answering.evidence.segmentations

    assert expected == tuple(cut.name.replace(" and ", " × ") for cut in cuts)
    assert 3 == draft._answering.evidence.gathered.data.features


def test_costs_by_row_are_arrays_or_columns() -> None:
    """The same amounts as an array and as a column give the same savings, worked by hand: 2 for each missed row."""
    twos = np.full(150, 2.0)
    by_array = review(NAMED, X, Y, costs={"false_positive": 0, "false_negative": twos})
    by_name = review(NAMED, X.assign(amount=twos), Y, costs={"false_positive": 0, "false_negative": "amount"})
    found = int((NAMED.predict(X)[Y == 1] == 1).sum())

    for draft in (by_array, by_name):
        saved = draft.errors.table().set_index("code").loc["ERRO-SAVINGS", "measured"]
        assert 2 * found / 150 == pytest.approx(saved)


def test_short_requirements_know_which_way_is_better() -> None:
    """More recall and less log loss; the sentence says it."""
    draft = review(NAMED, X, Y, requirements={"recall": 0.5, "log_loss": 0.6})

    assert ["recall at least 0.5", "log loss at most 0.6"] == draft.business.table()["claim"].tolist()[:2]
    assert [">=", "<="] == draft.business.table()["op"].tolist()[:2]


def test_names_of_several_levels_become_one_text() -> None:
    """Columns with two levels of names are joined."""
    frame = X.set_axis(pd.MultiIndex.from_tuples([("m", 1), ("m", 2), ("n", 1)]), axis=1)

    assert ["m_1", "m_2", "n_1"] == list(as_table(frame, "X_test").columns)


BANDS = pd.cut(X["a"], [-np.inf, 0, np.inf])


@pytest.mark.parametrize(
    "values", [BANDS, BANDS.astype("interval"), BANDS.astype(object)], ids=["cut", "own", "object"]
)
@pytest.mark.parametrize("named", [True, False])
def test_intervals_are_groups_by_their_text(values: pd.Series[Any], named: bool) -> None:
    """However pandas holds them, beside the table or within it, in their order."""
    given: dict[str, Any] = {"segments": ["band"]} if named else {"segments": values.rename("band")}
    rows = X.assign(band=values) if named else X
    said = review(NAMED, rows, Y, **given).segments.text()
    assert "band = (-inf, 0.0]" in said
    assert "band = (0.0, inf]" in said


class OfIntervals(ClassifierMixin, BaseEstimator):
    """A model that was fitted on intervals."""

    feature_names_in_ = np.array(["a", "b", "c", "band"], dtype=object)
    classes_ = np.array([0, 1])

    def predict(self, rows: pd.DataFrame) -> Any:
        return rows["band"].map(lambda band: band.left >= 0).to_numpy().astype(int)


def test_a_model_that_takes_intervals_is_told_so() -> None:
    """It would be given text, and answer otherwise without a word."""
    with pytest.raises(DataError, match='takes the column "band", which holds intervals'):
        review(OfIntervals(), X.assign(band=BANDS), Y)


@pytest.mark.parametrize(
    ("value", "kind"),
    [([1], "lists"), ((1, 2), "tuples"), ({"a": 1}, "records"), ({1}, "sets"), (np.array([1]), "arrays")],
)
def test_labels_of_several_values_are_refused(value: Any, kind: str) -> None:
    """Also where the first row holds a plain one."""
    values = pd.Series([0, *[value] * (len(X) - 1)], dtype=object)
    for given in ({"y_test": values}, {"y_test": Y, "segments": values}, {"y_test": Y, "groups": values}):
        with pytest.raises(DataError, match=f"holds {kind}; expected one value for each row"):
            review(NAMED, X, **given)
