"""What clock and machine decide, taken out of a record and of the text of its page. These rules are all there are.

In the record:
1. Findings marked `measured_time` keep code, name, status, criterion, unit and methods; their estimate, their bounds,
   how Holm adjusted these, and whether slow calls followed one another go.
2. In every text: digests, versions of three parts, the day of the walk and the day until which it is valid, the time
   of day, processors and memory, the folder of the walk.

On the page, besides 2:
3. In rows of tables that begin with name or code of such a finding, or with a box that is answered by one, all cells
   but the first go, unless they are a status.
4. In other lines that name such a finding, numbers with a unit of time, rate or memory go; of a line about the
   response time, all.
5. In lines with a digest, sizes of files go.
6. Rows of nothing but a library and its version go: which ones are installed differs.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

GONE = "~"
STATUSES = {"met", "not met", "not proven", "not assessed"}
BOXES = {"Latency", "Memory", "Throughput"}
TOGETHER = "; slow calls follow one another, so the true range is wider"
RESPONSE = "[Response time:"
LIBRARY = re.compile(r"[\w.-]+ \| \d+\.\d+\.\d+\w*")
CLOCKED = re.compile(r"(?:[\d.,]+ to )?\d[\d.,]* (ms|s|rows per second|MB)\b")
SIZE = re.compile(r"\b\d[\d.,]* (bytes|kB|MB)(?!\w)")
DIGEST = re.compile(r"\b(?=[a-f]*\d)(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12})\b")
PATTERNS = (
    (DIGEST, "#digest"),
    (re.compile(r"\b\d+\.\d+\.\d+\w*\b"), "#version"),
    (re.compile(r"\b\d\d:\d\d UTC\b"), "#time"),
    (re.compile(r"\b\d+ processors?, \d+ GiB of memory(; [\w ]+)?"), "#machine"),
)


@dataclass(frozen=True)
class Masks:
    """The rules for one walk."""

    words: tuple[tuple[str, str], ...]
    """The folder and the days, each with what stands for it."""
    clocked: tuple[str, ...]
    """Names and codes of findings whose numbers a clock made."""

    def text(self, text: str) -> str:
        """Any text by rule 2."""
        for word, instead in self.words:
            text = text.replace(word, instead)
        for pattern, instead in PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def value(self, value: Any) -> Any:
        """Any part of the record by rule 2."""
        if isinstance(value, dict):
            return {self.text(key): self.value(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def finding(self, finding: dict[str, Any]) -> Any:
        """A finding of the record by rules 1 and 2."""
        return self.value(_without_clock(finding) if finding.get("measured_time") else finding)

    def lines(self, lines: list[str]) -> list[str]:
        """The page by rules 2 to 6."""
        return [self.line(line) for line in lines if not LIBRARY.fullmatch(line)]

    def line(self, line: str) -> str:
        """A line of the page by rules 2 to 5."""
        if DIGEST.search(line):
            line = SIZE.sub(GONE, line)
        first, *cells = line.split(" | ")
        if cells and (first in BOXES or first.startswith(self.clocked)):
            line = " | ".join([first.replace(TOGETHER, ""), *(c if c in STATUSES else GONE for c in cells)])
        elif line.startswith(RESPONSE):
            line = f"{RESPONSE} {GONE}]"
        elif any(word in line for word in self.clocked):
            line = CLOCKED.sub(rf"{GONE} \1", line)
        return self.text(line)


def masks_of(record: dict[str, Any], folder: str) -> Masks:
    """The rules for a record as it is signed, made in a folder."""
    findings = [finding for answer in record["answers"] for finding in answer["findings"]]
    clocked = {f[key] for f in findings if f.get("measured_time") for key in ("code", "name")}
    finished = datetime.date.fromisoformat(record["run"]["finished"][:10])
    until = finished + datetime.timedelta(record["about"].get("valid_days") or 0)
    days = {day - datetime.timedelta(before) for day in (finished, until) for before in (0, 1)}
    words = [(folder, "#folder"), *((word, "#day") for word in sorted(_written(days), key=len, reverse=True))]
    return Masks(tuple(words), tuple(sorted(clocked)) or ("\0",))


def _written(days: Iterable[datetime.date]) -> set[str]:
    """Days as records and pages write them; with a walk around midnight, a box is of the day before."""
    return {form for day in days for form in (day.isoformat(), f"{day.day} {day:%B %Y}")}


def _without_clock(finding: dict[str, Any]) -> dict[str, Any]:
    masked = dict(finding)
    for part, fixed in (("measured", ("level", "method", "unit")), ("bounds", ("alpha", "claims", "method"))):
        if part in finding:
            masked[part] = {key: finding[part][key] for key in fixed if key in finding[part]}
    if "reason" in finding:
        masked["reason"] = finding["reason"].replace(TOGETHER, "")
    return masked
