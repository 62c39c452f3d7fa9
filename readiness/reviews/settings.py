"""Keywords as a spec: in its own words, with two short forms, and checked by the spec itself."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, TypedDict

from readiness.core.errors import InputError, ReadinessError, SpecError
from readiness.core.metrics import METRICS, canonical
from readiness.core.sanitize import nearest
from readiness.spec.load import LoadedSpec, spec_of
from readiness.spec.schema import Spec, label_text

CALL = "review()"
"""What stands for the file of a spec that was given as keywords."""

ABOUT_THE_ROWS = ("words", "labels", "label_horizon", "known_at", "independent", "sampled")
"""Keywords that are keys of the section `data` under the same name."""
_IN_WORDS_OF_THE_CALL = {
    "data.positive": "pos_label",
    "data.classes": "classes",
    "data.task": "task",
    "data.train": "X_train",
    "data.test": "X_test",
    "data.recent": "X_recent",
    "data.weight": "sample_weight",
    "data.group": "groups",
    "data.time": "time",
    "data.query": "query",
    "data.segments": "segments",
    "data.id": "id",
    "data.features": "X_test",
    "data.target": "y_test",
    "model.threshold": "threshold",
    "model.path": "model",
    "errors.costs": "costs",
    "business.requirements": "requirements",
    **{f"data.{key}": key for key in ABOUT_THE_ROWS},
}


class Settings(TypedDict, total=False):
    """What `review` takes besides: most of it a section of `readiness.yaml`, in its own words."""

    task: str
    """"binary", "multiclass", "regression" or "ranking"; found from model and target when left out."""
    classes: list[Any]
    """All class labels; found from the training rows or the model when left out."""
    threshold: float
    """Labels are score >= threshold, in place of the model's own `predict`."""
    query: Any
    """Ranking: for which query each test row is put in order; values, or the name of a column."""
    id: Any
    """What names each test row; values, or the name of a column. Two rows of one name are copies."""
    words: Mapping[str, Any]
    """What the report calls a row and rows of the two classes: `{"row": "payment", "positive": "fraud"}`."""
    labels: Mapping[str, Any]
    """By column what it is called and what its groups are: `{"age_group": {"title": "age", "65+": "people of 65"}}`."""
    label_horizon: str
    """How long after its time the truth of a row is known, such as "30 d"."""
    known_at: Mapping[str, Any]
    """By column: `{"when": "before", "by": …, "on": …, "why": …}`, for one that tells the answer nearly alone."""
    independent: Mapping[str, Any]
    """By column: `{"by": …, "on": …, "why": …}`, for one that only looks as if its values named who rows belong to."""
    sampled: bool
    """Whether rows were chosen by how hard or telling they are."""
    columns: Any
    """Further columns of the test rows that are no features and that settings name, such as `errors["show"]`."""
    columns_train: Any
    """The same for the training rows: columns of the names given to groups, time, sample_weight, query or segments."""
    X_recent: Any
    """Recent rows from production, for drift."""
    name: str
    version: str
    about: Mapping[str, Any]
    baseline: Mapping[str, Any]
    business: Mapping[str, Any]
    segment_settings: Mapping[str, Any]
    """The section `segments` of the spec: metrics, limit, warning, coverage, fairness …"""
    errors: Mapping[str, Any]
    stability: Mapping[str, Any]
    production: Mapping[str, Any]
    metrics: Mapping[str, Any]
    supplied: Mapping[str, Any]
    checklist: Mapping[str, Any]
    soundness: Mapping[str, Any]
    reuse: str
    evidence: str
    confidence: float
    seed: int


SECTIONS = (
    "about", "baseline", "business", "errors", "stability", "production", "metrics", "supplied", "checklist",
    "soundness", "reuse", "evidence", "confidence", "seed",
)  # fmt: skip
"""Keywords that are keys at the top of a spec under the same name."""


def check_keywords(given: Mapping[str, Any], others: tuple[str, ...]) -> None:
    """Refuse a keyword that means nothing; `others` are the named parameters.

    Raises:
        InputError: with the nearest keyword that there is.
    """
    for name in given:
        if name not in Settings.__annotations__:
            raise InputError(f"review() has no parameter {name}{nearest(name, (*others, *Settings.__annotations__))}")


def plain(value: Any) -> Any:
    """A value as a YAML file would give it: text, numbers, true/false, lists and mappings."""
    if isinstance(value, Mapping):
        return {label_text(key) if isinstance(key, bool) else str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return value.as_posix()
    if hasattr(value, "tolist"):  # a scalar or an array of NumPy's
        return plain(value.tolist())
    return str(value) if isinstance(value, str) else value


def stated_requirements(given: Any, own: Mapping[str, Any]) -> list[Any]:
    """Requirements in the spec's words; `{"recall": 0.9}` is short for one that recall must reach.

    Raises:
        InputError: neither a list nor a mapping.
    """
    if isinstance(given, Mapping) and "metric" not in given:
        return [_short(str(name), limit, own) for name, limit in given.items()]
    if isinstance(given, Mapping):
        return [plain(given)]
    if not isinstance(given, list | tuple):
        raise InputError(
            f"requirements is {type(given).__name__}; expected a list of mappings, or a mapping of metrics.",
            remedy='Give, for example, [{"says": "Miss few", "metric": "recall", "at_least": 0.9}] or {"recall": 0.9}.',
        )
    return [plain(entry) for entry in given]


def _short(name: str, limit: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    try:
        known = METRICS.get(canonical(name))
    except ValueError:  # a scorer with its sign turned: the spec says what is wrong with it
        known = None
    wants_more = known.greater_is_better if known else bool(own.get(name, {}).get("greater_is_better", True))
    title = known.title if known else name.replace("_", " ")
    if isinstance(limit, Mapping):
        return {"says": title, "metric": name, **plain(limit)}
    key, words = ("at_least", "at least") if wants_more else ("at_most", "at most")
    return {"says": f"{title} {words} {plain(limit)}", "metric": name, key: plain(limit)}


def stated_costs(given: Any, column: Callable[[str, Any], str]) -> Any:
    """Costs in the spec's words; a column by its name, or an array, which `column(key, values)` makes one."""
    if not isinstance(given, Mapping):
        return plain(given)
    stated = {}
    for key, cost in given.items():
        if key in ("false_positive", "false_negative") and not isinstance(cost, Mapping | int | float):
            by_row = isinstance(cost, str) or getattr(cost, "ndim", 1) > 0
            cost = {"column": column(key, cost)} if by_row else cost
        stated[key] = plain(cost)
    return stated


def joined(section: str, given: Any, key: str, value: Any, keyword: str) -> Any:
    """A section completed by what has a keyword of its own; said twice is an error.

    Raises:
        InputError: it was said in both.
    """
    if value is None:
        return plain(given)
    if isinstance(given, Mapping) and key in given:
        raise InputError(f"{keyword} is given, and {section} holds {key}.", remedy="State it once.")
    return {**(plain(given) or {}), key: value}


def checked(document: Mapping[str, Any]) -> LoadedSpec:
    """The spec that the keywords come to.

    Raises:
        SpecError: with one line for each problem, in the words of the call.
    """
    given = {key: value for key, value in document.items() if value is not None and key in Spec.model_fields}
    try:
        return spec_of(given, CALL)
    except SpecError as error:
        raise in_words_of_the_call(error) from None
    except TypeError as error:  # of the JSON that is pydantic's way in
        raise InputError(
            f"A setting holds something that no spec can hold: {error}.",
            remedy="Give text, numbers, true/false, dates, lists and mappings; a model goes into a file first.",
        ) from None


def in_words_of_the_call(error: ReadinessError) -> ReadinessError:
    """The same error with the keywords of `review` in place of the keys of a spec."""
    if isinstance(error, SpecError):
        problems = tuple(map(reworded, error.problems))
        return SpecError(error.message.partition("\n")[0], problems=problems, remedy=reworded(error.remedy))
    return type(error)(reworded(error.message), remedy=reworded(error.remedy))


def reworded(text: str) -> str:
    """A sentence with the keywords of `review` in place of the keys of a spec."""
    for key, word in _IN_WORDS_OF_THE_CALL.items():
        text = text.replace(key, word)
    return text.replace("segments.limit", "segment_settings.limit")


__all__ = [
    "ABOUT_THE_ROWS",
    "CALL",
    "SECTIONS",
    "Settings",
    "check_keywords",
    "checked",
    "in_words_of_the_call",
    "joined",
    "plain",
    "reworded",
    "stated_costs",
    "stated_requirements",
]
