"""Which rows and columns are hashed, of a spec or of a table?"""

from __future__ import annotations

from pathlib import Path

from readiness.evidence.columns import features_of
from readiness.evidence.tables import CSV_SUFFIXES, PARQUET_SUFFIXES, header, read_table, require_columns
from readiness.evidence.training_hashes import TrainingHashes, hashes_of
from readiness.exceptions import DataError, InputError
from readiness.looking import exists
from readiness.spec.reading import load_spec


def hashes_of_source(
    source: Path, *, name: str | None = None, target: str | None = None, columns: tuple[str, ...] = ()
) -> TrainingHashes:
    """Hashes of a training table, or of that of a spec, which then says what its columns are.

    Raises:
        InputError: the spec or the table cannot be used, or columns are named for a spec.
    """
    if source.name.lower().endswith(CSV_SUFFIXES + PARQUET_SUFFIXES):
        return _of_table(source, name, target, columns)
    if name or target or columns:
        raise InputError(
            "Found columns beside a spec, which names them itself.", remedy="Name the table, or no columns."
        )
    return _of_spec(source)


def _of_table(path: Path, name: str | None, target: str | None, columns: tuple[str, ...]) -> TrainingHashes:
    head = header(path)
    features = columns or tuple(column for column in head.columns if column not in (name, target))
    chosen = (name,) if name else tuple(dict.fromkeys((*features, *((target,) if target else ()))))
    require_columns(head, chosen)
    return hashes_of(read_table(path, chosen), chosen, names_rows=bool(name), target="" if name else target or "")


def _of_spec(path: Path) -> TrainingHashes:
    loaded = load_spec(path)
    data = loaded.spec.data
    if data.train is None:
        raise DataError(
            f"{path.name} names no training table.",
            remedy="Name it under data.train, or give the table itself: readiness hash-rows TABLE --out FILE",
        )
    table = loaded.resolve(data.train)
    head = header(table)
    if data.id is not None and data.id in head.columns:
        return hashes_of(read_table(table, (data.id,)), (data.id,), names_rows=True)
    test = loaded.resolve(data.test)
    shared = header(test).columns if exists(test) else head.columns
    features = [column for column in features_of(loaded.spec, head.columns, ()) if column in shared]
    chosen = (*features, data.target)
    require_columns(head, chosen)
    return hashes_of(read_table(table, chosen), chosen, names_rows=False, target=data.target)
