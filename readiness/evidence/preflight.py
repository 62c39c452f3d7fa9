"""Whether the spec fits the files it names, before a kernel starts; no model is loaded, of rows only text is read."""

from __future__ import annotations

import datetime
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from readiness.core.errors import InputError, SpecError
from readiness.core.files import exists, is_address, is_file, nearby_hint, sha256_path
from readiness.core.metrics import ALIASES, METRICS, metric_names
from readiness.core.policy import Task
from readiness.core.sanitize import nearest, shown
from readiness.evidence.columns import features_of, is_nested, needed_columns
from readiness.evidence.limits import end_fault, limit_fault, value_fault
from readiness.evidence.models.kinds import EXPECTED, Kind, address_fault, kind_of, missing_extra
from readiness.evidence.supplied.preflight import supplied_faults
from readiness.evidence.tables import PARQUET_SUFFIXES, TableHeader, header
from readiness.evidence.workers.cells import isolation_here, weakness
from readiness.spec.checks import misfits, stated_task
from readiness.spec.inputs import vouches_of
from readiness.spec.load import LoadedSpec
from readiness.spec.questions import Invariant, Monotonic
from readiness.spec.registry import is_registered
from readiness.spec.schema import Label, ModelFile, Spec
from readiness.spec.supplied_checks import supplied_key
from readiness.spec.yaml import KeyPath, Problem

# ----------------------------------------------------------------------------------------------------
# Texts of a table that cannot be shown: a Parquet file may hold bytes that are no UTF-8, which shows only later.

_ROWS = 65_536
_TEXTS = ("string", "large_string", "string_view", "dictionary<values=string", "dictionary<values=large_string")


def unreadable_columns(head: TableHeader, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Columns among `columns` whose text is not UTF-8, each with what is wrong; of CSV files that is told elsewhere."""
    types = dict(zip(head.columns, head.types, strict=True))
    texts = [name for name in columns if types.get(name, "").startswith(_TEXTS)]
    if not texts or not head.path.name.lower().endswith(PARQUET_SUFFIXES):
        return
    left = dict.fromkeys(texts)
    with pa.OSFile(os.fsencode(head.path)) as stream, pq.ParquetFile(stream) as file:
        row = 0
        for batch in file.iter_batches(batch_size=_ROWS, columns=texts):
            for name in tuple(left):
                if not _is_utf8(batch.column(name)):
                    del left[name]
                    yield name, _words(name, head, row, batch.num_rows)
            row += batch.num_rows


def _is_utf8(values: pa.Array) -> bool:
    try:
        (values.dictionary if isinstance(values, pa.DictionaryArray) else values).validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _words(name: str, head: TableHeader, first: int, rows: int) -> str:
    where = f"between rows {first + 1:,} and {first + rows:,}"
    return f"the column {shown(name)} of {head.path.name} holds text that is not UTF-8, {where}; export the table again"


# ----------------------------------------------------------------------------------------------------
# Columns that a spec names and that are not there, or of no kind that a review can read; each fault with its key.

Fault = tuple[KeyPath, str]


def column_faults(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns that are not there, hold more than one value in each row, or text that nothing can show."""
    yield from _missing(loaded, heads)
    yield from _nested_columns(loaded, heads)
    yield from _unreadable(loaded, heads)


def _missing(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    found = {key: head.columns for key, head in heads.items()}
    features = features_of(loaded.spec, found["test"], ())
    listed = features if loaded.spec.data.features is not None else ()
    for table, columns in needed_columns(loaded, listed, found).items():
        for name in columns.required:
            if name not in found[table]:
                where = supplied_key(loaded.spec, table, name) or _where(loaded, name)
                yield (
                    where,
                    f"the table {heads[table].path.name} has no column {shown(name)}{nearest(name, found[table])}",
                )


def _nested_columns(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns of lists or records where a review needs one value for each row."""
    found = {key: head.columns for key, head in heads.items()}
    seen: set[KeyPath] = set()
    for table, columns in needed_columns(loaded, (), found).items():
        head = heads[table]
        types = dict(zip(head.columns, head.types, strict=True))
        for name in columns.required if table == "test" else columns.all:
            where = supplied_key(loaded.spec, table, name) or _where(loaded, name)
            if is_nested(types.get(name, "")) and where not in (*_MAY_BE_NESTED, *seen):
                seen.add(where)
                text = f"the column {shown(name)} of {head.path.name} holds lists or records ({shown(types[name], 40)})"
                yield where, f"{text}, expected one value for each row"


def _unreadable(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns that a review reads and whose text nothing could show."""
    found = {key: head.columns for key, head in heads.items()}
    for table, columns in needed_columns(loaded, loaded.spec.data.features or (), found).items():
        try:
            faults = tuple(unreadable_columns(heads[table], columns.all))
        except (OSError, pa.ArrowException):  # a damaged file is told where its rows are read
            continue
        for name, text in faults:
            role = supplied_key(loaded.spec, table, name) or _where(loaded, name)
            yield (("data", table) if role == ("model", "predictions") else role), text


_MAY_BE_NESTED: tuple[KeyPath, ...] = (("data", "id"), ("errors", "show"), ("data", "features"))
"""Keys whose columns are only shown, or are the model's own affair."""


def _where(loaded: LoadedSpec, column: str) -> KeyPath:
    """The key of the spec that names the column."""
    data = loaded.spec.data
    for role in ("target", "id", "time", "group", "weight", "query"):
        if getattr(data, role) == column:
            return ("data", role)
    for i, entry in enumerate(data.segments):
        parts = entry if isinstance(entry, tuple) else (entry,)
        if column in [part if isinstance(part, str) else part.column for part in parts]:
            return ("data", "segments", i)
    for i, rule in enumerate(loaded.spec.baseline.rules):
        if rule.column == column or (rule.when is not None and column in rule.when):
            return ("baseline", "rules", i)
    if column in loaded.spec.errors.show:
        return ("errors", "show")
    costs = loaded.spec.errors.costs
    if costs is not None and column in (
        getattr(getattr(costs, k), "column", None) for k in ("false_positive", "false_negative")
    ):
        return ("errors", "costs")
    if pair := _pair_of(loaded.spec, column):
        return pair
    return ("data", "features") if column in (data.features or ()) else ("model", "predictions")


def _pair_of(spec: Spec, column: str) -> KeyPath | None:
    """The key of what the spec says of the answer as this column changes; None where it says nothing."""
    stated: dict[str, Sequence[Monotonic | Invariant]] = {
        "monotonic": spec.production.monotonic,
        "invariant": spec.production.invariant,
    }
    named = (("production", key, i, "column") for key, pairs in stated.items() for i, pair in enumerate(pairs)
             if pair.column == column)  # fmt: skip
    return next(named, None)


# ----------------------------------------------------------------------------------------------------
# Modules of functions that the spec names: looked for, and never imported.


def module_fault(reference: str, folder: Path) -> str:
    """What is wrong with the module of "package.module:function"; empty where it lies in `folder`, or is installed."""
    name = reference.partition(":")[0]
    if _is_there(name, folder):
        return ""
    beside = f"{name.replace('.', '/')}.py"
    return (
        f"there is no module {shown(name)}, neither beside the spec ({shown(beside)}) nor among what is installed here"
    )


def _is_there(name: str, folder: Path) -> bool:
    first, *others = name.split(".")
    if name in sys.modules:  # also one that no file stands for, as os.path
        return True
    found = PathFinder.find_spec(first, [str(folder)]) or _find_module(first)
    for other in others:
        places = None if found is None else found.submodule_search_locations
        found = PathFinder.find_spec(f"{found.name}.{other}", list(places)) if found is not None and places else None
    return found is not None


def _find_module(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: it was imported, and says nothing of where it came from
        return None


# ----------------------------------------------------------------------------------------------------


def preflight(loaded: LoadedSpec) -> None:
    """Refuse a spec whose tables, columns, model files or metrics do not fit; all faults at once.

    Raises:
        SpecError: with one line for each problem.
    """
    heads, faults = _headers(loaded)
    faults += [*_models(loaded), *_metrics(loaded), *_same_table(loaded), *_attestations(loaded), *_modules(loaded)]
    faults += supplied_faults(loaded, heads)
    if "test" in heads:
        faults += [*column_faults(loaded, heads), *_spoken_of(loaded, heads)]
    addresses = dict(_addresses(loaded))
    faults = faults or [*_isolation(loaded)]  # a trial start, of what is there
    faults = [*addresses.items(), *(fault for fault in faults if fault[0] not in addresses)]
    _refuse(loaded, faults, "its files")


def fit_target(loaded: LoadedSpec, task: Task, classes: Sequence[Label]) -> None:
    """Refuse a spec that does not fit the task and the classes which the tables turned out to hold.

    Raises:
        SpecError: with one line for each problem, such as costs of two classes where there are three.
    """
    found = {"task": task} | ({"classes": tuple(classes)} if classes else {})
    spec = loaded.spec.model_copy(update={"data": loaded.spec.data.model_copy(update=found)})
    _refuse(loaded, [*misfits(spec), *_metrics(replace(loaded, spec=spec))], f"its target, which makes the task {task}")


def _refuse(loaded: LoadedSpec, faults: list[Fault], misfit: str) -> None:
    if not faults:
        return
    name = loaded.path.name
    places = [loaded.place(key) for key, _ in faults]
    problems = [Problem(at.file, at.line, key, text) for at, (key, text) in zip(places, faults, strict=True)]
    first = loaded.place(()).file
    problems.sort(key=lambda problem: (problem.file != first, problem.file, problem.line))
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    raise SpecError(f"{name} does not fit {misfit}: {count} to fix.", problems=tuple(map(str, problems)))


def _headers(loaded: LoadedSpec) -> tuple[dict[str, TableHeader], list[Fault]]:
    heads: dict[str, TableHeader] = {}
    faults: list[Fault] = []
    for key in ("test", "train", "recent"):
        given = getattr(loaded.spec.data, key)
        if given is None:
            continue
        try:
            heads[key] = header(loaded.resolve(given))
        except InputError as error:
            faults.append((("data", key), _in_one_line(error)))
        except UnicodeError:
            faults.append((("data", key), f"{shown(given)} has a column whose name is not UTF-8; rename the column"))
    return heads, faults


def _addresses(loaded: LoadedSpec) -> Iterator[Fault]:
    """Addresses in place of the paths of tables."""
    data, supplied = loaded.spec.data, loaded.spec.supplied
    given: dict[KeyPath, str | None] = {("data", key): getattr(data, key) for key in ("test", "train", "recent")}
    given["supplied", "folds", "table"] = None if supplied.folds is None else supplied.folds.table
    given["supplied", "latency", "path"] = None if supplied.latency is None else supplied.latency.path
    rows = supplied.training_rows
    given["supplied", "training_rows", "path"] = None if rows is None else rows.path
    for key, path in given.items():
        if path is not None and is_address(path):
            yield key, f"{shown(path)} is an address; addresses are not fetched. Download it first and name the file"


def _in_one_line(error: InputError) -> str:
    message = error.message.strip()
    stop = "" if message.endswith((".", "?")) else "."
    return f"{message}{stop} {error.remedy}".strip().rstrip(".")


def _same_table(loaded: LoadedSpec) -> Iterator[Fault]:
    """Rows that the model was fitted on prove nothing about rows that it was not."""
    data = loaded.spec.data
    if data.train is None:
        return
    test, train = loaded.resolve(data.test), loaded.resolve(data.train)
    try:
        alike = is_file(test) and is_file(train) and test.stat().st_size == train.stat().st_size
        same = alike and sha256_path(test) == sha256_path(train)
    except InputError:  # told where the tables are looked at
        return
    if same:
        yield ("data", "test"), f"{test.name} is, byte for byte, the training table; give rows that it never saw"


def _attestations(loaded: LoadedSpec) -> Iterator[Fault]:
    today = datetime.date.today()
    for box, attestation in loaded.spec.checklist.items():
        if attestation.on is not None and attestation.on > today:
            yield ("checklist", box, "on"), f"{attestation.on} lies in the future; today is {today}"
    for where, word in vouches_of(loaded.spec.soundness, loaded.spec.data):
        if word.on > today:
            yield (*where, "on"), f"{word.on} lies in the future; today is {today}"


def _spoken_of(loaded: LoadedSpec, heads: Mapping[str, TableHeader]) -> Iterator[Fault]:
    """Columns that the spec says something of, and that no table has."""
    data, exempt = loaded.spec.data, loaded.spec.production.drift_exempt
    there = list(dict.fromkeys(name for head in heads.values() for name in head.columns))
    said: list[tuple[KeyPath, str]] = [(("data", "known_at", name), name) for name in data.known_at]
    said += [(("data", "independent", name), name) for name in data.independent]
    said += [(("data", "labels", name), name) for name in data.labels]
    said += [(("about", "features", name), name) for name in loaded.spec.about.features]
    said += [(("production", "drift_exempt", k), name) for k, name in enumerate(exempt)]
    for key, name in said:
        if name not in there:
            yield key, f"no table has a column {shown(name)}{nearest(name, there)}"


def _modules(loaded: LoadedSpec) -> Iterator[Fault]:
    """Functions of the user's own whose module is neither beside the spec nor installed; nothing is imported."""
    spec = loaded.spec
    named: list[tuple[KeyPath, str | None]] = [(("model", "loader"), spec.model.loader)]
    if spec.baseline.current is not None:
        named.append((("baseline", "current", "loader"), spec.baseline.current.loader))
    named += [(("metrics", name, "use"), metric.use) for name, metric in spec.metrics.items()]
    for key, reference in named:
        if reference is not None and (fault := module_fault(reference, loaded.folder)):
            yield key, fault


def _isolation(loaded: LoadedSpec) -> Iterator[Fault]:
    """Where it is required, what this machine cannot give."""
    if loaded.spec.production.isolation == "required" and (why := weakness(isolation_here(loaded), loaded.spec)):
        yield ("production", "isolation"), why


def _models(loaded: LoadedSpec) -> Iterator[Fault]:
    yield from _model(loaded, loaded.spec.model, ("model",))
    if loaded.spec.baseline.current is not None:
        yield from _model(loaded, loaded.spec.baseline.current, ("baseline", "current"))


def _model(loaded: LoadedSpec, model: ModelFile, where: KeyPath) -> Iterator[Fault]:
    try:
        yield from _model_faults(loaded, model, where)
    except InputError as error:  # a file or folder that cannot be read
        yield (*where, "path"), _in_one_line(error)


def _model_faults(loaded: LoadedSpec, model: ModelFile, where: KeyPath) -> Iterator[Fault]:
    if model.path is None:
        return
    fault, remedy = address_fault(model.path)
    if fault:
        yield (*where, "path"), f"{fault}. {remedy}"
        return
    if is_registered(model.path) and model.sha256 is None:
        yield (*where, "path"), "lies in a registry, so set sha256; `readiness run` fetches it and shows its digest"
        return
    path = loaded.resolve(model.path)
    if is_registered(model.path) and not exists(path):
        return  # it is fetched when the review begins; no request is made here
    if not exists(path):
        yield (*where, "path"), f"{path} does not exist{nearby_hint(path)}"
        return
    digest, kind, what = sha256_path(path), kind_of(path), "folder" if path.is_dir() else "file"
    if model.sha256 is not None and model.sha256 != digest:
        yield (*where, "sha256"), f"the {what} has the digest {digest}; expected {model.sha256}{_or_pin(where)}"
    if model.sha256 is None and kind.needs_pin:
        warning = f"{path.name} is {kind.article}, which runs code when it is loaded"
        yield (*where, "path"), f"{warning}; if you vouch for this {what}, set sha256: {digest}{_or_pin(where)}"
    if kind is Kind.OTHER and model.loader is None:
        found = "a folder" if path.is_dir() else f"of the kind {path.suffix or 'without an ending'}"
        way = f"name a function that opens it in {'.'.join(map(str, where))}.loader; docs/models.md shows loaders"
        yield (*where, "path"), f"{path.name} is {found}, expected {EXPECTED}; {way}"
    fault, remedy = missing_extra(kind) if model.loader is None else ("", "")
    if fault:
        yield (*where, "path"), f"{path.name} is {kind.article}, and {fault}. {remedy}"


def _or_pin(where: KeyPath) -> str:
    """The other way to vouch; the model now in production keeps the pin of the spec."""
    return ", or add --pin" if where == ("model",) else ""


def _metrics(loaded: LoadedSpec) -> Iterator[Fault]:
    spec, task = loaded.spec, stated_task(loaded.spec)
    named: list[tuple[KeyPath, str | None, bool]] = [(("baseline", "metric"), spec.baseline.metric, False)]
    if spec.baseline.human is not None:
        named.append((("baseline", "human", "metric"), spec.baseline.human.metric, False))
    for i, requirement in enumerate(spec.business.requirements):
        if requirement.of_class is None:
            named.append((("business", "requirements", i, "metric"), requirement.metric, True))
    named += [(("segments", "metrics", i), name, False) for i, name in enumerate(spec.segments.metrics or ())]
    for key, name, technical in named:
        if name is None or name in spec.metrics:
            continue
        if fault := metric_fault(name, task, technical=technical, own=tuple(spec.metrics)):
            yield key, fault
    yield from _limits(loaded)
    yield from _human(loaded)
    yield from _of_one_class(loaded)
    yield from _own(loaded)
    compared: list[tuple[KeyPath, str | None]] = [(("baseline", "metric"), spec.baseline.metric)]
    compared += [(("segments", "metrics", i), name) for i, name in enumerate(spec.segments.metrics or ())]
    for where, name in compared:
        if name == "bias":
            yield where, "a bias is best at 0, not where it is lowest; compare by mae"
    yield from _margin(loaded)


def _limits(loaded: LoadedSpec) -> Iterator[Fault]:
    spec = loaded.spec
    for i, requirement in enumerate(spec.business.requirements):
        known = requirement.metric in METRICS or requirement.metric in spec.metrics
        if not known:
            continue
        metric = spec.metric(requirement.metric)
        fault = limit_fault(requirement, metric) or end_fault(requirement, metric, stated_task(spec))
        if fault:
            yield ("business", "requirements", i), fault


def _human(loaded: LoadedSpec) -> Iterator[Fault]:
    human = loaded.spec.baseline.human
    if human is None or human.metric not in METRICS:
        return
    if fault := value_fault(METRICS[human.metric], human.value):
        yield ("baseline", "human", "value"), fault


def _margin(loaded: LoadedSpec) -> Iterator[Fault]:
    spec = loaded.spec
    primary_is_own = spec.baseline.metric in spec.metrics
    if spec.baseline.margin is not None and spec.baseline.margin >= 1 and not primary_is_own:
        yield ("baseline", "margin"), f"{spec.baseline.margin:g} cannot be reached; a margin lies below 1, such as 0.02"


def _of_one_class(loaded: LoadedSpec) -> Iterator[Fault]:
    spec = loaded.spec
    for i, requirement in enumerate(spec.business.requirements):
        if requirement.of_class is None or requirement.metric in spec.metrics:
            continue
        if fault := class_metric_fault(requirement.metric):
            yield ("business", "requirements", i, "metric"), fault


def _own(loaded: LoadedSpec) -> Iterator[Fault]:
    """What is wrong with the metrics of the user's own: names that are taken, and limits that nobody states."""
    spec = loaded.spec
    for name in spec.metrics:
        if (taken := METRICS.get(ALIASES.get(name, name))) is not None:
            yield ("metrics", name), f"{shown(name)} is a metric already, {taken.title}; give yours another name"
    human = spec.baseline.human
    compared: dict[KeyPath, str | None] = {("baseline", "metric"): spec.baseline.metric}
    compared["baseline", "human", "metric"] = None if human is None else human.metric
    for key, own in compared.items():
        if own in spec.metrics and spec.baseline.margin is None:
            yield key, f"{shown(own)} is your own; state baseline.margin, the gain that counts, in its unit"
    for i, own in enumerate(spec.segments.metrics or ()):
        points = own in spec.metrics and spec.metrics[own].greater_is_better
        if points and "limit" not in spec.segments.model_fields_set:
            key = ("segments", "metrics", i)
            yield key, f"{shown(own)} is your own; state segments.limit, the deficit that is too large, in its unit"


def metric_fault(name: str, task: Task | None, *, technical: bool, own: Sequence[str] = ()) -> str:
    """What is wrong with naming this metric for this task; empty when nothing is. `own` are the user's own metrics."""
    metric = METRICS.get(name)
    if metric is None:
        known = [*own, *(m for m in METRICS if technical or METRICS[m].needs != "measurement")]
        return f"{shown(name)} is no metric{nearest(name, known)}"
    if metric.needs == "measurement" and not technical:
        return f"{shown(name)} is measured on the model, not on rows, and cannot be used here"
    if task is not None and task not in metric.tasks:
        alone = " without of_class" if technical and task is Task.MULTICLASS and Task.BINARY in metric.tasks else ""
        return f"{shown(name)} does not fit a {task} task{alone}{nearest(name, metric_names(task))}"
    return ""


def class_metric_fault(name: str) -> str:
    """What is wrong with naming this metric for one of many classes; empty when nothing is."""
    metric = METRICS.get(name)
    if metric is not None and metric.needs == "measurement":
        return f"{shown(name)} is measured on the model, which knows no of_class"
    if metric is None or Task.BINARY not in metric.tasks:
        return f"{shown(name)} is no metric of one class{nearest(name, metric_names(Task.BINARY))}"
    return ""
