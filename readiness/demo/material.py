"""What does a demo case consist of, and how do the same bytes come out of it every time?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import joblib
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from readiness.checklist import this_day
from readiness.demo.attestations import write_attestations
from readiness.digests import sha256_file
from readiness.exceptions import InputError

MARK = "# Written by: readiness demo"
"""How the spec of a demo begins; by it the next demo knows what it may replace."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Everything that a demo case writes."""

    spec: str
    """File name of the spec's text beside this module; `${...}` in it stand for words and digests."""
    tables: Mapping[str, pd.DataFrame]
    """By file stem; they go to data/<stem>.parquet."""
    models: Mapping[str, Any]
    """By file stem; they go to models/<stem>.joblib, and the spec's `${<stem>_sha256}` becomes their pin."""
    words: Mapping[str, str] = field(default_factory=dict)
    attested: bool = False
    """Whether example attestations are written, signed today, and named at `${checklist}`."""

    def write(self, folder: Path, spec: Path) -> None:
        """Write all files below `folder`, the spec last.

        Raises:
            InputError: the folder cannot be written to.
        """
        try:
            words = dict(self.words) | self._write_models(folder / "models")
            self._write_tables(folder / "data")
            if self.attested:
                words["checklist"] = write_attestations(folder / "attestations", this_day())
            spec.write_text(self._spec_text(words), encoding="utf-8", newline="\n")
        except OSError as error:
            raise InputError(
                f"The demo cannot write to {folder}: {error.strerror}.", remedy="Name another folder with --out."
            ) from error

    def _spec_text(self, words: Mapping[str, str]) -> str:
        text = files("readiness.demo").joinpath(self.spec).read_text(encoding="utf-8")
        return f"{MARK}\n{Template(text).substitute(words)}"

    def _write_models(self, folder: Path) -> dict[str, str]:
        folder.mkdir(parents=True, exist_ok=True)
        pins = {}
        for name, model in self.models.items():
            path = folder / f"{name}.joblib"
            joblib.dump(model, path)
            pins[f"{name}_sha256"] = sha256_file(path)
        return pins

    def _write_tables(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.tables.items():
            # Without metadata: pandas would write its version into the file.
            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
            pq.write_table(table, folder / f"{name}.parquet")
