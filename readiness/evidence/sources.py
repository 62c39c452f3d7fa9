"""Where the rows of a table come from: a file, or a frame in memory; both give the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from readiness.core.errors import DataError
from readiness.core.files import Artifact, Role, sha256_file, size_of
from readiness.core.sanitize import shown
from readiness.evidence import tables
from readiness.evidence.tables import TableHeader
from readiness.spec.load import LoadedSpec

if TYPE_CHECKING:
    import pandas as pd


class Origin(Protocol):
    """One table: what it says of itself, and its rows."""

    @property
    def head(self) -> TableHeader:
        """Its columns, before any row is read."""
        ...

    @property
    def size(self) -> int:
        """Bytes that it takes where it is."""
        ...

    def read(self, columns: Sequence[str]) -> pd.DataFrame:
        """The named columns, in that order; DataError where that cannot be."""
        ...

    def artifact(self, role: Role) -> Artifact:
        """How it stands among the inputs of a review."""
        ...


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """A CSV or Parquet file."""

    path: Path
    head: TableHeader
    _digests: list[str] = field(default_factory=list, compare=False, repr=False)
    """Of the bytes that rows were read from, at most one."""

    @classmethod
    def of(cls, path: Path) -> FileOrigin:
        """The file at `path`, whose header is read now.

        Raises:
            DataError: as `tables.header`.
        """
        return cls(path, tables.header(path))

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return size_of(self.path)

    def read(self, columns: Sequence[str]) -> pd.DataFrame:
        """The named columns of the file.

        Raises:
            DataError: as `tables.read`, and where the file is not what it was when it was read before.
        """
        table = tables.read(self.path, columns)
        if self._digests and self._digests != [table.sha256]:
            raise DataError(f"{self.path} changed while it was being read.", remedy="Run again on a file at rest.")
        self._digests[:] = [table.sha256]
        return table.frame

    def artifact(self, role: Role) -> Artifact:
        """The file with the digest of the bytes that its rows were read from; of the file as it lies there, if none."""
        digest = self._digests[0] if self._digests else sha256_file(self.path)
        name, shape = role.name_of(self.path.name), (self.head.rows, len(self.head.columns))
        return Artifact(name, digest, size_of(self.path), *shape, role=role)


@dataclass(frozen=True, slots=True, eq=False)
class FrameOrigin:
    """A frame in memory; what its reader calls it stands in for the file name."""

    name: str
    frame: pd.DataFrame
    """Columns have distinct names, all of them text."""

    @property
    def head(self) -> TableHeader:
        """Columns and rows of the frame."""
        columns, types = tuple(self.frame.columns), tuple(map(str, self.frame.dtypes))
        return TableHeader(Path(self.name), columns, types, len(self.frame))

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return int(self.frame.memory_usage(index=False).sum())

    def read(self, columns: Sequence[str]) -> pd.DataFrame:
        """The named columns as they would come out of a file, so that a review of the file says the same.

        Raises:
            DataError: a column that does not exist, or whose values no table file can hold.
        """
        names = list(dict.fromkeys(columns))
        tables.require_columns(self.head, names)
        return tables.as_read(pa.table([self._column(name) for name in names], names=names))

    def _column(self, name: str) -> pa.Array | pa.ChunkedArray:
        try:
            return pa.Array.from_pandas(self.frame[name])
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"The column {shown(name)} of {self.name} holds values that no table can hold: "
                f"{' '.join(str(error).split())[:200]}.",
                remedy="Turn it into numbers, text, dates or true/false, each row the same kind; or leave it out.",
            ) from error

    def artifact(self, role: Role) -> Artifact:
        """The frame, which has no digest."""
        return Artifact(role.name_of(f"{self.name} in memory"), "", self.size, *self.frame.shape, role=role)


def file_origins(loaded: LoadedSpec) -> Mapping[str, Origin]:
    """The tables that the spec names, by their key.

    Raises:
        DataError: as `tables.header`.
    """
    data = loaded.spec.data
    named = {key: getattr(data, key) for key in ("test", "train", "recent")}
    return {key: FileOrigin.of(loaded.resolve(path)) for key, path in named.items() if path is not None}
