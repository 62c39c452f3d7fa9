"""Colours can be told apart from what lies behind them, in light and dark (WCAG 2.2, level AAA)."""

from __future__ import annotations

import re

import pytest

from readiness.core.program import template_path

STYLE = template_path("page/style.css").read_text(encoding="utf-8")
TEXT_ON = [
    *((text, behind) for text in ("ink", "muted", "accent") for behind in ("paper", "tint", "not-proven-soft")),
    *(
        (name, behind)
        for name in ("met", "not-met", "not-proven", "not-assessed")
        for behind in ("paper", f"{name}-soft")
    ),
    *(("on-fill", f"fill-{name}") for name in ("met", "not-met", "not-proven", "not-assessed")),
]


def tokens(mode: str) -> dict[str, str]:
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", STYLE.split("@media")[0]))
    dark = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", STYLE.split("@media")[1]))
    return light if mode == "light" else light | dark


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_what_the_standard_says() -> None:
    """Black on white is 21 to 1."""
    assert 21.0 == contrast("#000000", "#ffffff")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), TEXT_ON)
def test_text_has_enough_contrast(mode: str, text: str, behind: str) -> None:
    """At least 7 to 1 for every pair of text and ground."""
    colours = tokens(mode)
    assert contrast(colours[text], colours[behind]) >= 7


def test_the_style_fetches_nothing() -> None:
    """No address, no import, no font."""
    assert not re.search(r"url\(|@import|@font-face|http", STYLE)


@pytest.mark.parametrize("feature", ["prefers-color-scheme: dark", "prefers-reduced-motion", "print", ":focus-visible"])
def test_readers_wishes_are_followed(feature: str) -> None:
    """Dark grounds, no motion, paper and a visible focus are provided for."""
    assert feature in STYLE
