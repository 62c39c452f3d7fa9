"""The words for how a candidate was kept apart, what a signature leaves unproven by that, and records that claim more
than there can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from readiness.core.format import listed
from readiness.core.provenance import Isolation, IsolationForm
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# Words

_EARLIER = "in the very process that judged it, by an earlier version of this program"
_WORDS = {
    IsolationForm.BUBBLEWRAP: "in a sandbox (bubblewrap) without network, the labels out of its reach",
    IsolationForm.USER: "as another user of the machine, the labels out of its reach",
    IsolationForm.PROCESS: "in a plain process, which may read what its user may",
    IsolationForm.IN_PROCESS: "in the very process that judged it",
    IsolationForm.ADDRESS: "where it is served; what it could read there, nobody saw",
    IsolationForm.NOT_RUN: "nowhere; there were predictions alone",
}
_READABLE = {IsolationForm.USER: "as another user of the machine, who may read the tables, too"}


def isolation_words(isolation: Isolation | None) -> str:
    """Where a model ran, to stand behind "it ran"; None: a record of an earlier version."""
    if isolation is None:
        return _EARLIER
    return (_READABLE if isolation.labels else {}).get(isolation.form) or _WORDS[isolation.form]


_SEEN = "the candidate could have read the labels"
_CHANGED = f"{_SEEN}, and changed what judged it"
_AGAIN = "install bubblewrap (Linux) and review it again"
_RESERVATIONS = {
    IsolationForm.USER: f"{_SEEN}: it ran as another user, who may read the tables, too; {_AGAIN}",
    IsolationForm.PROCESS: f"{_SEEN}: it ran as a plain process of the same user; {_AGAIN}",
    IsolationForm.IN_PROCESS: f"{_CHANGED}: it was an object in the process of this review, as in every draft",
}


def isolation_reservation(isolation: Isolation | None) -> str:
    """What a reader must know before relying on the result; empty where no label was within reach; of an address that
    is said where it is named.
    """
    if isolation is None:
        return f"{_CHANGED}: it ran {_EARLIER}; review it again"
    return _RESERVATIONS.get(isolation.form, "") if isolation.labels else ""


# ----------------------------------------------------------------------------------------------------
# What a signature does not prove

_RIGHT = "that the numbers are right"
_IN_ONE = f"{_RIGHT}: they were computed in a process that ran the candidate's own code"
_FORGED = "whoever controls the machine can forge them"
_NUMBERS = {
    IsolationForm.BUBBLEWRAP: f"{_RIGHT}: {_FORGED}, its word on the sandbox included",
    IsolationForm.USER: f"{_RIGHT}: {_FORGED}, its word on the other user included",
    IsolationForm.PROCESS: f"{_RIGHT}: {_CHANGED}",
    IsolationForm.IN_PROCESS: _IN_ONE,
    IsolationForm.ADDRESS: f"{_RIGHT}: what answered, and what it could read where it is served, nobody saw",
    IsolationForm.NOT_RUN: f"{_RIGHT}: the predictions came ready-made, and how they were made was not seen",
}


_APART = (IsolationForm.BUBBLEWRAP, IsolationForm.USER, IsolationForm.PROCESS)
_OF_ITSELF = ", or that its process tells the truth of its own memory and side effects"


def unproven(record: Record) -> tuple[str, ...]:
    """What a signature does not prove of this very record, each to stand behind "it does not prove"."""
    return tuple(_unproven(record))


def _unproven(record: Record) -> Iterator[str]:
    isolation = record.gathered.isolation
    if isolation is None:
        yield _IN_ONE
    else:
        readable = isolation.labels and isolation.form is IsolationForm.USER
        yield f"{_RIGHT}: {_SEEN}" if readable else _NUMBERS[isolation.form]
    if isolation is None or isolation.form is not IsolationForm.NOT_RUN:
        of_itself = isolation is not None and isolation.form in _APART
        yield f"that the candidate never met the test rows elsewhere{_OF_ITSELF if of_itself else ''}"
    if own := _own_code(record):
        yield f"that {own}, code of the team's own, compute what they say"
    yield "that the data are what their names say"
    yield "when the report was signed, or that anybody has approved the model"


def _own_code(record: Record) -> str:
    parts = ["cells of the altered template"] if not record.template.stock else []
    parts += ["own metrics"] if record.gathered.spec.get("metrics") else []
    return listed(parts)


# ----------------------------------------------------------------------------------------------------
# What a record may claim


def isolation_fault(record: Record) -> str:
    """What is wrong with what a record says of its isolation, to stand behind "the record says"; empty: nothing."""
    isolation, spec = record.gathered.isolation, record.gathered.spec
    production = spec.get("production")
    required = isinstance(production, Mapping) and production.get("isolation") == "required"
    if required and (isolation is None or isolation.labels):
        return f"that no model may be able to read the labels, and that one ran {isolation_words(isolation)}"
    if isolation is not None and not isolation.is_possible:
        return f"of the form {isolation.form.value} that it keeps from a model what it cannot"
    if isolation is not None and isolation.form is IsolationForm.NOT_RUN and record.gathered.model.files:
        return "that no model ran, and names the file of one"
    return ""
