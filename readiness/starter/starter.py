"""A first spec from a model file and a table: runnable as it is, with TODO where only its user can know.

The model file is hashed, never opened. Every guess is marked as one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from string import Template

from readiness.core.checklist import BOXES, Source
from readiness.core.errors import InputError
from readiness.core.files import exists, is_folder, is_utf8, sha256_path
from readiness.core.format import listed
from readiness.core.policy import Task
from readiness.core.program import template_path
from readiness.evidence.models.kinds import Kind, kind_of
from readiness.evidence.tables import CSV_SUFFIXES, PARQUET_SUFFIXES
from readiness.starter.examples import (
    baseline_example,
    business_example,
    errors_example,
    words_example,
    yaml_label,
    yaml_text,
)
from readiness.starter.table_guesses import Grouping, Guesses, Target, guess_columns, guess_target

NOTEBOOK = "readiness.ipynb"
TABLE_ENDINGS = CSV_SUFFIXES + PARQUET_SUFFIXES
_MOST_SUGGESTED = 10
_MOST_FEATURES = 40
_ENDING = {True: "rows", False: "row"}


def starter(
    model: Path | None,
    table: Path,
    *,
    target: str | None = None,
    train: Path | None = None,
    name: str | None = None,
    version: str | None = None,
    folder: Path = Path(),
) -> str:
    """The text of a spec that is to stand in `folder`; without a model the table must hold predictions.

    Raises:
        InputError: the model file or a table cannot be read, or `target` is no column.
    """
    predictions = _prediction_columns(table) if model is None else {}
    guesses = guess_columns(table, target, taken=predictions.values())
    kind = guess_target(table, guesses.target) if guesses.target is not None else None
    task = kind.task if kind else Task.BINARY
    text = files("readiness.starter").joinpath("starter.yaml").read_text(encoding="utf-8")
    return Template(text).substitute(
        name=yaml_text((name or (model or table).name.partition(".")[0])[:200] or "model"),
        version=f"{yaml_text(version)}" if version else '"0.1"  # TODO: the version under review',
        candidate=_candidate(model, predictions, folder),
        data=_data(table, train, guesses, kind, folder, guessed=target is None),
        words=words_example(task, target=guesses.target or "TODO", column=_grouped(guesses)),
        described=yaml_text(next(iter(guesses.others), "amount")),
        segments=_segments(guesses),
        baseline=baseline_example(task, guesses.amount),
        business=business_example(task),
        errors=errors_example(task, [yaml_label(label) for label in kind.labels] if kind else []),
        checklist="\n".join(_boxes()),
    )


def write_starter(
    path: Path,
    model: Path | None,
    table: Path,
    *,
    target: str | None = None,
    train: Path | None = None,
    name: str | None = None,
    version: str | None = None,
) -> Path:
    """Write a starter spec to `path` and return it.

    Raises:
        InputError: as `starter`, and when `path` exists or cannot be written.
    """
    if exists(path):
        raise _exists(path)
    text = starter(model, table, target=target, train=train, name=name, version=version, folder=path.parent)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", remedy="Name another place.") from error
    return path


def swapped(files: Sequence[Path]) -> bool:
    """Whether a table and a model were given in the wrong order."""
    if len(files) != 2:
        return False
    first, second = files
    is_table = first.name.lower().endswith(TABLE_ENDINGS)
    return is_table and not second.name.lower().endswith(TABLE_ENDINGS) and exists(second)


def remarks(text: str, path: Path) -> tuple[str, ...]:
    """What a starter spec guessed, or lacks, and changes what is judged: one line each."""
    data = [line.strip() for line in text.splitlines()]
    said = []
    for role, what in (("id", "names rows"), ("time", "puts rows in order: windows of time are judged")):
        found = next((line for line in data if line.startswith(f"{role}: ") and line.endswith("guessed")), "")
        if found:
            said.append(f"Guessed: data.{found.partition('  #')[0]}. It {what}; remove it from {path.name} if wrong.")
    group = next((line for line in data if line.startswith("# group: ") and "come again" in line), "")
    if group:
        column = group.removeprefix("# group: ").partition("  #")[0]
        said.append(f"Values of {column} come again: should data.group name it? It is switched off in {path.name}.")
    query = next((line for line in data if line.startswith("# query: ")), "")
    if query:
        column = query.removeprefix("# query: ").partition("  #")[0]
        said.append(f"Are the rows of each {column} put in order? Then switch data.query on in {path.name}.")
    if any(line.startswith("# loader:") for line in data):
        said.append(f"The model needs a loader, which only you can name: model.loader in {path.name}.")
    return tuple(said)


def copy_template(folder: Path) -> Path:
    """Copy the notebook of a review into `folder`, to be edited there; returns the path of the copy.

    Raises:
        InputError: there is one already, or it cannot be written.
    """
    path = folder / NOTEBOOK
    if exists(path):
        raise _exists(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(template_path(NOTEBOOK), path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", remedy="Name another place.") from error
    return path


def _exists(path: Path) -> InputError:
    return InputError(f"{path} exists already.", remedy="Name another place, or move it away first.")


def _relative(path: Path, folder: Path) -> str:
    try:
        named = Path(os.path.relpath(path, folder))
    except ValueError:  # another drive
        named = path.absolute()
    if not is_utf8(named):
        raise InputError("A spec cannot name a file whose path is not UTF-8.", remedy="Rename file or folder.")
    return yaml_text(named.as_posix())


def _prediction_columns(table: Path) -> dict[str, str]:
    """Columns that seem to hold predictions, by their role."""
    roles = {
        "label": {"y_pred", "pred", "prediction", "predicted", "predictions"},
        "score": {"y_score", "score", "proba", "probability", "y_proba", "y_prob"},
    }
    columns = guess_columns(table).columns
    found = {role: [name for name in columns if name.casefold() in names] for role, names in roles.items()}
    return {role: names[0] for role, names in found.items() if len(names) == 1}


def _candidate(model: Path | None, predictions: dict[str, str], folder: Path) -> str:
    if model is None:
        known = predictions or {"label": "TODO"}
        lines = [f"    {role}: {yaml_text(column)}" for role, column in known.items()]
        todo = "TODO: check" if predictions else "TODO: name"
        return "\n".join((f"  predictions:  # {todo} the columns of the test table that hold predictions", *lines))
    what = "folder" if is_folder(model) else "file"
    lines = [
        f"  path: {_relative(model, folder)}",
        f"  sha256: {sha256_path(model)}  # you vouch for this {what}: it was hashed, not opened",
    ]
    if kind_of(model) is Kind.OTHER:
        lines.append('  # loader: "package.module:function"  # TODO: what opens it; docs/models.md shows loaders')
    return "\n".join(lines)


def _data(
    table: Path, train: Path | None, guesses: Guesses, kind: Target | None, folder: Path, *, guessed: bool
) -> str:
    lines = [f"test: {_relative(table, folder)}  # rows that the model never saw in training"]
    if train is None:
        lines.append("# train: train.parquet  # TODO: without it nothing is known of stability and drift")
    else:
        lines.append(f"train: {_relative(train, folder)}")
    lines.append("# recent: recent.parquet  # recent rows from production, for drift")
    if guesses.target is None:
        lines.append("target: TODO  # TODO: the column that holds the truth")
    else:
        lines.append(
            f"target: {yaml_text(guesses.target)}" + ("  # TODO: check; guessed by its name" if guessed else "")
        )
    lines += _labels(kind, has_train=train is not None)
    for role, said in (("id", "names a row"), ("time", "says when a row happened")):
        if column := getattr(guesses, role):
            lines.append(f"{role}: {yaml_text(column)}  # {said}; guessed")
    lines += _query(guesses)
    lines += _features(guesses)
    if guesses.group:
        group, said = yaml_text(guesses.group), "TODO: its values come again; remove the # if rows of one depend"
        lines.append(f"# group: {group}  # {said} on each other")
    else:
        said = "TODO: if several rows belong to one person, the column that says whose they are"
        lines.append(f"# group: customer_id  # {said}")
    return "\n".join(f"  {line}" for line in lines)


def _query(guesses: Guesses) -> list[str]:
    """The switched-off role of a column that says which rows are put in order together."""
    if guesses.query is None:
        return []
    why = "TODO: does the model put the rows of each in order? Then this takes the place of task, positive and classes"
    return [f"# query: {yaml_text(guesses.query)}  # {why}"]


def _features(guesses: Guesses) -> list[str]:
    """A list of features for a model that does not say which columns it takes, without what only names rows."""
    left_out = [name for name in guesses.identifiers if name != guesses.id]
    if not left_out or not guesses.others or len(guesses.others) > _MOST_FEATURES:
        return []
    names = listed((yaml_text(name) for name in left_out), most=4)
    listing = ", ".join(map(yaml_text, guesses.others))
    why = f"{names} left out: {'a name' if len(left_out) == 1 else 'names'} of rows, or of what they belong to"
    return [f"# features: [{listing}]  # {why}"]


def _labels(kind: Target | None, *, has_train: bool) -> list[str]:
    """Lines about the classes."""
    if kind is None:
        return ["# positive: 1  # TODO: for two classes, the one that the model looks for"]
    if kind.task is Task.REGRESSION:
        return ["task: regression"]
    if kind.task is Task.BINARY:
        rows = kind.rows[kind.rarest]
        share = f"{rows:,} of {sum(kind.rows):,} {_ENDING[sum(kind.rows) != 1]}"
        why = f"TODO: check; the class that the model looks for, guessed because it is the rarer one ({share})"
        return ["task: binary", f"positive: {yaml_label(kind.labels[kind.rarest])}  # {why}"]
    task = "task: multiclass" + ("  # TODO: or regression, if these numbers are amounts" if kind.doubtful else "")
    if has_train:
        return [task]
    classes = ", ".join(yaml_label(label) for label in kind.labels)
    return [task, f"classes: [{classes}]  # TODO: check; all that the model knows, not only those in this table"]


def _segments(guesses: Guesses) -> str:
    """Groupings that speak of people switched on, all others off."""
    active = [grouping for grouping in guesses.groupings if grouping.about_people]
    others = [grouping for grouping in guesses.groupings if not grouping.about_people]
    entries = [f"    - {_grouping(grouping)}" for grouping in active]
    entries += [f"    # - {_grouping(grouping)}" for grouping in others[:_MOST_SUGGESTED]]
    if guesses.time:
        entries.append(f"    # - {{column: {yaml_text(guesses.time)}, by: weekend}}")
    return "\n".join(("  segments:" if active else "  # segments:", *(entries or ["    # - age_group"])))


def _grouped(guesses: Guesses) -> str:
    """The first column that tells people apart; a usual one where none was found."""
    return next((grouping.column for grouping in guesses.groupings if grouping.about_people), "age_group")


def _grouping(grouping: Grouping) -> str:
    column = yaml_text(grouping.column)
    return f"{{column: {column}, bins: 4}}" if grouping.bins else f"{column}  # {grouping.values} values"


def _boxes() -> list[str]:
    """One line per box that somebody can answer; measured boxes are switched off, so that nothing hides them."""
    lines = []
    for box in BOXES:
        if box.source is Source.ATTESTED:
            lines.append(f"  {box.key}: {{}}  # pending: {box.title}")
        elif box.source is Source.MEASURED:
            lines.append(f"  # {box.key}: {{}}  # measured where possible: {box.title}")
    return lines
