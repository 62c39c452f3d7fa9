"""What things are called in one report: rows, classes, groups, metrics and methods, in the words of its spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from readiness.core import policy
from readiness.core.findings import Finding
from readiness.core.keys import FindingKey, Topic
from readiness.core.metrics import METRICS, Metric
from readiness.core.policy import Task
from readiness.core.provenance import DataFacts
from readiness.core.vocabulary import PLAIN, Noun, Vocabulary, spellings
from readiness.report.sentences.numbers import Scale, percent, with_days
from readiness.spec.words import vocabulary_in
from readiness.verdict.record import Record

_OTHER_SHARES = frozenset({"error_rate", "share", "churn", "coverage", "prevalence", "demographic_parity_difference"})
"""What people say in per cent besides metrics."""
_FIXED_METHODS = {
    "uniform": "a random guess",
    "stratified": "a random guess in proportion to the classes",
    "mean": "always predicting the average",
    "median": "always predicting the median",
    "random": "a random order",
    "current": "today's model",
    "human": "people",
    "candidate": "the model",
    "model": "the model",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one review, and the findings that a sentence about another one may need."""

    vocabulary: Vocabulary = PLAIN
    spec: Mapping[str, Any] = field(default_factory=dict)
    """The spec as plain values, every default filled in; empty where only findings are at hand."""
    task: Task | None = None
    facts: DataFacts | None = None
    findings: Mapping[FindingKey, Finding] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record) -> Words:
        """The words of a record."""
        gathered = record.gathered
        findings = {f.key: f for answer in record.answers for f in answer.findings}
        task = next((task for task in Task if task == gathered.data.task), None)
        return cls.from_spec(gathered.spec, task, gathered.data, findings)

    @classmethod
    def from_spec(
        cls,
        spec: Mapping[str, Any],
        task: Task | None,
        facts: DataFacts | None,
        findings: Mapping[FindingKey, Finding] | None = None,
    ) -> Words:
        """The words of a spec, as plain values."""
        data = section(spec, "data")
        positive = facts.positive if facts is not None else str(data.get("positive") or "")
        return cls(vocabulary_in(data, positive), spec, task, facts, findings or {})

    # -------------------------------------------------------------------------------------------- rows

    @property
    def row(self) -> Noun:
        """What a row is called."""
        return self.vocabulary.row

    @property
    def positives(self) -> Noun:
        """Rows of the class that is looked for: "frauds", or "rows with is_fraud = 1"."""
        if self.vocabulary.positive is not None:
            return self.vocabulary.positive
        if self.task is Task.RANKING:
            return Noun(f"relevant {self.row.one}", f"relevant {self.row.many}")
        return self.of_class(self.positive_value) if self.positive_value else _POSITIVE

    @property
    def negatives(self) -> Noun:
        """All other rows of a task with two classes: "honest payments", or "rows with is_fraud = 0"."""
        if self.vocabulary.negative is not None:
            return self.vocabulary.negative
        other = [name for name in self.classes if name != self.positive_value]
        if len(other) == 1 and self.vocabulary.positive is None:
            return self.of_class(other[0])
        return Noun(f"other {self.row.one}", f"other {self.row.many}")

    @property
    def positive_value(self) -> str:
        """The class that is looked for, as the record spells it: a spec may say true where the table says True."""
        wanted = set(spellings(self.vocabulary.positive_value))
        same = (name for name in self.classes if not wanted.isdisjoint(spellings(name)))
        return next(same, self.vocabulary.positive_value)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes as text, in the order of the record."""
        return self.facts.classes if self.facts is not None else ()

    def of_class(self, value: str) -> Noun:
        """Rows of a class: "rows with is_fraud = 1", or by its label: "rows of gold"."""
        noun = self.vocabulary.outcome_noun(value)
        if noun is not None:
            return noun
        label, target = self.vocabulary.outcome(value), self.vocabulary.target
        if label != value:
            return Noun(f"{self.row.one} of {label}", f"{self.row.many} of {label}")
        which = f"{self.vocabulary.column(target)} = {value}" if target else f"the answer {value}"
        return Noun(f"{self.row.one} with {which}", f"{self.row.many} with {which}")

    def answer(self, value: str) -> str:
        """A class as an answer that somebody gives: “honest payment”."""
        return f"“{self.vocabulary.outcome(value)}”"

    # -------------------------------------------------------------------------------------------- groups

    def group(self, segment: Mapping[str, str]) -> str:
        """The rows of a segment as the thing that is spoken of: "people of 65 and over, region = north"."""
        return with_days(", ".join(self.vocabulary.group(column, value) for column, value in segment.items()))

    def among(self, segment: Mapping[str, str]) -> str:
        """Where: "among people of 65 and over", "where age_group = 65+", "among people of 65 and over where …"."""
        called = [words for column, value in segment.items() if (words := self.vocabulary.group_words(column, value))]
        plain = [
            f"{self.vocabulary.column(column)} = {value}"
            for column, value in segment.items()
            if not self.vocabulary.group_words(column, value)
        ]
        parts = [f"among {' and '.join(called)}" if called else "", f"where {' and '.join(plain)}" if plain else ""]
        return with_days(" ".join(filter(None, parts)))

    def columns(self, names: Sequence[str]) -> str:
        """Columns that are crossed: "age × region"."""
        return " × ".join(self.vocabulary.column(name) for name in names)

    def segmentation(self, number: int) -> str:
        """What the segments of one entry of the spec are cut by, counted from 1: "age", "age × region"."""
        entries = section(self.spec, "data").get("segments") or ()
        if not 0 < number <= len(entries):
            return f"grouping {number}"
        entry = entries[number - 1]
        parts = entry if isinstance(entry, list | tuple) else (entry,)
        return self.columns([_column_of(part) for part in parts])

    # -------------------------------------------------------------------------------------------- metrics

    def metric(self, name: str) -> str:
        """A metric as people write it: "F1", "recall", "average error"."""
        if not name:
            return "score"
        known = METRICS.get(name)
        return _PLAIN_METRICS.get(name) or (known.label if known is not None else name.replace("_", " "))

    def known(self, name: str) -> Metric | None:
        """What is known of a metric."""
        return METRICS.get(name)

    def more_is_better(self, name: str) -> bool:
        """Whether larger values are better; of a metric of the user's own as the spec says."""
        known = METRICS.get(name)
        if known is not None:
            return known.greater_is_better
        own = section(self.spec, "metrics").get(name)
        return not (isinstance(own, Mapping) and own.get("greater_is_better") is False)

    def scale(self, name: str) -> Scale:
        """How values of a metric are written."""
        known = METRICS.get(name)
        if name in _OTHER_SHARES or (known is not None and known.in_percent):
            return Scale.PERCENT
        if known is None:
            return Scale.AMOUNT
        return Scale.AMOUNT if known.needs in ("values", "measurement") and known.name not in _SCORES else Scale.SCORE

    def difference_scale(self, name: str) -> Scale:
        """How differences of a metric are written."""
        scale = self.scale(name)
        return Scale.POINTS if scale is Scale.PERCENT else scale

    # -------------------------------------------------------------------------------------------- methods

    def method(self, key: str) -> str:
        """An alternative: "a random guess", "always answering “honest payment”", "the rule “amount over 10,000”"."""
        if key in ("majority", "minority"):
            return self._constant(key)
        if key == "stratified" and self.task is Task.BINARY and self.facts is not None and self.facts.positives:
            share = self.facts.positives / max(1, self.facts.rows_scored)
            return f"guessing {self.answer(self.positive_value)} {percent(share)} of the time"
        if key in _FIXED_METHODS:
            return _FIXED_METHODS[key]
        name = self._rule_names().get(key)
        return f"the rule “{name}”" if name else "another method"

    def _constant(self, key: str) -> str:
        if self.facts is None or not self.facts.class_rows or len(self.facts.class_rows) != len(self.classes):
            return f"always answering the {'largest' if key == 'majority' else 'smaller'} class"
        pick = max if key == "majority" else min
        at = pick(range(len(self.classes)), key=lambda k: self.facts.class_rows[k] if self.facts else 0)
        return f"always answering {self.answer(self.classes[at])}"

    def _rule_names(self) -> Mapping[str, str]:
        rules = section(self.spec, "baseline").get("rules") or ()
        return {f"rule-{k}": str(rule.get("name", "")) for k, rule in enumerate(rules, 1) if isinstance(rule, Mapping)}

    # -------------------------------------------------------------------------------------------- money and findings

    @property
    def currency(self) -> str:
        """Unit of all costs; empty where the spec names none."""
        costs = section(self.spec, "errors").get("costs")
        return str(costs.get("currency") or "") if isinstance(costs, Mapping) else ""

    def value(self, topic: Topic, *subject: str | int, metric: str = "") -> float | None:
        """What another finding of the review measured; None where there is none."""
        found = self.findings.get(topic.key(*subject, metric=metric))
        return found.measured.value if found is not None and found.measured is not None else None

    def method_value(self, method: str, metric: str) -> float | None:
        """What an alternative reaches in a metric, by question 1."""
        return self.value(Topic.METHOD_VALUE, method, metric=metric)


_POSITIVE = Noun("positive row", "positive rows")
_SCORES = frozenset({"r2", "explained_variance"})
_PLAIN_METRICS = {
    "mae": "average error",
    "mape": "average error in per cent",
    "latency_p50_ms": "median service time",
    "latency_p95_ms": "service time of 95 % of calls",
    "latency_p99_ms": "service time of 99 % of calls",
    "latency_p999_ms": "service time of 99.9 % of calls",
    "response_p95_ms": "response time of 95 % of requests",
    "response_p99_ms": "response time of 99 % of requests",
}


def _column_of(part: object) -> str:
    """The column of an entry of `data.segments`, as findings name it: a part of a date stands behind it in brackets."""
    if not isinstance(part, Mapping):
        return str(part)
    by = part.get("by")
    return f"{part.get('column')} ({by})" if by else str(part.get("column"))


def section(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a plain spec; empty where there is none."""
    found = spec.get(name)
    return found if isinstance(found, Mapping) else {}


def parts(spec: Mapping[str, Any], name: str, key: str) -> list[Mapping[str, Any]]:
    """The entries of a list of a plain spec, or its one entry."""
    found = section(spec, name).get(key)
    found = found if isinstance(found, list | tuple) else [found]
    return [part for part in found if isinstance(part, Mapping)]


def number(value: object) -> float | None:
    """A number as a record holds it, where numbers with decimals are text."""
    try:
        return float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None


def baseline_margin(words: Words, metric: str, method: str) -> tuple[float, float]:
    """Margin of a gain that question 1 judges, and the factor of the alternative in it: gain is m - factor * b.

    Of metrics that should be high, or of the user's own, the margin is absolute and the factor 1; of errors it is a
    share, so that the factor is 1 - margin, or 1 + margin where being as good is enough.
    """
    given, known = number(section(words.spec, "baseline").get("margin")), METRICS.get(metric)
    if known is None or known.greater_is_better:
        return (policy.BASELINE_MARGIN if given is None else given), 1.0
    share = policy.BASELINE_RELATIVE_MARGIN if given is None else given
    wanted = -1.0 if is_as_good_enough(words, method) else 1.0
    return share, max(0.0, 1 - wanted * share)


def is_as_good_enough(words: Words, method: str) -> bool:
    """Whether an alternative need not be beaten, only equalled."""
    return stated_method(words, method).get("test") == "non_inferiority"


def stated_method(words: Words, method: str) -> Mapping[str, Any]:
    """What the spec says of an alternative; empty of a guess."""
    rules = parts(words.spec, "baseline", "rules")
    named = {f"rule-{k}": rule for k, rule in enumerate(rules, 1)}
    named |= {key: part for key in ("current", "human") for part in parts(words.spec, "baseline", key)}
    return named.get(method, {})
