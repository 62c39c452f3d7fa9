"""Looks of a review in a notebook: plain HTML without script or style sheet, on light and dark ground alike.

All looks are in style attributes, so nothing leaks into the notebook. Text and lines take the colour of the theme
around them; the only own colours are those of the marks, with white on a ground dark enough for it, and those of the
pictures.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence

from readiness.core.findings import Answer, Finding, Status
from readiness.core.format import format_count
from readiness.core.sanitize import NOT_TYPESET, presentable, visible
from readiness.core.withholding import Soundness, kind_of
from readiness.report.pictures import NotDrawn, Picture
from readiness.report.plots.style import LOOKS
from readiness.report.risk_signs import risk_signs
from readiness.report.sentences import answer_sentence, answer_word, limits, soundness_sentence, worst_first
from readiness.report.sentences.language import Language
from readiness.reviews.texts import BANNER, NEXT, claims, finding_words, in_place, pending_words, result_words
from readiness.statistics.first_look import FirstLook, Part
from readiness.verdict.decision import Decision, Verdict

MOST_SHOWN = 10
"""Claims that stand open under an answer, the worst first."""
MOST_FOLDED = 100
"""Claims in the fold below them; the table holds all, also of thousands of groups."""

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
    "more": "padding:2px 0;margin:2px 0",
    "summary": "cursor:pointer;font-weight:600;padding:2px 0",
    "opener": "cursor:pointer;padding:2px 0",
    "caption": "font-size:12px;opacity:.8;margin:3px 0 0",
    "list": "margin:0 0 10px;padding-left:1.2em;list-style:disc",
}
_VERDICTS = {
    Verdict.READY: Status.MET,
    Verdict.READY_BY_POINT_ESTIMATE: Status.MET,
    Verdict.NOT_READY: Status.NOT_MET,
    Verdict.NOT_PROVEN: Status.NOT_PROVEN,
}
Drawn = Sequence[Picture | NotDrawn]


# ----------------------------------------------------------------------------------------------------
# Whole parts.


def review_html(
    head: str,
    reason: str,
    answers: Sequence[Answer],
    decision: Decision,
    drawn: Sequence[Drawn],
    flowchart: Drawn,
    language: Language,
    *,
    is_draft: bool,
) -> str:
    """Six answers at a glance, then each with its claims and pictures; those that are not yes are unfolded."""
    rows = (
        _row((str(a.question.number), _text(a.question.words), _answered(a), _sentence(a, language, is_draft=is_draft)))
        for a in answers
    )
    parts = [
        _tag("p", _text(head), "text"),
        _result(decision, is_draft=is_draft),
        _tag("p", _text(reason), "text"),
        _table(("", "Question", "Answer", "Why"), rows),
        _steps(decision, is_draft=is_draft),
        *(
            _fold(answer, pictures, language, is_draft=is_draft)
            for answer, pictures in zip(answers, drawn, strict=True)
        ),
        *_figures(flowchart),
        _tag("p", f"{_text(BANNER)}. {_text(NEXT)}.", "note") if is_draft else "",
    ]
    return _whole(parts, is_draft=is_draft)


def data_html(head: str, look: FirstLook, *, is_draft: bool) -> str:
    """Candidate and rows: classes or spread of the target, and what is missing."""
    lines = [_tag("p", _text(head), "text"), _beside("Target" if not look.task.has_classes else "Class", look.target)]
    if look.gaps:
        lines.append(_beside("Missing values", look.gaps))
        more = f"{format_count(look.more_gaps)} more columns have gaps." if look.more_gaps else ""
        lines.append(_tag("p", more, "note") if more else "")
    else:
        lines.append(_tag("p", f"No value is missing in {format_count(look.columns)} columns.", "note"))
    return _whole(lines, is_draft=is_draft)


def soundness_html(soundness: Soundness, language: Language, *, is_draft: bool) -> str:
    """What was found of the rows, doubts first."""
    judged = worst_first([finding for finding in presentable(soundness.findings) if finding.blocking])
    listed = _listed(judged, "review.soundness.findings", language, most=len(soundness.doubts), is_draft=is_draft)
    return _whole([_tag("p", _text(soundness_sentence(soundness)), "text"), *listed], is_draft=is_draft)


def answer_html(answer: Answer, drawn: Drawn, language: Language, *, is_draft: bool) -> str:
    """One answer with its claims, the worst first, and pictures."""
    question = answer.question
    title = _tag("p", f"{question.number}. {_text(question.words)} {_answered(answer)}", "summary")
    return _whole([title, *_inside(answer, drawn, language, is_draft=is_draft)], is_draft=is_draft)


def decision_html(decision: Decision, flowchart: Drawn, *, is_draft: bool) -> str:
    """The result, what must happen, and the way there."""
    rollout = "".join(f"<li>{stage.percent} % {_text(stage.condition)}</li>" for stage in decision.rollout)
    stages = f"{_tag('p', 'Rollout, once approved', 'head')}{_items(rollout)}" if rollout else ""
    parts = [_result(decision, is_draft=is_draft), _steps(decision, is_draft=is_draft), stages, *_figures(flowchart)]
    return _whole(parts, is_draft=is_draft)


# ----------------------------------------------------------------------------------------------------
# What they are made of.


def _whole(parts: Iterable[str], *, is_draft: bool) -> str:
    content = (_tag("div", _text(BANNER), "banner") if is_draft else "") + "".join(parts)
    return f'<div class="{NOT_TYPESET}" style="{_STYLES["all"]}">{content}</div>'


def _fold(answer: Answer, drawn: Drawn, language: Language, *, is_draft: bool) -> str:
    question = answer.question
    title = f"{question.number}. {_text(question.words)} {_answered(answer)}"
    unfolded = "" if answer.status is Status.MET else " open"
    inside = "".join(_inside(answer, drawn, language, is_draft=is_draft))
    return f'<details style="{_STYLES["fold"]}"{unfolded}>{_tag("summary", title, "summary")}{inside}</details>'


def _inside(answer: Answer, drawn: Drawn, language: Language, *, is_draft: bool) -> list[str]:
    judged, pending = claims(Answer(answer.question, presentable(answer.findings)))
    table = f"review.{answer.question.value}.table()"
    return [
        _tag("p", _sentence(answer, language, is_draft=is_draft), "text"),
        *_listed(judged, table, language, is_draft=is_draft),
        _tag("p", _text(pending_words(pending, is_draft=is_draft)), "note") if pending else "",
        *_figures(drawn, is_draft=is_draft),
        _more("Signs of risk to look out for", _lines(_signs(answer, language))),
        _more("What this does not tell", _lines(limits(answer.question))),
    ]


def _listed(
    judged: Sequence[Finding], table: str, language: Language, *, is_draft: bool, most: int = MOST_SHOWN
) -> list[str]:
    """Claims as a table, at most so many of them, and the rest in a fold that says what they are."""
    most = min(most, MOST_SHOWN)
    first, rest = judged[:most], judged[most:]
    shown = [_claims(first, language, is_draft=is_draft)] if first else []
    if not rest:
        return shown
    counts = Counter(finding.status for finding in rest)
    more = "more " if first else ""
    parts = [f"{format_count(counts[status])} {more}{status.words}" for status in Status if counts[status]]
    folded = _claims(rest[:MOST_FOLDED], language, is_draft=is_draft)
    beyond = len(rest) - MOST_FOLDED
    note = _tag("p", f"and {format_count(beyond)} more: {_text(table)}", "note") if beyond > 0 else ""
    return [*shown, _more(", ".join(parts), folded + note)]


def _claims(findings: Sequence[Finding], language: Language, *, is_draft: bool) -> str:
    rows = (_claim(finding, language, is_draft=is_draft) for finding in findings)
    return _table(("Claim", "Result", "Required", "Measured"), rows)


def _claim(finding: Finding, language: Language, *, is_draft: bool) -> str:
    note = "" if finding.status is Status.MET else finding_words(finding, language)
    if kind_of(finding.key) is not None and not note:
        note = finding.name  # several of them ask one thing in different ways
    cells = (
        _text(language.title(finding))
        + (_tag("div", _text(in_place(note, is_draft=is_draft)), "caption") if note else ""),
        _mark(finding.status, finding.status.words),
        _text(language.bar(finding)),
        _text(language.measured(finding)),
    )
    return _row(cells)


def _beside(title: str, parts: Sequence[Part]) -> str:
    """Test rows and training rows side by side."""
    has_train = any(part.train for part in parts)
    head = (title, "Test rows", *(("Training rows",) if has_train else ()))
    rows = (_row(map(_text, (part.name, part.test, *((part.train,) if has_train else ())))) for part in parts)
    return _table(head, rows) if parts else ""


def _result(decision: Decision, *, is_draft: bool) -> str:
    words = result_words(decision, is_draft=is_draft)
    return _tag("p", _mark(_VERDICTS[decision.verdict], words), "text")


def _steps(decision: Decision, *, is_draft: bool) -> str:
    items = "".join(
        f"<li><b>{action.question.number}</b> {_text(in_place(presentable(action).text, is_draft=is_draft))}</li>"
        for action in decision.actions
    )
    return f"{_tag('p', 'Before go-live', 'head')}{_items(items)}" if items else ""


def _figures(drawn: Drawn, *, is_draft: bool = True) -> list[str]:
    return [picture.html("DRAFT · " if is_draft else "") for picture in drawn if isinstance(picture, Picture)]


def _sentence(answer: Answer, language: Language, *, is_draft: bool) -> str:
    presented = Answer(answer.question, presentable(answer.findings))
    return _text(in_place(answer_sentence(presented, language), is_draft=is_draft))


def _answered(answer: Answer) -> str:
    return _mark(answer.status, answer_word(answer.status))


def _mark(status: Status, word: str) -> str:
    look = LOOKS[status]
    style = (
        f"display:inline-block;white-space:nowrap;padding:0 9px;border-radius:10px;background:{look.colour};color:#fff"
    )
    return f'<span style="{style};font-weight:600;font-size:13px">{look.glyph} {_text(word)}</span>'


def _more(title: str, inside: str) -> str:
    """A fold that opens as any element of HTML does, without a script."""
    return f'<details style="{_STYLES["more"]}">{_tag("summary", _text(title), "opener")}{inside}</details>'


def _signs(answer: Answer, language: Language) -> tuple[str, ...]:
    task = language.words.task
    return () if task is None else risk_signs(answer.question, task)


def _lines(texts: Sequence[str]) -> str:
    return _items("".join(f"<li>{_text(text)}</li>" for text in texts))


def _items(items: str) -> str:
    return _tag("ul", items, "list")


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
