"""What a reader must know before comparing: whether like is compared with like, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from readiness.core.format import listed
from readiness.core.keys import Topic
from readiness.core.sanitize import shorten, visible
from readiness.report.compare.differences import bars_differ, matched
from readiness.report.compare.read import Report
from readiness.report.sentences import metric_title
from readiness.verdict.record import Record


def cautions(reports: Sequence[Report]) -> tuple[str, ...]:
    """One sentence for each thing that makes results hard to compare, and for what makes them easy."""
    sentences = (
        _unsigned(reports),
        _partial(reports),
        _rows(reports),
        _model(reports),
        _criteria(reports),
        _rule(reports),
        _metric(reports),
        _machine(reports),
        _tool(reports),
    )
    return tuple(sentence for sentence in sentences if sentence)


def digests(record: Record, role: str) -> tuple[str, ...]:
    """SHA-256 of the inputs of a role, such as "test"."""
    return tuple(artifact.sha256 for artifact in record.gathered.inputs if artifact.role == role)


def _differs(reports: Sequence[Report], part: Callable[[Record], Hashable]) -> bool:
    return len({part(report.record) for report in reports}) > 1


def _those(reports: Sequence[Report], which: Callable[[Report], Any]) -> list[str]:
    return [report.letter for report in reports if which(report)]


def _unsigned(reports: Sequence[Report]) -> str:
    unsigned, unproven = _those(reports, lambda r: not r.signed), _those(reports, lambda r: r.signed and not r.proven)
    parts = [f"nobody has signed {listed(unsigned, most=6)}"] if unsigned else []
    parts += [f"who signed {listed(unproven, most=6)} is not verified here"] if unproven else []
    return f"{_upper(', and '.join(parts))}." if parts else ""


def _partial(reports: Sequence[Report]) -> str:
    partial = _those(reports, lambda report: report.record.only)
    verb = "is" if len(partial) == 1 else "are"
    said = "partial: not all six questions were asked, and only those that all reports ask are compared below."
    return f"{listed(partial, most=6)} {verb} {said}" if partial else ""


def _rows(reports: Sequence[Report]) -> str:
    if any(not digests(report.record, "test") for report in reports):
        return "Not every report names its test table, so it is not known whether they rest on the same rows."
    if _differs(reports, lambda record: digests(record, "test")):
        return "The test tables differ: results may differ because the rows do, and not because the candidates do."
    if _differs(reports, lambda record: record.gathered.data.rows_scored):
        return "The test table is the same file, but not the same number of its rows was scored."
    return "All rest on the very same test table."


def _model(reports: Sequence[Report]) -> str:
    files = {tuple(artifact.sha256 for artifact in report.record.gathered.model.files) for report in reports}
    return "All are about the very same model file." if len(files) == 1 and files != {()} else ""


def _criteria(reports: Sequence[Report]) -> str:
    moved = sum(map(bars_differ, matched([report.record for report in reports])))
    if not moved:
        return ""
    claims = "The criterion of 1 claim differs" if moved == 1 else f"The criteria of {moved} claims differ"
    return f"{claims}: an answer may have changed because the bar did."


def _rule(reports: Sequence[Report]) -> str:
    if not _differs(reports, lambda record: record.rule):
        return ""
    point = listed(_those(reports, lambda report: report.record.rule == "point"), most=6)
    return f"The rules differ: {point} compared measured values alone, so chance is not excluded there."


def _metric(reports: Sequence[Report]) -> str:
    names = {report.letter: name for report in reports if (name := _primary(report.record))}
    if len(set(names.values())) < 2:
        return ""
    said = (f"{letter} by {metric_title(name)}" for letter, name in names.items())
    return f"The primary metrics differ: {visible(shorten(', '.join(said), 300))}."


def _primary(record: Record) -> str:
    """The metric of the gains that question 1 judged; people may have been measured by another one."""
    gains = [f for answer in record.answers for f in answer.findings if f.key.kind is Topic.LIFT]
    return next((f.metric for f in gains if f.key.part("method") != "human"), "")


def _machine(reports: Sequence[Report]) -> str:
    def place(record: Record) -> Hashable:
        return record.gathered.environment.hardware, record.gathered.environment.platform

    return (
        "They were computed on different machines, so measured times do not compare."
        if _differs(reports, place)
        else ""
    )


def _tool(reports: Sequence[Report]) -> str:
    if not _differs(reports, lambda record: record.tool):
        return ""
    return "They were made by different versions of this program, which may measure differently."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
