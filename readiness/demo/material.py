"""Tables, models, attestations and spec of a demo case, with the same bytes every time."""

from __future__ import annotations

import datetime
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

from readiness.core.checklist import BOXES, Source, this_day
from readiness.core.errors import InputError
from readiness.core.files import sha256_file
from readiness.spec.parts import MOST_VALID_DAYS

# ----------------------------------------------------------------------------------------------------
# Attestations: one example file for every box that only a person can answer.

BY = "demo (example attestation)"
HOLDS = datetime.timedelta(days=MOST_VALID_DAYS)
"""An example may hold for as long as a spec accepts; an attestation of your own, a year at most."""

SAYS = {
    "real_pipeline": "The rows that were scored came through the pipeline that will serve payments, joins and delays "
    "included, and not from a file that was cleaned by hand.",
    "graceful_degradation": "At twice the busiest hour the service answered late and never wrongly; above that it "
    "falls back to the rule on the amount.",
    "monitoring": "Alarm rate, confirmed frauds and latency are on a dashboard, for all customers and for each age "
    "group.",
    "alert_thresholds": "Somebody is called when the alarm rate leaves 5 % to 15 % for an hour, or when recall of any "
    "age group falls below 80 % in a week.",
    "rollback_plan": "One switch brings the previous model back; it was tried, and took four minutes.",
    "ab_test": "Two weeks, cards split at random, the present model as control; the measure is money lost to fraud.",
    "drift_detection": "The inputs are compared with the training rows every night.",
    "bias_audit": "Recall and false alarms of each age group and region were looked at by somebody who did not build "
    "the model.",
    "documentation": "Purpose, data, limits and owner are written down and were read by the team on call.",
    "legal_review": "The model does not use age; holding back a payment may be contested with a person.",
    "model_versioning": "Every version is kept with its data, code and digest, and can be built again.",
}
"""What a person would have to be able to say, by box."""


def write_attestations(folder: Path, on: datetime.date) -> str:
    """Write one Markdown file per box, signed on a day; returns the lines that name them in the spec, indented by two
    blanks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for box in BOXES:
        if box.source is Source.ATTESTED:
            signed = f"- By: {BY}\n- On: {on}\n- Valid until: {on + HOLDS}, for it is an example"
            text = f"# {box.title}\n\n{SAYS[box.key]}\n\n{signed}\n\n{_DISCLAIMER}\n"
            (folder / f"{box.key}.md").write_text(text, encoding="utf-8", newline="\n")
            evidence = f"attestations/{box.key}.md"
            said = f"done: true, by: {BY}, on: {on}, evidence: {evidence}, valid_until: {on + HOLDS}"
            lines.append(f"  {box.key}: {{{said}}}")
    return "\n".join(lines)


_DISCLAIMER = (
    "This is an example, written by `readiness demo`. There is no such service, and nobody checked anything.\n"
    "In a review of your own, a person signs here with their name and adds what they saw."
)


# ----------------------------------------------------------------------------------------------------

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
