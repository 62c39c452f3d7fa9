"""Phrases for questions 5 and 6: refits and time, limits of the machine, drift, probes and what people vouch for."""

from __future__ import annotations

import math
from collections.abc import Mapping

from readiness.core.checklist import BOXES
from readiness.core.findings import Finding, Outcome, Status
from readiness.core.keys import Topic
from readiness.core.probes import probe_kind
from readiness.report.sentences.counterexamples import cure_words
from readiness.report.sentences.counts import basis_of
from readiness.report.sentences.losses import fact_of
from readiness.report.sentences.numbers import Scale, limit_text, write_alike, write_estimate
from readiness.report.sentences.phrases import (
    Said,
    average,
    bar_words,
    measured_words,
    plain,
    unit_of,
    upper,
    with_unit,
)
from readiness.report.sentences.words import Words

MORE_TRAINING = "Train on more {rows}, or choose a simpler model"


def half_width(words: Words, finding: Finding) -> Said:
    """How well the average over refits is known."""
    metric = words.metric(finding.metric)
    unit = finding.criterion.unit if finding.criterion is not None else ""
    scale = Scale.PERCENT if unit == "share of the mean" else words.difference_scale(finding.metric)
    limit = finding.criterion.threshold if finding.criterion is not None else 0.05
    bar = f"known to ± {limit_text(limit, scale)}"
    title = f"{upper(average(metric))} over refits"
    remedy = MORE_TRAINING.format(rows=words.row.many)
    failing = f"The {average(metric)} changes too much from refit to refit"
    if finding.measured is None:
        return Said(title, bar, "", "", "", "", failing, remedy, scale)
    remedy = _more_training(words, finding.measured.value, limit) or remedy
    width = with_unit(write_alike([finding.measured.value], scale, limit)[0], scale)
    mean = words.value(Topic.FOLD_MEAN)
    known = f"the {average(metric)}"
    if mean is not None:
        value_scale = words.scale(finding.metric)
        text = with_unit(write_alike([mean], value_scale)[0], value_scale, unit_of(words, finding))
        known = f"over {finding.measured.n:,} refits the {average(metric)} is {text}"
    fact = f"{known}, known to ± {width}" if mean is not None else f"{known} is known to ± {width}"
    return Said(title, bar, "", f"± {width}", fact, f"± {limit_text(limit, scale)} is required", failing, remedy, scale)


def _more_training(words: Words, width: float, limit: float) -> str:
    """How many training rows would do, as the width shrinks with the root of their number; empty where it is narrow
    enough or nobody knows how many there are.
    """
    rows = words.facts.train_rows if words.facts is not None else None
    if not rows or limit <= 0 or width <= limit:
        return ""
    needed = rows * (width / limit) ** 2
    unit = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    about = math.ceil(needed / unit) * unit
    return f"Train on about {about:,} {words.row.many} (now {rows:,}), or choose a simpler model"


def churn(words: Words, finding: Finding) -> Said:
    """Answers that change from refit to refit."""
    rows = words.row.many
    bar = bar_words(finding.criterion, Scale.PERCENT)
    measured = (
        "" if finding.measured is None else (measured_words(finding.measured, Scale.PERCENT, "", finding.criterion))
    )
    fact = f"when it is refitted, {measured} of {finding.measured.n:,} {rows} get another answer" if (
        finding.measured is not None
    ) else ""  # fmt: skip
    return Said(f"{upper(rows)} whose answer changes on refitting", bar, f"{bar} of {rows}", measured, fact, "",
                f"Too many {rows} get another answer when it is refitted", MORE_TRAINING.format(rows=rows),
                Scale.PERCENT)  # fmt: skip


def trend(words: Words, finding: Finding) -> Said:
    """The trend over time: a decline is below 0, so that its sign is that of the change."""
    metric = words.metric(finding.metric)
    is_ratio = finding.criterion is not None and finding.criterion.unit not in ("points", "")
    scale = Scale.PERCENT if is_ratio else words.difference_scale(finding.metric)
    limit = finding.criterion.threshold if finding.criterion is not None else 0.02
    title = f"Trend of {metric} over time"
    bar = f"a decline of at most {limit_text(limit, scale)}"
    if finding.measured is None:
        return Said(title, bar)
    written = write_estimate(finding.measured, scale, limit, turned=True)
    sign = "+" if finding.measured.value < 0 else ""
    measured = with_unit(f"{sign}{written.value}", scale) + (f" ({written.ends})" if written.ends else "")
    return Said(title, bar, "", measured, f"from the first {words.row.one} to the last, {metric} changed by {measured}",
                "", f"Its {metric} declines over time", "Find out what changes over time, and train on newer rows",
                scale)  # fmt: skip


def windows(words: Words, _finding: Finding) -> Said:
    """Windows of time that could not be judged."""
    return Said("Performance over time", fact="Performance over time could not be judged",
                remedy=f"Test on more {words.row.many}, over a longer time")  # fmt: skip


def refits(_words: Words, _finding: Finding) -> Said:
    """Refits that could not be made."""
    return Said(
        "Refits of the model",
        fact="The model was not refitted, so nobody knows how steady it is",
        failing="Nobody knows how steady it is",
        remedy="Give the training rows and a model that can be refitted, or results of refits made elsewhere",
    )


def technical(words: Words, finding: Finding) -> Said:
    """A limit of time, size or memory."""
    title = _TECHNICAL.get(finding.key.kind, upper(words.metric(finding.metric)))
    key = finding.key
    title = title.format(rows=words.row.many, percent=key.number("percent"), workers=key.number("workers"))
    unit = unit_of(words, finding)
    bar = bar_words(finding.criterion, Scale.AMOUNT, unit)
    measured = (
        "" if finding.measured is None else (measured_words(finding.measured, Scale.AMOUNT, unit, finding.criterion))
    )
    low = title[:1].lower() + title[1:]
    bad = "below" if finding.criterion is not None and finding.criterion.wants_more else "above"
    if finding.criterion is None and finding.measured is None and finding.blocking:
        return Said(title, fact=f"nobody has stated a limit for the {low}", remedy=f"State a limit for the {low}")
    fact, failing = f"{title}: {measured}" if measured else "", f"Its {low} is {bad} the limit"
    remedy = f"Make the {low} fit its limit, or limit how the model is used"
    return Said(title, bar, "", measured, fact, "", failing, remedy, Scale.AMOUNT, unit)


_TECHNICAL: Mapping[Topic, str] = {
    Topic.LATENCY_P50: "Median service time",
    Topic.LATENCY_P95: "Service time of 95 % of calls",
    Topic.LATENCY_P99: "Service time of 99 % of calls",
    Topic.LATENCY_P999: "Service time of 99.9 % of calls",
    Topic.LATENCY_P999_SHARED: "Service time of 99.9 % of calls, on a shared machine",
    Topic.RESPONSE_P95: "Response time of 95 % of requests at the stated rate",
    Topic.RESPONSE_P99: "Response time of 99 % of requests at the stated rate",
    Topic.LOAD: "Response time of 95 % of requests at {percent} % of the stated rate",
    Topic.LOAD_KNEE: "Requests a second beyond which waiting grows faster than answers (knee)",
    Topic.LATENCY_P50_SHARED: "Median service time, on a shared machine",
    Topic.LATENCY_P95_SHARED: "Service time of 95 % of calls, on a shared machine",
    Topic.LATENCY_P99_SHARED: "Service time of 99 % of calls, on a shared machine",
    Topic.LATENCY_COLD: "Service time of the very first call",
    Topic.LATENCY_LIMIT: "Service time",
    Topic.THROUGHPUT: "Throughput",
    Topic.THROUGHPUT_OF_BATCH: "Throughput by size of batch",
    Topic.THROUGHPUT_OF_WORKERS: "Throughput of {workers} processes at once",
    Topic.THROUGHPUT_SHARED: "Throughput, on a shared machine",
    Topic.THROUGHPUT_LIMIT: "Throughput",
    Topic.SIZE: "Size of the model",
    Topic.SIZE_COMPRESSED: "Size of the model after compression",
    Topic.SIZE_LIMIT: "Size of the model",
    Topic.MEMORY: "Memory in use",
    Topic.MEMORY_OF_MODEL: "Memory for the model itself",
    Topic.MEMORY_TO_LOAD: "Memory for loading the model",
    Topic.MEMORY_GROWTH: "Growth of memory in a thousand calls",
    Topic.MEMORY_LIMIT: "Memory in use",
}


def load_errors(_words: Words, finding: Finding) -> Said:
    """Requests without an answer, at all levels of load together."""
    bar = bar_words(finding.criterion, Scale.PERCENT)
    measured = (
        "" if finding.measured is None else measured_words(finding.measured, Scale.PERCENT, "", finding.criterion)
    )
    fact = (
        ""
        if finding.measured is None
        else (f"of {finding.measured.n:,} requests at up to twice the stated rate, {measured} stayed without an answer")
    )
    return Said("Requests without an answer under load", bar, "", measured, fact, "",
                "Too many requests stay without an answer under load",
                "Give it more room, or refuse early what cannot be answered in time", Scale.PERCENT)  # fmt: skip


def clocks(_words: Words, _finding: Finding) -> Said:
    """Two clocks that contradict each other."""
    return Said(
        "Times that two clocks agree on",
        "a clock outside the model's process agrees",
        "a clock outside the model's process agrees with its times",
        "they do not agree",
        "the clock beside the model and the one outside contradict each other, so its times are no evidence",
        "",
        "Its times are no evidence: two clocks contradict each other",
        "Find out what turns the clock of the model's process",
    )


def drift(words: Words, finding: Finding) -> Said:
    """How far a column has moved."""
    column = finding.segment.get("column", "")
    name = (
        words.vocabulary.column(column)
        if column
        else ("the columns" if finding.key.kind is Topic.DRIFT_SUMMARY else "the answers")
    )
    title = f"Drift of {name}"
    scale = Scale.SCORE
    bar = bar_words(finding.criterion, scale)
    measured = "" if finding.measured is None else measured_words(finding.measured, scale, "", finding.criterion)
    basis = basis_of(finding)
    raw = None if basis is None else basis.numbers.get("raw")
    where = f"in recent {words.row.many} {name}"
    fact = (
        f"{where} {'has' if column else 'have'} moved by a population stability index of {measured}" if measured else ""
    )
    if raw is not None and finding.measured is not None:
        index = write_alike([raw], Scale.SCORE)[0]
        chance = raw - finding.measured.value
        is_still = finding.status is Status.MET and finding.measured.value < _STILL
        if is_still:
            share = (
                "all of it chance"
                if finding.measured.value <= 0
                else "nearly all of it chance"
                if (chance > 0.8 * raw)
                else "small"
            )
            fact = f"{where} hardly moved (population stability index {index}, {share})"
    return Said(title, bar, f"population stability index {bar}" if bar else "", measured, fact, "",
                f"Recent {words.row.many} are no longer like those it was trained on, in {name}",
                f"Find out why {name} has moved, and train again on newer rows", scale)  # fmt: skip


_STILL = 0.1
"""Below this index a shift is customarily called none (Siddiqi 2006)."""


def probe(words: Words, finding: Finding) -> Said:
    """How it takes an unusual input."""
    kind = probe_kind(finding.key.part("probe"))
    title, good, bad = (
        text.replace("{row}", words.row.one).replace("{rows}", words.row.many)
        for text in (kind.headline, kind.good, kind.bad)
    )
    measured, fact = _probe_outcome(finding.outcome, good, bad, may_refuse=kind.clean_error == "always")
    cure = cure_words(finding.example)
    return Said(title, "answers, or is refused cleanly where that will do", "it works", measured, fact, "", upper(bad),
                cure or f"Mend it: {bad[:1].lower()}{bad[1:]}")  # fmt: skip


def _probe_outcome(outcome: Outcome | None, good: str, bad: str, *, may_refuse: bool) -> tuple[str, str]:
    if outcome is Outcome.PASSED:
        return "works", good
    if outcome is Outcome.ACCEPTED_ERROR:
        told = "it refuses with a clear error, which will do"
        return "refused with a clear error, which will do", f"{good}: {told}" if may_refuse else f"{good}: no, {told}"
    if outcome is Outcome.NOT_APPLICABLE:
        return "does not apply", "does not apply here"
    if outcome is Outcome.FAILED:
        return "fails", bad
    return "not tried", "it could not be tried"


def pair(words: Words, finding: Finding) -> Said:
    """What the spec says of the answer as one column changes, all else equal."""
    rows, bar, measured = words.row.many, finding.criterion, finding.measured
    share = "" if bar is None else limit_text(bar.threshold, Scale.PERCENT)
    limit = f"broken by at most {share} of {rows}"
    if bar is not None and bar.refuted_beyond == 0:
        limit += f", and by no {words.row.one} that is tried"
    if measured is None:
        return Said(finding.name, limit)
    said = measured_words(measured, Scale.PERCENT, "", bar)
    count = round(measured.value * measured.n)
    number = "not one" if measured.value <= 0 else f"{max(1, count):,}"
    verb = "breaks" if number in ("not one", "1") else "break"
    fact = f"{number} of {measured.n:,} {rows} that were asked again with other values {verb} “{finding.name}”: {said}"
    against = f"it may be {limit}"
    remedy = cure_words(finding.example) or f"Ask about more {rows}"
    return Said(finding.name, limit, "", said, fact, against, f"It breaks “{finding.name}”", remedy, Scale.PERCENT)


def box(_words: Words, finding: Finding) -> Said:
    """What a named person vouches for."""
    name = finding.key.part("box")
    title = next((box.title for box in BOXES if box.key == name), upper(name.replace("_", " ")))
    short = title.partition(",")[0]
    low = short if short[:2].isupper() else short[:1].lower() + short[1:]
    who = f"Name who vouches for “{low}”, when, and where that is written down"
    measured, fact = _BOX_OUTCOMES.get(finding.outcome, ("not known", "nothing is known of “{0}”"))
    if finding.outcome is Outcome.FAILED:
        who = f"Get it done: {low}"
    return Said(title, "vouched for by a named person", "a named person vouches for it, with date and evidence",
                measured, fact.format(low), "", f"Not done: {low}", who)  # fmt: skip


_BOX_OUTCOMES: Mapping[Outcome | None, tuple[str, str]] = {
    Outcome.ATTESTED: ("vouched for", "a named person vouches for “{0}”"),
    Outcome.NOT_APPLICABLE: ("does not apply", "“{0}” is declared not applicable"),
    Outcome.FAILED: ("not done", "“{0}” is said not to be done"),
    Outcome.PENDING: ("pending", "“{0}” is still pending"),
    Outcome.EXPIRED: ("expired", "what was vouched for has expired: “{0}”"),
    Outcome.MISSING: ("nobody vouches for it", "nobody vouches for “{0}”"),
    Outcome.UNAVAILABLE: ("not known", "nothing is known of “{0}”"),
}


def question_failed(_words: Words, _finding: Finding) -> Said:
    """A question that could not be asked."""
    return Said("The question as a whole", fact="it could not be asked, for a part of the review failed",
                remedy="Mend what failed, and run the review again")  # fmt: skip


def question_left_out(_words: Words, _finding: Finding) -> Said:
    """A question that a partial review does not ask."""
    return Said("Not asked", fact="this review did not ask it", remedy="Run the whole review")


def seeds(words: Words, finding: Finding) -> Said:
    """Refits that differ in their seed alone."""
    said = plain(words, finding, "Refits with other seeds")
    return Said("Refits with other seeds", measured=said.measured,
                fact=f"refits with other seeds differ by {said.measured}" if said.measured else "")  # fmt: skip


_ANSWERS_CHANGE = "Answers that change after small changes to a {row}"

TELLERS = {
    Topic.HALF_WIDTH: half_width,
    Topic.CHURN: churn,
    Topic.TREND: trend,
    Topic.WINDOWS: windows,
    Topic.REFITS: refits,
    Topic.SEEDS: seeds,
    Topic.SEEDS_CHURN: fact_of("Answers that change with the seed alone", Scale.PERCENT),
    Topic.FOLD_MEAN: fact_of("Average over refits", Scale.SCORE),
    Topic.FOLD_STD: fact_of("Standard deviation of refits", Scale.SCORE),
    Topic.FOLD_MIN: fact_of("Lowest refit", Scale.SCORE),
    Topic.FOLD_MAX: fact_of("Highest refit", Scale.SCORE),
    Topic.FOLD_RANGE: fact_of("Highest less lowest refit", Scale.SCORE),
    Topic.FOLD_LOW: fact_of("Range to expect of one refit, lower end", Scale.SCORE),
    Topic.FOLD_HIGH: fact_of("Range to expect of one refit, upper end", Scale.SCORE),
    Topic.FOLD_CV: fact_of("Standard deviation as a share of the average", Scale.PERCENT),
    Topic.HOLDOUT: fact_of("Spread of refits on the same test {rows}", Scale.SCORE),
    Topic.PERTURBED: fact_of(_ANSWERS_CHANGE, Scale.PERCENT),
    **dict.fromkeys(_TECHNICAL, technical),
    Topic.LOAD_ERRORS: load_errors,
    Topic.CLOCKS: clocks,
    Topic.DRIFT: drift,
    Topic.DRIFT_SUMMARY: drift,
    Topic.DRIFT_OF_ANSWERS: drift,
    Topic.PROBE: probe,
    Topic.MONOTONIC: pair,
    Topic.INVARIANT: pair,
    Topic.BOX: box,
    Topic.FAILED: question_failed,
    Topic.LEFT_OUT: question_left_out,
}
