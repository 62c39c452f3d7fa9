"""What of a report belongs on a card: the same choice for the Markdown section and for other registries."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from readiness.core.errors import InvalidReport
from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.format import listed
from readiness.core.sanitize import shorten, visible
from readiness.report.page.decision import tested_on as tested_on_line
from readiness.report.page.sections import unmeasured
from readiness.report.sentences import Language, rank, worst_first
from readiness.signing.reports import PREDICATE_TYPE
from readiness.signing.verify import Opened
from readiness.verdict.record import Record

# ----------------------------------------------------------------------------------------------------
# Somebody else's text in Markdown, where it must not act.
#
# Names, reasons and file names of a report are written by others. In Markdown they could open a table cell, a heading,
# a link, a tag, a formula or the marker at which our section ends. Entities are used where renderers differ in what a
# backslash does: the pipe in a table, the dollar sign and the backslash of formulas.

LONGEST_CELL = 220
"""Characters of a text in a table cell; longer ones stand in full in the report."""

_ACTING = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "\\": "&#92;",
    "$": "&#36;",
    "`": "&#96;",
    "*": r"\*",
    "[": r"\[",
    "]": r"\]",
    "~": r"\~",
    "@": "@<!-- -->",  # nobody is called by a name in a report
}
_WORD_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ADDRESS = re.compile(r":(?=//)")
_HOST = re.compile(r"(?<![A-Za-z0-9])(www)\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=#]))")
_PLAIN_FILE = re.compile(r"[\w./+-][\w ./+-]*", re.ASCII)


def inline(text: str, longest: int | None = None) -> str:
    """Text on one line that is read as it was written, wherever on the line it stands."""
    shown = visible(text).strip()
    shown = shown if longest is None else shorten(shown, longest)
    escaped = "".join(_ACTING.get(character, character) for character in shown)
    escaped = _WORD_UNDERSCORE.sub(r"\\_", escaped)  # is_fraud stays as it is: within a word it means nothing
    escaped = _HOST.sub(r"\1&#46;", _ADDRESS.sub("&#58;", escaped))
    return _BLOCK.sub(lambda found: f"{found[1]}\\", escaped)


def cell(text: str) -> str:
    """Text in a table cell; an empty one shows that nothing belongs there."""
    return inline(text, LONGEST_CELL) or "–"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of cells that are Markdown already."""
    return [_row(columns), _row(["---"] * len(columns)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def plain_file(name: str, otherwise: str) -> str:
    """A file name that can stand in a code block and in a shell as it is, else a placeholder."""
    return name if _PLAIN_FILE.fullmatch(name) and not name.startswith("-") else otherwise


# ----------------------------------------------------------------------------------------------------

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
    most = SHOWN_REQUIREMENTS if answer.question is Question.BUSINESS else SHOWN_CLAIMS
    ordered = worst_first(judged) if answer.question is Question.BUSINESS else sorted(judged, key=rank)
    return Claims(tuple(ordered[:most]), tuple(ordered[most:]))


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
        return tested_on_line(record, Language.of(record))
    except (TypeError, ValueError) as error:
        raise InvalidReport(f"The record says of the model what no spec can say: {error}.") from error


def not_measured(record: Record) -> tuple[str, ...]:
    """What was to be looked at and was not."""
    language = Language.of(record)
    return tuple(language.title(finding) for _, findings in unmeasured(record) for finding in findings)


def withheld(record: Record) -> tuple[tuple[str, str], ...]:
    """What cannot be met whatever its numbers say: title and why."""
    language = Language.of(record)
    found = (finding for answer in record.answers for finding in answer.findings)
    return tuple((language.title(finding), finding.withheld) for finding in found if finding.withheld)


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
