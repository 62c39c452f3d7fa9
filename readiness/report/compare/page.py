"""Pages of a comparison and an overview: in the look of a report, and marked as not being one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from readiness.core.errors import InputError
from readiness.core.files import exists, is_file, is_folder, write_whole
from readiness.report.compare.entries import counted, overview_tables
from readiness.report.compare.read import Overview, Report
from readiness.report.compare.sections import EVIDENCE, Section
from readiness.report.page.render import environment, style_parts, trimmed

COMPARISON, OVERVIEW = "comparison/v1", "index/v1"
STYLE = "overview.css"
_MARKED = '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta name="readiness" content="{}">\n'


def comparison_page(reports: Sequence[Report], sections: Sequence[Section]) -> bytes:
    """The page of a comparison, UTF-8."""
    template = environment().get_template("compare.html.j2")
    parts = {"reports": reports, "sections": sections, "kind": COMPARISON}
    return trimmed(template.render(**parts, **style_parts(STYLE))).encode("utf-8")


def overview_page(found: Overview, folder: Path, page: Path) -> bytes:
    """The page over all reports below `folder`, UTF-8; its links lead from where `page` lies."""
    template = environment().get_template("overview.html.j2")
    parts = {
        "count": counted(found),
        "tables": overview_tables(found, folder, page),
        "evidence": EVIDENCE,
        "kind": OVERVIEW,
    }
    return trimmed(template.render(**parts, **style_parts(STYLE))).encode("utf-8")


def write_page(path: Path, page: bytes, kind: str) -> None:
    """Write a page; what lies there already is replaced only when it is a page of the same kind.

    Raises:
        InputError: there is something else, or no folder to write into.
        ReviewError: the file could not be written.
    """
    check_place(path, kind)
    write_whole(path, page)


def check_place(path: Path, kind: str) -> None:
    """Refuse to write where something else lies.

    Raises:
        InputError: there is something else, or no folder to write into.
    """
    if not is_folder(path.parent):
        raise InputError(f"{path} cannot be written: {path.parent} is not a folder.", remedy="Make the folder first.")
    if not exists(path) and not path.is_symlink():
        return
    if not is_file(path) or not _is_marked(path, kind):
        what = "an index" if kind == OVERVIEW else "a comparison"
        raise InputError(f"{path} exists and is not {what} of readiness; it is left as it is.", remedy="Use --out.")


def _is_marked(path: Path, kind: str) -> bool:
    start = _MARKED.format(kind).encode()
    try:
        with path.open("rb") as stream:
            return stream.read(len(start)) == start
    except OSError:
        return False
