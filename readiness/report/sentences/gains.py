"""Phrases for questions 1 and 2: gains over alternatives, and requirements as they were stated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readiness.core.findings import Estimate, Finding
from readiness.core.keys import Topic
from readiness.core.metrics import TECHNICAL
from readiness.report.sentences.counts import Hits, basis_of, hits_of, hits_of_finding
from readiness.report.sentences.numbers import Scale, limit_text, percent
from readiness.report.sentences.phrases import (
    Said,
    bar_words,
    counting,
    counts_clause,
    direction_words,
    measured_words,
    pair,
    plain,
    shift_estimate,
    thing,
    unit_of,
    upper,
    value_clause,
    with_unit,
)
from readiness.report.sentences.words import Words, baseline_margin, is_as_good_enough, number, parts, stated_method

_LIMITS = {"at_least": "at least", "above": "more than", "at_most": "at most", "below": "less than"}


def lift(words: Words, finding: Finding) -> Said:
    """A gain over one alternative, in the metric of question 1, or of the study of people."""
    method = finding.key.part("method")
    other, metric = words.method(method), finding.metric
    known = words.known(metric)
    margin, factor = baseline_margin(words, metric, method)
    is_relative = known is not None and not known.greater_is_better
    enough = is_as_good_enough(words, method)
    title = f"As good as {other}" if enough else f"Better than {other}"
    scale = words.difference_scale(metric)
    name = thing(words, metric) if words.scale(metric) is Scale.PERCENT else words.metric(metric)
    fact, failing = _both_values(words, finding, method, other), f"It is not shown to be better than {other}"
    if finding.measured is not None and finding.measured.value < 0:
        failing = f"It does worse than {other}"
    remedy = (
        f"Improve the model, or stay with {other}" if method != "human" else "Improve the model, or leave it to people"
    )
    if not is_relative:
        limit = limit_text(margin, scale)
        bar = f"no more than {limit} worse" if enough else f"more than {limit} better"
        requirement = f"{bar} in {name} than {other}"
        measured = (
            ""
            if finding.measured is None
            else direction_words(finding.measured, scale, "better", "worse", -margin if enough else margin)
        )
        return Said(title, bar, requirement, measured, fact, "", failing, remedy, scale, is_directed=True)
    bar = f"at most {percent(margin)} higher" if enough else f"more than {percent(margin)} lower"
    measured = _relative(words, finding, method, factor, lower_is_better=True)
    return Said(
        title, bar, f"{name} {bar} than {other}", measured, fact, "", failing, remedy, Scale.PERCENT, is_directed=True
    )


def _relative(words: Words, finding: Finding, method: str, factor: float, *, lower_is_better: bool) -> str:
    """A gain as a share of the alternative's value, from the contrast with a factor in it.

    The contrast is m - f b, or f b - m for errors, so that over b it is the relative gain less |f - 1|: at the limit
    exactly, elsewhere as if b were known for sure.
    """
    relative = relative_gain(words, finding, method, factor, lower_is_better=lower_is_better)
    if relative is None:
        return "" if finding.measured is None else measured_words(finding.measured, Scale.AMOUNT, "", finding.criterion)
    forth, back = ("lower", "higher") if lower_is_better else ("higher", "lower")
    limit = 1 - factor if lower_is_better else factor - 1
    return direction_words(relative, Scale.PERCENT, forth, back, limit)


def relative_gain(
    words: Words, finding: Finding, method: str, factor: float, *, lower_is_better: bool
) -> Estimate | None:
    """The gain as a share of what the alternative reaches; None where that is not known, or not above 0."""
    if finding.measured is None:
        return None
    base = _alternative_value(words, finding, method, factor, lower_is_better=lower_is_better)
    if base is None or base <= 0:
        return None
    return shift_estimate(finding.measured, 1 / base, 1 - factor if lower_is_better else factor - 1)


def _alternative_value(
    words: Words, finding: Finding, method: str, factor: float, *, lower_is_better: bool
) -> float | None:
    found = words.method_value(method, finding.metric)
    if found is not None:
        return found
    mine, contrast = words.method_value("candidate", finding.metric), finding.measured
    if mine is not None and contrast is not None and factor:
        return (mine + contrast.value if lower_is_better else mine - contrast.value) / factor
    stated = number(stated_method(words, method).get("value"))
    return stated if method == "human" and stated_method(words, method).get("metric") == finding.metric else None


def _both_values(words: Words, finding: Finding, method: str, other: str) -> str:
    """As "F1 is 0.93, against 0.81 for today's model"; counts of both where both are shares of rows."""
    mine_hits, their_hits = _both_hits(finding)
    how = counting(words, finding.metric)
    if mine_hits is not None and their_hits is not None and how is not None and method == "human":
        theirs = f"{their_hits.hits:,} of {their_hits.total:,} for people ({percent(their_hits.share)})"
        return f"{counts_clause(mine_hits, how)}, against {theirs}"
    mine = words.method_value("candidate", finding.metric)
    theirs_value = words.method_value(method, finding.metric)
    if theirs_value is None and method == "human":
        theirs_value = number(stated_method(words, "human").get("value"))
    if mine is None or theirs_value is None:
        return ""
    scale, unit = words.scale(finding.metric), unit_of(words, finding)
    texts = [with_unit(text, scale, unit) for text in pair(mine, theirs_value, scale)]
    texts = [_zero(text) for text in texts]
    return f"{value_clause(words, finding.metric, texts[0])}, against {texts[1]} for {other}"


def _zero(text: str) -> str:
    """Nothing without digits: "0" in place of "0.00"."""
    return (
        text if any(letter in "123456789" for letter in text) or not text.startswith("0") else text.replace("0.00", "0")
    )


def _both_hits(finding: Finding) -> tuple[Hits | None, Hits | None]:
    basis = basis_of(finding)
    if basis is None or len(basis.parts) != 2:
        return None, None
    return hits_of(basis.parts[0]), hits_of(basis.parts[1])


def requirement(words: Words, finding: Finding) -> Said:
    """A requirement of the business, as it was asked for."""
    stated = stated_requirement(words, finding)
    metric, class_value = finding.metric, class_of_requirement(words, finding)
    title = str(stated.get("says") or finding.name)
    failing, remedy = f"It misses a requirement: “{title}”", f"Improve the model until it meets “{title}”"
    other = stated.get("lift_over") or stated.get("gain_over")
    if metric in TECHNICAL:
        said = plain(words, finding, upper(words.metric(metric)))
        asked = f"{words.metric(metric)} {said.bar}"
        return Said(title, said.bar, asked, said.measured, said.fact, "", failing, remedy, said.scale, said.unit)
    if other:
        return _gain(words, finding, stated, str(other), (title, failing, remedy))
    scale, unit = words.scale(metric), unit_of(words, finding)
    bar = bar_words(finding.criterion, scale, unit)
    name, how = thing(words, metric, class_value), counting(words, metric, class_value)
    asked = how.asked(bar) if how is not None else f"{name} {bar}"
    measured = "" if finding.measured is None else measured_words(finding.measured, scale, unit, finding.criterion)
    hits = hits_of_finding(finding)
    fact = value_clause(words, metric, measured, class_value=class_value) if measured else ""
    limits = () if finding.criterion is None else (finding.criterion.threshold,)
    fact = counts_clause(hits, how, "", *limits) if hits is not None and how is not None else fact
    return Said(title, bar, asked, measured, fact, "", failing, remedy, scale, unit)


def _gain(words: Words, finding: Finding, stated: Mapping[str, Any], other: str, texts: tuple[str, str, str]) -> Said:
    """A requirement that is a gain over another method: relative ("5 % higher") or absolute ("0.05 higher")."""
    title, failing, remedy = texts
    method = method_key(words, other)
    name = words.method(method)
    is_better_high = words.more_is_better(finding.metric)
    op = next((key for key in _LIMITS if stated.get(key) is not None), "at_least")
    limit = number(stated.get(op)) or 0.0
    direction, back = ("higher", "lower") if is_better_high else ("lower", "higher")
    metric = words.metric(finding.metric)
    if stated.get("lift_over"):
        factor = 1 + limit if is_better_high else 1 - limit
        asked = f"{_LIMITS[op]} {limit_text(limit, Scale.PERCENT)} {direction}"
        measured = _relative(words, finding, method, factor, lower_is_better=not is_better_high)
        scale = Scale.PERCENT
    else:
        scale = words.difference_scale(finding.metric)
        asked = f"{_LIMITS[op]} {limit_text(limit, scale, unit_of(words, finding))} {direction}"
        measured = (
            ""
            if finding.measured is None
            else direction_words(finding.measured, scale, direction, back, limit, unit=unit_of(words, finding))
        )
    fact = _both_values(words, finding, method, name)
    return Said(
        title, asked, f"{metric} {asked} than {name}", measured, fact, "", failing, remedy, scale, is_directed=True
    )


def method_key(words: Words, name: str) -> str:
    """The key of an alternative that a requirement names: a guess, a rule by its name, the current model, people."""
    for key in ("current", "human"):
        if name == key or stated_method(words, key).get("name") == name:
            return key
    for k, rule in enumerate(parts(words.spec, "baseline", "rules"), 1):
        if rule.get("name") == name:
            return f"rule-{k}"
    return name


def stated_requirement(words: Words, finding: Finding) -> Mapping[str, Any]:
    """What the spec says of a requirement; empty where there is no spec."""
    stated = parts(words.spec, "business", "requirements")
    k = finding.key.number("requirement")
    return stated[k - 1] if 0 < k <= len(stated) else {}


def class_of_requirement(words: Words, finding: Finding) -> str:
    """The class that a requirement looks for, of more than two; empty where it looks for none."""
    wanted = stated_requirement(words, finding).get("of_class")
    if wanted is None:
        return ""
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    return next((name for name in words.classes if text in (name, name.lower())), text)


def no_requirements(_words: Words, _finding: Finding) -> Said:
    """Nothing was asked for."""
    return Said(
        "Stated requirements",
        fact="No requirement is stated, so there is nothing to meet",
        failing="Nobody has stated what the model must achieve",
        remedy="State what the business requires, with a limit for each",
    )


def method_value(words: Words, finding: Finding) -> Said:
    """What one method reaches in one metric."""
    return plain(words, finding, f"{upper(words.metric(finding.metric))} of {words.method(finding.key.part('method'))}")


def method_cost(words: Words, finding: Finding) -> Said:
    """What one prediction costs to make, with its currency."""
    title = f"Cost of one prediction by {words.method(finding.key.part('method'))}"
    if finding.measured is None:
        return Said(title)
    measured = measured_words(finding.measured, Scale.AMOUNT, words.currency, None)
    return Said(title, measured=measured, fact=f"{title}: {measured}", unit=words.currency)


def imbalance(words: Words, finding: Finding) -> Said:
    """That one class is nearly everything."""
    if finding.measured is None:
        return Said("Share of the largest class")
    share, constant = finding.measured.value, words.method("majority")
    return Said(
        "Share of the largest class",
        measured=percent(share),
        fact=f"{upper(constant)} is right {percent(share)} of the time, so accuracy alone misleads",
        scale=Scale.PERCENT,
    )


SMALLEST_P = 0.0001
"""Smaller p-values tell nobody more."""


def equal_answers(words: Words, finding: Finding) -> Said:
    """The test of whether candidate and alternative are right equally often."""
    title = f"P-value of being right as often as {words.method(finding.key.part('method'))}"
    if finding.measured is None:
        return Said(title)
    p = finding.measured.value
    measured = f"below {SMALLEST_P}" if p < SMALLEST_P else measured_words(finding.measured, Scale.SCORE, "", None)
    return Said(title, measured=measured, fact=f"{title}: {measured}")


def auc_difference(words: Words, finding: Finding) -> Said:
    """ROC AUC less that of an alternative."""
    return plain(words, finding, f"ROC AUC less that of {words.method(finding.key.part('method'))}")


TELLERS = {
    Topic.LIFT: lift,
    Topic.MCNEMAR: equal_answers,
    Topic.DELONG: auc_difference,
    Topic.REQUIREMENT: requirement,
    Topic.NO_REQUIREMENTS: no_requirements,
    Topic.METHOD_VALUE: method_value,
    Topic.METHOD_COST: method_cost,
    Topic.IMBALANCE: imbalance,
}
