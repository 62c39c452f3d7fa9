"""A formula and its numbers: how an inference stands in the record, and how anybody makes it again from there.

Shares of rows and what is put together from them follow from counts alone. Means and rankings follow from a value, a
standard error and the like, which only the rows themselves can confirm. Simulated limits and limits that are measured
values follow from no few numbers and have no basis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from readiness.core.errors import InvalidReport
from readiness.core.findings import Basis, Recomputable
from readiness.statistics.inference import OVER_QUERIES, Inference, f1_of_jaccard, linear, within_0_and_1
from readiness.statistics.intervals import HALL

SHARE = "share"
IN_GROUPS = "share_in_groups"
SHARES = frozenset({SHARE, IN_GROUPS})
SKEWED, WIDER = "t_hall", "t_wider"
MOVER = "mover"
_RESAMPLED = "t_resampled"
_COUNTED = frozenset(
    {*SHARES, "number", "f1", "linear", MOVER, "widened", "group", "spread", "least_ratio", "widest"}
)  # fmt: skip
"""Forms that add nothing to the counts at the bottom of them."""
ROUNDING = 1e-9
DEEPEST = 6
"""No inference is put together in more steps."""
_INTERVALS = "readiness.statistics.intervals"
_MEANS = "readiness.statistics.means"
_PARITY = "readiness.statistics.parity"


@dataclass(frozen=True, slots=True)
class _Form:
    """One formula: the class that computes it, and which of its fields are numbers and which are inferences."""

    module: str
    kind: str
    numbers: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """Names of fields that hold an inference; one that ends in * holds any number of them."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Fields whose value belongs to the formula."""
    finite: tuple[str, ...] = ()
    """Numbers without which nothing follows from the formula."""
    build: Callable[..., Any] | None = None
    """What makes it, where that is not the class itself."""

    def fits(self, inference: Any) -> bool:
        """Whether an inference is computed by this formula."""
        kind = type(inference)
        is_kind = (kind.__module__, kind.__qualname__) == (self.module, self.kind)
        return (
            is_kind
            and all(getattr(inference, name) == value for name, value in self.fixed.items())
            and all(math.isfinite(getattr(inference, name)) for name in self.finite)
        )


_NORMAL = ("value", "se", "df", "n", "least", "most")
_MAPPED = ("readiness.statistics.inference", "Mapped", (), ("inner",))
_FORMS: Mapping[str, _Form] = {  # the first that fits counts
    SHARE: _Form(_INTERVALS, "Binomial", ("successes", "n", "deff", "df"), fixed={"hit_groups": None}),
    IN_GROUPS: _Form(_INTERVALS, "Binomial", ("successes", "n", "deff", "df", "hit_groups", "miss_groups")),
    "number": _Form("readiness.statistics.inference", "Exact", ("value", "n")),
    "f1": _Form(*_MAPPED, fixed={"function": f1_of_jaccard}),
    "root": _Form(*_MAPPED, fixed={"function": math.sqrt}),
    "tanh": _Form(*_MAPPED, fixed={"function": math.tanh}),
    "clipped_queries": _Form(*_MAPPED, fixed={"function": within_0_and_1, "note": OVER_QUERIES}),
    "clipped": _Form(*_MAPPED, fixed={"function": within_0_and_1}),
    "linear": _Form("readiness.statistics.inference", "Linear", ("scale", "shift"), ("inner",), build=linear),
    MOVER: _Form(_INTERVALS, "Mover", ("factor", "correlation"), ("a", "b"), fixed={"same_rows": False}),
    "mover_same_rows": _Form(_INTERVALS, "Mover", ("factor", "correlation"), ("a", "b"), fixed={"same_rows": True}),
    "t": _Form(_INTERVALS, "Normal", _NORMAL, fixed={"scale": "identity", "correction": "none"}, finite=("se",)),
    "t_log": _Form(_INTERVALS, "Normal", _NORMAL, fixed={"scale": "log"}),
    "t_logit": _Form(_INTERVALS, "Normal", _NORMAL, fixed={"scale": "logit", "unbiased": None}),
    "t_logit_downward": _Form(_INTERVALS, "Normal", (*_NORMAL, "unbiased"), fixed={"scale": "logit"}),
    SKEWED: _Form(_INTERVALS, "Normal", ("value", "se", "df", "skewness", "n", "units"), fixed={"correction": "hall"}),
    _RESAMPLED: _Form(_INTERVALS, "Normal", ("value", "se", "df", "n", "skewness"), fixed={"correction": "johnson"}),
    WIDER: _Form(_MEANS, "WiderMean", (), ("inner", "corrected")),
    "rare_amounts": _Form(_MEANS, "RareAmounts", ("total", "squares", "largest", "n")),
    "unvaried": _Form(_INTERVALS, "Unvaried", ("value", "rows", "n", "least", "most")),
    "psi": _Form("readiness.statistics.drift", "StabilityIndex", ("raw", "bins", "n_reference", "n_current")),
    "calibration": _Form(
        "readiness.statistics.calibration", "CalibrationError", ("squared", "noise", "chance", "scale", "n")
    ),
    "widened": _Form("readiness.statistics.stability", "Widened", ("least", "most"), ("inner", "widening")),
    "widening": _Form("readiness.statistics.stability", "Widening", ("ratio", "df")),
    "group": _Form(_PARITY, "Group", (), ("share",)),
    "spread": _Form(_PARITY, "Spread", (), ("groups*",)),
    "least_ratio": _Form(_PARITY, "LeastRatio", (), ("groups*",)),
    "widest": _Form(_PARITY, "Widest", (), ("spreads*",)),
}
_WHOLE = frozenset({"n", "units", "rows", "bins", "n_reference", "n_current"})
"""Numbers that are counts by their nature; successes need not be whole where rows carry weights."""
_NEEDED: Mapping[str, Mapping[str, Any]] = {SKEWED: {"method": HALL}, _RESAMPLED: {"method": ""}, "group": {"name": ""}}
"""Fields that are words and change no number."""


def basis_of(inference: Any) -> Basis | None:
    """The formula of an inference with its numbers; None where it has none, or a number that cannot be recorded."""
    name = next((name for name, form in _FORMS.items() if form.fits(inference)), None)
    if name is None:
        return None
    form = _FORMS[name]
    parts = [basis_of(part) for part in _parts(inference, form)]
    numbers = {key: _finite_or_none(float(getattr(inference, key))) for key in form.numbers}
    if None in parts or any(number is not None and math.isnan(number) for number in numbers.values()):
        return None
    return Basis(name, numbers, tuple(part for part in parts if part is not None))


def _parts(inference: Any, form: _Form) -> list[Any]:
    found: list[Any] = []
    for name in form.parts:
        part = getattr(inference, name.removesuffix("*"))
        found += part if name.endswith("*") else [part]
    return found


def _finite_or_none(number: float) -> float | None:
    return None if math.isinf(number) else number


def recomputable_from(basis: Basis | None, otherwise: Recomputable) -> Recomputable:
    """From what bounds with this basis can be computed again; `otherwise` where not from counts alone."""
    if basis is None:
        return otherwise
    forms = {part.form for part in flatten(basis)}
    if SHARES & forms and forms <= _COUNTED | {"widening"}:
        return Recomputable.COUNTS
    return Recomputable.NO if _RESAMPLED in forms else otherwise


def flatten(basis: Basis) -> tuple[Basis, ...]:
    """A basis and all that it is put together from."""
    return (basis, *(deeper for part in basis.parts for deeper in flatten(part)))


def inference_of(basis: Basis) -> Inference:
    """The inference that a recorded basis stands for.

    Raises:
        InvalidReport: no inference has such a basis.
    """
    made: Inference = _build(basis, 0)
    return made


def _build(basis: Basis, depth: int) -> Any:
    form = _FORMS.get(basis.form)
    if form is None or depth > DEEPEST:
        raise InvalidReport(f"Its basis names the formula {basis.form[:40]!r}, which is not known.")
    if set(basis.numbers) != set(form.numbers):
        raise InvalidReport(f"Its basis does not hold the numbers of a {basis.form}.")
    numbers = {name: _number(name, value) for name, value in basis.numbers.items()}
    _check_numbers(basis.form, numbers)
    parts = [_build(part, depth + 1) for part in basis.parts]
    if any(name.endswith("*") for name in form.parts):
        fields: dict[str, Any] = {form.parts[0].removesuffix("*"): tuple(parts)}
        counts_fit = len(parts) >= 1
    else:
        fields = dict(zip(form.parts, parts, strict=False))
        counts_fit = len(parts) == len(form.parts)
    if not counts_fit:
        raise InvalidReport(f"Its basis does not hold the parts of a {basis.form}.")
    if form.build is not None:
        return form.build(*fields.values(), **numbers)
    kind = getattr(import_module(form.module), form.kind)
    return kind(**fields, **numbers, **form.fixed, **_NEEDED.get(basis.form, {}))


def _number(name: str, value: float | None) -> float | int:
    if value is None:
        return -math.inf if name == "least" else math.inf
    return int(value) if name in _WHOLE and value == int(value) else value


def _check_numbers(form: str, numbers: Mapping[str, float | int]) -> None:
    """What no rows can give is no basis: more hits than rows, an error below 0, fewer rows than one.

    Raises:
        InvalidReport: naming the formula.
    """
    wrong = [name for name in _WHOLE & set(numbers) if not isinstance(numbers[name], int) or numbers[name] < 0]
    if form in SHARES:
        hits, rows = numbers["successes"], numbers["n"]
        in_range = 0 <= hits <= rows * (1 + 1e-12) and rows >= 1
        wrong += [] if in_range and numbers["deff"] >= 1 and numbers["df"] >= 1 else ["successes"]
        wrong += [] if form == SHARE or _are_spread(numbers) else ["hit_groups"]
    wrong += [name for name in ("se", "ratio", "squares", "chance") if numbers.get(name, 1) < 0]
    if not -1 <= numbers.get("correlation", 0) <= 1 or numbers.get("factor", 1) < 0 or numbers.get("ratio", 1) < 1:
        wrong.append("factor")
    if wrong:
        raise InvalidReport(f"Its basis holds numbers that no rows can give: {wrong[0]} of a {form}.")


def _are_spread(numbers: Mapping[str, float | int]) -> bool:
    """Whether hits and misses come from a group or more where there are any, and from none where there are none."""
    hits, rows = numbers["successes"], numbers["n"]
    pairs = ((hits, numbers["hit_groups"]), (rows - hits, numbers["miss_groups"]))
    return all(1 - ROUNDING <= groups <= rows if many > ROUNDING * rows else groups >= 0 for many, groups in pairs)
