"""Figures of the decision: all judged claims against their limits, and the path through the questions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.format import format_count, listed
from readiness.core.policy import ROLLOUT
from readiness.report.plots.lettering import folded, plain, segment_words, shorten
from readiness.report.plots.marks import margin_note, rows, stripes
from readiness.report.plots.style import (
    ACCENT,
    FAINT,
    INK,
    LOOKS,
    MUTED,
    PAPER,
    WASH,
    NothingToDraw,
    bare,
    canvas,
    house_style,
    sheet,
    title,
)
from readiness.report.sentences.margins import margin_of
from readiness.verdict.decision import FLOWCHART, Decision, advice_on, next_step

ANSWER_WORDS = {
    Status.MET: "yes",
    Status.NOT_MET: "no",
    Status.NOT_PROVEN: "not proven",
    Status.NOT_ASSESSED: "not assessed",
}

# ----------------------------------------------------------------------------------------------------
# All claims in one picture: the distance of each judged number from its limit, in half-widths of its interval.

FARTHEST = 20.0
"""Half-widths from which on all distances are drawn alike."""
MOST_DOTS = 60
"""Claims of one question that are drawn one by one; of more the closest to their limits are."""
_DEGREE = 3.0
"""Below this a distance is to scale; above it the scale is squeezed, so that the limit has room around it."""
_TICKS = (-20, -10, -5, -1, 1, 5, 10, 20)
_TOPICS = {
    Question.BASELINE: "Alternatives",
    Question.BUSINESS: "Requirements",
    Question.SEGMENTS: "Groups",
    Question.ERRORS: "Errors",
    Question.STABILITY: "Stability",
    Question.PRODUCTION: "Production",
}


@dataclass(frozen=True, slots=True)
class Claims:
    """The judged claims of one question, and what is shown beside them without being judged."""

    question: Question
    judged: tuple[tuple[Finding, float], ...]
    """Each with its distance, cut at `FARTHEST`; the closest to its limit last."""
    shown: tuple[float, ...]
    """Distances of what is measured against a limit, and does not count."""
    rest: int
    """Judged claims without an interval: yes-or-no checks, exact numbers, and what nobody could look at."""
    unmet: int
    """Those of them whose answer is not yes."""
    tally: Mapping[Status, int]
    """How many numbers are judged, also those that are not drawn, by status."""

    @property
    def numbers(self) -> int:
        """All judged numbers."""
        return sum(self.tally.values())

    @property
    def met(self) -> int:
        """Those that hold."""
        return self.tally.get(Status.MET, 0)


def _claims(answers: Sequence[Answer]) -> list[Claims]:
    found = [_claims_of(answer) for answer in answers]
    if not any(claims.judged for claims in found):
        raise NothingToDraw("no judged number has an interval")
    return found


def _claims_of(answer: Answer) -> Claims:
    judged, shown, rest = [], [], []
    for finding in answer.findings:
        margin = margin_of(finding)
        if margin is not None and finding.blocking:
            judged.append((finding, max(-FARTHEST, min(FARTHEST, margin))))
        elif margin is not None and finding.status is not Status.NOT_ASSESSED:
            shown.append(max(-FARTHEST, min(FARTHEST, margin)))
        elif finding.blocking:
            rest.append(finding)
    closest = sorted(judged, key=lambda pair: -pair[1])[-MOST_DOTS:]
    unmet = sum(finding.status is not Status.MET for finding in rest)
    tally = Counter(finding.status for finding, _ in judged)
    return Claims(answer.question, tuple(closest), tuple(sorted(shown)[:MOST_DOTS]), len(rest), unmet, tally)


@house_style()
def margins(answers: Sequence[Answer], *, ax: Axes | None = None) -> Axes:
    """Every judged number by its distance to its limit, in half-widths of its 95 % interval, one row a question. Right
    of the shaded band it is met, left of it not met; inside the band the interval reaches across the limit.
    """
    claims = _claims(answers)
    on = sheet()
    ax = canvas(ax, 0.55 + (0.5 if on.narrow else 0.42) * len(claims))
    rows(ax, [f"{each.question.number} {_TOPICS[each.question]}" for each in claims])
    least = min((x for each in claims for x in (*(m for _, m in each.judged), *each.shown)), default=0.0)
    ax.set_xscale("function", functions=(_squeezed, _stretched))
    ax.set_xlim(min(-2.5, least * 1.25 - 0.5), 26 if on.narrow else 24)
    stripes(ax, len(claims))
    _bands(ax)
    for y, each in enumerate(claims):
        _dots(ax, y, each)
        _outcome(ax, y, each)
    _name_the_worst(ax, claims)
    title(ax, "Every judged number and its limit", _counted(claims), above=14)
    return ax


def _squeezed(x: object) -> object:
    """The scale of distances: the inverse hyperbolic sine, straight around the limit and logarithmic far from it."""
    import numpy as np

    return np.arcsinh(np.asarray(x, dtype=float) / _DEGREE)


def _stretched(x: object) -> object:
    import numpy as np

    return _DEGREE * np.sinh(np.asarray(x, dtype=float))


def _bands(ax: Axes) -> None:
    """The limit, what is left of it, and the band in which nothing is proven."""
    left, right = ax.get_xlim()
    ax.axvspan(left, -1, facecolor=LOOKS[Status.NOT_MET].colour, alpha=0.07, linewidth=0, zorder=0)
    ax.axvspan(-1, 1, facecolor=LOOKS[Status.NOT_PROVEN].colour, alpha=0.16, linewidth=0, zorder=0)
    ax.axvline(0, color=INK, linewidth=1.2, zorder=1)
    shown = [tick for tick in _TICKS if left <= tick <= right]
    if sheet().narrow:
        shown = [tick for tick in shown if tick in (-20, -5, 5, 20)]
    words = {20: "20 or more", -20: "−20 or less", 1: "1", -1: "−1"}
    ax.set_xticks([*shown, 0], labels=[*(words.get(t, f"{t}".replace("-", "−")) for t in shown), "limit"])
    ax.tick_params(axis="x", labelsize=sheet().small)
    places = (("not met", (left - 1) / 2, Status.NOT_MET), ("met", 4.5, Status.MET))
    for text, x, status in places:
        if left < -3.4 or status is Status.MET:
            _above(ax, text, x, status)
    _above(ax, "!" if sheet().narrow else "not proven", 0, Status.NOT_PROVEN)


def _above(ax: Axes, text: str, x: float, status: Status) -> None:
    ax.annotate(
        text,
        (x, 1),
        (0, 3),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        ha="center",
        fontsize=sheet().small,
        color=LOOKS[status].colour,
        annotation_clip=False,
    )


def _dots(ax: Axes, y: float, claims: Claims) -> None:
    """Claims at the same distance stand beside each other, above and below the line of the row."""
    taken: dict[int, int] = {}
    marks: dict[Status | None, list[tuple[float, float]]] = {}
    every = [(x, finding.status) for finding, x in reversed(claims.judged)] + [(x, None) for x in claims.shown]
    for x, status in every:
        place = round(float(math.asinh(x / _DEGREE)) * 14)
        k = taken[place] = taken.get(place, -1) + 1
        lift = (k + 1) // 2 * (0.15 if k % 2 else -0.15)
        marks.setdefault(status, []).append((x, y + max(-0.36, min(0.36, lift))))
    for status, points in marks.items():
        look = LOOKS[Status.NOT_ASSESSED if status is None else status]
        filled = look.filled and status is not None
        ax.plot(
            [x for x, _ in points],
            [at for _, at in points],
            marker=look.marker if status is not None else "o",
            markersize=9 if look.marker == "X" else 5.5,
            color=look.colour,
            markerfacecolor=look.colour if filled else PAPER,
            markeredgecolor=PAPER if filled else look.colour,
            markeredgewidth=0.5 if filled else 1.2,
            linestyle="none",
            label=f"_{claims.question.value} {'shown' if status is None else status.value}",
            zorder=3 if status is Status.NOT_MET else 2.5,
            clip_on=False,
        )


def _outcome(ax: Axes, y: float, claims: Claims) -> None:
    """What stands beside the dots: claims without an interval, and how many of them are not met."""
    if sheet().narrow or not claims.rest:
        return
    words = f"+ {format_count(claims.rest)} without an interval"
    unmet = f", {format_count(claims.unmet)} do{'es' if claims.unmet == 1 else ''} not hold" if claims.unmet else ""
    margin_note(ax, y, words + unmet, colour=INK if unmet else MUTED, size=sheet().small)


def _worst(claims: Sequence[Claims]) -> tuple[int, Finding, float] | None:
    """Row, finding and distance of the claim that is farthest on the wrong side, or not proven."""
    found = [(y, finding, x) for y, each in enumerate(claims) for finding, x in each.judged
             if finding.status in (Status.NOT_MET, Status.NOT_PROVEN)]  # fmt: skip
    return min(found, key=lambda one: (one[1].status is not Status.NOT_MET, one[2]), default=None)


def _claim_words(finding: Finding) -> str:
    where = segment_words(finding, sheet().words.vocabulary) if finding.segment else finding.name
    return plain(where)


def _name_the_worst(ax: Axes, claims: Sequence[Claims]) -> None:
    worst = _worst(claims)
    if worst is None:
        return
    y, finding, x = worst
    left, right = (math.asinh(edge / _DEGREE) for edge in ax.get_xlim())
    before = (math.asinh(x / _DEGREE) - left) / (right - left) > 0.55
    ax.annotate(
        shorten(_claim_words(finding), 24 if sheet().narrow else 44),
        (x, y),
        (0, -9),
        textcoords="offset points",
        ha="right" if before else "left",
        va="top",
        fontsize=sheet().small,
        color=LOOKS[finding.status].colour,
        parse_math=False,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.4, "alpha": 0.8},
        zorder=3.2,
    )


def _counted(claims: Sequence[Claims]) -> str:
    """How many numbers are judged, and what came of them."""
    tally = {status: sum(each.tally.get(status, 0) for each in claims) for status in LOOKS}
    said = [f"{LOOKS[status].glyph} {format_count(n)} {status.words}" for status, n in tally.items() if n]
    shown = sum(len(each.shown) for each in claims)
    said += [f"○ {format_count(shown)} shown and not judged"] if shown else []
    return "; ".join(said)


def margins_caption(answers: Sequence[Answer]) -> str:
    """What `margins` shows, in a few words."""
    claims = _claims(answers)
    met, n = sum(each.met for each in claims), sum(each.numbers for each in claims)
    rest, unmet = sum(each.rest for each in claims), sum(each.unmet for each in claims)
    numbers = "judged number holds" if n == 1 else "judged numbers hold"
    others = ""
    if rest == 1:
        others = f" 1 more claim has no interval; it {'does not hold' if unmet else 'holds'}."
    elif rest:
        held = "all" if not unmet else format_count(rest - unmet)
        others = f" {format_count(rest)} more claims have no interval; {held} of them hold."
    return f"{format_count(met)} of {format_count(n)} {numbers}.{others}"


def margins_alt(answers: Sequence[Answer]) -> str:
    """What `margins` shows: the counts, and the closest claim of each question."""
    claims = _claims(answers)
    said = []
    for each in claims:
        if each.judged:
            _, x = each.judged[-1]
            far = f"{FARTHEST:.0f} or more" if x >= FARTHEST else f"{x:.1f}".replace("-", "−")
            said.append(f"{each.question.number} {_TOPICS[each.question]}: {format_count(each.numbers)}, closest {far}")
    worst = _worst(claims)
    named = f" The worst: {_claim_words(worst[1])}, {worst[1].status.words}." if worst is not None else ""
    return f"{margins_caption(answers)} Distances in half-widths: {listed(said, 6)}.{named}"


# ----------------------------------------------------------------------------------------------------
# The path through the flowchart: it ends at the first answer that is not yes.

_HEIGHT = 0.62


class Answered(Protocol):
    """An answer, or what the record holds of one."""

    @property
    def question(self) -> Question:
        """Which question."""

    @property
    def status(self) -> Status:
        """What came of it."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Where boxes stand on a sheet of width 10."""

    fork_width: float
    advice: tuple[float, float]
    """Left edge and width."""
    question_columns: int
    advice_columns: int

    @property
    def below(self) -> bool:
        """Whether the advice stands below its fork."""
        return self.advice[0] < 1


_WIDE_PLACES = _Places(4.9, (5.9, 4.1), 60, 46)
_NARROW_PLACES = _Places(10.0, (0.6, 9.4), 25, 40)


@house_style()
def flowchart(decision: Decision, answers: Sequence[Answered], *, ax: Axes | None = None) -> Axes:
    """The six questions in the order in which a no is acted on. The path stops at the first answer that is not yes;
    what lies below it was not reached, whatever its answer.
    """
    status = {answer.question: answer.status for answer in answers}
    passed = [step.question for step in decision.path if step.status is Status.MET]
    end = next((step.question for step in decision.path if step.status is not Status.MET), None)
    places = _NARROW_PLACES if sheet().narrow else _WIDE_PLACES
    extra = 1 if places.below and end is not None else 0
    ax = bare(canvas(ax, 0.62 * (len(FLOWCHART) + 1 + extra)))
    ax.set_xlim(-0.05, 10.05)
    ax.set_ylim(len(FLOWCHART) + extra + 0.42, -0.42)
    for k, question in enumerate(FLOWCHART):
        y = k + (extra if end is not None and k > FLOWCHART.index(end) else 0)
        _fork(ax, y, places, question, status.get(question, Status.NOT_ASSESSED), question in passed, question is end)
        if question is end:
            _advice(ax, y, places, advice_on(question, status.get(question, Status.NOT_ASSESSED)))
    _goal(ax, len(FLOWCHART) + extra, places, decision, all_passed=len(passed) == len(FLOWCHART))
    title(ax, f"Decision path: {decision.words}", above=2)
    return ax


def _fork(ax: Axes, y: int, places: _Places, question: Question, status: Status, passed: bool, ends: bool) -> None:
    """One question with its answer; where the path did not come by, the answer is not drawn as one."""
    reached = passed or ends
    _box(ax, 0.0, places.fork_width, y, lit=reached)
    text = "\n".join(folded(question.words, places.question_columns, 2))
    size = sheet().small
    ax.text(0.15, y, text, va="center", fontsize=size, color=INK if reached else MUTED, linespacing=1.15)
    look = LOOKS[status]
    words = f"{look.glyph} {ANSWER_WORDS[status]}" if reached else "not reached"
    ax.text(places.fork_width - 0.15, y, words, va="center", ha="right", fontsize=size,
            color=look.colour if reached else MUTED)  # fmt: skip
    if not (ends and places.below):
        _arrow(ax, (0.6, y + _HEIGHT / 2), (0.6, y + 1 - _HEIGHT / 2), lit=passed)


def _advice(ax: Axes, y: int, places: _Places, text: str) -> None:
    """What to do about the answer at which the path stops."""
    x, width = places.advice
    at = y + 1 if places.below else y
    if places.below:
        _arrow(ax, (5, y + _HEIGHT / 2), (5, at - _HEIGHT / 2), lit=True)
    else:
        _arrow(ax, (places.fork_width, y), (x, y), lit=True)
    _box(ax, x, width, at, lit=True, rounded=True)
    words = "\n".join(folded(text, places.advice_columns, 2))
    ax.text(x + 0.17, at, words, va="center", fontsize=sheet().small, color=INK, linespacing=1.2)


def _goal(ax: Axes, y: int, places: _Places, decision: Decision, *, all_passed: bool) -> None:
    stages = [stage.percent for stage in decision.rollout] or list(ROLLOUT)
    _box(ax, 0.0, places.fork_width, y, lit=all_passed, rounded=True)
    words = "Release in stages: " + " → ".join(f"{percent} %" for percent in stages)
    ax.text(0.15, y, words, va="center", fontsize=sheet().small, color=INK if all_passed else MUTED)


def _box(ax: Axes, x: float, width: float, y: float, *, lit: bool, rounded: bool = False) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x, y - _HEIGHT / 2),
            width,
            _HEIGHT,
            boxstyle=f"round,pad=0,rounding_size={0.2 if rounded else 0.06}",
            facecolor=WASH if lit else PAPER,
            edgecolor=ACCENT if lit else FAINT,
            linewidth=1.6 if lit else 0.9,
            linestyle="-" if lit else (0, (4, 3)),
            mutation_aspect=1.0,
        )
    )


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], *, lit: bool) -> None:
    ax.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": ACCENT if lit else FAINT,
            "linewidth": 1.6 if lit else 0.9,
            "shrinkA": 1,
            "shrinkB": 1,
        },
    )


def flowchart_text(decision: Decision, answers: Sequence[Answered]) -> str:
    """The flowchart in words, one line for each fork."""
    status = {answer.question: answer.status for answer in answers}
    lines = []
    for k, question in enumerate(FLOWCHART, start=1):
        answer = status.get(question, Status.NOT_ASSESSED)
        todo = next_step(decision, question)
        then = f" → {todo}. The path stops here." if todo else ""
        lines.append(f"{k}. {question.words} {ANSWER_WORDS[answer]}{then}")
    return "\n".join([*lines, f"Test result: {decision.words}"])


def flowchart_caption(decision: Decision, answers: Sequence[Answered]) -> str:
    """What `flowchart` shows, in a few words."""
    del answers
    last = decision.path[-1] if decision.path else None
    if last is None or last.status is Status.MET:
        return "All six answers are yes: the path leads to the release in stages."
    return f"The path stops at question {last.question.number}, the first answer that is not yes."


def flowchart_alt(decision: Decision, answers: Sequence[Answered]) -> str:
    """What `flowchart` shows, in one sentence."""
    del answers
    last = decision.path[-1] if decision.path else None
    if last is None or last.status is Status.MET:
        return f"{decision.words}: all {len(FLOWCHART)} questions were answered with yes."
    place = FLOWCHART.index(last.question) + 1
    return (
        f"{decision.words}: the path stops at fork {place} of {len(FLOWCHART)}, "
        f"“{last.question.words}” {ANSWER_WORDS[last.status]}: {advice_on(last.question, last.status)}."
    )
