"""Stages of a release as the spec states them, else the usual ones; plain values, without what computes numbers."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.core.policy import ROLLOUT
from readiness.report.sentences.words import number, section
from readiness.verdict.record import Record


def stated_stages(record: Record) -> tuple[tuple[float, float | None], ...]:
    """Share of the traffic and days of each stage, by the spec, else the usual shares without days."""
    rollout = section(section(record.gathered.spec, "production"), "rollout")
    given = [part for part in rollout.get("stages") or () if isinstance(part, Mapping)]
    stated = tuple((number(part.get("share")) or 0.0, number(part.get("days"))) for part in given)
    return stated or tuple((share / 100, None) for share in ROLLOUT)
