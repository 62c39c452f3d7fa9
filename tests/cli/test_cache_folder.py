"""The folder of the cache, as people write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from readiness.cli.options import cache_folder
from readiness.core.errors import InputError


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of settings of a service has no shell that would put the home folder in the place of ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert (tmp_path / "cc", tmp_path) == tuple(cache_folder({"READINESS_CACHE": name}) for name in ("~/cc", "~"))


def test_the_home_of_nobody() -> None:
    """Bad input, told in words."""
    with pytest.raises(InputError, match="READINESS_CACHE is ~nobody-of-this-name/cc"):
        cache_folder({"READINESS_CACHE": "~nobody-of-this-name/cc"})
