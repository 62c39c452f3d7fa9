"""Words and numbers in a figure, whatever the data holds.

Names come from data: they may hold control characters, mathematics, scripts that no installed font has,
or ten thousand letters. Everything that reaches a figure goes through `plain` first; the full text is in the table.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from matplotlib import font_manager

from readiness.core.findings import Finding
from readiness.core.format import (
    format_against,
    format_criterion,
    format_estimate,
    format_interval,
    format_threshold,
    format_value,
    with_unit,
)
from readiness.core.metrics import METRICS
from readiness.core.vocabulary import PLAIN, Vocabulary

MAIN_FONT = "DejaVu Sans"
"""Ships with matplotlib, so that a figure looks the same everywhere."""

_FALLBACK_FONTS = (
    "Noto Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
    "Segoe UI Symbol",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Hiragino Sans",
    "PingFang SC",
)
_MISSING = "□"
_LONGEST_READ = 2000
"""No label needs more of a name than this; cutting early keeps hostile names cheap."""


@lru_cache(maxsize=1)
def fonts() -> tuple[str, ...]:
    """The main font and those fallbacks that are installed here, in order."""
    installed = set(font_manager.fontManager.get_font_names())
    return (MAIN_FONT, *(name for name in _FALLBACK_FONTS if name in installed))


@lru_cache(maxsize=32)
def _characters(font: str) -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont(font)).get_charmap())


@lru_cache(maxsize=4096)
def _drawable(character: str) -> bool:
    return any(ord(character) in _characters(font) for font in fonts())


def plain(text: object) -> str:
    """One line of visible characters, each of which some installed font has; the others become "□"."""
    line = str(text)
    head, tail = line[:_LONGEST_READ], line[_LONGEST_READ:][-_LONGEST_READ:]
    visible = "".join(_visible(character) for character in head + tail)
    return " ".join(visible.split())


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category == "Cf" or character == "\N{VARIATION SELECTOR-16}":
        return ""
    return character if _drawable(character) else _MISSING


def shorten(text: object, most: int) -> str:
    """The text as `plain`, at most `most` columns wide, cut in the middle by an ellipsis."""
    line = plain(text)
    if _width(line) <= most:
        return line
    tail = (most - 1) // 2
    return f"{_fitting(line, most - 1 - tail).rstrip()}…{_fitting(line[::-1], tail)[::-1].lstrip()}"


def folded(text: object, most: int, lines: int) -> list[str]:
    """The text as `plain` in so many lines at most, each at most `most` columns wide, broken between words where that
    is possible; what is longer still is cut in the middle.
    """
    line = plain(text)
    found = _broken(line, most)
    room = most * lines
    while len(found) > lines and room > 0:  # lines that end early need more room than their letters
        found, room = _broken(shorten(line, room), most), room - max(1, most // 4)
    return found[:lines]


def _broken(line: str, most: int) -> list[str]:
    lines = [""]
    for word in line.split(" "):
        joined = f"{lines[-1]} {word}".lstrip()
        if _width(joined) <= most:
            lines[-1] = joined
            continue
        rest = word
        lines += [""] if lines[-1] else []
        while _width(rest) > most:
            lines[-1] = _fitting(rest, most)
            rest = rest[len(lines[-1]) or 1 :]
            lines.append("")
        lines[-1] = rest
    return [each for each in lines if each]


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _width(line: str) -> int:
    return sum(map(_columns, line))


def _fitting(line: str, most: int) -> str:
    taken, width = 0, 0
    for character in line:
        width += _columns(character)
        if width > most:
            break
        taken += 1
    return line[:taken]


def labels(names: Iterable[object], most: int = 30, lines: int = 1) -> list[str]:
    """A label for each name, of so many lines at most; names that would look alike are numbered."""
    short = ["\n".join(folded(name, most, lines)) or "(empty)" for name in names]
    seen: Counter[str] = Counter()
    alike = Counter(short)
    numbered = []
    for label in short:
        seen[label] += 1
        numbered.append(f"{label} ({seen[label]})" if alike[label] > 1 else label)
    return numbered


def metric_words(metric: str) -> str:
    """A metric's title: "roc_auc" is "ROC AUC"; that of the user's own is its key without underscores."""
    return shorten(METRICS[metric].title if metric in METRICS else metric.replace("_", " "), 36)


def segment_words(finding: Finding, words: Vocabulary = PLAIN, *, short: bool = False) -> str:
    """The segment of a finding: "people of 65 and over", or "age = 65+" where nobody said, in `short` "65+"."""
    said = [
        (words.group_words(column, value) or value) if short else words.group(column, value)
        for column, value in finding.segment.items()
    ]
    return " and ".join(said) or finding.name


def percent(share: float, *against: float | None) -> str:
    """A share as a percentage, "43 %", never rounded across the shares in `against`."""
    value, rivals = 100 * share, [100 * other for other in against if other is not None]
    digits = 0 if 1 <= value <= 99 or value in (0.0, 100.0) else 1
    return f"{format_against(value, 0.0, 100.0, *rivals, digits=digits)} %"


def is_share(metric: str) -> bool:
    """Whether a metric counts rows among rows, so that people say it in per cent."""
    known = METRICS.get(metric)
    return metric in _OTHER_SHARES if known is None else known.is_share and known.in_percent


_OTHER_SHARES = frozenset({"error_rate", "worst_class_recall", "share"})
"""What figures show besides metrics."""


def amount(value: float, metric: str, unit: str = "", *against: float | None) -> str:
    """A value of a metric as people say it: "43 %", "47.2 minutes", "0.882"."""
    return percent(value, *against) if is_share(metric) else shorten(format_value(value, unit, *against), 30)


def bar(finding: Finding) -> str:
    """What was required, in signs: "≥ 0.95"; empty without a criterion."""
    if finding.criterion is None:
        return ""
    sign = {">=": "≥", "<=": "≤"}.get(finding.criterion.op, finding.criterion.op)
    return shorten(f"{sign} {with_unit(format_threshold(finding.criterion.threshold), finding.criterion.unit)}", 30)


def bar_words(finding: Finding) -> str:
    """What was required, in words: "at least 0.95"; "nothing stated" without a criterion."""
    return "nothing stated" if finding.criterion is None else shorten(format_criterion(finding.criterion), 50)


def measured(finding: Finding, *, signed: bool = False) -> str:
    """The measured value, never rounded across its bar; empty without one."""
    if finding.measured is None:
        return ""
    plus = "+" if signed and finding.measured.value > 0 else ""
    return shorten(plus + format_estimate(finding.measured, finding.criterion), 30)


def interval(finding: Finding) -> str:
    """The interval: "0.871 to 0.962"; empty for exact quantities and where nothing was measured."""
    return "" if finding.measured is None else shorten(format_interval(finding.measured, finding.criterion), 60)


def tally(findings: Sequence[Finding]) -> str:
    """How many findings have which status: "3 met, 1 not proven"."""
    counts = Counter(finding.status.words for finding in findings)
    return ", ".join(f"{counts[words]} {words}" for words in counts)
