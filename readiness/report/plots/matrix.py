"""Confusion matrix in words and money: rows by what they are and what they were answered, and what that cost."""

from __future__ import annotations

from dataclasses import dataclass

from readiness.core.findings import Answer
from readiness.core.format import format_count
from readiness.core.keys import Topic
from readiness.report.plots.lettering import plain, shorten
from readiness.report.plots.style import NothingToDraw, sheet
from readiness.report.sentences.losses import money

_BINARY = {
    Topic.TRUE_POSITIVES: ("positive", "positive"),
    Topic.FALSE_NEGATIVES: ("positive", "negative"),
    Topic.FALSE_POSITIVES: ("negative", "positive"),
    Topic.TRUE_NEGATIVES: ("negative", "negative"),
}
"""True and predicted class of the four binary counts, where the finding does not name them itself; in this order, as
in the table."""
_PLACES = {topic: place for place, topic in enumerate(_BINARY)}


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by (true, predicted) class, and what they cost."""

    names: list[str]
    rows: dict[tuple[str, str], int]
    costs: dict[tuple[str, str], float]
    """Empty where no costs are stated."""
    unit: str = ""
    """Of the costs."""

    @classmethod
    def of(cls, answer: Answer) -> Matrix:
        """The counts in the findings of question 4.

        Raises:
            NothingToDraw: when nothing was counted by class.
        """
        cells: dict[tuple[str, str], int] = {}
        for finding in sorted(answer.findings, key=lambda each: _PLACES.get(each.key.kind, 0)):
            if finding.measured is not None and (finding.key.kind in _BINARY or finding.key.kind is Topic.CELL):
                true, predicted = _BINARY.get(finding.key.kind, ("?", "?"))
                pair = finding.segment.get("true", true), finding.segment.get("predicted", predicted)
                cells[pair] = round(finding.measured.value)
        if not cells:
            raise NothingToDraw("no predictions were counted by class, as where numbers are predicted")
        table = answer.tables.get("cell_costs")
        costs = {} if table is None else {(str(row.true), str(row.predicted)): float(row.cost)
                                          for row in table.itertuples()}  # fmt: skip
        return cls(list(dict.fromkeys(name for pair in cells for name in pair)), cells, costs, unit_of_costs(answer))

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())

    @property
    def right(self) -> int:
        """Rows answered as what they are."""
        return sum(n for (true, predicted), n in self.rows.items() if true == predicted)

    def of_class(self, true: str) -> int:
        """All rows of one true class."""
        return sum(n for (name, _), n in self.rows.items() if name == true)

    def weight(self, true: str, predicted: str) -> float:
        """What part of all errors a cell is, 0 to 1: of their costs where these are known, else of their number."""
        if true == predicted:
            return 0.0
        amounts = self.costs or {pair: float(n) for pair, n in self.rows.items()}
        whole = sum(abs(x) for (a, b), x in amounts.items() if a != b)
        return abs(amounts.get((true, predicted), 0.0)) / whole if whole else 0.0

    def largest_errors(self, most: int) -> list[tuple[int, str, str]]:
        """Rows, true and predicted class of the errors that weigh most."""
        wrong = [(n, true, said) for (true, said), n in self.rows.items() if true != said and n]
        return sorted(wrong, key=lambda error: (-self.weight(*error[1:]), -error[0]))[:most]


def unit_of_costs(answer: Answer) -> str:
    """The currency, as the costs bear it."""
    units = (f.measured.unit for f in answer.findings if f.key.kind is Topic.TOTAL_COST and f.measured is not None)
    return next(units, "") or sheet().words.currency


def outcome(name: str) -> str:
    """A class in the words of the sheet: "honest payment", "is_fraud = 1"."""
    words = sheet().words
    said = words.vocabulary.outcome(name)
    target = words.vocabulary.target
    return said if said != name or not target else f"{words.vocabulary.column(target)} = {name}"


def such(name: str) -> str:
    """Rows of a class: "frauds", or "rows that are “large”" where nobody said."""
    words = sheet().words
    noun = words.vocabulary.outcome_noun(name)
    return noun.many if noun is not None else f"{words.row.many} that are “{outcome(name)}”"


def of_such(name: str) -> str:
    """The same in a cell, whose line names the class."""
    words = sheet().words
    noun = words.vocabulary.outcome_noun(name)
    return shorten(noun.many if noun is not None else f"such {words.row.many}", 18)


def largest_errors_words(matrix: Matrix, most: int) -> list[str]:
    """The errors that weigh most, a clause each: "121 of 1,025 frauds were answered “honest payment”, which cost …"."""
    said = []
    for n, true, answered in matrix.largest_errors(most):
        cost = matrix.costs.get((true, answered))
        price = f", which cost {plain(money(sheet().words, cost, matrix.unit))}" if cost else ""
        was = "was" if n == 1 else "were"
        said.append(f"{format_count(n)} of {format_count(matrix.of_class(true))} {plain(such(true))[:60]} {was} "
                    f"answered “{plain(outcome(answered))[:40]}”{price}")  # fmt: skip
    return said
