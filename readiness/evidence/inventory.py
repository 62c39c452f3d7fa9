"""What was found before the first question: files, rows, classes, and where the review runs?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from readiness.criteria import Task
from readiness.digests import Artifact
from readiness.evidence.candidates import Scores
from readiness.evidence.models.loading import LoadedModel
from readiness.evidence.segmentation import as_dates
from readiness.evidence.surroundings import environment
from readiness.evidence.targets import Target
from readiness.evidence.usable_rows import Rows
from readiness.facts import DataFacts, Gathered, ModelFacts
from readiness.spec.normal import normalised, set_keys
from readiness.spec.proofs import proof_paths
from readiness.spec.reading import LoadedSpec
from readiness.spec.settings import RECORDED_AS, settings_bytes


def gathered(
    loaded: LoadedSpec,
    model: LoadedModel | None,
    target: Target,
    test: Rows,
    train: Rows | None,
    features: tuple[str, ...],
    scores: Scores,
    tables: Sequence[Artifact],
) -> Gathered:
    """Candidate, files (`tables` among them), rows and surroundings, as they stand in the record."""
    spec = loaded.spec
    return Gathered(
        model=ModelFacts(
            spec.model.name,
            spec.model.version,
            "predictions only" if model is None else model.kind,
            () if model is None else (model.artifact,),
            (*(() if model is None else model.notes), *scores.notes),
        ),
        inputs=_inputs(loaded, tables),
        data=_facts(loaded, target, test, train, features),
        environment=environment(),
        spec=normalised(spec),
        set_keys=set_keys(spec),
        settings=loaded.settings,
    )


def _inputs(loaded: LoadedSpec, tables: Sequence[Artifact]) -> tuple[Artifact, ...]:
    """Every file that the review reads besides the model, by role; tables with rows and columns."""
    files = [Artifact.of(path, name=name) for name, (path, _) in zip(loaded.names, loaded.files, strict=True)]
    if loaded.settings:
        files.append(Artifact(RECORDED_AS, loaded.settings_sha256, len(settings_bytes(loaded.settings))))
    files += tables
    current = loaded.spec.baseline.current
    if current is not None and current.path is not None and loaded.resolve(current.path).exists():
        files.append(Artifact.of(loaded.resolve(current.path), name=f"current: {Path(current.path).name}"))
    for role, given in loaded.spec.supplied.files.items():
        path = loaded.resolve(given)
        files.append(Artifact.of(path, name=f"{role}: {path.name}"))
    proofs = proof_paths(loaded)
    files += [Artifact.of(path, name=name) for name, path in proofs.items()]
    return tuple(files)


def _facts(loaded: LoadedSpec, target: Target, test: Rows, train: Rows | None, features: tuple[str, ...]) -> DataFacts:
    data = loaded.spec.data
    counts = () if not target.task.has_classes else tuple(np.bincount(test.target, minlength=len(target.classes)))
    binary = target.task is Task.BINARY
    first, last = _period(test.frame, data.time)
    return DataFacts(
        task=target.task.value,
        target=data.target,
        rows_read=test.read,
        rows_scored=len(test.target),
        dropped=test.dropped,
        classes=target.texts,
        class_rows=tuple(int(count) for count in counts),
        positive=target.texts[1] if binary else "",
        positives=int(counts[1]) if binary else None,
        train_rows=None if train is None else len(train.target),
        features=len(features),
        first=first,
        last=last,
        queries=None if data.query is None else int(test.frame[data.query].nunique()),
    )


def _period(frame: pd.DataFrame, column: str | None) -> tuple[str, str]:
    if column is None:
        return "", ""
    dates = as_dates(frame[column])
    known = (frame[column] if dates is None else dates).dropna()  # any sortable mark of time, such as a period number
    if known.empty:
        return "", ""
    first, last = known.min(), known.max()
    return (str(first), str(last)) if dates is None else (first.isoformat(), last.isoformat())
