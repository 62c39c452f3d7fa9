"""What undermines trust in a result, each only when it is so: one list for the first screen, terminal and notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from readiness.core import policy
from readiness.core.checklist import BOXES, Box, Source
from readiness.core.findings import Finding, Outcome, Question, Status
from readiness.core.format import (
    format_day,
    format_level,
    format_share,
    format_threshold,
    format_value,
    listed,
    with_unit,
)
from readiness.core.keys import Topic
from readiness.core.metrics import METRICS, TECHNICAL
from readiness.core.policy import BARS, CONFIDENCE, Bar, Task
from readiness.core.probes import probe_kind
from readiness.core.sanitize import shorten
from readiness.core.withholding import Kind, can_never_be_vouched, kind_of
from readiness.spec.checks import GUESSES
from readiness.verdict.isolation import isolation_reservation
from readiness.verdict.record import Record
from readiness.verdict.vocabulary import vocabulary_of

# ----------------------------------------------------------------------------------------------------
# Bars of a review that let more through than the defaults do: told from the record's spec and from `criteria`.

_LONGEST_SAYING = 80


def looser_bars(record: Record) -> tuple[str, ...]:
    """In words, each bar that is looser than the default: "how far a group may lag 0.3 instead of 0.15"."""
    parts: dict[Question | None, tuple[Callable[[Record], Iterator[str]], ...]] = {
        None: (_of_all,),
        Question.BASELINE: (_margin, _as_good),
        Question.BUSINESS: (_requirements,),
        Question.SEGMENTS: (_of(Question.SEGMENTS), _segment_metrics, _slices),
        Question.ERRORS: (_of(Question.ERRORS), _floors, _interval),
        Question.STABILITY: (_of(Question.STABILITY),),
        Question.PRODUCTION: (_of(Question.PRODUCTION), _clean_errors),
    }
    asked = [part for part in parts if part is None or not record.only or part.value in record.only]
    return tuple(chain.from_iterable(tell(record) for part in asked for tell in parts[part]))


def _section(record: Record, name: str) -> Mapping[str, Any]:
    found = record.gathered.spec.get(name)
    return found if isinstance(found, Mapping) else {}


def _parts(record: Record, section: str, key: str) -> Sequence[Mapping[str, Any]]:
    found = _section(record, section).get(key)
    found = found if isinstance(found, list | tuple) else [found]
    return [part for part in found if isinstance(part, Mapping)]


def _number(value: object) -> float | None:
    """A number as a record holds it, where numbers with decimals are text."""
    try:
        return float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None


def _of_all(record: Record) -> Iterator[str]:
    yield from _told([bar for bar in BARS if "." not in bar.key], record.gathered.spec)


def _of(question: Question) -> Callable[[Record], Iterator[str]]:
    """Tell the bars of a question; those of metrics of the user's own have no default to compare with."""

    def tell(record: Record) -> Iterator[str]:
        bars = [bar for bar in BARS if bar.key.startswith(f"{question.value}.") and bar.key != "production.calls"]
        if record.rule != "point":
            bars = [bar for bar in bars if bar.key != "stability.std"]
        own = _has_own(record, question)
        yield from _told([bar for bar in bars if not (own and bar.of_metric)], _section(record, question.value))

    return tell


def _told(bars: Sequence[Bar], section: Mapping[str, Any]) -> Iterator[str]:
    for bar in bars:
        value = _number(section.get(bar.key.rpartition(".")[2]))
        if value is not None and bar.usual is not None and bar.is_looser(value):
            yield f"{bar.words} {_written(bar, value)} instead of {_written(bar, bar.usual)}"


def _written(bar: Bar, value: float) -> str:
    return format_level(value) if bar.is_share else with_unit(format_threshold(value), bar.unit)


def _has_own(record: Record, question: Question) -> bool:
    own = _section(record, "metrics")
    if question is Question.SEGMENTS:
        return any(name in own for name in _section(record, "segments").get("metrics") or ())
    return _section(record, "baseline").get("metric") in own


def _task(record: Record) -> Task:
    return Task(record.gathered.data.task)


def _usual_margin(record: Record) -> float:
    metric = METRICS.get(str(_section(record, "baseline").get("metric") or policy.PRIMARY_METRIC[_task(record)]))
    is_gain = metric is None or metric.greater_is_better
    return policy.BASELINE_MARGIN if is_gain else policy.BASELINE_RELATIVE_MARGIN


def _margin(record: Record) -> Iterator[str]:
    margin, usual = _number(_section(record, "baseline").get("margin")), _usual_margin(record)
    if margin is not None and margin < usual and not _has_own(record, Question.BASELINE):
        yield f"gain over the alternatives {format_threshold(margin)} instead of {format_threshold(usual)}"


def _as_good(record: Record) -> Iterator[str]:
    given = _number(_section(record, "baseline").get("margin"))
    margin = _usual_margin(record) if given is None else given
    others = {key: _parts(record, "baseline", key) for key in ("current", "human", "rules")}
    for key, parts in others.items():
        for part in parts:
            if part.get("test") == "non_inferiority":
                name = _METHODS.get(key) or f"the rule “{_name(part.get('name'))}”"
                worse = f", and may be worse by {format_threshold(margin)}" if margin else ""
                yield f"need not be better than {name}{worse}"


_METHODS = {"human": "people", "current": "today's model"}


def _requirements(record: Record) -> Iterator[str]:
    """Requirements that tolerate a loss, or that a worse model meets more easily."""
    for part in _parts(record, "business", "requirements"):
        op, limit = next(((op, _number(part[op])) for op in _OPS if op in part), ("", None))
        if limit is None:
            continue
        other = part.get("lift_over") or part.get("gain_over")
        metric = METRICS.get(str(part.get("metric")))
        said = f"“{shorten(str(part.get('says')), _LONGEST_SAYING)}”"
        if other and limit < 0:
            yield f"{said} may be met by what is worse than {other}, by up to {format_threshold(-limit)}"
        is_plain = metric is not None and metric.name != "bias" and not other
        if metric and is_plain and metric.greater_is_better is not (op in ("at_least", "above")):
            yield f"{said} limits {metric.label} from the wrong side, which the worse model meets"


_OPS = ("at_least", "at_most", "above", "below")


def _segment_metrics(record: Record) -> Iterator[str]:
    chosen = _section(record, "segments").get("metrics")
    usual = policy.SEGMENT_METRICS[_task(record)]
    left_out = [METRICS[name].label for name in usual if chosen and name not in chosen]
    if left_out and record.gathered.spec.get("data", {}).get("segments"):
        yield f"groups are not compared by {listed(left_out)}, as they are by default"


def _slices(record: Record) -> Iterator[str]:
    if _section(record, "segments").get("judged_slices") == "none":
        yield "weak parts of the groups that were found do not count"


def _interval(record: Record) -> Iterator[str]:
    for part in _parts(record, "errors", "interval"):
        level, least = _number(part.get("level")), _number(part.get("at_least"))
        if level is not None and least is not None and least < level:
            yield f"intervals that claim {format_level(level)} need cover only {format_level(least)} of rows"


def _floors(record: Record) -> Iterator[str]:
    """Floors of single classes; those without a cost would have none by default."""
    given, usual = _section(record, "errors").get("floors"), policy.CLASS_FLOOR
    for name, value in (given if isinstance(given, Mapping) else {}).items():
        floor = _number(value)
        if floor is not None and floor < usual and _section(record, "errors").get("costs"):
            said = shorten(str(name), _LONGEST_SAYING)
            yield f"of {said} only {format_level(floor)} must be found instead of {format_level(usual)}"


def _clean_errors(record: Record) -> Iterator[str]:
    accepted = _section(record, "production").get("clean_error_accepted") or ()
    more = [probe_kind(str(name)).tried for name in accepted if name not in policy.CLEAN_ERROR_ACCEPTED]
    if more:
        yield f"an error instead of an answer is accepted for {listed(more, most=6)}"


# ----------------------------------------------------------------------------------------------------

WITHOUT_MODEL = "predictions only"
"""The kind of a candidate that came as ready-made predictions; see `ModelFacts.kind`."""
_MOST_COLUMNS = 4
_MOST_WARNINGS = 3
_LONGEST_NAME = 140
_LONGEST_COLUMN = 80
_TRIVIAL = tuple(dict.fromkeys(guess for guesses in GUESSES.values() for guess in guesses))
_NO_ORDER = 0.5
"""ROC AUC of scores that say nothing."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """One thing that a reader must know before relying on a result."""

    label: str
    text: str
    target: str
    """The question or section that says more."""


def reservations(record: Record) -> tuple[Reservation, ...]:
    """Everything that undermines trust in this result; empty when nothing does."""
    return tuple(
        Reservation(label, text, target)
        for label, target, texts in (
            ("Evidence", "soundness", _doubts(record)),
            ("Vouched", "soundness", _vouched(record)),
            ("Times", "soundness", _times(record)),
            ("Template", "provenance", _template(record)),
            ("Model", "provenance", _model(record)),
            ("Isolation", "provenance", _isolation(record)),
            ("Reuse", "provenance", _reuse(record)),
            ("Weights", "provenance", _weights(record)),
            ("Groups", Question.SEGMENTS.value, _groups(record)),
            ("Boxes", Question.PRODUCTION.value, _boxes(record)),
            ("Scores", Question.BASELINE.value, _scores(record)),
            ("Requirements", Question.BUSINESS.value, _guess(record)),
            ("Looser than default", "criteria", _looser(record)),
        )
        for text in texts
    )


def warnings(record: Record) -> tuple[Reservation, ...]:
    """The warnings of each question, which change no answer; empty where there are none."""
    return tuple(
        Reservation(f"Warnings, {question.number}", text, question.value)
        for question in Question
        for text in _warnings(record, question)
    )


def open_doubts(record: Record) -> tuple[Finding, ...]:
    """The doubts about the rows that withhold something, and that nobody vouches for."""
    doubts = () if record.soundness is None else record.soundness.doubts
    return tuple(doubt for doubt in doubts if not is_set_aside(doubt, record.decision.vouched))


def is_set_aside(doubt: Finding, relied_on: Sequence[str]) -> bool:
    """Whether the decision relies on somebody's word against this doubt; `relied_on` names kinds."""
    kind = kind_of(doubt.key)
    return kind is not None and kind.value in relied_on and not can_never_be_vouched(doubt.key)


def _doubts(record: Record) -> Iterator[str]:
    """What withholds a yes, whole: no condition is cut, and what two doubts say alike is said once."""
    texts = (f"{_WORD[doubt.status]}: {(doubt.reason or doubt.name).rstrip('.')}" for doubt in open_doubts(record))
    yield from dict.fromkeys(texts)


_WORD = {
    Status.NOT_MET: "unsound",
    Status.NOT_PROVEN: "in doubt",
    Status.NOT_ASSESSED: "not looked at",
}


def _times(record: Record) -> Iterator[str]:
    """Dates that nobody names as the time of a row."""
    found = () if record.soundness is None else record.soundness.findings
    yield from (finding.warning for finding in found if finding.key == Kind.ORDER.key() and finding.warning)


def _vouched(record: Record) -> Iterator[str]:
    """Each doubt that somebody's word sets aside, with the word."""
    spec = record.gathered.spec
    for kind in map(Kind, record.decision.vouched):
        words = [(spec.get("soundness") or {}).get(kind.value), *_words_on_columns(record, kind)]
        said = [
            f"{_name(word.get('by'))} vouches ({_day(word.get('on'))}): {_name(word.get('why'))}"
            for word in words
            if word
        ]
        yield f"{kind.doubt}; {'; '.join(said)}"


def _day(text: object) -> str:
    """A date of a spec in the style of a report; what is none stays as it is."""
    try:
        return format_day(date.fromisoformat(str(text)))
    except ValueError:
        return _name(text)


def _words_on_columns(record: Record, kind: Kind) -> Sequence[Mapping[str, object]]:
    key = {Kind.LEAK: "known_at", Kind.GROUPS: "independent"}.get(kind)
    given = record.gathered.spec.get("data", {}).get(key) or {} if key else {}
    return [{**word, "why": f"{column}: {word.get('why')}"} for column, word in given.items()]


def _warnings(record: Record, question: Question) -> Iterator[str]:
    """The warnings of one question, by the names of their findings."""
    if not _asks(record, question):
        return
    warned = [f for f in record.answer(question).findings if f.warning]
    if warned:
        yield listed([f"{shorten(f.name, _LONGEST_NAME)}: {f.warning}" for f in warned], most=_MOST_WARNINGS)


def _asks(record: Record, question: Question) -> bool:
    return not record.only or question.value in record.only


def _template(record: Record) -> Iterator[str]:
    if not record.template.stock:
        yield "the questions were asked by an altered template, not by the one that comes with this program"


def _model(record: Record) -> Iterator[str]:
    if record.gathered.model.kind == WITHOUT_MODEL:
        yield "no model was run; its predictions came ready-made, and how they were made was not seen here"
    named = _section(record, "model")
    if named.get("url") and not named.get("path"):
        where = shorten(str(named["url"]), _LONGEST_NAME)
        yield (
            f"what answers at {where} was asked, and no file of it seen; whoever runs it can put another in its place, "
            "and what it can read there, nobody here saw"
        )


def _isolation(record: Record) -> Iterator[str]:
    if text := isolation_reservation(record.gathered.isolation):
        yield text


def _reuse(record: Record) -> Iterator[str]:
    """How often these rows were used, with the upper limit of luck: as if the candidates had nothing in common."""
    uses, spec = record.uses, record.gathered.spec
    if uses is None:
        return
    if uses.fault:
        yield (
            f"the ledger that counts how many candidates were judged by these rows does not hold ({uses.fault}), so "
            "nobody knows how many there were"
        )
        return
    if uses.tried < 2:
        return
    alpha = 1 - float(spec.get("confidence", CONFIDENCE))
    luck = format_share(1 - (1 - alpha) ** uses.tried)
    judged = "not corrected for that"
    if spec.get("reuse") == "corrected":
        judged = f"judged at {format_share(alpha / uses.number)} in place of {format_share(alpha)} chance of error"
    yield (
        f"this is the {_ordinal(uses.number)} candidate on these test rows, of {uses.tried:,} so far; of so many, luck "
        f"alone would let one pass a claim with a chance of up to {luck}; {judged}"
    )


def _ordinal(number: int) -> str:
    last = number % 100
    ending = "th" if 10 < last < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _weights(record: Record) -> Iterator[str]:
    column = record.gathered.spec.get("data", {}).get("weight")
    if column:
        rows = vocabulary_of(record).row.many
        yield f"{rows} do not count alike; the column {_name(column)} says how much each one counts"


def _groups(record: Record) -> Iterator[str]:
    unseen = record.gathered.data.unsegmented
    if not unseen or not _asks(record, Question.SEGMENTS):
        return
    seen, called = _segment_columns(record), vocabulary_of(record).column
    looked = f"compared by {_names(map(called, seen))}" if seen else "no groups were compared"
    verb = "the test table also has" if seen else "the test table has"
    yield f"{looked}; {verb} {_names(map(called, unseen))}, which nobody looked at"


def _segment_columns(record: Record) -> list[str]:
    names: list[str] = []
    for entry in record.gathered.spec.get("data", {}).get("segments", ()):
        parts = entry if isinstance(entry, list | tuple) else (entry,)
        names += [str(part if isinstance(part, str) else part.get("column", "")) for part in parts]
    return list(dict.fromkeys(names))


def _names(columns: Iterable[str]) -> str:
    return listed([_name(column) for column in columns], most=_MOST_COLUMNS)


def _name(column: object) -> str:
    return shorten(str(column), _LONGEST_COLUMN)


def _boxes(record: Record) -> Iterator[str]:
    """Boxes that the spec declares not applicable: those that only a person answers, and those otherwise measured."""
    if not _asks(record, Question.PRODUCTION):
        return
    checklist = record.gathered.spec.get("checklist", {})
    findings = record.answer(Question.PRODUCTION).findings
    away = [f.key for f in findings if f.outcome is Outcome.NOT_APPLICABLE]
    declared = [
        box
        for box in BOXES
        if any(map(box.holds, away))
        and (box.source is Source.ATTESTED or (checklist.get(box.key) or {}).get("not_applicable"))
    ]
    parts = [_of_boxes(declared, Source.ATTESTED, "that people answer")]
    parts.append(_of_boxes(declared, Source.MEASURED, "that are otherwise measured"))
    if declared:
        yield f"declared not applicable: {listed(filter(None, parts))}"


def _of_boxes(declared: Sequence[Box], source: Source, which: str) -> str:
    count = sum(box.source is source for box in declared)
    return f"{count} of {sum(box.source is source for box in BOXES)} boxes {which}" if count else ""


def _guess(record: Record) -> Iterator[str]:
    """A guess that meets every requirement on the rows; told only where each of its values is known."""
    if not (_asks(record, Question.BUSINESS) and _asks(record, Question.BASELINE)):
        return
    found = [f for f in record.answer(Question.BASELINE).findings if f.key.kind is Topic.METHOD_VALUE]
    values = {(f.key.part("method"), f.key.metric): f for f in found}
    judged = [f for f in record.answer(Question.BUSINESS).findings if f.blocking and f.criterion is not None]
    required = [finding for finding in judged if finding.metric not in TECHNICAL]
    if not required or not all(_is_of_all_rows(finding, record) for finding in required):
        return
    for guess in _TRIVIAL:
        reached = [values.get((guess, finding.metric)) for finding in required]
        if all(_meets(value, finding) for value, finding in zip(reached, required, strict=True)):
            name = next(value.name for value in reached if value is not None)
            what = "the requirement" if len(required) == 1 else "every requirement"
            yield f"{_guess_words(guess, name, record)} would meet {what}, too"
            return


def _guess_words(guess: str, name: str, record: Record) -> str:
    """A guess as people say it: "always answering “honest payment”" where it is one answer of known classes."""
    data, pick = record.gathered.data, {"majority": max, "minority": min}.get(guess)
    if pick is None or not data.class_rows or len(data.class_rows) != len(data.classes):
        return name
    at = data.class_rows.index(pick(data.class_rows))
    return f"always answering “{vocabulary_of(record).outcome(data.classes[at])}”"


def _scores(record: Record) -> Iterator[str]:
    """Scores that may as well be drawn by lot."""
    if not _asks(record, Question.BASELINE):
        return
    key = Topic.METHOD_VALUE.key("candidate", metric="roc_auc")
    found = next((f.measured for f in record.answer(Question.BASELINE).findings if f.key == key), None)
    if found is None or found.low is None or found.low > _NO_ORDER:
        return
    high = found.value if found.high is None else found.high
    measured = f"ROC AUC {format_value(found.value)}, chance {format_value(found.low)} to {format_value(high)}"
    which = "order the rows the wrong way round" if high < _NO_ORDER else "are not shown to tell the classes apart"
    yield f"the candidate's scores {which} ({measured}; 0.5 is what drawing lots would give)"


def _is_of_all_rows(finding: Finding, record: Record) -> bool:
    """Whether a requirement is on the metric itself: no gain over another method, and not of one class alone."""
    stated = record.gathered.spec.get("business", {}).get("requirements", ())
    number = finding.key.number("requirement")
    if not 0 < number <= len(stated):
        return False
    return not any(stated[number - 1].get(key) for key in ("lift_over", "gain_over", "of_class"))


def _meets(value: Finding | None, required: Finding) -> bool:
    if value is None or value.measured is None or required.criterion is None:
        return False
    return required.criterion.holds(value.measured.value)


def _looser(record: Record) -> Iterator[str]:
    told = looser_bars(record)
    if told:
        yield "; ".join(told)
