"""Functions behind the metrics of the user's own, found like a model's loader: named in the signed spec."""

from __future__ import annotations

from readiness.evidence.models.load import find_function
from readiness.evidence.models.own_modules import serve
from readiness.evidence.target import Target
from readiness.spec.load import LoadedSpec
from readiness.statistics.cases import OwnFunction


def own_functions(loaded: LoadedSpec, target: Target) -> dict[str, OwnFunction]:
    """By name; modules are looked for among the installed ones, then in the spec's folder.

    Raises:
        ModelError: a module that cannot be imported, or that holds no such function.
    """
    spec, found = loaded.spec, {}
    serve(loaded.folder, *(own.use for own in spec.metrics.values()))
    for name, own in spec.metrics.items():
        function = find_function(own.use, f"function {own.use} of the metric {name}", f"metrics.{name}.use")
        found[name] = OwnFunction(spec.metric(name), function, target.classes, own.takes == "scores")
    return found
