"""How does a draft look in a notebook? Plain HTML without script or style sheet, on light and dark ground alike.

All looks are in style attributes, so nothing leaks into the notebook. Text and lines take the colour of the theme
around them; the only own colours are those of the marks, with white on a ground dark enough for it, and the white
paper of the pictures.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from readiness.answers import Answer, Finding, Status
from readiness.drafts.settings import reworded
from readiness.drafts.words import BANNER, MOST_CLAIMS, NEXT, claims, closing_lines
from readiness.figures import NotDrawn, Picture
from readiness.narrative import answer_sentence, answer_word
from readiness.numbers import format_criterion, format_estimate, format_interval
from readiness.verdict.decision import Decision, Verdict
from readiness.visible import NOT_TYPESET, presentable, visible

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
