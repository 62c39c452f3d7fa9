"""What of a report belongs on a card? The same choice for the Markdown section and for other registries."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from readiness.answers import Answer, Finding, Question, Status
from readiness.card.markdown import plain_file
from readiness.delivery.verification import Opened
from readiness.exceptions import InvalidReport
from readiness.narrative import worst_first
from readiness.numbers import is_exact, listed
from readiness.page.cover import cover
from readiness.page.sections import unmeasured
from readiness.signing.reports import PREDICATE_TYPE
from readiness.verdict.record import Record

EVIDENCE_ONLY = "Evidence, not permission to deploy."
SHOWN_CLAIMS = 5
"""Claims of a question that stand on the card; the rest is counted, and stands in the report."""
SHOWN_REQUIREMENTS = 12
"""Of question 2: what the business asked for, in its own words."""
SHOWN_NAMES = 10
"""Names of what was not measured."""


@dataclass(frozen=True, slots=True)
class Source:
    """A report, and how a card points to it."""

    opened: Opened
    sha256: str
    """Of the whole report file."""
    name: str
    """File name of the report."""
    path: str = ""
    """From the card's folder, with forward slashes; empty when there is no card."""
    url: str = ""
    """Where it can be read on the web; empty when nobody said."""
    verified: bool = False

    @property
    def record(self) -> Record:
        """What the report says."""
        return self.opened.record


@dataclass(frozen=True, slots=True)
class Claims:
    """The judged findings of one question: the worst and the closest ones, which are shown, and the rest."""

    shown: tuple[Finding, ...]
    rest: tuple[Finding, ...]

    @property
    def judged(self) -> tuple[Finding, ...]:
        """All of them."""
        return self.shown + self.rest


def claims(answer: Answer) -> Claims:
    """The judged findings of an answer, parted at what a card can hold."""
    judged = [finding for finding in answer.findings if finding.blocking]
    if answer.question is Question.BUSINESS:
        ordered, most = worst_first(judged), SHOWN_REQUIREMENTS
    else:
        ordered, most = worst_first(sorted(judged, key=_nearness)), SHOWN_CLAIMS
    return Claims(tuple(ordered[:most]), tuple(ordered[most:]))


def _nearness(finding: Finding) -> tuple[bool, float]:
    """What chance plays a part in comes before what is certain: a size that is met is met."""
    certain = finding.measured is None or is_exact(finding.measured)
    return finding.status is Status.MET and certain, _room(finding)


def _room(finding: Finding) -> float:
    """How far the less favourable limit lies inside of the bar, as a share of the bar; below 0 outside of it."""
    criterion, bounds = finding.criterion, finding.bounds
    if criterion is None or bounds is None:
        return math.inf
    limit = bounds.lower if criterion.wants_more else bounds.upper
    if limit is None:
        return -math.inf
    inside = limit - criterion.threshold if criterion.wants_more else criterion.threshold - limit
    return inside / (abs(criterion.threshold) or 1.0)


def counted(findings: Sequence[Finding]) -> str:
    """How many of what status: "1 not met, 44 met", "all 6 met"."""
    counts = [(status, sum(f.status is status for f in findings)) for status in _ORDER]
    parts = [f"{count} {status.words}" for status, count in counts if count]
    if len(parts) == 1 and len(findings) > 1:
        return f"{'both' if len(findings) == 2 else f'all {len(findings)}'} {findings[0].status.words}"
    return ", ".join(parts) or "none judged"


_ORDER = (Status.NOT_MET, Status.NOT_ASSESSED, Status.NOT_PROVEN, Status.MET)


def tested_on(record: Record) -> str:
    """Rows, period, positives: the line of the report's first screen.

    Raises:
        InvalidReport: what the record says of the model is not what a spec can say.
    """
    try:
        lines = cover(record).lines
    except (TypeError, ValueError) as error:
        raise InvalidReport(f"The record says of the model what no spec can say: {error}.") from error
    return next(line.text for line in lines if line.label == "Tested on")


def not_measured(record: Record) -> tuple[str, ...]:
    """Names of what was to be looked at and was not."""
    return tuple(finding.name for _, findings in unmeasured(record) for finding in findings)


def withheld(record: Record) -> tuple[tuple[str, str], ...]:
    """What cannot be met whatever its numbers say: name and why."""
    found = (finding for answer in record.answers for finding in answer.findings)
    return tuple((finding.name, finding.withheld) for finding in found if finding.withheld)


def known_limitations(record: Record) -> tuple[str, ...]:
    """What the spec says of the model's limits."""
    value = record.about.get("limitations") or ()
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)


def some(names: Sequence[str], most: int = SHOWN_NAMES) -> str:
    """The first few of many names, the rest counted."""
    return listed(names, most=most)


def verify_command(source: Source) -> str:
    """How somebody who has this program proves who signed, and that the model file is the reviewed one."""
    files = source.record.gathered.model.files
    model = f" --model {shlex.quote(plain_file(files[0].name, 'MODEL_FILE'))}" if files else ""
    return f"readiness verify {_report(source)} --key signer.pub{model}"


def stock_command(source: Source) -> str:
    """The same without this program, in one line: the record is a Sigstore bundle behind the page."""
    report = _report(source)
    return (
        f"N=$(grep -ao 'readiness-signatures/v1 [0-9]*' {report} | cut -d' ' -f2); "
        f'head -c "$N" {report} > content.html; '
        f"tail -n 2 {report} | head -n 1 | jq '.[0]' > report.sigstore.json; cosign verify-blob-attestation "
        "--key signer.pub --bundle report.sigstore.json --insecure-ignore-tlog "
        f"--type {PREDICATE_TYPE} content.html"
    )


def digest_command(source: Source) -> str:
    """Is this the file that the card was written from?"""
    return f'echo "{source.sha256}  {plain_file(source.path or source.name, "report.html")}" | sha256sum --check'


def _report(source: Source) -> str:
    return shlex.quote(plain_file(source.path or source.name, "report.html"))
