"""Does the spec fit the files it names? Told before a kernel starts; no model is loaded, of rows only text is read."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from readiness.catalogue import ALIASES, METRICS, metric_names
from readiness.criteria import Task
from readiness.digests import sha256_path
from readiness.evidence.column_faults import column_faults
from readiness.evidence.limits import end_fault, limit_fault, value_fault
from readiness.evidence.models.kinds import EXPECTED, Kind, address_fault, kind_of, missing_extra
from readiness.evidence.modules_there import module_fault
from readiness.evidence.supplied.preflight import supplied_faults
from readiness.evidence.tables import TableHeader, header
from readiness.exceptions import InputError, SpecError
from readiness.hints import nearest, shown
from readiness.looking import exists, is_address, is_file, nearby
from readiness.spec import Label, ModelFile
from readiness.spec.checks import misfits, stated_task
from readiness.spec.reading import LoadedSpec
from readiness.spec.yaml_reading import KeyPath, Problem

Fault = tuple[KeyPath, str]


def preflight(loaded: LoadedSpec) -> None:
    """Refuse a spec whose tables, columns, model files or metrics do not fit; all faults at once.

    Raises:
        SpecError: with one line for each problem.
    """
    heads, faults = _headers(loaded)
    faults += [*_models(loaded), *_metrics(loaded), *_same_table(loaded), *_attestations(loaded), *_modules(loaded)]
    faults += supplied_faults(loaded, heads)
    if "test" in heads:
        faults += column_faults(loaded, heads)
    addresses = dict(_addresses(loaded))
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
    path = loaded.resolve(model.path)
    if not exists(path):
        yield (*where, "path"), f"{path} does not exist{nearby(path)}"
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
