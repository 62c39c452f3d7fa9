"""Every kind of finding, in each task and with each status, reads as `golden.md` has it."""

from __future__ import annotations

import re

from readiness.core.findings import Finding, Status
from readiness.report.sentences import Language
from readiness.report.sentences.language import TELLERS
from tests.report.sentences.cases import CHAPTERS, GOLDEN, golden

SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-ZÄÖÜ“±+−0-9])")
SPEC_KEY = re.compile(r"\b(?:data|business|errors|segments|stability|production|baseline|checklist|about)\.[a-z_]+")
MOST_WORDS = 30
EVERY = [(chapter.language, finding) for chapter in CHAPTERS for finding in chapter.findings]


def test_it_reads_as_the_golden_file() -> None:
    """Made again with python -m tests.report.sentences.cases, and read before it is committed."""
    assert GOLDEN.read_text(encoding="utf-8") == golden()


def test_every_kind_of_finding_is_in_it() -> None:
    """A new kind is put into words, and its words are looked at."""
    assert set(TELLERS) - {finding.key.kind for _, finding in EVERY} == set()


def texts(language: Language, finding: Finding) -> list[str]:
    settle = language.to_settle(finding)
    return [language.sentence(finding), language.failing(finding), *([settle] if settle else [])]


class TestEveryFinding:
    def test_sentences_are_whole_and_short(self) -> None:
        for text in (text for told in EVERY for text in texts(*told)):
            assert text.endswith("."), text
            assert text[0] == text[0].upper()
            for sentence in SENTENCE_END.split(text):
                assert len(sentence.split()) <= MOST_WORDS, sentence

    def test_nothing_is_cut_and_no_key_of_a_spec_is_named(self) -> None:
        for language, finding in EVERY:
            phrases = [language.title(finding), language.requirement(finding), language.measured(finding)]
            for text in (*phrases, *texts(language, finding)):
                assert "…" not in text
                assert SPEC_KEY.search(text) is None, text
                assert re.search(r"\b(None|nan|inf|dear|dearer|dearest)\b|  |\( |\(\)", text) is None, text

    def test_value_and_ends_have_equal_digits(self) -> None:
        for language, finding in EVERY:
            found = re.fullmatch(r"(\S+)[^()]*\((\S+)[^()]* to (\S+)[^()]*\)", language.measured(finding))
            if found is not None:
                assert len({len(number.partition(".")[2]) for number in found.groups()}) == 1, found[0]

    def test_an_open_claim_says_what_would_settle_it_and_a_yes_does_not(self) -> None:
        for language, finding in EVERY:
            is_open = finding.blocking and finding.status is not Status.MET
            assert bool(language.to_settle(finding)) == is_open, finding.code

    def test_a_limit_is_never_printed_as_at_least_0(self) -> None:
        for language, finding in EVERY:
            said = " ".join((language.requirement(finding), language.bar(finding), *texts(language, finding)))
            assert re.search(r"(at least|more than|less than|at most) 0(?![.\d,])", said) is None, said
