"""All test rows, with those put back that no question looks at, and a truth for each that is supposed.

Made once for every supposition, since all claims are held against the same ones.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.answers import Finding
from readiness.criteria import Task
from readiness.evidence.candidates import Scores
from readiness.evidence.columns import columns_of
from readiness.evidence.evidence import Evidence, Unused
from readiness.evidence.segmentation import Segmentation, segmented
from readiness.evidence.usable_rows import as_numbers
from readiness.questions.pricing import prices
from readiness.soundness.judged import priced_claims
from readiness.spec import CostColumn
from readiness.statistics.cases import Cases, Floats, Integers
from readiness.statistics.tipping import PARTS, Errors, completed, error_shares, missed_shares

_BY_ANSWER = {
    **dict.fromkeys(("recall", "false_negative_rate", "negative_predictive_value"), 0),
    **dict.fromkeys(("precision", "specificity", "false_positive_rate"), 1),
}
"""Of two classes, the answer whose errors a metric counts."""
MOST_KNOWN, MOST = 100_000, 20_000
"""Of more rows with a truth and without, a sample is looked at for metrics of scores."""
SALT = 0x6D6973


@dataclass(frozen=True, slots=True)
class Places:
    """In which segment each of all rows is, -1 where that cannot be told of a row that is put back."""

    codes: Integers = field(compare=False)
    segments: int


class PutBack:
    """The test rows with the others put back, whose truth follows from a factor; each made once."""

    def __init__(self, evidence: Evidence, unused: Unused, said: Scores) -> None:
        self.evidence, self.unused, self.said = evidence, unused, said
        self.known, self.truth = evidence.cases, unused.target
        self.weight = None if evidence.spec.data.weight is None else self._filled(evidence.spec.data.weight, None)
        self._cases: dict[tuple[Errors, int | None, bool], Cases] = {}
        self._shares: dict[tuple[int | None, bool], Floats] = {}
        self._means: dict[Errors, dict[str, float]] = {}
        self._tables: dict[tuple[int, Errors | None, bool], Floats] = {}

    @cached_property
    def thinned(self) -> PutBack:
        """The same from a sample of very many rows, which carries the weight of all."""
        known, unknown = (
            self._sample(rows, most) for rows, most in ((self.known.n, MOST_KNOWN), (len(self.truth), MOST))
        )
        if known is None and unknown is None:
            return self
        few = copy(self)
        few._cases, few._shares = {}, {}
        weights = self.known.relative_weight, np.ones(len(self.truth)) if self.weight is None else self.weight
        if self.known.weight is not None:
            weights = self.known.weight, weights[1]
        picked = [
            np.arange(len(w)) if rows is None else rows for rows, w in zip((known, unknown), weights, strict=True)
        ]
        thick = [w[rows] * (len(w) / max(1, len(rows))) for rows, w in zip(picked, weights, strict=True)]
        few.known, few.weight = replace(self.known.subset(picked[0]), weight=thick[0]), thick[1]
        scores = None if self.said.scores is None else self.said.scores[picked[1]]
        few.said, few.truth = (
            replace(self.said, predicted=self.said.predicted[picked[1]], scores=scores),
            self.truth[picked[1]],
        )
        return few

    def _sample(self, rows: int, most: int) -> Integers | None:
        if rows <= most:
            return None
        return np.sort(np.random.default_rng([self.evidence.spec.seed, SALT]).choice(rows, most, replace=False))

    def _filled(self, column: str, known: Floats | None) -> Floats:
        """A column of amounts; the mean of the rows that are judged where it holds none."""
        values = as_numbers(self.unused.frame[column], f"The column {column!r}")
        usual = self.evidence.cases.weight if known is None else known
        mean = 1.0 if usual is None or not len(usual) else float(usual.mean())
        return np.where(np.isfinite(values) & (values >= 0), values, mean)

    def cases(self, errors: Errors, of_class: int | None = None, *, within: bool = False) -> Cases:
        """All rows, with one class against all others where one is named.

        `within`: any of the others may be of the class that is looked for, and missed as often as others of it are.
        """
        key = errors, of_class, within
        if key not in self._cases:
            known, truth, said, scores = self.known, self.truth, self.said.predicted, self.said.scores
            if of_class is not None:
                known = known.one_against_rest(of_class)
                truth = np.where(truth < 0, -1, (truth == of_class).astype(np.int64))
                said, scores = (said == of_class).astype(np.int64), None if scores is None else scores[:, of_class]
            shares = self._alike(known, said, scores, key[1:]) if known.task.has_classes else None
            self._cases[key] = completed(
                known, said, scores,
                truth=truth, weight=self.weight, errors=errors, shares=shares, seed=self.evidence.spec.seed,
            )  # fmt: skip
        return self._cases[key]

    def _alike(self, known: Cases, said: NDArray[Any], scores: Floats | None, key: tuple[int | None, bool]) -> Floats:
        """How often rows with a truth that are like those without are wrong; of very many, a sample tells."""
        if key not in self._shares:
            rows = self._sample(known.n, MOST_KNOWN)
            few = known if rows is None else known.subset(rows)
            alike = error_shares(few, said, scores)
            self._shares[key] = np.maximum(alike, missed_shares(known, said)) if key[1] else alike
        return self._shares[key]

    def tables(self, i: int, places: Places, errors: Errors | None, *, within: bool) -> Floats:
        """A confusion matrix for each segment of segmentation i, shape (segments, K, K), and one for rows that are in
        none of them; without the rows that are put back where no errors are given.
        """
        key = i, errors, within
        if key not in self._tables:
            cases = self.known if errors is None else self.cases(errors, within=within)
            codes, k = places.codes[: cases.n], cases.n_classes
            cells = np.where(codes < 0, places.segments, codes) * k * k + cases.cell_codes
            weight, size = None if cases.weight is None else cases.relative_weight, (places.segments + 1) * k * k
            sums = np.bincount(cells, weights=weight, minlength=size).astype(np.float64)
            self._tables[key] = sums.reshape(places.segments + 1, k, k)
        return self._tables[key]

    def parts(self, finding: Finding) -> tuple[Errors, ...]:
        """What a claim must stand besides where the rows without a truth outnumber its known errors; else nothing."""
        cases, unknown = self.evidence.cases, self.unused.is_unknown
        if not cases.task.has_classes:
            return ()
        said, wrong, known = self.said.predicted[unknown], cases.y_true != cases.y_pred, np.ones(cases.n, dtype=bool)
        if cases.task is Task.BINARY and finding.metric in _BY_ANSWER:
            answer = _BY_ANSWER[finding.metric]
            said, known = said[said == answer], cases.y_pred == answer
        return PARTS if len(said) > int((wrong & known).sum()) else ()

    def means(self, errors: Errors) -> dict[str, float]:
        """The mean of each amount of money that is claimed, by code."""
        if errors not in self._means:
            cases, evidence = self.cases(errors, within=True), self.evidence
            others = tuple(each for each in evidence.alternatives if each.key != "current")
            every = replace(evidence, cases=cases, alternatives=others, costs=self._costs())
            means = {claim.code: claim.mean(cases) for claim in priced_claims(every)}
            own, before = prices(every), prices(evidence)
            if own is not None and before is not None and before.current is not None:
                contrast = (1 + evidence.spec.errors.dearer) * before.current
                theirs = float(evidence.cases.relative_weight @ contrast) / evidence.cases.n
                means["ERRO-CURRENT"] = theirs - float(cases.relative_weight @ own.candidate) / cases.n
            self._means[errors] = means
        return self._means[errors]

    def _costs(self) -> dict[str, Floats]:
        found = {}
        for key, known in self.evidence.costs.items():
            given = getattr(self.evidence.spec.errors.costs, key, None)
            if isinstance(given, CostColumn):
                found[key] = np.concatenate((known, self._filled(given.column, known)))
        return found


def _thick(n: int, weight: Floats | None, rows: Integers | None) -> tuple[Integers, Floats]:
    """Positions of a sample, and weights with which it counts as much as all n rows."""
    every = np.ones(n) if weight is None else weight
    return (np.arange(n), every) if rows is None else (rows, every[rows] * (n / len(rows)))


def placed(evidence: Evidence, frame: pd.DataFrame, i: int) -> Places:
    """Segments of all rows, cut as the judged ones are."""
    cut, entry = evidence.segmentations[i - 1], evidence.spec.data.segments[i - 1]
    names = list(columns_of([entry]))
    reference = evidence.rows[names]
    if evidence.training is not None and set(names) <= set(evidence.training.frame.columns):
        reference = evidence.training.frame[names]
    both: Segmentation = segmented(pd.concat([evidence.rows[names], frame[names]], ignore_index=True), entry, reference)
    known = {tuple(label.items()): code for code, label in enumerate(cut.labels)}
    to = np.array([known.get(tuple(label.items()), -1) for label in both.labels], dtype=np.int64)
    return Places(np.concatenate((cut.codes, to[both.codes[evidence.cases.n :]])), len(cut.labels))
