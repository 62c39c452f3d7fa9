"""Phrases for question 4: errors by kind, their cost in money, and how far probabilities can be believed."""

from __future__ import annotations

from collections.abc import Callable

from readiness.core.findings import Finding
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.report.sentences.counts import hits_of_finding
from readiness.report.sentences.numbers import Scale, limit_text, percent, write_alike, write_estimate
from readiness.report.sentences.phrases import (
    Said,
    bar_words,
    direction_words,
    measured_words,
    plain,
    unit_of,
    upper,
    value_and_range,
    with_unit,
)
from readiness.report.sentences.words import Words, number, section

Teller = Callable[[Words, Finding], Said]


def savings(words: Words, finding: Finding) -> Said:
    """What the candidate saves a row against an answer that needs no model."""
    other = _idle(words, finding)
    title = f"Cheaper than {other}"
    if finding.measured is None and not section(words.spec, "errors").get("costs"):
        return Said(
            "Cost of errors",
            fact="no costs are stated, so nobody knows whether these errors are acceptable",
            failing="Nobody has stated what errors cost",
            remedy="State what each kind of error costs",
        )
    if finding.measured is None:
        return Said(
            title,
            f"cheaper than {other}",
            fact=f"what errors cost beside {other} is not known",
            remedy="State what each kind of error costs, and see that it can be computed for these rows",
        )
    fact = _totals(words, finding, other)
    failing = f"It does not pay: it costs more than {other}"
    remedy = "Move the decision threshold, or have the cost accepted by those who bear it"
    measured = "" if finding.measured is None else (
        direction_words(finding.measured, Scale.MONEY, "saved", "lost", 0.0,
                 unit=_currency(words, finding), tail=f" per {words.row.one}")
    )  # fmt: skip
    unit = _currency(words, finding)
    return Said(
        title, f"cheaper than {other}", "", measured, fact, "it must cost less", failing, remedy, Scale.MONEY, unit
    )


def _idle(words: Words, finding: Finding) -> str:
    """The answer that needs no model."""
    kind, task = finding.key.kind, words.task
    if kind is Topic.SAVINGS:
        return "showing nothing" if words.task is Task.RANKING else "doing nothing"
    if kind is Topic.SAVINGS_MEDIAN:
        return "always predicting the median"
    if kind is Topic.SAVINGS_QUANTILE:
        return "always predicting the one number that costs least"
    if kind is Topic.SAVINGS_CLASS:
        k = finding.key.number("class")
        name = words.classes[k - 1] if 0 < k <= len(words.classes) else str(k)
        return f"always answering {words.answer(name)}"
    if task is Task.RANKING:
        return f"showing {words.row.many} in random order"
    answer = words.answer(words.positive_value) if words.positive_value else "the other answer"
    if number(section(words.spec, "errors").get("capacity")) is not None:
        return f"answering {answer} at random, as often as can be acted on"
    return f"always answering {answer}"


def _currency(words: Words, finding: Finding) -> str:
    unit = finding.measured.unit if finding.measured is not None else ""
    return unit or words.currency


def money(words: Words, amount: float, currency: str = "") -> str:
    """An amount: "969,960 SEK"."""
    text = write_alike([amount], Scale.MONEY)[0]
    return f"{text} {currency or words.currency}".rstrip()


def _totals(words: Words, finding: Finding, other: str) -> str:
    """What all errors of the test rows cost, and what the other answer would."""
    total = words.value(Topic.TOTAL_COST)
    if total is None or finding.measured is None:
        return ""
    rows, unit = finding.measured.n, _currency(words, finding)
    instead = total + finding.measured.value * rows
    if finding.key.kind is Topic.SAVINGS:
        instead = words.value(Topic.NOTHING_COST) or instead
    many = words.row.form(rows)
    ours, theirs = (f"{text} {unit}".rstrip() for text in write_alike([total, instead], Scale.MONEY, total, instead))
    return f"on {rows:,} {many} its errors cost {ours}; {other} would cost {theirs}"


def current_cost(words: Words, finding: Finding) -> Said:
    """Its errors beside those of the model of today, which they may exceed by a little."""
    allowed = number(section(words.spec, "errors").get("dearer")) or 0.0
    bar = f"at most {limit_text(allowed, Scale.PERCENT)} more costly"
    found = words.findings.get(Topic.CURRENT_SAVINGS.key())
    measured, fact = "", ""
    total = words.value(Topic.TOTAL_COST)
    if found is not None and found.measured is not None:
        unit = _currency(words, found)
        measured = direction_words(found.measured, Scale.MONEY, "cheaper",
                            "more costly", 0.0, unit=unit, tail=f" per {words.row.one}")  # fmt: skip
        if total is not None:
            rows = found.measured.n
            theirs = total + found.measured.value * rows
            texts = [f"{text} {unit}".rstrip() for text in write_alike([total, theirs], Scale.MONEY, total, theirs)]
            many = words.row.form(rows)
            fact = f"on {rows:,} {many} its errors cost {texts[0]}; those of today's model cost {texts[1]}"
            if theirs > 0 and total != theirs:  # the limit is a share, so that the difference is said as one, too
                share = f"{percent(abs(total / theirs - 1), allowed)} {'less' if total < theirs else 'more'}"
                fact = f"on {rows:,} {many} its errors cost {texts[0]}, {share} than the {texts[1]} of today's model"
    elif finding.measured is not None:
        measured = measured_words(finding.measured, Scale.MONEY, _currency(words, finding), None)
    return Said("No more costly than today's model", bar, f"{bar} than today's model", measured, fact, "",
                "Its errors cost more than those of today's model",
                "Move the decision threshold, or have the cost accepted by those who bear it",
                Scale.MONEY, _currency(words, finding), is_directed=True)  # fmt: skip


def cost(words: Words, finding: Finding) -> Said:
    """What errors cost a prediction, which may not be more than a prediction is worth."""
    unit = _currency(words, finding)
    bar = bar_words(finding.criterion, Scale.MONEY, unit)
    measured = (
        "" if finding.measured is None else (measured_words(finding.measured, Scale.MONEY, unit, finding.criterion))
    )
    return Said(f"Cost of errors per {words.row.one}", bar, f"{bar} per {words.row.one}" if bar else "", measured,
                f"errors cost {measured} per {words.row.one}" if measured else "", "",
                "Its errors cost more than its answers are worth",
                "Move the decision threshold, or have the cost accepted by those who bear it",
                Scale.MONEY, unit)  # fmt: skip


def amount(title: str) -> Teller:
    """A teller of one sum of money."""

    def tell(words: Words, finding: Finding) -> Said:
        if finding.measured is None:
            return Said(title)
        text = money(words, finding.measured.value, _currency(words, finding))
        return Said(title, measured=text, fact=f"{title}: {text}", scale=Scale.MONEY)

    return tell


def savings_share(_words: Words, finding: Finding) -> Said:
    """Savings as a share of what doing nothing costs."""
    text = "" if finding.measured is None else percent(finding.measured.value)
    return Said("Savings as a share of the cost of doing nothing", measured=text,
                fact=f"it saves {text} of what doing nothing would cost" if text else "")  # fmt: skip


def class_told_apart(words: Words, finding: Finding) -> Said:
    """Whether rows of a class are called so more often than others."""
    name = words.of_class(finding.segment["class"]).many if "class" in finding.segment else "small classes"
    answer = words.answer(finding.segment["class"]) if "class" in finding.segment else "their class"
    measured, fact = "", ""
    if finding.measured is not None:
        measured = direction_words(finding.measured, Scale.POINTS, "more often", "less often", 0.0)
        spread = direction_words(finding.measured, Scale.POINTS, "more often", "less often", 0.0, tail=" than others")
        fact = f"{name} are called {answer} {spread}"
    title, bar = f"{upper(name)} are told apart", f"called {answer} more often than others"
    failing, remedy = f"It does not tell {name} from others", f"Train on more {name}"
    against = "it must be more often"
    return Said(title, bar, "", measured, fact, against, failing, remedy, Scale.POINTS, is_directed=True)


def class_found(words: Words, finding: Finding) -> Said:
    """How many rows of a class are found."""
    name = (
        words.of_class(finding.segment["class"]).many
        if "class" in finding.segment
        else f"{words.row.many} of small classes"
    )
    bar = bar_words(finding.criterion, Scale.PERCENT)
    measured = (
        "" if finding.measured is None else (measured_words(finding.measured, Scale.PERCENT, "", finding.criterion))
    )
    hits = hits_of_finding(finding)
    fact = (
        f"{hits.hits:,} of {hits.total:,} {name} were found ({percent(hits.share)})"
        if hits is not None
        else (f"{name} found: {measured}" if measured else "")
    )
    return Said(f"{upper(name)} found", bar, f"{bar} of {name} found", measured, fact, "", f"It misses too many {name}",
                f"Train on more {name}, or move the decision threshold", Scale.PERCENT)  # fmt: skip


def class_coverage(words: Words, finding: Finding) -> Said:
    """Rows of classes that are large enough."""
    bar, many = bar_words(finding.criterion, Scale.PERCENT), words.row.many
    by_cost = finding.key.kind is Topic.CLASS_COST_COVERAGE
    what = "of what is at stake" if by_cost else f"of {many}"
    title = f"{'Stakes' if by_cost else upper(many)} in classes large enough to judge"
    measured = "" if finding.measured is None else percent(finding.measured.value)
    fact = f"{measured} {what} {'is' if by_cost else 'are'} in classes large enough to judge" if measured else ""
    return Said(title, bar, f"{bar} {what}", measured, fact, "", f"Too many {many} are of classes too small to judge",
                f"Test on more {many} of the rare classes", Scale.PERCENT)  # fmt: skip


def error_rate(words: Words, finding: Finding) -> Said:
    """Errors of all rows."""
    hits = hits_of_finding(finding)
    measured = "" if finding.measured is None else measured_words(finding.measured, Scale.PERCENT, "", None)
    fact = (
        f"{words.row.many} judged wrong: {measured}"
        if hits is None
        else (f"{hits.hits:,} of {hits.total:,} {words.row.many} were judged wrong ({percent(hits.share)})")
    )
    return Said(f"{upper(words.row.many)} judged wrong", measured=measured, fact=fact, scale=Scale.PERCENT)


def cell(words: Words, finding: Finding) -> Said:
    """One cell of the confusion matrix in the data's own words."""
    true, predicted = finding.segment.get("true", ""), finding.segment.get("predicted", "")
    count = 0 if finding.measured is None else round(finding.measured.value)
    titles = {
        Topic.FALSE_NEGATIVES: (f"{upper(words.positives.many)} missed", words.positives, "missed"),
        Topic.TRUE_POSITIVES: (f"{upper(words.positives.many)} found", words.positives, "found"),
        Topic.FALSE_POSITIVES: ("False alarms", words.negatives, "with a false alarm"),
        Topic.TRUE_NEGATIVES: (f"{upper(words.negatives.many)} left alone", words.negatives, "left alone"),
    }
    title, noun, done = titles.get(finding.key.kind) or (
        f"{upper(words.of_class(true).many)} called {words.answer(predicted)}",
        words.of_class(true),
        f"called {words.answer(predicted)}",
    )
    if finding.key.kind is Topic.FALSE_POSITIVES:
        title = f"{title} among {words.negatives.many}"
    return Said(title, measured=f"{count:,}", fact=f"{count:,} {noun.form(count)} {done}")


def error_share(words: Words, finding: Finding) -> Said:
    """One kind of error as a share of all rows."""
    is_missed = finding.key.kind is Topic.FALSE_NEGATIVE_SHARE
    what = f"{words.positives.many} missed" if is_missed else "false alarms"
    measured = "" if finding.measured is None else measured_words(finding.measured, Scale.PERCENT, "", None)
    return Said(f"{upper(what)}, of all {words.row.many}", measured=measured,
                fact=f"{what}: {measured} of all {words.row.many}", scale=Scale.PERCENT)  # fmt: skip


def slope(_words: Words, finding: Finding) -> Said:
    """Whether probabilities are too bold or too timid."""
    measured = "" if finding.measured is None else measured_words(finding.measured, Scale.SCORE, "", None)
    estimate = finding.measured
    said = "its probabilities can be taken as they are"
    if estimate is not None and estimate.high is not None and estimate.high < 1:
        said = "overconfident: what it calls nearly sure comes true less often than it says"
    elif estimate is not None and estimate.low is not None and estimate.low > 1:
        said = "underconfident: what it calls likely comes true more often than it says"
    return Said("Slope of calibration (1 is right)", measured=measured, fact=said, scale=Scale.SCORE)


def confident_errors(words: Words, finding: Finding) -> Said:
    """Errors that were made with near certainty."""
    level = number(section(words.spec, "errors").get("confident")) or 0.9
    hits = hits_of_finding(finding)
    if finding.measured is None:
        return Said(f"Errors made at {percent(level)} certainty or more")
    total = finding.measured.n
    count = hits.hits if hits is not None else round(finding.measured.value * total)
    fact = f"{count:,} of {total:,} errors were made at {percent(level)} certainty or more"
    return Said(f"Errors made at {percent(level)} certainty or more", measured=f"{count:,} of {total:,}", fact=fact)


def concentration(words: Words, finding: Finding) -> Said:
    """How few rows cause most of the cost."""
    text = "" if finding.measured is None else percent(finding.measured.value)
    return Said(f"Cost caused by the costliest 1 % of {words.row.many}", measured=text,
                fact=f"the costliest 1 % of {words.row.many} cause {text} of the cost" if text else "")  # fmt: skip


def flip(_words: Words, finding: Finding) -> Said:
    """Whether the answer hangs on a price."""
    part = {"fp": "a false alarm", "fn": "a miss", "over": "a unit too high", "under": "a unit too low"}.get(
        finding.key.part("part"), "an error"
    )
    title = f"Does the answer hang on the price of {part}?"
    if finding.measured is None:
        return Said(title, measured="no", fact=f"no: it holds from a thousandth to 1,000 times the price of {part}")
    factor = with_unit(write_estimate(finding.measured, Scale.TIMES).value, Scale.TIMES)
    return Said(title, measured=f"at {factor} the price", fact=f"yes: at {factor} the stated price of {part}")


def fact_of(title: str, scale: Scale = Scale.SCORE, fact: str = "") -> Teller:
    """A teller of a number that is shown and not judged; `fact` holds {} where the number stands."""

    def tell(words: Words, finding: Finding) -> Said:
        put = title.format(row=words.row.one, rows=words.row.many)
        unit = _currency(words, finding) if scale is Scale.MONEY else unit_of(words, finding)
        if finding.measured is None:
            return Said(put)
        text = value_and_range(write_estimate(finding.measured, scale), scale, unit)
        return Said(put, measured=text, fact=fact.format(text, rows=words.row.many) if fact else f"{put}: {text}",
                    scale=scale, unit=unit)  # fmt: skip

    return tell


def interval_coverage(words: Words, finding: Finding) -> Said:
    """Whether given intervals hold as many rows as they claim."""
    said = plain(words, finding, "True values inside the given intervals")
    fact = f"the given intervals hold {said.measured} of the true values" if said.measured else ""
    asked = f"{said.bar} of {words.row.many}" if said.bar else ""
    failing = "Its intervals hold fewer true values than they claim"
    return Said(said.title, said.bar, asked, said.measured, fact, "", failing, "Widen the intervals", Scale.PERCENT)


TELLERS = {
    **dict.fromkeys(
        (Topic.SAVINGS, Topic.SAVINGS_CONSTANT, Topic.SAVINGS_CLASS, Topic.SAVINGS_MEDIAN, Topic.SAVINGS_QUANTILE),
        savings,
    ),
    Topic.COST: cost,
    Topic.CURRENT_COST: current_cost,
    Topic.TOTAL_COST: amount("Cost of all errors"),
    Topic.NOTHING_COST: amount("Cost of doing nothing"),
    Topic.TOTAL_SAVINGS: amount("Saved against doing nothing"),
    Topic.SAVINGS_SHARE: savings_share,
    Topic.CURRENT_SAVINGS: fact_of("Saved per {row} against today's model", Scale.MONEY),
    Topic.CLASS_TOLD_APART: class_told_apart,
    Topic.SMALL_CLASSES_TOLD_APART: class_told_apart,
    Topic.CLASS_FOUND: class_found,
    Topic.SMALL_CLASSES_FOUND: class_found,
    Topic.CLASS_COVERAGE: class_coverage,
    Topic.CLASS_COST_COVERAGE: class_coverage,
    Topic.ERROR_RATE: error_rate,
    **dict.fromkeys(
        (Topic.FALSE_NEGATIVES, Topic.FALSE_POSITIVES, Topic.TRUE_NEGATIVES, Topic.TRUE_POSITIVES, Topic.CELL), cell
    ),
    Topic.FALSE_POSITIVE_SHARE: error_share,
    Topic.FALSE_NEGATIVE_SHARE: error_share,
    Topic.CALIBRATION_ERROR: fact_of(
        "Distance of its probabilities from what comes true", Scale.POINTS, "its probabilities are off by {} on average"
    ),
    Topic.CALIBRATION_IN_THE_LARGE: fact_of("Mean probability less the share that came true", Scale.POINTS),
    Topic.CALIBRATION_SLOPE: slope,
    Topic.CONFIDENT_ERRORS: confident_errors,
    Topic.CONCENTRATION: concentration,
    Topic.BREAK_EVEN: fact_of(
        "Price of a false alarm up to which it beats doing nothing, as a multiple of that of a miss", Scale.TIMES
    ),
    Topic.FLIP: flip,
    Topic.REGRET: fact_of(
        "Saved per {row} by the cheapest threshold", Scale.MONEY, "the cheapest threshold would save {}"
    ),
    Topic.BIAS: fact_of("Average error with its sign (above 0: predicted too high)", Scale.AMOUNT),
    Topic.MEDIAN_ERROR: fact_of("Half of the {rows} have an error below", Scale.AMOUNT),
    Topic.P95_ERROR: fact_of("95 of 100 {rows} have an error below", Scale.AMOUNT),
    Topic.LARGEST_ERROR: fact_of("Largest error", Scale.AMOUNT),
    Topic.THRESHOLD_IN_USE: fact_of("Decision threshold in use", Scale.SCORE),
    Topic.CHEAPEST_THRESHOLD: fact_of("Threshold at which errors would have cost least", Scale.SCORE),
    Topic.THRESHOLD_ADVICE: fact_of("Recommended threshold", Scale.SCORE),
    Topic.INTERVAL_COVERAGE: interval_coverage,
}
