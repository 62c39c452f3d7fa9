"""What would the card say to a program? The same content for any registry, under keys that stay."""

from __future__ import annotations

from typing import Any

from readiness.answers import Criterion, Estimate, Finding, Question, Status
from readiness.card.content import (
    EVIDENCE_ONLY,
    Source,
    claims,
    digest_command,
    known_limitations,
    not_measured,
    stock_command,
    tested_on,
    verify_command,
    withheld,
)
from readiness.card.metrics import headlines
from readiness.delivery.verification import NOT_PROVEN
from readiness.narrative import answer_word, approval_words, verdict_sentence
from readiness.verdict.record import Record

SCHEMA = "urn:model-readiness:card:v1"


def card_json(source: Source) -> dict[str, Any]:
    """Strings, numbers, lists and objects; a value that is not known is null, never left out."""
    record, signed = source.record, source.opened.signed
    state, required = approval_words(record)
    return {
        "schema": SCHEMA,
        "tool": record.tool,
        "evidence_only": EVIDENCE_ONLY,
        "model": _model(record),
        "report": {
            "name": source.name,
            "sha256": source.sha256,
            "url": source.url or None,
            "signed": signed,
            "verified": source.verified,
            "keyids": list(source.opened.keyids),
        },
        "verdict": {
            "code": record.verdict.value,
            "words": record.decision.words,
            "reason": verdict_sentence(record),
            "rule": record.rule,
        },
        "approval": {"state": state, "required": required},
        "answers": [_answer(record, question) for question in Question],
        "metrics": [
            {"name": made.metric, "type": made.type, "settings": dict(made.settings)} | _estimate(made.measured)
            for made in headlines(record)
        ],
        "actions": [
            {"question": action.question.value, "text": action.text, "required": action.required}
            for action in record.decision.actions
        ],
        "rollout": [{"percent": stage.percent, "condition": stage.condition} for stage in record.decision.rollout],
        "tested_on": _tested_on(record),
        "not_measured": list(not_measured(record)),
        "withheld": [{"name": name, "reason": reason} for name, reason in withheld(record)],
        "limitations": list(known_limitations(record)),
        "signature_does_not_prove": list(NOT_PROVEN),
        "verify": {
            "digest": digest_command(source),
            "readiness": verify_command(source) if signed else None,
            "stock_tools": stock_command(source) if signed else None,
        },
    }


def _model(record: Record) -> dict[str, Any]:
    model = record.gathered.model
    files = [{"name": file.name, "sha256": file.sha256, "size": file.size} for file in model.files]
    return {"name": model.name, "version": model.version, "kind": model.kind, "files": files}


def _answer(record: Record, question: Question) -> dict[str, Any]:
    answer = record.answer(question)
    parted = claims(answer)
    return {
        "question": question.value,
        "number": question.number,
        "title": question.words,
        "status": answer.status.value,
        "answer": answer_word(answer.status),
        "claims": {status.value: sum(f.status is status for f in parted.judged) for status in Status},
        "findings": [_finding(finding) for finding in parted.shown],
        "more": len(parted.rest),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "status": finding.status.value,
        "metric": finding.metric or None,
        "measured": None if finding.measured is None else _estimate(finding.measured),
        "required": None if finding.criterion is None else _criterion(finding.criterion),
        "outcome": None if finding.outcome is None else finding.outcome.value,
        "reason": finding.reason,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "level": estimate.level,
        "n": estimate.n,
        "unit": estimate.unit,
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {"op": criterion.op, "threshold": criterion.threshold, "unit": criterion.unit}


def _tested_on(record: Record) -> dict[str, Any]:
    data = record.gathered.data
    return {
        "words": tested_on(record),
        "task": data.task,
        "target": data.target,
        "rows": data.rows_scored,
        "positive": data.positive or None,
        "positives": data.positives,
        "classes": list(data.classes),
        "first": data.first or None,
        "last": data.last or None,
    }
