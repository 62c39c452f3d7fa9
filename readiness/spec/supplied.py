"""What was measured elsewhere, for a candidate that cannot be loaded, refitted or timed here?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from readiness.spec.inputs import ColumnName, FilePath, Part, Positive, PredictionColumns

NOT_HERE = "supplied, not measured here"
"""The label of every finding that rests on such a measurement."""
FIGURES = ("throughput_per_second", "size_mb", "memory_mb")
"""Metrics of which one number is supplied; of latencies it is a log of calls."""

Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Probe = Literal["one_row", "column_order", "determinism", "missing_value", "unseen_category", "outlier", "empty_frame"]


class FoldColumns(PredictionColumns):
    """One repeat: what refits said about the training rows that they had not seen."""

    fold: ColumnName = Field(description="column of the table with the fold in which a row was predicted")


class SuppliedFolds(Part):
    """Predictions of refits for training rows that they had not seen, one entry for each repeat."""

    table: FilePath | None = Field(
        None,
        description="table with these columns and the target or data.id, one row for each row of data.train in its "
        "order; data.train itself",
    )
    repeats: Annotated[tuple[FoldColumns, ...], Field(min_length=2, max_length=100)] = Field(
        description="the columns of each repeat; a repeat draws its folds anew"
    )
    source: Source = Field(description="who made them, and how")


class SuppliedSeeds(Part):
    """Predictions for the test rows by refits that differ in their seed alone, one entry for each refit."""

    refits: Annotated[tuple[PredictionColumns, ...], Field(min_length=2, max_length=100)] = Field(
        description="columns of data.test, one entry for each refit"
    )
    source: Source = Field(description="who made them, and how")


class SuppliedLatency(Part):
    """A log of single-row calls in milliseconds."""

    path: FilePath = Field(description="text file with one number in each line, or a Parquet file")
    column: ColumnName | None = Field(None, description="column of a Parquet file that has more than one")
    source: Source = Field(description="where and how the calls were timed")


class SuppliedFigure(Part):
    """One figure that somebody vouches for."""

    value: Positive = Field(description="the figure, in the unit of its name")
    source: Source = Field(description="where it comes from")


class SuppliedProbe(Part):
    """What came of a probe that was made elsewhere."""

    passed: bool = Field(description="whether the model coped")
    source: Source = Field(description="where that can be seen: a test run, a ticket")


class SuppliedRows(Part):
    """Hashes of the rows that a candidate was fitted on, where the rows themselves cannot be given."""

    path: FilePath = Field(description="file that `readiness hash-rows` made of the training table")
    source: Source = Field(description="who made it, and from which table")


class Supplied(Part):
    """Measurements from elsewhere; each counts only where nothing could be measured here, and is marked on the page."""

    folds: SuppliedFolds | None = Field(None, description="fold predictions, in place of refits for question 5")
    seeds: SuppliedSeeds | None = Field(None, description="predictions by refits with other seeds")
    latency: SuppliedLatency | None = Field(None, description="log of single-row calls")
    training_rows: SuppliedRows | None = Field(
        None, description="hashes of the training rows, where there is no training table to compare the test rows with"
    )
    throughput_per_second: SuppliedFigure | None = Field(None, description="rows scored in a second")
    size_mb: SuppliedFigure | None = Field(None, description="size of the model file, MB")
    memory_mb: SuppliedFigure | None = Field(None, description="memory that the loaded model takes, MB")
    probes: Mapping[Probe, SuppliedProbe] = Field(default_factory=dict, description="probes made elsewhere, by name")

    @property
    def files(self) -> Mapping[str, str]:
        """The files that are read for it, as the spec names them, by their role in the record."""
        named = {
            "supplied folds": self.folds and self.folds.table,
            "supplied latency": self.latency and self.latency.path,
            "supplied training rows": self.training_rows and self.training_rows.path,
        }
        return {role: path for role, path in named.items() if path}

    def source_of(self, metric: str) -> str:
        """Who vouches for a technical metric, such as "latency_p99_ms" or "size_mb"; empty when nobody does."""
        given = self.latency if metric.startswith("latency_") else getattr(self, metric) if metric in FIGURES else None
        return "" if given is None else str(given.source)
