"""The 25 fields that an examiner looks for, and what a record holds of each: present, partly, or not provided.

Their titles are data, compliance.yaml.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

import yaml

from readiness.core.checklist import BOXES, Source
from readiness.core.findings import Finding, Outcome, Question, Status
from readiness.core.format import format_count, listed
from readiness.core.keys import Topic
from readiness.core.policy import ROLLOUT
from readiness.core.sanitize import shorten
from readiness.report.sentences import asked
from readiness.report.sentences.numbers import with_days
from readiness.verdict.isolation import isolation_words
from readiness.verdict.record import Record

MOST_TEXT = 120
"""Characters of what the spec says that a row of the table shows; the whole text stands where the row leads."""


class State(StrEnum):
    """How much of a field a record holds."""

    PRESENT = "present"
    PARTLY = "partly"
    MISSING = "not provided"


class Anchor(StrEnum):
    """Places of the page to which a field leads."""

    RESULT = "result"
    DECISION = "decision"
    ROLLOUT = "rollout"
    SOUNDNESS = "soundness"
    BASELINE = "baseline"
    BUSINESS = "business"
    SEGMENTS = "segments"
    ERRORS = "errors"
    PRODUCTION = "production"
    ABOUT = "about"
    NOT_MEASURED = "not-measured"
    CRITERIA = "criteria"
    PROVENANCE = "provenance"


@dataclass(frozen=True, slots=True)
class Field:
    """One of the 25 fields, as a record holds it."""

    number: int
    title: str
    state: State
    text: str
    """What is there, and what is lacking, in words."""
    anchor: Anchor


def compliance_fields(record: Record) -> tuple[Field, ...]:
    """The 25 fields in their order, each with what the record holds of it."""
    return tuple(_field(number, title, record) for number, title in DATA["fields"].items())


def counts(fields: Sequence[Field]) -> str:
    """How many fields are there: "12 present, 9 partly, 4 not provided"."""
    return ", ".join(f"{sum(field.state is state for field in fields)} {state.value}" for state in State)


# Read when this is loaded, so that a page is made of nothing that was changed since.
# The loader in C, where there is one, reads the same in a tenth of the time.
DATA: Mapping[str, Any] = yaml.load(
    files("readiness.report").joinpath("compliance.yaml").read_text(encoding="utf-8"),
    Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506  # both are safe
)
"""Titles of the fields by their number, and the public texts with their clauses."""


# ----------------------------------------------------------------------------------------------------
# Fields as lists of parts: what each part is called, and what the record says of it.

Part = tuple[str, str]
"""Name of a part, and its text; an empty text where it is not provided."""


def _field(number: int, title: str, record: Record) -> Field:
    anchor, parts_of = _FIELDS[number]
    parts = parts_of(record)
    given = [(name, text) for name, text in parts if text]
    lacking = [name for name, text in parts if not text]
    said = [f"{_upper(name)}: {shorten(text, MOST_TEXT).rstrip('.')}." for name, text in given]
    missing = [f"Not provided: {listed(lacking, most=len(lacking))}."] if given and lacking else []
    state = State.MISSING if not given else State.PARTLY if lacking else State.PRESENT
    return Field(number, title, state, " ".join([*said, *missing]) or f"{_upper(State.MISSING)}.", anchor)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    """What the spec says under a key, in one line; whatever a record holds there."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {found}" for key, part in value.items() if (found := _text(part)))
    if isinstance(value, list | tuple):
        return "; ".join(found.rstrip(".") for part in value if (found := _text(part)))
    return "" if value is None or isinstance(value, bool) else str(value).strip()


def _about(record: Record, key: str) -> str:
    return _text(record.about.get(key))


def _spec(record: Record, *path: str) -> Any:
    """What the recorded spec holds there; None where it holds nothing, or is of another form."""
    value: Any = record.gathered.spec
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _entries(record: Record, *path: str) -> tuple[Mapping[str, Any], ...]:
    value = _spec(record, *path)
    return tuple(part for part in value if isinstance(part, Mapping)) if isinstance(value, list | tuple) else ()


def _findings(record: Record, question: Question, *topics: Topic) -> tuple[Finding, ...]:
    return tuple(f for f in record.answer(question).findings if not topics or f.key.kind in topics)


def _count(count: int, one: str, many: str = "") -> str:
    """A number of things; empty for none, so that it counts as not provided."""
    return "" if not count else f"{format_count(count)} {one if count == 1 else many or f'{one}s'}"


# ----------------------------------------------------------------------------------------------------
# One function for each field: its parts, in the order of the table.


def _signature(record: Record) -> list[Part]:
    """A page cannot hold a signature over itself, nor approvals that are given later."""
    return [
        ("finished", with_days(record.run.finished[:10])),
        ("prepared by", ", ".join(record.prepared_by)),
        ("signature (of the whole file, shown by readiness verify)", ""),
    ]


def _purpose(record: Record) -> list[Part]:
    names = {"purpose": "purpose", "users": "users and setting", "out_of_scope": "out of scope"}
    return [(name, _about(record, key)) for key, name in names.items()]


def _version(record: Record) -> list[Part]:
    previous = record.previous
    return [
        ("version", record.gathered.model.version),
        ("changes", _about(record, "changes")),
        (
            "report of the version before",
            "" if previous is None else f"{previous.version}, SHA-256 {previous.sha256[:12]}",
        ),
    ]


def _test_data(record: Record) -> list[Part]:
    data, soundness = record.gathered.data, record.soundness
    period = with_days(f"{data.first[:10]} to {data.last[:10]}") if data.first else ""
    came = "" if soundness is None else "doubts were found" if soundness.doubts else "looked at, no doubts"
    return [
        ("origin", _about(record, "population")),
        ("labels", _about(record, "labels")),
        ("lineage", _about(record, "lineage")),
        ("period", period),
        ("size", f"{format_count(data.rows_scored)} rows, {_count(data.features, 'feature') or 'no features'}"),
        ("independence of the training data", came if data.train_rows is not None else ""),
    ]


def _metrics(record: Record) -> list[Part]:
    """The metrics alone are no field: what is asked for is why they suit."""
    reason = _about(record, "metrics_rationale")
    used = dict.fromkeys(f.metric for q in asked(record) for f in record.answer(q).findings if f.blocking and f.metric)
    return [("why these metrics", reason), *([("judged metrics", _count(len(used), "metric"))] if reason else [])]


def _criteria(record: Record) -> list[Part]:
    required = _entries(record, "business", "requirements")
    criteria = [f for q in asked(record) for f in record.answer(q).findings if f.blocking and f.criterion]
    own = sum(f.criterion is not None and f.criterion.source != "default" for f in criteria)
    said = {key: _named_by(record, required, key) for key in ("owner", "reason")}
    judged = f"{_count(own, 'limit')} set by the spec, {_count(len(criteria) - own, 'default') or 'no defaults'}"
    return [("limits", judged if own else ""), ("owners", said["owner"]), ("reasons", said["reason"])]


def _named_by(record: Record, required: Sequence[Mapping[str, Any]], key: str) -> str:
    """Of how many criteria the spec names owner or reason: of requirements, and of the sections of the questions."""
    sections = [question.value for question in Question]
    given = sum(bool(_text(each.get(key))) for each in required)
    given += sum(bool(_text(_spec(record, section, key))) for section in sections)
    return "" if not given else f"of {given} of {len(required) + len(sections)} requirements and questions"


def _results(record: Record) -> list[Part]:
    every = [f for q in asked(record) for f in record.answer(q).findings if f.blocking]
    bounded = sum(f.bounds is not None for f in every)
    compared = len(_findings(record, Question.BASELINE, Topic.LIFT))
    return [
        ("judged with an interval", _count(bounded, "claim")),
        ("compared with an alternative", _count(compared, "comparison")),
    ]


def _challengers(record: Record) -> list[Part]:
    rules, current = _entries(record, "baseline", "rules"), _spec(record, "baseline", "current")
    lifts = len(_findings(record, Question.BASELINE, Topic.LIFT))
    return [
        (
            "simpler alternatives",
            _count(lifts, "comparison") + (f", {_count(len(rules), 'rule')} among them" if rules else ""),
        ),
        ("the current model", _text(current.get("name")) if isinstance(current, Mapping) else ""),
    ]


def _groups(record: Record) -> list[Part]:
    entries = _spec(record, "data", "segments")
    entries = entries if isinstance(entries, list | tuple) else ()
    crossed = sum(isinstance(entry, list | tuple) for entry in entries)
    fairness = _spec(record, "segments", "fairness")
    unlooked = record.gathered.data.unsegmented
    return [
        ("groups compared by", _count(len(entries) - crossed, "column")),
        ("intersections", _count(crossed, "intersection")),
        ("limits of discrimination", _text(fairness) if isinstance(fairness, Mapping) else ""),
        *([(f"a look at {listed(unlooked, most=6)}", "")] if unlooked else []),
    ]


def _costs(record: Record) -> list[Part]:
    costs, meaning = _spec(record, "errors", "costs"), _spec(record, "errors", "describe")
    given = costs if isinstance(costs, Mapping) else {}
    limits = [f for f in _findings(record, Question.ERRORS) if f.blocking and f.criterion is not None]
    named = [key.replace("_", " ") for key, value in given.items() if key != "currency" and value is not None]
    return [
        ("cost of", listed(named, most=4)),
        ("beyond money", _text(list(meaning.values())) if isinstance(meaning, Mapping) else ""),
        ("tolerance", f"{_count(len(limits), 'claim')} judged" if given and limits else ""),
    ]


def _robustness(record: Record) -> list[Part]:
    probes = _findings(record, Question.PRODUCTION, Topic.PROBE)
    made = sum(f.outcome not in (None, Outcome.UNAVAILABLE, Outcome.PENDING, Outcome.MISSING) for f in probes)
    refits = any(f.measured for f in record.answer(Question.STABILITY).findings)
    return [
        ("unusual input", _count(made, "probe")),
        ("stability under refitting", "measured" if refits else ""),
        ("known limits", _about(record, "limitations")),
    ]


def _unmeasured(record: Record) -> list[Part]:
    open_ = [
        f for q in asked(record) for f in record.answer(q).findings if f.blocking and f.status is Status.NOT_ASSESSED
    ]
    return [
        ("not measured", f"{_count(len(open_), 'claim')}, each with its reason" if open_ else "nothing on the list")
    ]


def _limits(record: Record) -> list[Part]:
    names = {
        "assumptions": "assumptions",
        "limitations": "limitations",
        "compensating_controls": "compensating controls",
    }
    return [(name, _about(record, key)) for key, name in names.items()]


def _materiality(record: Record) -> list[Part]:
    tier = record.about.get("tier")
    found = tier if isinstance(tier, Mapping) else {}
    return [
        ("risk", _about(record, "risk")),
        ("tier", _text(found.get("level"))),
        ("reason", _text(found.get("reason"))),
    ]


def _independence(record: Record) -> list[Part]:
    return [
        ("prepared by", ", ".join(record.prepared_by)),
        ("validator", _about(record, "validator")),
        ("owner", _about(record, "owner")),
        ("approval (given after this page was made)", ""),
    ]


def _log(record: Record) -> list[Part]:
    every = [f for q in asked(record) for f in record.answer(q).findings if f.blocking]
    open_ = sum(f.status is not Status.MET for f in every)
    required = _entries(record, "business", "requirements")
    said = {key: "where the spec names them" if _named_by(record, required, key) else "" for key in ("owner", "due")}
    history = record.previous
    return [
        ("findings", f"{format_count(len(every))} judged, {_count(open_, 'finding') or 'none'} open"),
        ("owners", said["owner"]),
        ("since when", "" if history is None else f"traced from the report of {history.version}"),
        ("due dates", said["due"]),
    ]


def _determination(record: Record) -> list[Part]:
    return [
        ("test result", record.decision.words),
        ("owner", _about(record, "owner")),
        ("approval (given after this page was made)", ""),
    ]


def _residual_risk(record: Record) -> list[Part]:
    risk = record.about.get("residual_risk")
    found = risk if isinstance(risk, Mapping) else {}
    return [("risk", _text(found.get("text"))), ("accepted by", _text(found.get("accepted_by")))]


def _oversight(record: Record) -> list[Part]:
    return [("oversight", _about(record, "oversight"))]


def _monitoring(record: Record) -> list[Part]:
    given = record.about.get("monitoring")
    signals = [each for each in given if isinstance(each, Mapping)] if isinstance(given, list | tuple) else []
    whole = {key: signals and all(_text(each.get(key)) for each in signals) for key in ("limit", "cadence", "who")}
    return [
        ("signals", _text([each.get("signal") for each in signals])),
        ("limits", "of each signal" if whole["limit"] else ""),
        ("cadence", "of each signal" if whole["cadence"] else ""),
        ("whom to call", "for each signal" if whole["who"] else ""),
        ("in place", _attested(record, "monitoring")),
    ]


def _attested(record: Record, box: str) -> str:
    """What came of a box that a person attests; empty where it counts for nothing."""
    key = next(each for each in BOXES if each.key == box).finding
    found = next((f for f in record.answer(Question.PRODUCTION).findings if f.key == key), None)
    counts_as = found is not None and found.outcome is Outcome.ATTESTED
    return "attested" if counts_as else ""


def _release(record: Record) -> list[Part]:
    stages = _entries(record, "production", "rollout", "stages")
    shares = [_text(stage.get("share")) for stage in stages]
    planned = f"{len(shares)} stages" if shares else ""
    return [
        ("stages", planned or f"the usual {len(ROLLOUT)} stages"),
        ("shortest times", "of each stage but the last" if stages and all(s.get("days") for s in stages[:-1]) else ""),
        ("who stops it", _text(_spec(record, "production", "rollout", "stopped_by"))),
        ("way back", _attested(record, "rollback_plan")),
    ]


def _triggers(record: Record) -> list[Part]:
    days = record.about.get("valid_days")
    return [
        ("last day", f"{days} days after the review" if days else ""),
        ("triggers", _about(record, "revalidation_triggers")),
    ]


def _changes(record: Record) -> list[Part]:
    return [("may change", _about(record, "predetermined_changes"))]


def _creation(record: Record) -> list[Part]:
    gathered = record.gathered
    files_ = len(gathered.inputs) + len(gathered.model.files)
    return [
        ("files by digest", _count(files_, "file")),
        ("software", _count(len(gathered.environment.packages), "package")),
        ("seed", str(record.seed)),
        ("measured on", gathered.environment.hardware),
        ("the model ran", isolation_words(gathered.isolation)),
        ("where data and code come from", _about(record, "lineage")),
    ]


def _automation(record: Record) -> list[Part]:
    attested = sum(f.outcome is Outcome.ATTESTED for f in record.answer(Question.PRODUCTION).findings)
    by_hand = sum(box.source is Source.ATTESTED for box in BOXES)
    return [("checks", f"{len(BOXES)}, of which only persons can answer {by_hand}; they attest {attested}")]


_FIELDS: Mapping[int, tuple[Anchor, Callable[[Record], list[Part]]]] = {
    1: (Anchor.RESULT, _signature),
    2: (Anchor.ABOUT, _purpose),
    3: (Anchor.ABOUT, _version),
    4: (Anchor.SOUNDNESS, _test_data),
    5: (Anchor.ABOUT, _metrics),
    6: (Anchor.CRITERIA, _criteria),
    7: (Anchor.BUSINESS, _results),
    8: (Anchor.BASELINE, _challengers),
    9: (Anchor.SEGMENTS, _groups),
    10: (Anchor.ERRORS, _costs),
    11: (Anchor.PRODUCTION, _robustness),
    12: (Anchor.NOT_MEASURED, _unmeasured),
    13: (Anchor.ABOUT, _limits),
    14: (Anchor.ABOUT, _materiality),
    15: (Anchor.ABOUT, _independence),
    16: (Anchor.DECISION, _log),
    17: (Anchor.DECISION, _determination),
    18: (Anchor.ABOUT, _residual_risk),
    19: (Anchor.ABOUT, _oversight),
    20: (Anchor.ABOUT, _monitoring),
    21: (Anchor.ROLLOUT, _release),
    22: (Anchor.ABOUT, _triggers),
    23: (Anchor.ABOUT, _changes),
    24: (Anchor.PROVENANCE, _creation),
    25: (Anchor.PRODUCTION, _automation),
}
