"""Whole reviews come out as their goldens; `python -m tests.net --renew` writes these anew."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.net.goldens import differences, golden_of, path_of, read, summary, write
from tests.net.masks import Masks
from tests.net.reviews import REVIEWS, golden
from tests.net.text import page_lines

ALWAYS = ("multiclass", "supplied")
"""The other reviews are like these in most things, and take most of the time."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name if name in ALWAYS else pytest.param(name, marks=pytest.mark.exhaustive) for name in REVIEWS]
)
def test_a_review_is_as_its_golden(name: str, tmp_path: Path) -> None:
    """Findings, soundness, answers, decision and the page's text."""
    found = differences(read(name), golden(name, tmp_path))
    if found:
        renew = f"python -m tests.net --renew {name}"
        pytest.fail(f"The review differs from {path_of(name).name}; if that is meant: {renew}\n{summary(found)}", False)


def test_every_golden_has_a_review() -> None:
    """None is left over, and none is so large that nobody reads its diff."""
    files = list(path_of("any").parent.iterdir())
    assert {f"{name}.json" for name in REVIEWS} == {file.name for file in files}
    assert [] == [file.name for file in files if file.stat().st_size >= 300_000]


def first_of(golden: dict[str, Any]) -> dict[str, Any]:
    """A finding with an estimate that no clock made."""
    findings: dict[str, Any] = golden["answers"]["business"]["findings"]
    return next(f for f in findings.values() if "measured" in f and not f.get("measured_time"))


def stated(golden: dict[str, Any], factor: float) -> None:
    measured = first_of(golden)["measured"]
    measured["value"] = str(float(measured["value"]) * factor)


@pytest.mark.parametrize("name", REVIEWS)
class TestDifferences:
    """A net that lets something through is none."""

    def test_a_golden_is_itself(self, name: str) -> None:
        """As read twice."""
        assert [] == differences(read(name), read(name))

    def test_the_last_digits_of_a_number_are_free(self, name: str) -> None:
        """A billionth more is the same, a millionth is not; the path says which."""
        near, far = read(name), read(name)
        stated(near, 1 + 1e-11)
        stated(far, 1 + 1e-6)
        assert [] == differences(read(name), near)
        path, golden, now = differences(read(name), far)
        assert path == f"/answers/business/findings/{first_of(far)['code']}/measured/value:"
        assert golden != now

    def test_a_finding_that_is_gone_new_or_elsewhere_is_told(self, name: str) -> None:
        """By its code."""
        golden, now = read(name), read(name)
        findings = now["answers"]["segments"]["findings"]
        code = next(iter(findings))
        moved = findings.pop(code)
        assert differences(golden, now)[0].startswith(f"/answers/segments/findings/{code}: gone")
        assert differences(now, golden)[0].startswith(f"/answers/segments/findings/{code}: new")
        findings[code] = moved
        assert differences(golden, now)[0].startswith("/answers/segments/findings: another order")

    def test_a_word_of_the_page_is_told_with_its_line(self, name: str) -> None:
        """As a diff."""
        golden, now = read(name), copy.deepcopy(read(name))
        now["page"][10] += " indeed"
        assert f"+{now['page'][10]}" in differences(golden, now)


def test_a_summary_counts_by_field_first() -> None:
    """So that one new field of all findings does not hide a number that moved."""
    golden, now = read("ranking"), read("ranking")
    findings = now["answers"]["segments"]["findings"]
    for finding in findings.values():
        finding["more"] = 1
    stated(now, 2)
    now["page"][0] += " indeed"
    counts, *shown = summary(differences(golden, now), 5).splitlines()
    assert counts == f"{len(findings)} times …/more new; 1 times …/measured/value; 2 lines of the page gone or new"
    assert len(shown) == 6


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a finding takes one line."""
    golden = read("binary")
    monkeypatch.setattr("tests.net.goldens.GOLDENS", tmp_path)
    write("binary", golden)
    assert golden == read("binary")
    lines = path_of("binary").read_text().splitlines()
    assert 1 == sum('"code": "PROD-SIZE"' in line for line in lines)


MASKS = Masks((("/tmp/x", "#folder"), ("29 November 2026", "#day")), ("Latency, 99th percentile", "PROD-LATENCY-P99"))


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("Latency, 99th percentile 300 calls. | met | 83.2 ms | ", "Latency, 99th percentile 300 calls. | met | ~ | ~"),
        ("PROD-LATENCY-P99 | at most 5 ms | not met | met", "PROD-LATENCY-P99 | ~ | not met | met"),
        ("1 warning: Latency, 99th percentile is 7 to 9.1 ms", "1 warning: Latency, 99th percentile is ~ ms"),
        ("Recall | met | 0.93", "Recall | met | 0.93"),
        ("By whom is not stated; on 29 November 2026, 08:05 UTC", "By whom is not stated; on #day, #time"),
        ("Python 3.11.7 in /tmp/x on 2 processors, 24 GiB of memory", "Python #version in #folder on #machine"),
        (f"model.joblib | 2.23 kB | {'1f' * 32}", "model.joblib | ~ | #digest"),
        ("of 1,234,567 rows, 2026-07-01 to 2026-07-15", "of 1,234,567 rows, 2026-07-01 to 2026-07-15"),
    ],
)
def test_clock_and_machine_are_masked_and_nothing_else(line: str, masked: str) -> None:
    """By the rules that `masks.py` lists."""
    assert masked == MASKS.line(line)


def test_installed_libraries_are_left_out() -> None:
    """Rows of settings are none."""
    assert ["seed | 7 | set", "numpy | 2"] == MASKS.lines(["numpy | 2.4.6", "seed | 7 | set", "numpy | 2"])


def test_a_page_is_read_block_by_block() -> None:
    """Rows of a table are one line; styles, drawings and comments are none."""
    page = (
        "<style>p {}</style><h1>A <b>b</b></h1><table><tr><th>c</th><td>d<small>e</small></td></tr></table><!--f-->"
        "<svg><title>g</title></svg><dl><dt>h</dt><dd>i &amp; j</dd></dl><img alt='k'>l"
    )
    assert ["A b", "c | d e", "h", "i & j", "[k]l"] == page_lines(page)


def test_a_report_without_a_record_is_refused() -> None:
    """Instead of being compared as empty."""
    with pytest.raises(AssertionError, match="does not end with an unsigned record"):
        golden_of(b"<p>nothing</p>", "<p>nothing</p>", Path("x"))
