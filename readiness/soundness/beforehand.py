"""What can be told of the rows before there is a model: the rules that need none, on the tables of a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from readiness.core.errors import InputError
from readiness.core.findings import Finding, Status
from readiness.core.withholding import Kind
from readiness.evidence.columns import features_of
from readiness.evidence.copies import asked_of, check_recent
from readiness.evidence.recent import recent_rows
from readiness.evidence.tables import header, holds_many, read_table
from readiness.evidence.target import find_target, usable
from readiness.soundness import copies, groups, leak, order, repeats
from readiness.soundness.assessment import judge_examined
from readiness.soundness.tables import Examined, Tables
from readiness.spec.load import LoadedSpec

RULES: dict[Kind, Callable[[Tables], Iterable[Examined]]] = {
    Kind.SEEN: copies.examine,
    Kind.LEAK: leak.examine_tables,
    Kind.ORDER: order.examine,
    Kind.GROUPS: groups.examine,
    Kind.REPEATS: repeats.examine,
}
"""By the kind of doubt what looks for it without a model."""


def doubts_about(loaded: LoadedSpec) -> tuple[Finding, ...]:
    """What is in doubt of the rows of a spec; nothing where a column that nobody asked for cannot be read.

    Raises:
        DataError: the recent rows are those of another table once more.
    """
    try:
        tables = tables_of(loaded)
    except InputError:
        return ()
    if tables.recent is not None:
        others = {"test": tables.test} | ({} if tables.train is None else {"train": tables.train})
        asked = asked_of(tables.spec, tables.features, tables.test)
        check_recent(tables.recent.frame, others, asked, loaded.spec.data.time)
    return doubts_beforehand(tables)


def doubts_beforehand(tables: Tables) -> tuple[Finding, ...]:
    """What was found that a review of any candidate on these rows would find, too. A rule that fails is told by the
    review itself.
    """
    found: list[Finding] = []
    for rule in RULES.values():
        try:
            found += [judge_examined(one) for one in rule(tables)]
        except Exception:  # noqa: S112  # the review says which rule failed, and withholds
            continue
    return tuple(f for f in found if f.blocking and f.status in (Status.NOT_MET, Status.NOT_PROVEN))


def tables_of(loaded: LoadedSpec) -> Tables:
    """The tables of a spec, with every column that could be a feature.

    Raises:
        InputError: a table cannot be used.
    """
    data = loaded.spec.data
    frames = {key: _read(loaded.resolve(given)) for key in ("test", "train", "recent") if (given := getattr(data, key))}
    test, train, recent = (frames.get(key) for key in ("test", "train", "recent"))
    assert test is not None
    target = find_target(data, test[data.target], None if train is None else train[data.target], regressor=None)
    tested = usable(loaded, "test", test, target)
    trained = None if train is None else usable(loaded, "train", train, target)
    features = features_of(loaded.spec, header(loaded.resolve(data.test)).columns, ())
    return Tables(
        loaded.spec,
        target.task,
        target.texts,
        tuple(name for name in features if name in tested.frame),
        tested.frame,
        tested.target,
        None if trained is None else trained.frame,
        None if trained is None else trained.target,
        None if recent is None else recent_rows(recent, target, data.target),
        data.target,
    )


def _read(path: Path) -> pd.DataFrame:
    """Every column that holds one value for each row."""
    frame = read_table(path)
    return frame[[name for name in frame if not holds_many(frame[name])]]
