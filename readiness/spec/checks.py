"""Whether the parts of a spec fit each other: what can be told before any table or model is opened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from readiness.core.metrics import RESPONSE_QUANTILES
from readiness.core.policy import Task
from readiness.core.sanitize import nearest, shown
from readiness.core.vocabulary import TITLE, spellings
from readiness.spec.about import is_outside
from readiness.spec.bounds import too_wide
from readiness.spec.inputs import vouches_of
from readiness.spec.rules import RuleError, parse_rule
from readiness.spec.schema import ModelFile, Rule, Spec, label_text
from readiness.spec.supplied_checks import prediction_faults, supplied_misfits
from readiness.spec.yaml import KeyPath

# ----------------------------------------------------------------------------------------------------
# Floors of classes: whether they fit the task and the classes

Fault = tuple[KeyPath, str]


def class_misfits(spec: Spec, task: Task | None) -> Iterator[Fault]:
    """What is wrong with `errors.floors`; `task` is None when nobody states it."""
    floors, labels = spec.errors.floors, [label_text(label) for label in spec.data.classes or ()]
    if floors and task is not None and not task.has_classes:
        yield ("errors", "floors"), f"this task is {task}, which has no classes"
        return
    for label in floors:
        if labels and label not in labels:
            yield ("errors", "floors", label), f"{shown(label)} is not in data.classes" + nearest(label, labels)


# ----------------------------------------------------------------------------------------------------
# Rankings: whether a spec says what a ranking needs, and nothing that only other tasks have


def ranking_misfits(spec: Spec, task: Task | None) -> Iterator[tuple[KeyPath, str]]:
    """A key and what is wrong there, for the task as far as it is known."""
    data, errors = spec.data, spec.errors
    if task is not Task.RANKING:
        if data.query is not None:
            yield ("data", "query"), f"only a ranking has queries; this task is {task}"
        if task is not None and "top_k" in errors.model_fields_set:
            yield ("errors", "top_k"), f"only a ranking shows the first rows of a query; this task is {task}"
        return
    if data.query is None:
        yield ("data", "query"), "missing; a ranking names the column that says which rows are put in order together"
    if data.positive is not None:
        yield ("data", "positive"), "a ranking has no positive class; rows with a target above 0 are the relevant ones"
    if data.classes is not None:
        yield ("data", "classes"), "a ranking has no classes; its target is a relevance, a number from 0"
    yield from _errors(spec)
    current = spec.baseline.current
    for where, part in (("model",), spec.model), (("baseline", "current"), current):
        if part is not None and part.predictions is not None and isinstance(part.predictions.score, Mapping):
            yield (*where, "predictions", "score"), "a ranking has one score for each row; name one column"


def _errors(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    errors = spec.errors
    if errors.costs is not None and errors.costs.matrix is not None:
        yield ("errors", "costs"), "a ranking takes the costs false_positive (shown, not relevant) and false_negative"
    if errors.do_nothing is not None:
        yield ("errors", "do_nothing"), "doing nothing is showing nothing in a ranking; leave this out"


# ----------------------------------------------------------------------------------------------------

GUESSES = {
    Task.BINARY: ("uniform", "majority", "stratified", "minority"),
    Task.MULTICLASS: ("uniform", "majority", "stratified"),
    Task.REGRESSION: ("mean", "median"),
    Task.RANKING: ("random",),
}
"""Baselines that need no evidence but the target; the candidate is compared with each of them.

Of two classes each constant answer is there, for the smaller one has the higher F1; of more, the largest class is the
constant answer that scores best.
"""
RESERVED = ("uniform", "majority", "stratified", "minority", "mean", "median", "random", "current", "human", "model")


def misfits(spec: Spec) -> list[Fault]:
    """Everything in a well-formed spec that contradicts something else in it."""
    checks = (
        _classes,
        _task,
        _roles,
        _features,
        _segments,
        _candidates,
        _names,
        _rules,
        _comparisons,
        _one_class,
        _method_costs,
        _matrix,
        _class_floors,
        _ranking,
        _settings_of_other_tasks,
        _supplied,
        _bounds,
        _vouches,
        _known_target,
        _rates,
        _words,
        _labels,
    )
    return list(chain.from_iterable(check(spec) for check in checks))


def stated_task(spec: Spec) -> Task | None:
    """The task as far as the spec alone tells it."""
    if spec.data.task is not None:
        return spec.data.task
    if spec.data.query is not None:
        return Task.RANKING
    if spec.data.positive is not None:
        return Task.BINARY
    if spec.data.classes is not None:
        return Task.MULTICLASS if len(spec.data.classes) > 2 else Task.BINARY
    return None


def baseline_names(spec: Spec) -> tuple[str, ...]:
    """What `lift_over` and `gain_over` may name: guesses, the rules, "current" and its name, "human"."""
    task = stated_task(spec)
    names = list(dict.fromkeys(chain.from_iterable(GUESSES.values())) if task is None else GUESSES[task])
    names += [rule.name for rule in spec.baseline.rules]
    if spec.baseline.current is not None:
        names += ["current", spec.baseline.current.name]
    return (*names, "human") if spec.baseline.human is not None else tuple(names)


def _classes(spec: Spec) -> Iterator[Fault]:
    data, labels = spec.data, [label_text(label) for label in spec.data.classes or ()]
    if len(set(labels)) < len(labels):
        yield ("data", "classes"), "names a class twice"
    if labels and data.positive is not None and label_text(data.positive) not in labels:
        yield ("data", "positive"), f"{shown(data.positive)} is not in data.classes"
    do_nothing = spec.errors.do_nothing
    if labels and do_nothing is not None and label_text(do_nothing) not in labels:
        yield ("errors", "do_nothing"), f"{shown(do_nothing)} is not in data.classes"


def _vouches(spec: Spec) -> Iterator[Fault]:
    """Nobody vouches for what they prepared themselves."""
    for where, word in vouches_of(spec.soundness, spec.data):
        if not spec.about.prepared_by:
            yield (
                where,
                "counts only beside about.prepared_by: name those who prepared the review, this person not among them",
            )
        elif not is_outside(word.by, spec.about):
            yield (
                where,
                f"{shown(word.by)} is among about.prepared_by; somebody who did not prepare the review must say so",
            )


def _known_target(spec: Spec) -> Iterator[Fault]:
    """The target is what is to be found out: nothing is said of it as of a column."""
    target = spec.data.target
    named: dict[KeyPath, Iterable[str]] = {
        ("data", "known_at"): spec.data.known_at,
        ("data", "independent"): spec.data.independent,
    }
    for key, columns in named.items():
        if target in columns:
            yield (*key, target), f"{shown(target)} is the target, which nobody knows before the decision"
    for index, name in enumerate(spec.production.drift_exempt):
        if name == target:
            yield ("production", "drift_exempt", index), f"{shown(target)} is the target, and no column that can drift"
    of_pairs = {
        "monotonic": [pair.column for pair in spec.production.monotonic],
        "invariant": [pair.column for pair in spec.production.invariant],
    }
    for part, paired in of_pairs.items():
        for index, name in enumerate(paired):
            if name == target:
                why = f"{shown(target)} is the target, which the model is not given"
                yield ("production", part, index, "column"), why


def _rates(spec: Spec) -> Iterator[Fault]:
    """A response time hangs on how many requests come."""
    for index, wanted in enumerate(spec.business.requirements):
        if wanted.metric in RESPONSE_QUANTILES and spec.production.rate_per_second is None:
            why = f"{wanted.metric} hangs on how many requests come; state production.rate_per_second"
            yield ("business", "requirements", index, "metric"), why


def _words(spec: Spec) -> Iterator[Fault]:
    """Words for classes where no class is looked for: they would stand nowhere."""
    task, words = stated_task(spec), spec.data.words
    for key in ("positive", "negative"):
        if getattr(words, key) is not None and task in (Task.MULTICLASS, Task.REGRESSION):
            target = shown(spec.data.target)
            instead = f"; name classes under data.labels, by {target}" if task.has_classes else ""
            yield ("data", "words", key), f"only a binary task or a ranking has such rows; this task is {task}{instead}"


def _labels(spec: Spec) -> Iterator[Fault]:
    """Titles that two columns share, and labels of classes that there are not."""
    data, titles = spec.data, dict[str, str]()
    classes = [label_text(label) for label in data.classes or ()]
    known = set(chain.from_iterable(map(spellings, classes)))
    for column, texts in data.labels.items():
        title = texts.get(TITLE)
        if title is not None and titles.setdefault(title, column) != column:
            yield (
                ("data", "labels", column, TITLE),
                f"{shown(title)} is the title of {shown(titles[title])} already; nobody could tell them apart",
            )
        for value in texts if column == data.target and classes else ():
            if value != TITLE and known.isdisjoint(spellings(value)):
                yield (
                    ("data", "labels", column, value),
                    f"{shown(value)} is not in data.classes" + nearest(value, classes),
                )


def _task(spec: Spec) -> Iterator[Fault]:
    data, costs, task = spec.data, spec.errors.costs, stated_task(spec)
    classes = len(data.classes or ())
    if task is Task.REGRESSION and data.positive is not None:
        yield ("data", "positive"), "a regression has no positive class"
    if task is Task.REGRESSION and classes:
        yield ("data", "classes"), "a regression has no classes"
    if task is Task.BINARY and classes > 2:
        yield ("data", "classes"), f"names {classes} classes; a binary task has two"
    if task is Task.MULTICLASS and data.positive is not None:
        yield ("data", "positive"), "only a binary task has a positive class"
    if costs is None or task is None:
        return
    if task is Task.REGRESSION and costs.under is None:
        yield ("errors", "costs"), "a regression takes the costs under and over"
    if task is not Task.REGRESSION and costs.under is not None:
        yield ("errors", "costs"), f"under and over are costs of a regression; this task is {task}"
    if task is Task.MULTICLASS and costs.false_positive is not None:
        yield ("errors", "costs"), "a task with more than two classes takes the costs as a matrix"


def _roles(spec: Spec) -> Iterator[Fault]:
    target = spec.data.target
    keys: dict[KeyPath, Iterable[str | None]] = {
        ("data", role): (getattr(spec.data, role),) for role in ("id", "time", "group", "weight", "query")
    }
    keys["data", "features"] = spec.data.features or ()
    for where, part in _models(spec):
        if part.predictions is not None:
            score = part.predictions.score
            keys[*where, "predictions", "label"] = (part.predictions.label,)
            keys[*where, "predictions", "score"] = (
                (score,) if score is None or isinstance(score, str) else score.values()
            )
    for index, rule in enumerate(spec.baseline.rules):
        keys["baseline", "rules", index, "column"] = (rule.column,)
    for key, columns in keys.items():
        if target in columns:
            yield key, f"{shown(target)} is the target, which holds the truth, and can have no other role"


def _features(spec: Spec) -> Iterator[Fault]:
    features = spec.data.features or ()
    for index, feature in enumerate(features):
        if feature in features[:index]:
            yield ("data", "features", index), f"{shown(feature)} stands here twice"


def _segments(spec: Spec) -> Iterator[Fault]:
    entries = spec.data.segments
    for index, entry in enumerate(entries):
        if entry in entries[:index]:
            yield ("data", "segments", index), "the same segmentation stands here twice"
        parts = entry if isinstance(entry, tuple) else (entry,)
        if spec.data.target in [part if isinstance(part, str) else part.column for part in parts]:
            target = shown(spec.data.target)
            yield (
                ("data", "segments", index),
                f"{target} is the target, which nobody knows beforehand, and groups no rows",
            )


def _models(spec: Spec) -> Iterator[tuple[KeyPath, ModelFile]]:
    yield ("model",), spec.model
    if spec.baseline.current is not None:
        yield ("baseline", "current"), spec.baseline.current


def _candidates(spec: Spec) -> Iterator[Fault]:
    task = stated_task(spec)
    for where, part in _models(spec):
        if task not in (None, Task.BINARY) and part.threshold is not None:
            yield (*where, "threshold"), f"only a binary task has a threshold; this task is {task}"
        if part.predictions is not None:
            yield from prediction_faults((*where, "predictions"), part.predictions, spec, task)


def _supplied(spec: Spec) -> Iterator[Fault]:
    yield from supplied_misfits(spec, stated_task(spec))


def _bounds(spec: Spec) -> Iterator[Fault]:
    yield from too_wide(spec, stated_task(spec))


def _names(spec: Spec) -> Iterator[Fault]:
    """Names of methods must be told apart in tables, so capitals make no difference."""
    taken = dict.fromkeys(RESERVED, "is a word with a meaning of its own")
    named: list[tuple[KeyPath, str]] = [
        (("baseline", "rules", index, "name"), rule.name) for index, rule in enumerate(spec.baseline.rules)
    ]
    if spec.baseline.current is not None and spec.baseline.current.name != "current":
        named.append((("baseline", "current", "name"), spec.baseline.current.name))
    for key, name in named:
        if name.casefold() in taken:
            yield key, f"{shown(name)} {taken[name.casefold()]}; choose another name"
        if re.fullmatch(r"rule-\d+", name.casefold()):
            yield key, f"{shown(name)} is how the report numbers rules; choose another name"
        taken.setdefault(name.casefold(), "is the name of a baseline already")


def _rules(spec: Spec) -> Iterator[Fault]:
    for index, rule in enumerate(spec.baseline.rules):
        where: KeyPath = ("baseline", "rules", index)
        if rule.when is None:
            continue
        try:
            columns = parse_rule(rule.when).columns
        except RuleError as error:
            yield (*where, "when"), f"{error.problem}, at column {error.column} of {shown(rule.when, 200)}"
            columns = frozenset()
        if spec.data.target in columns:
            yield (*where, "when"), f"asks for {shown(spec.data.target)}, the target, which nobody knows beforehand"
        yield from _outcomes(spec, rule, where)


def _outcomes(spec: Spec, rule: Rule, where: KeyPath) -> Iterator[Fault]:
    task = stated_task(spec)
    labels = [label_text(label) for label in spec.data.classes or ()]
    for key in ("then", "otherwise"):
        value = getattr(rule, key)
        if value is None:
            if task not in (None, Task.BINARY):
                yield (*where, key), f"missing; a rule for a task that is {task} says what it predicts"
        elif labels and label_text(value) not in labels:
            yield (*where, key), f"{shown(value)} is not in data.classes" + nearest(label_text(value), labels)
        elif task in (Task.REGRESSION, Task.RANKING) and isinstance(value, str | bool):
            yield (*where, key), f"found {shown(value)}, expected a number; the task is a {task}"


def _comparisons(spec: Spec) -> Iterator[Fault]:
    names, human = baseline_names(spec), spec.baseline.human
    for index, requirement in enumerate(spec.business.requirements):
        for key in ("lift_over", "gain_over"):
            name = getattr(requirement, key)
            where = ("business", "requirements", index, key)
            if name in ("current", "human") and name not in names:
                yield where, f"the spec gives no baseline.{name}"
            elif name is not None and name not in names:
                yield where, f"{shown(name)} is no baseline of this spec" + nearest(name, names)
            elif name == "human" and human is not None and human.metric != requirement.metric:
                yield where, f"the human figure is a {shown(human.metric)}, not a {shown(requirement.metric)}"


def _settings_of_other_tasks(spec: Spec) -> Iterator[Fault]:
    """Settings that would change nothing, without a word."""
    task = stated_task(spec)
    if spec.errors.interval is not None and task not in (None, Task.REGRESSION):
        yield ("errors", "interval"), f"only a regression has intervals around its predictions; this task is {task}"
    if spec.errors.capacity is not None and task in (Task.REGRESSION, Task.RANKING):
        yield ("errors", "capacity"), f"only some rows of a class can be acted on; this task is {task}"
    if spec.segments.fairness and task not in (None, Task.BINARY):
        yield ("segments", "fairness"), f"groups are compared so where there are two classes; this task is {task}"
    if spec.stability.windows is not None and spec.data.time is None:
        yield ("stability", "windows"), "needs data.time, the column that says when a row was"


def _one_class(spec: Spec) -> Iterator[Fault]:
    task, labels = stated_task(spec), [label_text(label) for label in spec.data.classes or ()]
    for index, requirement in enumerate(spec.business.requirements):
        where = ("business", "requirements", index, "of_class")
        if requirement.of_class is None:
            continue
        name = label_text(requirement.of_class)
        if task not in (None, Task.MULTICLASS):
            yield where, f"only a task with more than two classes looks for one of them; this task is {task}"
        elif labels and name not in labels:
            yield where, f"{shown(name)} is not in data.classes" + nearest(name, labels)
        elif "human" in (requirement.lift_over, requirement.gain_over):
            yield where, "the human figure is not of one class, so nothing of one class is compared with it"


def _method_costs(spec: Spec) -> Iterator[Fault]:
    names = baseline_names(spec)
    methods = ("model", spec.model.name, *names)
    costs = set(spec.baseline.cost_per_prediction)
    named = {"model": spec.model.name}
    if spec.baseline.current is not None:
        named["current"] = spec.baseline.current.name
    for word, name in named.items():
        if word != name and {word, name} <= costs:
            yield ("baseline", "cost_per_prediction", name), f"{shown(word)} is the same method; name it once"
    for name in spec.baseline.cost_per_prediction:
        if name not in methods:
            yield (
                ("baseline", "cost_per_prediction", name),
                f"{shown(name)} is no method of this spec" + nearest(name, methods),
            )


def _class_floors(spec: Spec) -> Iterator[Fault]:
    yield from class_misfits(spec, stated_task(spec))


def _ranking(spec: Spec) -> Iterator[Fault]:
    yield from ranking_misfits(spec, stated_task(spec))


def _matrix(spec: Spec) -> Iterator[Fault]:
    costs = spec.errors.costs
    labels = [label_text(label) for label in spec.data.classes or ()]
    if costs is None or costs.matrix is None or not labels:
        return
    for label in costs.matrix:
        if label not in labels:
            yield (
                ("errors", "costs", "matrix", label),
                f"{shown(label)} is not in data.classes" + nearest(label, labels),
            )
    missing = [label for label in labels if label not in costs.matrix]
    if missing:
        yield ("errors", "costs", "matrix"), f"has no costs for {', '.join(shown(label) for label in missing)}"
