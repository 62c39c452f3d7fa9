"""The way that was taken through the flowchart, and what is advised where it ended."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from readiness.core.findings import Question, Status
from readiness.core.policy import ROLLOUT
from readiness.report.plots.lettering import plain
from readiness.report.plots.style import ACCENT, FAINT, INK, LOOKS, MUTED, bare, canvas, house_style, sheet, title
from readiness.verdict.decision import ADVICE, FLOWCHART, Decision, next_step

ANSWER_WORDS = {
    Status.MET: "yes",
    Status.NOT_MET: "no",
    Status.NOT_PROVEN: "not proven",
    Status.NOT_ASSESSED: "not assessed",
}
_FORK_X, _FORK_WIDTH = 0.0, 4.9
_ADVICE_X, _ADVICE_WIDTH = 5.98, 4.02
_HEIGHT = 0.62
_SIZE = 8.3
"""Points: the longest question leaves room for the longest answer."""


class Answered(Protocol):
    """An answer, or what the record holds of one."""

    @property
    def question(self) -> Question:
        """Which question."""

    @property
    def status(self) -> Status:
        """What came of it."""


@house_style()
def flowchart(decision: Decision, answers: Sequence[Answered], *, ax: Axes | None = None) -> Axes:
    """The six forks in the order in which they are acted on. The way taken is drawn in blue: it ends at the first
    answer that is not yes, beside which stands what to do.
    """
    status = {answer.question: answer.status for answer in answers}
    reached = [step.question for step in decision.path]
    passed = [step.question for step in decision.path if step.status is Status.MET]
    ax = bare(canvas(ax, 4.8))
    ax.set_xlim(-0.05, 10.05)
    ax.set_ylim(len(FLOWCHART) + 0.42, -0.42)
    for y, question in enumerate(FLOWCHART):
        _fork(ax, y, question, status.get(question, Status.NOT_ASSESSED), question in reached, question in passed)
        _advice(ax, y, next_step(decision, question) or ADVICE[question], lit=question in reached[len(passed) :])
    _goal(ax, decision, all_passed=len(passed) == len(FLOWCHART))
    title(ax, f"Test result: {decision.words}", "the way through the six questions", above=2)
    return ax


def _fork(ax: Axes, y: int, question: Question, status: Status, reached: bool, passed: bool) -> None:
    ended = reached and not passed
    _box(ax, _FORK_X, _FORK_WIDTH, y, lit=reached)
    ax.text(_FORK_X + 0.15, y, question.words, va="center", fontsize=_SIZE, color=INK if reached else MUTED)
    look = LOOKS[status]
    ax.text(
        _FORK_X + _FORK_WIDTH - 0.15,
        y,
        f"{look.glyph} {ANSWER_WORDS[status]}",
        va="center",
        ha="right",
        fontsize=_SIZE,
        color=look.colour,
    )
    _arrow(ax, (_FORK_X + 0.6, y + _HEIGHT / 2), (_FORK_X + 0.6, y + 1 - _HEIGHT / 2), lit=passed, word="yes")
    word = ANSWER_WORDS[status] if ended else "no"
    _arrow(ax, (_FORK_X + _FORK_WIDTH, y), (_ADVICE_X, y), lit=ended, word=word)


def _advice(ax: Axes, y: int, text: str, *, lit: bool) -> None:
    """The advice for a no; where the way ended otherwise, what would settle it."""
    _box(ax, _ADVICE_X, _ADVICE_WIDTH, y, lit=lit, rounded=True)
    words = "\n".join(textwrap.wrap(plain(text), 43, max_lines=2, placeholder=" …"))
    ax.text(
        _ADVICE_X + 0.17, y, words, va="center", fontsize=sheet().small, color=INK if lit else MUTED, linespacing=1.25
    )


def _goal(ax: Axes, decision: Decision, *, all_passed: bool) -> None:
    y = len(FLOWCHART)
    stages = [stage.percent for stage in decision.rollout] or list(ROLLOUT)
    _box(ax, _FORK_X, _FORK_WIDTH, y, lit=all_passed, rounded=True)
    words = "Deploy in stages: " + " → ".join(f"{percent} %" for percent in stages)
    ax.text(_FORK_X + 0.2, y, words, va="center", color=INK if all_passed else MUTED)


def _box(ax: Axes, x: float, width: float, y: float, *, lit: bool, rounded: bool = False) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x, y - _HEIGHT / 2),
            width,
            _HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={0.28 if rounded else 0.06}",
            facecolor="#eef5fa" if lit else "white",
            edgecolor=ACCENT if lit else FAINT,
            linewidth=1.6 if lit else 0.9,
            mutation_aspect=1.0,
        )
    )


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], *, lit: bool, word: str) -> None:
    colour = ACCENT if lit else FAINT
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.8 if lit else 0.9, "shrinkA": 0, "shrinkB": 0},
    )
    across = start[1] == end[1]
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    ax.annotate(
        word,
        middle,
        (0, 3) if across else (5, 0),
        textcoords="offset points",
        ha="center" if across else "left",
        va="bottom" if across else "center",
        fontsize=sheet().small,
        color=ACCENT if lit else MUTED,
    )


def flowchart_text(decision: Decision, answers: Sequence[Answered]) -> str:
    """The flowchart in words, one line for each fork."""
    status = {answer.question: answer.status for answer in answers}
    lines = []
    for k, question in enumerate(FLOWCHART, start=1):
        answer = status.get(question, Status.NOT_ASSESSED)
        todo = next_step(decision, question)
        then = f" → {todo}. The way ends here." if todo else ""
        lines.append(f"{k}. {question.words} {ANSWER_WORDS[answer]}{then}")
    return "\n".join([*lines, f"Test result: {decision.words}"])


def flowchart_alt(decision: Decision, answers: Sequence[Answered]) -> str:
    """What `flowchart` shows, in one sentence."""
    del answers
    last = decision.path[-1] if decision.path else None
    if last is None or last.status is Status.MET:
        return f"Test result: {decision.words}; all {len(FLOWCHART)} forks of the flowchart were passed with yes."
    place = FLOWCHART.index(last.question) + 1
    return (
        f"Test result: {decision.words}; the way ends at fork {place} of {len(FLOWCHART)}, "
        f"“{last.question.words}” {ANSWER_WORDS[last.status]}: {next_step(decision, last.question)}."
    )
