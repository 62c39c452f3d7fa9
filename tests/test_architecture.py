"""What docs/architecture.md says is true: its floors are those of the package, and its paths are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_layers import FLOORS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:readiness|templates|tests|docs)/[\w./]*)`", PAGE)))
PARTS = sorted(set(re.findall(r"(?<![\w/])((?:{})/[a-z_]+)(\*?)".format("|".join(FLOORS)), PAGE)))


def test_the_picture_names_each_floor_in_its_order() -> None:
    """From the top down, as in the test of the floors."""
    picture = PAGE.split("```")[1]
    named = [
        name for line in picture.splitlines() for name in re.findall(r"(?<![\w/])(\w+)/", line.partition("   ")[0])
    ]

    assert list(reversed(FLOORS)) == named


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_there(path: str) -> None:
    """Files and folders that the page sends a reader to."""
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("part", "more"), PARTS)
def test_a_module_on_the_way_is_there(part: str, more: str) -> None:
    """Modules that the way of one number names."""
    assert list((ROOT / "readiness").glob(f"{part}{'*' if more else ''}.py")) or (ROOT / "readiness" / part).is_dir()
