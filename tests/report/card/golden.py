"""Files that hold what is written, word for word. READINESS_UPDATE_GOLDEN=1 writes them anew; then read the diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def same_as(name: str, data: bytes) -> bool:
    """Whether a golden file holds these bytes."""
    path = FOLDER / name
    if os.environ.get("READINESS_UPDATE_GOLDEN"):
        path.write_bytes(data)
    return path.read_bytes() == data
