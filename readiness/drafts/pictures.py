"""Which figures has an answer, and how does one get onto the axes of a notebook?"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from matplotlib.axes import Axes

from readiness import plots
from readiness.answers import Question
from readiness.exceptions import InputError
from readiness.figures import NotDrawn, Picture, draw
from readiness.hints import nearest, shown
from readiness.plots.style import house_style

FIGURES = {
    Question.BASELINE: ("lifts", "methods"),
    Question.BUSINESS: ("requirements",),
    Question.SEGMENTS: ("deficits", "slices"),
    Question.ERRORS: ("confusion", "residuals", "costs", "calibration"),
    Question.STABILITY: ("folds", "over_time"),
    Question.PRODUCTION: ("latency", "drift"),
}
"""As in the notebook of a review."""


class Pictures:
    """The figures of one answer, or of the decision; each is drawn when it is first looked at."""

    def __init__(self, module: str, names: tuple[str, ...], *drawn_from: Any) -> None:
        """`names` are functions of the module of `readiness.plots`; `drawn_from` is what they are called with."""
        self._module, self._names, self._drawn_from = getattr(plots, module), names, drawn_from

    @cached_property
    def drawn(self) -> tuple[Picture | NotDrawn, ...]:
        """Every figure, ready to be displayed, or why there is none."""
        return tuple(draw(self._function(name), *self._drawn_from) for name in self._names)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the figures that have something to show."""
        pairs = zip(self._names, self.drawn, strict=True)
        return tuple(name for name, picture in pairs if isinstance(picture, Picture))

    def plot(self, name: str, ax: Axes | None) -> Axes:
        """Draw a figure on `ax`, else on a new figure of pyplot's, as large as it needs.

        Raises:
            InputError: there is no figure of that name.
            NothingToDraw: there is, and the answer holds nothing for it.
        """
        if name not in self._names:
            raise InputError(f"There is no figure {shown(name)}{nearest(name, self._names)}")
        function = self._function(name)
        if ax is None:
            import matplotlib.pyplot as plt

            size = function(*self._drawn_from).figure.get_figure(root=True).get_size_inches()
            with house_style():
                ax = plt.figure(figsize=tuple(size), layout="constrained").add_subplot()
        return function(*self._drawn_from, ax=ax)

    def _function(self, name: str) -> Callable[..., Axes]:
        function: Callable[..., Axes] = getattr(self._module, name)
        return function
