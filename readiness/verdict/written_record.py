"""The written form of a record: what other fields of it say already is left out, and put back when it is read.

A review has hundreds of findings, and most of what each would repeat is known: the method that three hundred intervals
share, the confidence of all of them, the words for an adjustment whose numbers stand beside them. What is left out is
listed in docs/record.md, and nothing is that does not follow exactly. Records that were written whole, before there was
a short form, are read as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readiness.core.canonical import decode, encode
from readiness.core.errors import InvalidReport
from readiness.core.findings import Criterion, Status, adjustment_words
from readiness.core.keys import FindingKey, Topic

Plain = dict[str, Any]

METHODS, SEGMENTS = "methods", "segments"
"""Lists of all methods and all segments, at the top of a short record; findings name them by their place, from 0."""
LEVEL, ALPHA = "0.95", "0.05"
"""What an interval and a bound have that do not say otherwise."""
EXACT = 1
"""The level of what is exact, so that both ends are the value itself."""
FACT: Mapping[str, Any] = {"blocking": False, "status": Status.NOT_ASSESSED.value}
"""What holds of a finding without a status: it is shown, not judged."""
_OF_SHARES, _OF_DIFFERENCES = {"deff": 1}, {"correlation": 0, "factor": 1}
NEUTRAL: Mapping[str, Mapping[str, int]] = {
    "share": _OF_SHARES,
    "share_in_groups": _OF_SHARES,
    "mover": _OF_DIFFERENCES,
    "mover_same_rows": _OF_DIFFERENCES,
    "linear": {"scale": 1, "shift": 0},
}
"""Numbers that change nothing, by the formula of a basis: rows that count once each, parts put together as they are."""
_MISSING = object()


def shorten_record(plain: Mapping[str, Any]) -> Plain:
    """The short form of a plain record, as `to_plain` gives it."""
    methods: dict[str, int] = {}
    segments: list[Any] = []
    short = dict(plain)
    for findings in _lists_of_findings(short):
        findings[:] = [_shorten(finding, methods) for finding in findings]
        for finding in findings:
            if "segment" in finding:
                finding["segment"] = _place_of(finding["segment"], segments)
    for name, value in _said_by_spec(plain).items():
        _leave_out(short, name, value, type(value)())
    return short | {METHODS: list(methods), SEGMENTS: segments}


def restore_record(plain: Mapping[str, Any]) -> Plain:
    """The whole plain record of a short one; one that was written whole comes back as it is.

    What does not fit is left as it stands, for whoever decodes the record to refuse.

    Raises:
        InvalidReport: a field says otherwise than what it follows from, or a method is none of the record's.
    """
    if METHODS not in plain:
        return dict(plain)
    whole = {key: value for key, value in plain.items() if key not in (METHODS, SEGMENTS)}
    methods, segments = plain[METHODS], plain.get(SEGMENTS)
    if not isinstance(methods, list) or not all(isinstance(method, str) for method in methods):
        raise InvalidReport("The record's methods are not a list of texts.")
    if not isinstance(segments, list) or not all(isinstance(segment, dict) for segment in segments):
        raise InvalidReport("The record's segments are not a list of columns with their values.")
    for findings in _lists_of_findings(whole):
        findings[:] = [_restore(finding, methods, segments) for finding in findings]
    return _said_by_spec(whole) | whole


def _lists_of_findings(plain: Plain) -> Iterator[list[Any]]:
    """The lists of findings of a record, copied into it so that they may be changed."""
    answers = plain.get("answers")
    if isinstance(answers, list):
        plain["answers"] = answers = [dict(answer) if isinstance(answer, dict) else answer for answer in answers]
    if isinstance(plain.get("soundness"), dict):
        plain["soundness"] = dict(plain["soundness"])
    for part in [*(answers if isinstance(answers, list) else []), plain.get("soundness")]:
        if isinstance(part, dict) and isinstance(part.get("findings"), list):
            part["findings"] = list(part["findings"])
            yield part["findings"]


def _said_by_spec(plain: Mapping[str, Any]) -> Plain:
    """What the spec of a record says of its top, too."""
    spec = plain.get("spec")
    about = spec.get("about") if isinstance(spec, dict) else None
    if not isinstance(about, dict) or not about:
        return {}
    people = about.get("prepared_by")
    said: Plain = {"prepared_by": [str(each) for each in people]} if isinstance(people, list) and people else {}
    return said | {"about": about}


# ----------------------------------------------------------------------------------------------------
# One finding. Its parts are shortened and restored in opposite orders, since what a part follows from must be there.


def _shorten(finding: Plain, methods: dict[str, int]) -> Plain:
    short = dict(finding)
    measured, bounds, criterion = (_copy(short, name) for name in ("measured", "bounds", "criterion"))
    if measured is not None:
        _shorten_measured(measured, bounds or {}, criterion)
    if bounds is not None:
        _leave_out(bounds, "adjustment", _adjustment(bounds, criterion), "none")
        _leave_out(bounds, "alpha", ALPHA)
        if "basis" in bounds:
            bounds["basis"] = _shorten_basis(bounds["basis"])
    for part in (measured, bounds):
        if part is not None and "method" in part:
            part["method"] = methods.setdefault(part["method"], len(methods))
    if measured is not None:
        short["measured"] = _list_measured(measured)
    if criterion is not None and set(criterion) <= set(_IN_BAR):
        short["criterion"] = [criterion[name] for name in _IN_BAR if name in criterion]
    short["key"] = _shorten_key(short["key"], short.get("metric", ""))
    if all(short.get(name) == value for name, value in FACT.items()):
        short = {name: value for name, value in short.items() if name not in FACT}
    return short


def _shorten_measured(measured: Plain, bounds: Plain, criterion: Plain | None) -> None:
    if criterion is not None:
        _leave_out(criterion, "unit", measured.get("unit", ""), "")
    _leave_out(measured, "method", bounds.get("method", ""), "")
    if measured.get("level") == EXACT:
        for end in ("low", "high"):
            _leave_out(measured, end, measured.get("value"))
    _leave_out(measured, "level", LEVEL)


def _place_of(segment: Plain, segments: list[Any]) -> int:
    if segment not in segments:
        segments.append(segment)
    return segments.index(segment)


def _restore(finding: Any, methods: list[str], segments: list[Any]) -> Any:
    if not isinstance(finding, dict):
        return finding
    if "status" not in finding and "blocking" in finding:
        raise InvalidReport("A finding of the record says whether it is judged, and has no status.")
    whole = {**({} if "status" in finding else FACT), **finding}
    whole["key"] = _restore_key(whole.get("key"), whole.get("metric", ""))
    whole |= {name: _with_names(name, whole[name]) for name in ("measured", "criterion") if name in whole}
    measured, bounds, criterion = (_copy(whole, name) for name in ("measured", "bounds", "criterion"))
    for part in (measured, bounds):
        if part is not None and "method" in part:
            part["method"] = _at(part["method"], methods, "method")
    if "segment" in whole:
        whole["segment"] = _at(whole["segment"], segments, "segment")
    if measured is not None:
        _restore_measured(measured, bounds or {}, criterion)
    if bounds is not None:
        if "basis" in bounds:
            bounds["basis"] = _restore_basis(bounds["basis"])
        bounds.setdefault("alpha", ALPHA)
        _put_back_adjustment(bounds, criterion)
    return whole


def _restore_measured(measured: Plain, bounds: Plain, criterion: Plain | None) -> None:
    measured.setdefault("level", LEVEL)
    if measured["level"] == EXACT and "value" in measured:
        for end in ("low", "high"):
            measured.setdefault(end, measured["value"])
    measured.setdefault("method", bounds.get("method", ""))
    if criterion is not None:
        criterion.setdefault("unit", measured.get("unit", ""))


# What was measured is written as a list: value, rows, limits (null: exact), unit, and the place of its method. Those at
# the end that say nothing are left out, and what has another level than usual is written as an object. A bar that says
# no more than what is compared with what is a list, too.


def _list_measured(measured: Plain) -> Any:
    is_exact = measured.get("level") == EXACT and not {"low", "high"} & set(measured)
    if not is_exact and ("level" in measured or not {"low", "high"} <= set(measured)):
        return measured
    limits = None if is_exact else [measured["low"], measured["high"]]
    ends = [limits, measured.get("unit", ""), measured.get("method", _MISSING)]
    while ends and ends[-1] in (None, "", _MISSING):
        ends.pop()
    return [measured["value"], measured["n"], *ends]


def _name_measured(measured: Any) -> Any:
    if not isinstance(measured, list) or not 2 <= len(measured) <= len(_IN_LIST):
        return measured
    named = dict(zip(_IN_LIST, measured, strict=False))
    limits = named.pop("limits", None)
    if limits is None:
        return named | {"level": EXACT}
    if not isinstance(limits, list) or len(limits) != len(("low", "high")):
        return measured
    return named | dict(zip(("low", "high"), limits, strict=True))


def _with_names(name: str, part: Any) -> Any:
    if name == "measured":
        return _name_measured(part)
    is_listed = isinstance(part, list) and len(_IN_BAR) - 1 <= len(part) <= len(_IN_BAR)
    return dict(zip(_IN_BAR, part, strict=False)) if is_listed else part


_IN_LIST = ("value", "n", "limits", "unit", "method")
_IN_BAR = ("op", "threshold", "unit")


def _copy(whole: Plain, name: str) -> Plain | None:
    """A part of a finding, copied into it; None where there is none."""
    if not isinstance(whole.get(name), dict):
        return None
    whole[name] = dict(whole[name])
    part: Plain = whole[name]
    return part


def _leave_out(part: Plain, name: str, known: Any, default: Any = _MISSING) -> None:
    """Take a field out whose value is known.

    Where it has its default, which is never written elsewhere, and another one is known, the default is written.
    """
    value = part.get(name, default)
    if value is not _MISSING and value == known:
        part.pop(name, None)
    elif value is not _MISSING:
        part[name] = value


def _put_back_adjustment(bounds: Plain, criterion: Plain | None) -> None:
    words = _adjustment(bounds, criterion)
    if bounds.setdefault("adjustment", words) != words:
        raise InvalidReport("The record's words on an adjustment of bounds are not what its other fields give.")


def _at(place: Any, listed: list[Any], of: str) -> Any:
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < len(listed):
        raise InvalidReport(f"A finding names the {of} {str(place)[:20]}; the record lists {len(listed)} from 0 on.")
    return listed[place]


def _adjustment(bounds: Plain, criterion: Plain | None) -> str:
    """The words for an adjustment, from its numbers; "none" where the numbers are none."""
    claims = bounds.get("claims", 0)
    if criterion is None or not isinstance(claims, int) or claims < 2:
        return "none"
    try:
        bar = decode(Criterion, {"op": criterion.get("op"), "threshold": 0})
        return adjustment_words(bar, float(bounds.get("alpha", ALPHA)), claims)
    except (InvalidReport, TypeError, ValueError):
        return "none"


# A key is written as what is asked and of what: its question follows from that, its metric is the finding's.


def _shorten_key(key: Plain, metric: str) -> Any:
    short = [key["kind"], *key.get("subject", ())]
    return short if _restore_key(short, metric) == key else key


def _restore_key(key: Any, metric: Any) -> Any:
    if not isinstance(key, list) or not key:
        return key
    try:
        topic = Topic(key[0])
        found: FindingKey = topic.key(*key[1:], metric=metric if topic.has_metric else "")
        return encode(found)
    except (AttributeError, TypeError, ValueError):
        return key


# A basis is written as a list: its formula, its numbers, and the parts that are put together, each a list again.


def _shorten_basis(basis: Plain) -> list[Any]:
    neutral = NEUTRAL.get(basis["form"], {})
    numbers = {
        name: value for name, value in basis.get("numbers", {}).items() if name not in neutral or value != neutral[name]
    }
    return [basis["form"], numbers, *map(_shorten_basis, basis.get("parts", ()))]


def _restore_basis(basis: Any) -> Any:
    if not isinstance(basis, list) or len(basis) < 2 or not isinstance(basis[0], str) or not isinstance(basis[1], dict):
        return basis
    form, given, *parts = basis
    return {
        "form": form,
        "numbers": {**NEUTRAL.get(form, {}), **given},
        "parts": [_restore_basis(part) for part in parts],
    }
