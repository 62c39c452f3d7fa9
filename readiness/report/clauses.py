"""The clauses of public texts, each with the fields and findings of a record that bear on it.

The clauses are data, compliance.yaml. Nothing here says that a text is fulfilled: a clause has evidence, or has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from readiness.core.findings import Question
from readiness.report.compliance import DATA, Field, State, compliance_fields
from readiness.report.sentences import asked
from readiness.verdict.record import Record

SOUNDNESS = "soundness"
"""Stands beside the questions for what was found of the rows themselves."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What one clause asks for, and where a record holds something about it."""

    clause: str
    """As its text names it: "2(g)", "MEASURE 2.3"."""
    asks: str
    """In our words."""
    fields: tuple[Field, ...]
    findings: tuple[tuple[str, str], ...]
    """Questions, or "soundness", whose findings are evidence for it, each with what came of it: "met"."""

    @property
    def state(self) -> State:
        """Present where every field is; not provided where none is."""
        states = {each.state for each in self.fields}
        return states.pop() if len(states) == 1 else State.PARTLY


@dataclass(frozen=True, slots=True)
class PublicText:
    """A law, a guidance or a standard, and its clauses."""

    name: str
    what: str
    clauses: tuple[Clause, ...]


def clauses(record: Record) -> tuple[PublicText, ...]:
    """Every public text with its clauses, each with its fields and what came of the findings that bear on it."""
    found = {each.number: each for each in compliance_fields(record)}
    came = _outcomes(record)
    return tuple(
        PublicText(
            text["name"],
            text["what"],
            tuple(
                Clause(
                    each["clause"],
                    each["asks"],
                    tuple(found[number] for number in each["fields"]),
                    tuple((name, came[name]) for name in each.get("findings", ())),
                )
                for each in text["clauses"]
            ),
        )
        for text in DATA["texts"]
    )


def clauses_as_json(record: Record) -> list[dict[str, Any]]:
    """Every public text with its clauses as plain values: what each asks for, its fields, and what bears on it."""
    return [
        {
            "text": text.name,
            "what": text.what,
            "clauses": [
                {
                    "clause": each.clause,
                    "asks": each.asks,
                    "state": each.state.value,
                    "fields": [
                        {"number": f.number, "title": f.title, "state": f.state.value, "text": f.text}
                        for f in each.fields
                    ],
                    "findings": dict(each.findings),
                }
                for each in text.clauses
            ],
        }
        for text in clauses(record)
    ]


def _outcomes(record: Record) -> dict[str, str]:
    """What came of each question, and of the look at the rows."""
    found = {q.value: record.answer(q).status.words if q in asked(record) else "not asked" for q in Question}
    if record.soundness is None:
        return found | {SOUNDNESS: "not asked"}
    return found | {SOUNDNESS: "doubts" if record.soundness.doubts else "no doubts"}
