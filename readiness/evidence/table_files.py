"""The bytes of a table file: where they come from, and their digest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from readiness.exceptions import DataError
from readiness.looking import opened


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table at `path`; its bytes are those on the disk, or those that were read from there once."""

    path: Path
    content: bytes | None = None

    @classmethod
    def read(cls, path: Path) -> TableFile:
        """All bytes of the file at once, so that what is hashed is what is parsed.

        Raises:
            DataError: it cannot be read, or does not fit into memory.
            InputError: it is no regular file.
        """
        try:
            with opened(path) as stream:
                return cls(path, stream.read())
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}.", remedy="Check path and rights.") from error
        except MemoryError:
            raise DataError(
                f"{path} does not fit into the memory of this machine.",
                remedy="Review on a machine with more memory, or give fewer rows.",
            ) from None

    @property
    def sha256(self) -> str:
        """Of the bytes that were read, in hexadecimal; empty while none were."""
        return "" if self.content is None else hashlib.sha256(self.content).hexdigest()

    def opened(self) -> Any:
        """The bytes as a file of Arrow's, which would take only a path that is UTF-8."""
        return pa.OSFile(os.fsencode(self.path)) if self.content is None else pa.BufferReader(self.content)
