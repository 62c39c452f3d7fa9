"""Phrases of one finding, and the patterns by which most findings are put: a value against its limit, a direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from readiness.core.findings import Criterion, Estimate, Finding
from readiness.core.format import MINUS, is_exact, listed
from readiness.core.metrics import METRICS
from readiness.report.sentences.counts import Hits, hits_of_finding
from readiness.report.sentences.numbers import (
    Scale,
    Written,
    limit_text,
    percent,
    plain_digits,
    write_alike,
    write_estimate,
)
from readiness.report.sentences.words import Words

MARGIN_WORDS = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}


@dataclass(frozen=True, slots=True)
class Said:
    """One finding in phrases, which tables and sentences put together. None of them ends with a full stop."""

    title: str
    """What was asked, short: "Frauds found among people of 65 and over"."""
    bar: str = ""
    """The limit alone: "at least 80 %"."""
    requirement: str = ""
    """What was asked for, complete: "at least 80 % of frauds found"; the bar where it is empty."""
    measured: str = ""
    """What was measured, with its range: "54 points behind (47 to 62)"."""
    fact: str = ""
    """A clause with counts before rates: "97 of 170 frauds … were missed (57 %)"; empty where the title says it all."""
    against_bar: str = ""
    """A sentence that holds the measured value against the limit, in place of "{Bar} is required"."""
    failing: str = ""
    """A short sentence for a first line, where the finding is not met: "It misses most frauds among …"."""
    remedy: str = ""
    """What to do about it where it is not met, or to settle it: "Find out why …"."""
    scale: Scale = Scale.AMOUNT
    unit: str = ""
    is_directed: bool = False
    """Whether the measured number is said by its direction ("0.12 better"), so that a bound would be read wrongly."""

    @property
    def value(self) -> str:
        """What was measured without its range: "54 points behind"."""
        return self.measured.partition(" (")[0]

    @property
    def asked(self) -> str:
        """What was asked for."""
        return self.requirement or self.bar


def upper(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


_NAMES = frozenset(word for m in METRICS.values() if (word := m.label.split(" ")[0]) != word.lower())
"""First words of metrics that are called after somebody, or by an abbreviation: Brier, Cohen's, F1."""


def lower(text: str) -> str:
    """A sentence in the middle of another; what begins with a quotation, or with capitals such as F1, stays.

    A single letter is a name, such as a class or a column, unless it is the article.
    """
    word = text.split(" ", 1)[0]
    return (
        text
        if not word[:1].isalpha()
        or word[1:] != word[1:].lower()
        or word in _NAMES
        or (len(word) == 1 and word != "A")
        or any(letter.isdigit() for letter in word)
        else f"{text[:1].lower()}{text[1:]}"
    )


def sentence(*clauses: str) -> str:
    """Clauses as sentences: each with a capital and a full stop; empty ones are left out."""
    return " ".join(f"{upper(clause.rstrip('. '))}." for clause in clauses if clause.strip(". "))


def unit_of(words: Words, finding: Finding) -> str:
    """The unit of a measured number as people write it; none for shares and scores."""
    unit = finding.measured.unit if finding.measured is not None else ""
    unit = unit or (finding.criterion.unit if finding.criterion is not None else "")
    if unit in ("share", "points", "ratio", "share of the mean", "PSI", "times"):
        return ""
    return unit.replace("rows", words.row.many) if unit else ""


def with_unit(text: str, scale: Scale, unit: str = "") -> str:
    """A written number with what belongs behind it."""
    if scale is Scale.PERCENT:
        return f"{text} %"
    if scale is Scale.POINTS:
        return f"{text} {'point' if text == '1' else 'points'}"
    if scale is Scale.TIMES:
        return f"{text} times"
    return f"{text} {unit}".rstrip()


def value_and_range(written: Written, scale: Scale, unit: str = "") -> str:
    """A value with its unit, and its range in brackets: "88 % (86 to 90)"."""
    value = with_unit(written.value, scale, unit)
    return f"{value} ({written.ends})" if written.ends else value


def measured_words(estimate: Estimate, scale: Scale, unit: str, criterion: Criterion | None) -> str:
    """A measured number with its range, in the right order to its limit."""
    against = () if criterion is None else (criterion.threshold,)
    return value_and_range(write_estimate(estimate, scale, *against), scale, unit)


def bar_words(criterion: Criterion | None, scale: Scale, unit: str = "", *numbers: float | None) -> str:
    """The limit of a criterion: "at least 80 %"; `numbers` are those that it is held against."""
    if criterion is None:
        return ""
    return f"{MARGIN_WORDS[criterion.op]} {limit_text(criterion.threshold, scale, unit, *numbers)}"


def direction_words(
    estimate: Estimate, scale: Scale, forth: str, back: str, *against: float, unit: str = "", tail: str = ""
) -> str:
    """A difference by its direction instead of its sign: "54 points behind (47 to 62)", "1 point ahead (2 ahead to 1
    behind)".

    Args:
        estimate: positive where it goes `forth`.
        scale: how its numbers are written.
        forth: what a positive difference is: "behind".
        back: what a negative one is: "ahead".
        against: limits that a reader compares it with.
        unit: what stands behind the value.
        tail: what stands behind the direction, once: " per payment".
    """
    ends = [None, None] if is_exact(estimate) else [estimate.low, estimate.high]
    values = [estimate.value, *ends]
    texts = [text.lstrip(MINUS) for text in write_alike(values, scale, *against)]
    if estimate.value == 0:
        head = "no difference"
    else:
        head = f"{with_unit(texts[0], scale, unit)} {forth if estimate.value > 0 else back}{tail}"
    spread = [(value, text) for value, text in zip(values[1:], texts[1:], strict=True) if value is not None]
    if len(spread) < 2:
        return head
    (low, low_text), (high, high_text) = spread
    if low >= 0 and high >= 0:
        return f"{head} ({low_text} to {high_text}{'' if estimate.value > 0 else f' {forth}'})"
    if low <= 0 and high <= 0:
        return f"{head} ({high_text} to {low_text}{'' if estimate.value < 0 else f' {back}'})"
    first, second = (f"{low_text} {back}", f"{high_text} {forth}")
    return f"{head} ({first} to {second})"


def shift_estimate(estimate: Estimate, scale: float, shift: float) -> Estimate:
    """The estimate of scale * x + shift; scale is above 0."""

    def move(x: float | None) -> float | None:
        return None if x is None else scale * x + shift

    return replace(estimate, value=scale * estimate.value + shift, low=move(estimate.low), high=move(estimate.high))


@dataclass(frozen=True, slots=True)
class Counting:
    """How the counts of a metric are put, and what the share of them is called."""

    verb: str
    """"{positives} were found": what is said of so many of so many."""
    noun: str
    """"frauds": what is counted."""
    thing: str
    """"frauds found": the share as a thing."""
    before: str = ""
    """What stands before a limit that is asked for: "false alarms for " before "at most 2 %"."""
    after: str = ""
    """What stands behind it: " of frauds found"."""

    def asked(self, bar: str) -> str:
        """What is asked for: "at least 80 % of frauds found"."""
        return f"{self.before}{bar}{self.after}"


def counting(words: Words, metric: str, class_value: str = "") -> Counting | None:
    """How the counts behind a metric are put; None where no pair of counts stands behind it.

    Args:
        words: of the review.
        metric: its name.
        class_value: the class that is looked for, where there are more than two.
    """
    rows = words.row.many
    if metric == "accuracy":
        return Counting("were judged right", rows, f"{rows} judged right", "", f" of {rows} judged right")
    positives = words.of_class(class_value).many if class_value else words.positives.many
    others = f"{rows} of other classes" if class_value else words.negatives.many
    alarms = f"{rows} called {words.answer(class_value)}" if class_value else "alarms"
    called = f"were called {words.answer(class_value)}" if class_value else "raised a false alarm"
    spared = f"were not called {words.answer(class_value)}" if class_value else "were left alone"
    found = {
        "recall": ("were found", positives, f"{positives} found", "", f" of {positives} found"),
        "false_negative_rate": ("were missed", positives, f"{positives} missed", "", f" of {positives} missed"),
        "precision": ("were right", alarms, f"{alarms} that are right", "", f" of {alarms} right"),
        "specificity": (spared, others, f"{others} left alone", "", f" of {others} left alone"),
        "false_positive_rate": (called, others, f"false alarms among {others}", "false alarms for ", f" of {others}"),
        "negative_predictive_value": (
            "were rightly so",
            f"{rows} left alone",
            f"{rows} rightly left alone",
            "",
            f" of {rows} left alone rightly so",
        ),
    }
    return Counting(*found[metric]) if metric in found else None


def counts_clause(hits: Hits, how: Counting, where: str = "", *against: float) -> str:
    """Counts before rates: "904 of 1,025 frauds among … were found (88 %)", the rate on the true side of `against`."""
    noun = f"{how.noun} {where}".rstrip()
    return f"{hits.hits:,} of {hits.total:,} {noun} {how.verb} ({percent(hits.share, *against)})"


def pair(one: float, other: float, scale: Scale) -> list[str]:
    """Two values of a metric with equal digits, as many as tell them apart."""
    least = None
    if scale is Scale.AMOUNT:
        least = max((plain_digits(abs(value), scale) for value in (one, other) if value), default=0)
    return write_alike([one, other], scale, one, other, least=least)


def value_clause(words: Words, metric: str, value: str, where: str = "", class_value: str = "") -> str:
    """A value as a clause: "F1 is 0.93", "88 % of frauds among people of 65 and over were found"."""
    how = counting(words, metric, class_value)
    if how is not None:
        noun = f"{how.noun} {where}".rstrip()
        return f"{value} of {noun} {how.verb}"
    return f"{thing(words, metric, class_value)} {where} is {value}".replace("  ", " ")


def average(metric: str) -> str:
    """The average of a metric, which may be an average by its name: "average F1", "average error"."""
    return metric if metric.startswith("average ") else f"average {metric}"


def thing(words: Words, metric: str, class_value: str = "") -> str:
    """What a metric is of, as a thing: "frauds found", "F1", "average error"."""
    how = counting(words, metric, class_value)
    if how is not None:
        return how.thing
    of = f" for {words.of_class(class_value).many}" if class_value else ""
    return f"{words.metric(metric)}{of}"


def plain(words: Words, finding: Finding, title: str) -> Said:
    """A value against its limit, with nothing known of it but its metric."""
    scale, unit = words.scale(finding.metric), unit_of(words, finding)
    if finding.measured is not None and finding.measured.unit in ("share", "points"):
        scale = Scale.PERCENT if finding.measured.unit == "share" else Scale.POINTS
    bar = bar_words(finding.criterion, scale, unit)
    measured = "" if finding.measured is None else measured_words(finding.measured, scale, unit, finding.criterion)
    hits = hits_of_finding(finding) if scale is Scale.PERCENT and counting(words, finding.metric) else None
    fact = f"{title}: {measured}" if measured else ""
    if hits is not None:
        fact = f"{title}: {hits.hits:,} of {hits.total:,} ({percent(hits.share)})"
    return Said(title, bar, "", measured, fact, scale=scale, unit=unit)


def several(texts: list[str]) -> str:
    """All of them in words: "a, b and c"."""
    return listed(texts, most=len(texts) or 1)
