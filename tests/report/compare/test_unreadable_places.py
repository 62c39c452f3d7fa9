"""An overview trips over no link and no folder, and keeps silent about none."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest

from readiness.core.errors import InputError
from readiness.report.compare.read import overview
from tests.report.compare.files import report_file
from tests.report.page import records

TODAY = datetime.date(2026, 11, 22)


def test_links_in_a_circle_are_listed(tmp_path: Path) -> None:
    """Alone or in pairs; the reports beside them are read."""
    report_file(tmp_path / "good" / "report.html", records.ready())
    (tmp_path / "report.html").symlink_to("report.html")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "report.html").symlink_to("partial.html")
    (tmp_path / "a" / "partial.html").symlink_to("report.html")
    found = overview(tmp_path, today=TODAY)
    assert ["good/report.html"] == [entry.path.as_posix() for entry in found.entries]
    assert ["a/partial.html", "a/report.html", "report.html"] == [each.path.as_posix() for each in found.unreadable]
    assert all("symbolic links" in each.reason for each in found.unreadable)


def test_a_folder_that_cannot_be_read_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in it may be the newest report of all."""
    report_file(tmp_path / "good" / "report.html", records.ready())
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refused(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    found = overview(tmp_path, today=TODAY)
    assert [("closed", "The folder cannot be read.")] == [(str(each.path), each.reason) for each in found.unreadable]
    assert 1 == len(found.entries)


def test_a_folder_that_can_be_none_is_refused() -> None:
    """Bad input, in words."""
    with pytest.raises(InputError, match="cannot be looked at: File name too long"):
        overview(Path("a" * 300), today=TODAY)
