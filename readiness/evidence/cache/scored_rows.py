"""Scored rows on this machine, so that two candidates can be compared row by row.

A report holds no rows. What is kept here is what a paired comparison needs and no more: for each row a hash of its
id, the coded truth, the coded prediction, the scores, and what makes rows depend on each other. The hash has no key:
whoever may read the cache and can list all ids can tell which of them were scored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readiness.core import canonical
from readiness.core.canonical import encode
from readiness.core.files import Role
from readiness.core.policy import Task
from readiness.core.provenance import Gathered
from readiness.evidence.cache.store import Store
from readiness.evidence.evidence import Evidence
from readiness.evidence.tables import whole_numbers
from readiness.statistics.cases import Cases

KIND = "scored rows"
LAYOUT = 1
"""Raised when other arrays are kept; what an older version kept is not found then."""
ID_BYTES = 16
"""Two of a million ids share a hash with chance 10^-27."""
_ROLES = ("target", "positive", "classes", "task", "features", "id", "group", "weight", "time", "query")
_MODEL = ("loader", "threshold", "predictions")
_OPTIONAL = ("y_score", "weight", "groups", "time", "queries")


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """The rows of one review."""

    cases: Cases
    ids: NDArray[Any] | None
    """Hashes (n,) of kind V16, zero where a row has no id; None without `data.id`."""


def key_of(gathered: Gathered) -> dict[str, Any]:
    """Under what the rows of a review are kept: everything in its record that they follow from."""
    model, data = _section(gathered, "model"), _section(gathered, "data")
    inputs = {artifact.role: artifact.sha256 for artifact in gathered.inputs}
    what = {
        "layout": LAYOUT,
        "model": [artifact.sha256 for artifact in gathered.model.files],
        "how": {name: model[name] for name in _MODEL if name in model},
        "data": {name: data[name] for name in _ROLES if name in data},
        "tables": {role: inputs[role] for role in (Role.TEST, Role.TRAIN) if role in inputs},
        "classes": gathered.data.classes,
        "rows": gathered.data.rows_scored,
        "seed": gathered.spec.get("seed", 0),
        "where": encode(gathered.environment),
    }
    return {"kind": KIND, "sha256": hashlib.sha256(canonical.dumps(encode(what))).hexdigest()}


def _section(gathered: Gathered, name: str) -> Mapping[str, Any]:
    found = gathered.spec.get(name)
    return found if isinstance(found, Mapping) else {}


def keep_rows(evidence: Evidence, store: Store) -> None:
    """Keep the scored rows of a review; where that is not possible, nothing happens."""
    place = evidence.gathered.environment
    facts = {"is_probability": bool(evidence.cases.is_probability)}
    where = "; ".join(filter(None, (place.hardware, place.platform)))
    store.put(key_of(evidence.gathered), arrays_of(evidence), facts, where=where)


def find_rows(gathered: Gathered, store: Store) -> ScoredRows | None:
    """The rows that a review kept, by what its record says; None where there are none."""
    entry = store.get(key_of(gathered))
    if entry is None:
        return None
    try:
        return from_arrays(entry.arrays, gathered, is_probability=entry.facts.get("is_probability") is True)
    except (KeyError, ValueError, TypeError):  # of another version; as good as missing
        return None


def arrays_of(evidence: Evidence) -> dict[str, NDArray[Any]]:
    """What is kept of the scored rows, by name."""
    cases, name = evidence.cases, evidence.spec.data.id
    kept: dict[str, NDArray[Any]] = {"y_true": np.asarray(cases.y_true), "y_pred": np.asarray(cases.y_pred)}
    kept |= {each: array for each in _OPTIONAL if (array := getattr(cases, each)) is not None}
    if name is not None and name in evidence.shown:
        kept["ids"] = id_hashes(evidence.shown[name])
    return kept


def from_arrays(arrays: Mapping[str, NDArray[Any]], gathered: Gathered, *, is_probability: bool) -> ScoredRows:
    """The rows as `arrays_of` kept them.

    Raises:
        ValueError: the arrays do not belong together.
        KeyError: one of them is missing.
    """
    cases = Cases(
        Task(gathered.data.task),
        arrays["y_true"],
        arrays["y_pred"],
        arrays.get("y_score"),
        max(2, len(gathered.data.classes)),
        is_probability,
        arrays.get("weight"),
        arrays.get("groups"),
        arrays.get("time"),
        arrays.get("queries"),
    )
    if cases.n != gathered.data.rows_scored:
        raise ValueError(f"{cases.n} rows are kept; the record says {gathered.data.rows_scored}")
    raw = arrays.get("ids")
    return ScoredRows(cases, None if raw is None else _as_ids(raw, cases.n))


def id_hashes(ids: pd.Series[Any]) -> NDArray[np.uint8]:
    """128-bit hashes (n, 16) of ids as text, however numbers are stored; zero where there is no id."""
    codes, kinds = pd.factorize(whole_numbers(ids))
    # hashes and not the ids themselves: the cache need not hold names of customers to pair two reviews
    digests = b"".join(hashlib.blake2b(_text(kind), digest_size=ID_BYTES).digest() for kind in kinds)
    table = np.frombuffer(digests + bytes(ID_BYTES), dtype=np.uint8).reshape(-1, ID_BYTES)
    return table[codes]  # missing is coded -1, which is the last


def _text(value: Any) -> bytes:
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value) if whole else value).encode("utf-8", "surrogatepass")


def _as_ids(raw: NDArray[Any], n: int) -> NDArray[Any]:
    if raw.shape != (n, ID_BYTES) or raw.dtype != np.uint8:
        raise ValueError(f"ids have the shape {raw.shape}; expected ({n}, {ID_BYTES})")
    return np.ascontiguousarray(raw).view(f"V{ID_BYTES}").ravel()
