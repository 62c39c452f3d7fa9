"""A summary in Markdown says what the record says, and nothing in it acts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import mistune
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from readiness.core.findings import Question
from readiness.core.provenance import Reuse
from readiness.core.sanitize import visible
from readiness.report.junit import Source, Unfinished
from readiness.report.markdown import LARGEST, code_span, inline, markdown, markdown_unfinished
from tests.report.page import records

SOURCE = Source("outputs/x/report.html", "ab" * 32)
RENDERERS: list[Callable[[str], str]] = [
    MarkdownIt("commonmark").enable(["table", "strikethrough"]).render,
    mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url", "footnotes", "task_lists"]),
]
CRUEL = "a|b `c` **d** _e_ [f](http://x.y) ![g](z) <b>h</b> @who #12 !3 $x$ ~~i~~ :tada: www.k.l m@n.o \\ &amp; GH-4 ^[p] ##"


def seen(html: str) -> str:
    return BeautifulSoup(html, "html.parser").get_text().replace("\u2060", "")


class TestInline:
    @pytest.mark.parametrize("render", RENDERERS)
    @given(text=st.text(max_size=60) | st.text("ab1@#!%~$&^:|`*_[]()<>\\-+=./\"' ", max_size=40))
    def test_any_text_reads_as_it_was_written(self, render: Callable[[str], str], text: str) -> None:
        """After words of ours, in a paragraph: the same characters, no tag, no link."""
        made = render(f"Words: {inline(text)}")
        assert f"Words: {visible(text)}".strip() == seen(made).strip()
        assert {"p"} == {tag.name for tag in BeautifulSoup(made, "html.parser").find_all()}

    @pytest.mark.parametrize("render", RENDERERS)
    def test_nobody_is_called_and_nothing_is_referred_to(self, render: Callable[[str], str]) -> None:
        """What services look for in the finished text: names, numbers of issues, addresses, pictures of moods."""
        text = BeautifulSoup(render(f"Words: {inline(CRUEL)}"), "html.parser").get_text()
        for looked_for in (r"@\w", r"#\d", r"!\d", r"\w+://", r"www\.", r":\w+:", r"\bGH-\d", r"\$\w", r"%\w", r"~\w"):
            assert not re.search(looked_for, text), looked_for

    def test_a_plain_text_stays_as_it_is(self) -> None:
        """Also in the file itself, which people read, too."""
        assert "recall of is_fraud = 1 is 95.1 % (73 of 170)." == inline(
            "recall of is_fraud = 1 is 95.1 % (73 of 170)."
        )

    @given(text=st.text("a` \n|*<", min_size=1, max_size=20))
    def test_a_code_span_holds_any_text(self, text: str) -> None:
        """Backticks and all."""
        made = RENDERERS[0](f"Words: {code_span(text)}")
        assert [visible(text).strip(" ")] == [
            tag.get_text().strip(" ") for tag in BeautifulSoup(made, "html.parser").find_all("code")
        ]


class TestReview:
    def test_it_says_what_matters(self) -> None:
        """Result, approval, six answers with numbers, what to do, which file, and that nobody signed it."""
        text = markdown(records.not_ready(), SOURCE)
        assert text.startswith("## Test result: NOT READY – ")
        for question in Question:
            assert f"| {question.number} | {question.words} | " in text
        assert "| 2 | Does it meet the stated requirements? | **no** | No: " in text
        assert "Approval: none yet; required: " in text
        assert "\nBefore go-live:\n\n- " in text
        assert f"Report: `outputs/x/report.html`, SHA-256 `{'ab' * 32}`. **UNSIGNED: " in text
        assert "not permission to deploy" in text

    def test_a_ready_model_has_a_rollout(self) -> None:
        """And the signer's key id can be copied as it is."""
        text = markdown(records.ready(), dataclasses.replace(SOURCE, keyid="SHA256:abc"))
        assert ("Rollout, once approved:" in text, "Before go-live" in text) == (True, False)
        assert "Signed by `SHA256:abc` (not verified here; use readiness verify)." in text

    def test_what_else_must_be_known(self) -> None:
        """The number that the job ended with, and what was not measured in this run."""
        reuse = Reuse("scores of the test rows", "2026-11-22T10:00:00Z", "2 cores, Linux")
        made = dataclasses.replace(records.not_ready(), reused=(reuse,))
        text = markdown(made, dataclasses.replace(SOURCE, note="exit code 0 because of --fail-on never"))
        assert "**Note:** exit code 0 because of --fail-on never" in text
        assert "**Taken from the cache:** scores of the test rows, measured 2026-11-22 10" in text

    @pytest.mark.parametrize("render", RENDERERS)
    @pytest.mark.parametrize("cruel", [records.HOSTILE, CRUEL, "|" * 300, "`" * 300, "@" * 5000, "\n# x\n", ""])
    def test_cruel_names_change_nothing(self, render: Callable[[str], str], cruel: str) -> None:
        """One heading, one table of six rows and four columns, no link, no tag of theirs, and never too large."""
        text = markdown(records.hostile(cruel), dataclasses.replace(SOURCE, path=f"out/{cruel}/report.html"))
        page = BeautifulSoup(render(text), "html.parser")
        assert (1, 1) == (len(page.find_all("h2")), len(page.find_all("table")))
        assert [4] * 7 == [len(row.find_all(["th", "td"])) for row in page.find_all("tr")]
        known = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "code", "ul", "li"}
        assert set() == {tag.name for tag in page.find_all()} - known
        assert len(text.encode()) <= LARGEST
        for span in page.find_all("code"):  # there nothing acts
            span.extract()
        assert not re.search(r"@\w", page.get_text())

    def test_it_is_the_same_twice(self) -> None:
        """Nothing of the clock is in it."""
        assert markdown(records.hostile(), SOURCE) == markdown(records.hostile(), SOURCE)


class TestUnfinished:
    @pytest.mark.parametrize("render", RENDERERS)
    @pytest.mark.parametrize("message", ["Error: no.\n  - a\n  b", "```\n# x\n````", "@who", "x" * 100_000, "\x00<b>"])
    def test_the_message_stands_as_it_is(self, render: Callable[[str], str], message: str) -> None:
        """In a block in which nothing acts, with the exit code."""
        text = markdown_unfinished(Unfinished("my `spec`.yaml", message, 2))
        page = BeautifulSoup(render(text), "html.parser")
        assert ["pre"] == [tag.name for tag in page.find_all(["pre", "h1", "b"])]
        assert visible(message, keep="\n")[:1000] == page.find("pre").get_text()[:1000].rstrip("\n")
        assert ("Exit code 2" in text, len(text) < 10_000) == (True, True)


@pytest.mark.parametrize("render", RENDERERS)
def test_what_undermines_a_result_is_told(render: Callable[[str], str]) -> None:
    """As on the first screen, before the approval, and nothing in it acts; where there is nothing, no word."""
    assert "undermines" not in markdown(records.ready(), SOURCE)
    ready = records.ready()
    data = dataclasses.replace(ready.gathered.data, unsegmented=(CRUEL,))
    odd = dataclasses.replace(
        ready,
        gathered=dataclasses.replace(ready.gathered, data=data),
        template=dataclasses.replace(ready.template, stock=False),
    )
    made = BeautifulSoup(render(markdown(odd, SOURCE)), "html.parser")
    told = [item.get_text().replace("\u2060", "") for item in made.select("ul")[0].select("li")]
    assert told[0].startswith("Template: the questions were asked by an altered template")
    assert told[1].startswith("Groups: compared by age_group; the test table also has a|b `c`")
    assert not made.select("ul a, ul b, ul img, ul code")
    assert markdown(odd, SOURCE).index("undermines this result") < markdown(odd, SOURCE).index("Approval:")
