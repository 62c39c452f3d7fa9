"""Which bars of a review let more through than the defaults do? Told from the record's spec and from `criteria`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from readiness import criteria
from readiness.answers import Question
from readiness.catalogue import METRICS
from readiness.criteria import BARS, Bar, Task
from readiness.numbers import format_level, format_threshold, listed, with_unit
from readiness.verdict.record import Record
from readiness.visible import shorten

_LONGEST_SAYING = 80
_CAN_FAIL = {
    "missing_value": "missing values",
    "unseen_category": "unknown categories",
    "outlier": "outliers",
    "empty_frame": "an empty table",
    "one_row": "a single row",
    "column_order": "columns in another order",
}


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
    metric = METRICS.get(str(_section(record, "baseline").get("metric") or criteria.PRIMARY_METRIC[_task(record)]))
    is_gain = metric is None or metric.greater_is_better
    return criteria.BASELINE_MARGIN if is_gain else criteria.BASELINE_RELATIVE_MARGIN


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
                name = "people" if key == "human" else part.get("name")
                worse = f", and may be worse by {format_threshold(margin)}" if margin else ""
                yield f"need not be better than {name}{worse}"


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
    usual = criteria.SEGMENT_METRICS[_task(record)]
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
    given, usual = _section(record, "errors").get("floors"), criteria.CLASS_FLOOR
    for name, value in (given if isinstance(given, Mapping) else {}).items():
        floor = _number(value)
        if floor is not None and floor < usual and _section(record, "errors").get("costs"):
            said = shorten(str(name), _LONGEST_SAYING)
            yield f"of {said} only {format_level(floor)} must be found instead of {format_level(usual)}"


def _clean_errors(record: Record) -> Iterator[str]:
    accepted = _section(record, "production").get("clean_error_accepted") or ()
    more = [_CAN_FAIL.get(str(name), str(name)) for name in accepted if name not in criteria.CLEAN_ERROR_ACCEPTED]
    if more:
        yield f"an error instead of an answer is accepted for {listed(more, most=6)}"
