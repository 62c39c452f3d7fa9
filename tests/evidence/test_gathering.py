from __future__ import annotations

from pathlib import Path

import pytest

from readiness.core.errors import SpecError
from readiness.evidence.collect import gather

SPEC = """\
model: {name: m, version: "1", predictions: {label: said}}
data: {test: test.csv, target: y, positive: 1}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec of four rows with ready-made predictions."""
    (tmp_path / "test.csv").write_text("y,said\n1,1\n0,0\n1,0\n0,0\n")
    path = tmp_path / "readiness.yaml"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize("digest", [None, ""])
def test_without_a_digest_any_spec_is_taken(spec: Path, digest: str | None) -> None:
    """A notebook that is run by hand hands over an empty digest."""
    assert [[2, 0], [1, 1]] == gather(spec, digest).cases.counts.tolist()


def test_a_spec_with_another_digest_is_refused(spec: Path) -> None:
    """The host says which spec it read; the kernel takes no other."""
    with pytest.raises(SpecError, match="changed"):
        gather(spec, "0" * 64)
