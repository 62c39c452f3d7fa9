"""Values and counts behind a recorded number, read from its basis: pure arithmetic, without what computes intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from readiness.core.findings import Basis, Finding

_SHARES = frozenset({"share", "share_in_groups"})
_MOVERS = frozenset({"mover", "mover_same_rows"})
DEEPEST = 8
_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class Hits:
    """So many of so many: whole rows, each counting once."""

    hits: int
    total: int

    @property
    def misses(self) -> int:
        """The others."""
        return self.total - self.hits

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.hits / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Sides:
    """A group and all other rows, of which the basis of a deficit is put together."""

    here: Basis
    rest: Basis
    factor: float
    """What is judged is here less so many times the rest (errors), or the rest less so many times here."""


def value_of(basis: Basis, depth: int = 0) -> float | None:
    """The value that the numbers of a basis give; None where it has none that follows from them."""
    compute = _VALUES.get(basis.form)
    if compute is None or depth > DEEPEST:
        return None
    parts = [value_of(part, depth + 1) for part in basis.parts]
    numbers = {name: number for name, number in basis.numbers.items() if number is not None}
    try:
        found = compute(numbers, [part for part in parts if part is not None])
    except (KeyError, IndexError, ZeroDivisionError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


_Numbers = Mapping[str, float]
_Compute = Callable[[_Numbers, list[float]], float]


def _inner(_numbers: _Numbers, parts: list[float]) -> float:
    return parts[0]


def _stated(numbers: _Numbers, _parts: list[float]) -> float:
    return numbers["value"]


def _mover(numbers: _Numbers, parts: list[float]) -> float:
    return parts[0] - numbers["factor"] * parts[1]


_VALUES: Mapping[str, _Compute] = {
    **dict.fromkeys(_SHARES, lambda numbers, _parts: numbers["successes"] / numbers["n"]),
    **dict.fromkeys(_MOVERS, _mover),
    **dict.fromkeys(
        ("number", "t", "t_log", "t_logit", "t_logit_downward", "t_hall", "t_resampled", "unvaried"), _stated
    ),
    **dict.fromkeys(("t_wider", "widened"), _inner),
    **dict.fromkeys(("clipped", "clipped_queries"), lambda _numbers, parts: min(1.0, max(0.0, parts[0]))),
    "f1": lambda _numbers, parts: 2 * parts[0] / (1 + parts[0]),
    "root": lambda _numbers, parts: math.sqrt(parts[0]),
    "tanh": lambda _numbers, parts: math.tanh(parts[0]),
    "linear": lambda numbers, parts: numbers["scale"] * parts[0] + numbers["shift"],
    "rare_amounts": lambda numbers, _parts: numbers["total"] / numbers["n"],
}


def hits_of(basis: Basis | None) -> Hits | None:
    """The counts of a share; None where it is none, or rows count by their weight."""
    if basis is None or basis.form not in _SHARES:
        return None
    hits, total = basis.numbers.get("successes"), basis.numbers.get("n")
    if hits is None or total is None or total < 1 or abs(hits - round(hits)) > _WHOLE:
        return None
    return Hits(round(hits), round(total))


def flat(basis: Basis) -> tuple[Basis, ...]:
    """A basis and all that it is put together from."""
    return (basis, *(deeper for part in basis.parts for deeper in flat(part)))


def basis_of(finding: Finding) -> Basis | None:
    """The basis of what was judged."""
    return None if finding.bounds is None else finding.bounds.basis


def hits_of_finding(finding: Finding) -> Hits | None:
    """The counts of a finding whose number is a plain share: from its basis, or of a fact from its value and size."""
    measured = finding.measured
    if finding.bounds is not None or measured is None or measured.n < 1 or not 0 <= measured.value <= 1:
        return hits_of(basis_of(finding))
    hits = measured.value * measured.n  # ten digits are recorded, so that counts of whole rows come out nearly whole
    is_whole = abs(hits - round(hits)) <= 1e-9 * measured.n + 1e-9
    return Hits(round(hits), measured.n) if is_whole and measured.unit in ("", "share") else None


def sides_of(finding: Finding, *, more_is_better: bool) -> Sides | None:
    """The group and the rest that a deficit is taken between; None where its basis holds no such pair.

    A deficit is the rest less the group for what should be high, the group less the rest for what should be low.
    """
    basis = basis_of(finding)
    if basis is None or basis.form not in _MOVERS or len(basis.parts) != 2:
        return None
    a, b = basis.parts
    factor = basis.numbers.get("factor") or 1.0
    return Sides(b, a, factor) if more_is_better else Sides(a, b, factor)
