"""How many rows of each class were predicted as which? The counts of the findings as a square."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.answers import Answer
from readiness.numbers import format_count, format_share
from readiness.plots.lettering import shorten
from readiness.plots.style import NothingToDraw

_BINARY = {
    "ERRO-TP": ("positive", "positive"),
    "ERRO-FN": ("positive", "negative"),
    "ERRO-FP": ("negative", "positive"),
    "ERRO-TN": ("negative", "negative"),
}
"""True and predicted class of the four binary counts, where the finding does not name them itself; in this order, as
in the table."""
_PLACES = {code: place for place, code in enumerate(_BINARY)}


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by (true, predicted) class."""

    names: list[str]
    rows: dict[tuple[str, str], int]

    @classmethod
    def of(cls, answer: Answer) -> Matrix:
        """The counts in the findings of question 4.

        Raises:
            NothingToDraw: when nothing was counted by class.
        """
        cells: dict[tuple[str, str], int] = {}
        for finding in sorted(answer.findings, key=lambda each: _PLACES.get(each.code, 0)):
            if finding.measured is not None and (finding.code in _BINARY or finding.code.startswith("ERRO-CELL-")):
                true, predicted = _BINARY.get(finding.code, ("?", "?"))
                pair = finding.segment.get("true", true), finding.segment.get("predicted", predicted)
                cells[pair] = round(finding.measured.value)
        if not cells:
            raise NothingToDraw("no predictions were counted by class, as where numbers are predicted")
        return cls(list(dict.fromkeys(name for pair in cells for name in pair)), cells)

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())

    @property
    def right(self) -> int:
        """Rows predicted as what they are."""
        return sum(n for (true, predicted), n in self.rows.items() if true == predicted)

    def of_class(self, true: str) -> int:
        """All rows of one true class."""
        return sum(n for (name, _), n in self.rows.items() if name == true)

    def shares(self, shown: list[str]) -> list[list[float]]:
        """Each cell as a share of its true class, 0 to 1; a class without rows has zeros."""
        sizes = {true: max(self.of_class(true), 1) for true in shown}
        return [[self.rows.get((true, other), 0) / sizes[true] for other in shown] for true in shown]

    def words(self, shown: list[str]) -> list[list[str]]:
        """Each cell as "58" over "48 % of fraud"; without the name where there are many classes."""
        of = {true: f" of {shorten(true, 16)}" if len(shown) <= 3 else "" for true in shown}
        return [
            [
                f"{format_count(self.rows.get((true, other), 0))}\n{format_share(share)}{of[true]}"
                for other, share in zip(shown, line, strict=True)
            ]
            for true, line in zip(shown, self.shares(shown), strict=True)
        ]

    def largest_errors(self, most: int) -> list[tuple[int, str, str]]:
        """Rows, true and predicted class of the most frequent errors."""
        wrong = [(n, true, said) for (true, said), n in self.rows.items() if true != said and n]
        return sorted(wrong, key=lambda error: -error[0])[:most]
