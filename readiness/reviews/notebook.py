"""Steps of a review's notebook: one display shows a result to the reader and records it for the machine."""

from __future__ import annotations

import datetime
import html
import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from readiness.core.canonical import encode
from readiness.core.environment import GO_VARIABLE
from readiness.core.errors import ReviewError
from readiness.core.findings import Answer, Finding, Question, not_assessed
from readiness.core.format import format_criterion, format_estimate, format_interval
from readiness.core.keys import Topic
from readiness.core.program import tool_digest
from readiness.core.provenance import Gathered
from readiness.core.sanitize import NOT_TYPESET, presentable
from readiness.core.withholding import Soundness, withhold
from readiness.evidence.cache.fingerprint import loaded_elsewhere
from readiness.evidence.evidence import Evidence
from readiness.evidence.measure_refits import refitted
from readiness.evidence.models.own_modules import served
from readiness.report import sentences
from readiness.soundness.assessment import assessed
from readiness.verdict.decision import Decision

MIME = "application/vnd.readiness.{kind}+json"
STATUS_COLUMNS = ("Claim", "Measured", "Required", "Result")

_started = datetime.datetime.now(datetime.UTC)


def demo_spec() -> Path:
    """Build the fraud demo in a new temporary folder and return its spec; what an empty `spec_path` stands for."""
    from readiness.demo.cases import build

    return build("fraud", Path(tempfile.mkdtemp(prefix="readiness-demo-")))


def ask(question: ModuleType, evidence: Evidence) -> Answer:
    """Ask one of the six question modules; a failing analysis makes only its own question *not assessed*."""
    which = Question(question.__name__.rpartition(".")[2])
    if not evidence.asks(which):
        return Answer(which, (_left_out(which),))
    try:
        answer: Answer = question.ask(evidence, getattr(evidence.spec, which.value))
    except Exception as error:  # whatever an analysis trips over, the other five questions stand
        said = (str(error).splitlines() or [""])[0][:300]
        reason = f"the analysis failed with {type(error).__name__}" + (f": {said}" if said else "")
        failed = not_assessed(
            Topic.FAILED.key(question=which), which.words, reason, needs="mend what failed and run again"
        )
        return Answer(which, (failed,))
    return answer if evidence.soundness is None else withhold(answer, evidence.soundness, evidence.vouched)


def assess(evidence: Evidence) -> Evidence:
    """The same evidence with what is found of the rows themselves; looked at once, before the first question."""
    return assessed(evidence)


def _left_out(question: Question) -> Finding:
    reason = "this partial review does not ask it"
    return not_assessed(
        Topic.LEFT_OUT.key(question=question), question.words, reason, needs="a review of all six questions"
    )


def show(shown: Evidence | Answer | Decision | Soundness | None) -> None:
    """Display one result with two faces: HTML for the reader, the recorded form for the machine."""
    if isinstance(shown, Evidence):
        _display("gathered", shown.gathered, gathered_text(shown.gathered), _gathered_html(shown.gathered))
    elif isinstance(shown, Soundness):
        _display("soundness", shown, sentences.soundness_sentence(shown), _findings_html(shown.findings))
    elif shown is None:
        raise ReviewError("Nothing was found of the rows themselves yet.", remedy="Call assess(evidence) first.")
    elif isinstance(shown, Answer):
        _display("answer", shown, sentences.answer_sentence(shown), _answer_html(shown))
    else:
        _display("decision", shown, shown.words, _decision_html(shown))


def refit(evidence: Evidence) -> Evidence:
    """The same evidence with refits of the candidate; says beforehand what they will cost."""
    return refitted(evidence, lambda words: _display_raw({"text/plain": words}))


def require(expected: str) -> None:
    """Stop unless the kernel's readiness is the version that this notebook was written for.

    Raises:
        RuntimeError: with the remedy.
    """
    found = version("readiness")
    if found != expected:
        raise RuntimeError(
            f"This kernel has readiness {found}; the notebook needs {expected}. "
            f"Install that version in the kernel, choose another kernel, or copy this version's own template."
        )
    _wait_for_host()


def _wait_for_host() -> None:
    """Where the host asked for it: until it has loaded all that it will use after the candidate has run."""
    if os.environ.pop(GO_VARIABLE, "") and not os.read(0, 1):
        raise RuntimeError("The process that started this kernel has ended.")


def complete(nonce: str, evidence: Evidence) -> None:
    """Mark the end of the walk; a notebook without this mark yields no page.

    `nonce` is what the host handed over; `evidence` tells which questions were asked and what was not measured now.
    """
    finished = datetime.datetime.now(datetime.UTC)
    mark = {
        "nonce": nonce,
        "tool": f"readiness {version('readiness')}",
        "tool_sha256": tool_digest(),
        "answers": len(Question),
        "started": _started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "only": evidence.only,
        "reused": evidence.reused,
        "modules": (*served(), *loaded_elsewhere()),
    }
    text = "The walk is complete."
    _display("complete", mark, text, f"<p>{text}</p>")


def _display(kind: str, recorded: Any, text: str, page: str) -> None:
    shown = f'<div class="{NOT_TYPESET}">{page}</div>'
    bundle = {MIME.format(kind=kind): encode(recorded), "text/plain": text, "text/html": shown}
    _display_raw(bundle)


def _display_raw(bundle: dict[str, Any]) -> None:
    from IPython import display

    display.display(bundle, raw=True)  # type: ignore[no-untyped-call]


def gathered_text(gathered: Gathered) -> str:
    """Candidate and rows in one line."""
    data, model = gathered.data, gathered.model
    rows = f"{data.rows_scored:,} of {data.rows_read:,} test rows scored"
    positives = "" if data.positives is None else f", {data.positives:,} with {data.target} = {data.positive}"
    dropped = "".join(f"; {drop.rows:,} dropped: {drop.reason}" for drop in data.dropped)
    return f"{model.name} {model.version} ({model.kind}): {rows}{positives}{dropped}"


def _gathered_html(gathered: Gathered) -> str:
    return f"<p>{html.escape(gathered_text(gathered))}</p>"


def _answer_html(answer: Answer) -> str:
    sentence = html.escape(sentences.answer_sentence(answer))
    return f"<p>{sentence}</p>{_findings_html(answer.findings)}"


def _findings_html(findings: Sequence[Finding]) -> str:
    judged = [finding for finding in findings if finding.blocking]
    head = "".join(f"<th>{column}</th>" for column in STATUS_COLUMNS)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(finding)) + "</tr>" for finding in judged
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(finding: Finding) -> tuple[str, str, str, str]:
    measured = "" if finding.measured is None else format_estimate(finding.measured, finding.criterion)
    interval = "" if finding.measured is None else format_interval(finding.measured, finding.criterion)
    required = "" if finding.criterion is None else format_criterion(finding.criterion)
    shown = f"{measured} ({interval})" if interval else measured
    return presentable(finding.name), shown, required, finding.status.words


def _decision_html(decision: Decision) -> str:
    actions = "".join(
        f"<li>{action.question.number}. {html.escape(action.question.words)} {html.escape(action.text)}</li>"
        for action in decision.actions
    )
    return f"<p><b>Test result: {html.escape(decision.words)}</b></p><ul>{actions}</ul>"


__all__ = ["ask", "assess", "complete", "demo_spec", "gathered_text", "refit", "require", "show"]
