"""The look of a draft in a notebook: plain HTML without script or style sheet, on light and dark ground alike.

All looks are in style attributes, so nothing leaks into the notebook. Text and lines take the colour of the theme
around them; the only own colours are those of the marks, with white on a ground dark enough for it, and the white
paper of the pictures.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from readiness.core.checklist import BOXES
from readiness.core.errors import InputError
from readiness.core.findings import Answer, Finding, Outcome, Question, Status
from readiness.core.format import MINUS, format_criterion, format_estimate, format_interval
from readiness.core.keys import Topic
from readiness.core.sanitize import NOT_TYPESET, nearest, presentable, shown, visible
from readiness.report import plots
from readiness.report.pictures import NotDrawn, Picture, draw
from readiness.report.plots.style import house_style
from readiness.report.sentences import answer_sentence, answer_word, finding_sentence, worst_first
from readiness.reviews.settings import reworded
from readiness.verdict.decision import Decision, Verdict

# ----------------------------------------------------------------------------------------------------
# How does a draft read in a terminal? Marked first and last, so that nobody takes it for a report.

BANNER = "DRAFT · unsigned · computed in memory; nothing here can be approved"
NEXT = "For a report that can be signed: .to_spec(FOLDER), then readiness run"
MOST_CLAIMS = 20
_WAITING = (Outcome.PENDING, Outcome.MISSING)
_BOXES = frozenset(box.code for box in BOXES if box.code)


def review_text(head: str, reason: str, answers: Sequence[Answer], decision: Decision) -> str:
    """Six answers and what to do, in lines."""
    shown = presentable(tuple(answer.findings for answer in answers))
    yes = sum(answer.status is Status.MET for answer in answers)
    lines = [BANNER, "", visible(head), f"Test result (draft): {decision.words}", f"  {visible(reason)}"]
    lines += ["", f"{yes} of 6 questions are answered yes:"]
    for answer, findings in zip(answers, shown, strict=True):
        lines += [_head(answer), f"      {reworded(answer_sentence(Answer(answer.question, findings)))}"]
    lines += _what_to_do(decision)
    return _joined([*lines, "", BANNER, NEXT])


def answer_text(answer: Answer, table: str) -> str:
    """One answer with its claims, the worst first; `table` is where to find all of them."""
    answer = Answer(answer.question, presentable(answer.findings))
    judged, pending = claims(answer)
    lines = [BANNER, "", _head(answer), f"      {reworded(answer_sentence(answer))}"]
    lines += [
        f"    - {finding.status.words}: {reworded(finding_sentence(finding))}" for finding in judged[:MOST_CLAIMS]
    ]
    lines += [f"    - {line}" for line in closing_lines(len(judged) - MOST_CLAIMS, pending, table)]
    return _joined(lines)


def claims(answer: Answer) -> tuple[list[Finding], int]:
    """The claims that were judged, the worst first, without boxes that nobody has filled in; and how many those are."""
    judged = [finding for finding in answer.findings if finding.blocking]
    waiting = [finding for finding in judged if finding.outcome in _WAITING and finding.code in _BOXES]
    return worst_first([finding for finding in judged if finding not in waiting]), len(waiting)


def closing_lines(more: int, pending: int, table: str) -> list[str]:
    """What stands below the claims: how many are left out, and how many boxes wait."""
    lines = [f"and {more} more {'claim' if more == 1 else 'claims'}: {table}"] if more > 0 else []
    boxes = "1 box of the checklist is" if pending == 1 else f"{pending} boxes of the checklist are"
    return [*lines, f"{boxes} pending; fill them in with review(…, checklist=…)"] if pending else lines


def decision_text(decision: Decision) -> str:
    """The result and what follows from it."""
    return _joined([BANNER, "", f"Test result (draft): {decision.words}", *_what_to_do(decision)])


def _head(answer: Answer) -> str:
    question = answer.question
    return f"  {question.number} {question.words} {answer_word(answer.status).upper()}"


def _what_to_do(decision: Decision) -> list[str]:
    actions = presentable(decision.actions)
    if actions:
        return ["", "Before go-live:", *(f"  {action.question.number} {reworded(action.text)}" for action in actions)]
    return ["", "Nothing that was asked is left open."]


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).replace(MINUS, "-") + "\n"


# ----------------------------------------------------------------------------------------------------

_LINE = "1px solid rgba(127,127,127,.4)"
_STYLES = {
    "all": "max-width:60rem;line-height:1.45;font-size:14px;font-family:system-ui,'Segoe UI',Roboto,Arial,sans-serif;"
    "color:inherit;text-align:left",
    "banner": "border:1px dashed currentColor;border-radius:4px;padding:3px 10px;margin:0 0 10px;font-weight:600;"
    "letter-spacing:.02em",
    "note": "margin:4px 0;opacity:.8",
    "text": "margin:6px 0",
    "table": "border-collapse:collapse;border:none;margin:8px 0;width:100%;font-size:13px;color:inherit;"
    "table-layout:auto",  # JupyterLab makes all columns equally wide
    "row": f"background:transparent;color:inherit;border:none;border-bottom:{_LINE};text-align:left",
    "cell": "background:transparent;color:inherit;text-align:left;vertical-align:top;padding:5px 12px 5px 0;"
    "border:none;white-space:normal;overflow-wrap:anywhere;max-width:none;font-weight:400",
    "head": "background:transparent;color:inherit;text-align:left;padding:5px 12px 5px 0;border:none;font-weight:600",
    "fold": f"border-top:{_LINE};padding:8px 0;margin:0",
    "summary": "cursor:pointer;font-weight:600;padding:2px 0",
    "figure": "margin:10px 0;padding:0",
    "image": "max-width:100%;height:auto;background:#fff;border-radius:4px;padding:6px;box-sizing:border-box",
    "caption": "font-size:12px;opacity:.8;margin:3px 0 0",
}
_MARKS = {
    Status.MET: ("✓", "#17703f"),
    Status.NOT_MET: ("✕", "#b3241a"),
    Status.NOT_PROVEN: ("?", "#855600"),
    Status.NOT_ASSESSED: ("–", "#525c69"),
}
_VERDICTS = {
    Verdict.READY: Status.MET,
    Verdict.READY_BY_POINT_ESTIMATE: Status.MET,
    Verdict.NOT_READY: Status.NOT_MET,
    Verdict.NOT_PROVEN: Status.NOT_PROVEN,
}
Drawn = Sequence[Picture | NotDrawn]


def review_html(
    head: str, reason: str, answers: Sequence[Answer], decision: Decision, drawn: Sequence[Drawn], flowchart: Drawn
) -> str:
    """Six answers at a glance, then each with its claims and pictures; those that are not yes are unfolded."""
    rows = (
        _row((str(a.question.number), _text(a.question.words), _mark(a.status, answer_word(a.status)), _sentence(a)))
        for a in answers
    )
    parts = [
        _tag("p", _text(head), "text"),
        _result(decision),
        _tag("p", _text(reason), "text"),
        _table(("", "Question", "Answer", "Why"), rows),
        _steps(decision),
        *(_fold(answer, pictures) for answer, pictures in zip(answers, drawn, strict=True)),
        *_figures(flowchart),
        _tag("p", f"{_text(BANNER)}. {_text(NEXT)}.", "note"),
    ]
    return _whole(parts)


def answer_html(answer: Answer, drawn: Drawn) -> str:
    """One answer with its claims and pictures."""
    question = answer.question
    title = f"{question.number}. {_text(question.words)} {_mark(answer.status, answer_word(answer.status))}"
    return _whole([_tag("p", title, "summary"), *_inside(answer, drawn)])


def decision_html(decision: Decision, flowchart: Drawn) -> str:
    """The result, what must happen, and the way there."""
    return _whole([_result(decision), _steps(decision), *_figures(flowchart)])


def _whole(parts: Iterable[str]) -> str:
    content = _tag("div", _text(BANNER), "banner") + "".join(parts)
    return f'<div class="{NOT_TYPESET}" style="{_STYLES["all"]}">{content}</div>'


def _fold(answer: Answer, drawn: Drawn) -> str:
    question = answer.question
    title = f"{question.number}. {_text(question.words)} {_mark(answer.status, answer_word(answer.status))}"
    unfolded = "" if answer.status is Status.MET else " open"
    summary = _tag("summary", title, "summary")
    return f'<details style="{_STYLES["fold"]}"{unfolded}>{summary}{"".join(_inside(answer, drawn))}</details>'


def _inside(answer: Answer, drawn: Drawn) -> list[str]:
    judged, pending = claims(Answer(answer.question, presentable(answer.findings)))
    rows = map(_claim, judged[:MOST_CLAIMS])
    table = f"review.{answer.question.value}.table"
    return [
        _tag("p", _sentence(answer), "text"),
        _table(("Claim", "Result", "Required", "Measured"), rows) if judged else "",
        *(_tag("p", _text(line), "note") for line in closing_lines(len(judged) - MOST_CLAIMS, pending, table)),
        *_figures(drawn),
    ]


def _claim(finding: Finding) -> str:
    measured = "" if finding.measured is None else format_estimate(finding.measured, finding.criterion)
    interval = "" if finding.measured is None else format_interval(finding.measured, finding.criterion)
    needs = finding.needs if finding.status in (Status.NOT_PROVEN, Status.NOT_ASSESSED) else ""
    said = [finding.reason, finding.withheld, f"to settle it: {needs}" if needs else ""]
    note = "; ".join(text.rstrip(". ") for text in dict.fromkeys(said) if text)
    cells = (
        _text(finding.name) + (_tag("div", _text(reworded(note)), "caption") if note else ""),
        _mark(finding.status, finding.status.words),
        "" if finding.criterion is None else _text(format_criterion(finding.criterion)),
        _text(f"{measured} ({interval})" if interval else measured),
    )
    return _row(cells)


def _result(decision: Decision) -> str:
    words = f"Test result (draft): {decision.words}"
    return _tag("p", _mark(_VERDICTS[decision.verdict], words), "text")


def _steps(decision: Decision) -> str:
    items = "".join(
        f"<li><b>{action.question.number}</b> {_text(reworded(presentable(action).text))}</li>"
        for action in decision.actions
    )
    title = _tag("p", "Before go-live", "head")
    return f'{title}<ul style="margin:0 0 10px;padding-left:1.2em;list-style:disc">{items}</ul>' if items else ""


def _figures(drawn: Drawn) -> list[str]:
    return [_figure(picture) for picture in drawn if isinstance(picture, Picture)]


def _figure(picture: Picture) -> str:
    kind, data = ("svg+xml", picture.svg.encode("utf-8")) if picture.svg else ("png", picture.png)
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    image = f'<img src="{source}" alt="{_text(picture.alt)}" style="{_STYLES["image"]}">'
    caption = _tag("figcaption", f"DRAFT · {_text(picture.caption)}", "caption")
    return f'<figure style="{_STYLES["figure"]}">{image}{caption}</figure>'


def _sentence(answer: Answer) -> str:
    return _text(reworded(answer_sentence(Answer(answer.question, presentable(answer.findings)))))


def _mark(status: Status, word: str) -> str:
    glyph, colour = _MARKS[status]
    style = f"display:inline-block;white-space:nowrap;padding:0 9px;border-radius:10px;background:{colour};color:#fff"
    return f'<span style="{style};font-weight:600;font-size:13px">{glyph} {_text(word)}</span>'


def _table(head: Sequence[str], rows: Iterable[str]) -> str:
    titles = "".join(f'<th scope="col" style="{_STYLES["head"]}">{title}</th>' for title in head)
    top = f'<thead style="border:none"><tr style="{_STYLES["row"]}">{titles}</tr></thead>'
    return f'<table style="{_STYLES["table"]}">{top}<tbody>{"".join(rows)}</tbody></table>'


def _row(cells: Iterable[str]) -> str:
    return f'<tr style="{_STYLES["row"]}">' + "".join(_tag("td", cell, "cell") for cell in cells) + "</tr>"


def _tag(name: str, content: str, style: str) -> str:
    return f'<{name} style="{_STYLES[style]}">{content}</{name}>'


def _text(text: str) -> str:
    """What somebody wrote: nothing in it acts, neither on the terminal nor in the page."""
    return html.escape(visible(text))


# ----------------------------------------------------------------------------------------------------
# How do findings become a DataFrame? One row for each claim, one column for each thing to know, each of one type.

SHOWN = "shown"
"""The status of what is shown and not judged."""
_BRIEF = ("claim", "status", "measured", "required")
_CLAIM_WIDTH = 38
_NUMBERS = ("measured", "low", "high", "level", "required", "bound_low", "bound_high")


class Findings(pd.DataFrame):
    """A DataFrame whose text starts with what was claimed and found; whatever is made of it is a plain one."""

    def __repr__(self) -> str:
        """Claim, status and numbers in 80 characters, and the names of the other columns."""
        plain = pd.DataFrame(self)
        brief = [name for name in _BRIEF if name in plain]
        others = ", ".join(str(name) for name in plain if name not in brief)
        text = plain[brief].to_string(max_colwidth=_CLAIM_WIDTH, max_rows=60) if brief else super().__repr__()
        return f"{text}\n\nFurther columns: {others}" if brief and others else text


def findings_frame(answers: Iterable[Answer]) -> pd.DataFrame:
    """(findings, columns) in the order of the report.

    `status` is "shown" where nothing was judged. `required` is the number to which `op` compares; `low` and `high`
    are the two-sided interval, `bound_low` and `bound_high` what was compared. Missing numbers are NaN; `n` is `Int64`;
    question and status are ordered categories. A terminal shows the first few columns and names the others.
    """
    rows = [_frame_row(answer.question, finding) for answer in answers for finding in answer.findings]
    frame = pd.DataFrame(rows, columns=list(_frame_row(Question.BASELINE, _EMPTY)))
    types: dict[str, Any] = dict.fromkeys(_NUMBERS, "float64")
    types |= {
        "n": "Int64",
        "blocking": "bool",
        "question": pd.CategoricalDtype([question.value for question in Question], ordered=True),
        "status": pd.CategoricalDtype([*(status.value for status in Status), SHOWN], ordered=True),
    }
    frame = Findings(frame.astype(types))
    frame.attrs["note"] = BANNER
    return frame


_EMPTY = Finding(Topic.OWN.key(""), "", Status.NOT_ASSESSED)


def _frame_row(question: Question, finding: Finding) -> dict[str, object]:
    measured, criterion, bounds = finding.measured, finding.criterion, finding.bounds
    return {
        "claim": finding.name,
        "status": finding.status.value if finding.blocking else SHOWN,
        "measured": None if measured is None else measured.value,
        "low": None if measured is None else measured.low,
        "high": None if measured is None else measured.high,
        "op": "" if criterion is None else criterion.op,
        "required": None if criterion is None else criterion.threshold,
        "unit": "" if measured is None else measured.unit,
        "n": None if measured is None else measured.n,
        "level": None if measured is None else measured.level,
        "bound_low": None if bounds is None else bounds.lower,
        "bound_high": None if bounds is None else bounds.upper,
        "metric": finding.metric,
        "segment": " and ".join(f"{column} = {value}" for column, value in finding.segment.items()),
        "warning": finding.warning,
        "reason": finding.reason,
        "needs": finding.needs,
        "source": "" if criterion is None else criterion.source,
        "blocking": finding.blocking,
        "question": question.value,
        "code": finding.code,
    }


# ----------------------------------------------------------------------------------------------------
# Which figures has an answer, and how does one get onto the axes of a notebook?

FIGURES = {
    Question.BASELINE: ("lifts", "methods"),
    Question.BUSINESS: ("requirements",),
    Question.SEGMENTS: ("groups", "slices"),
    Question.ERRORS: ("confusion", "residuals", "costs", "calibration"),
    Question.STABILITY: ("folds", "over_time"),
    Question.PRODUCTION: ("latency", "drift"),
}
"""As in the notebook of a review."""


class Pictures:
    """The figures of one answer, or of the decision; each is drawn when it is first looked at."""

    def __init__(self, module: str, names: tuple[str, ...], *drawn_from: Any) -> None:
        """`names` are functions of a module of `report.plots`; `drawn_from` is what they are called with."""
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
