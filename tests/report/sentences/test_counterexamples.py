"""Phrases for counterexamples, in the words of the data."""

from __future__ import annotations

import pytest

from readiness.core.counterexamples import Answered, Change, Counterexample, Cure
from readiness.core.policy import Task
from readiness.report.sentences.counterexamples import answers_words, change_words, cure_words
from readiness.report.sentences.language import Language
from readiness.report.sentences.words import Words
from tests.report.sentences.cases import PAYMENTS

PLAIN = Words()
WORDS = Language.from_spec(PAYMENTS, Task.BINARY, None).words


@pytest.mark.parametrize(
    ("example", "words"),
    [
        (Counterexample(Change.EXTREME, ("income",), "1e+30"), "income = 1e+30 (an extreme number)"),
        (Counterexample(Change.GAP, ("income",), others=2), "income: no value; the same in 2 more columns"),
        (Counterexample(Change.SWAPPED, ("age", "income")), "age and income: these columns change places"),
        (Counterexample(Change.INFINITE, (), "inf"), "Every number = inf (an infinite number)"),
        (Counterexample(Change.ALONE), "A single row"),
        (
            Counterexample(Change.REPLACED, ("sex",), "male", "female", row=1017),
            "Row 1,017 of those tested: sex = male instead of female",
        ),
        (Counterexample(Change.THREADS), "Four calls at once"),
    ],
)
def test_what_was_done_is_told_by_column_and_value(example: Counterexample, words: str) -> None:
    assert change_words(PLAIN, example) == words


def test_every_change_and_every_cure_has_words() -> None:
    """No placeholder is left, no sentence ends twice, and code stands after a colon."""
    for change in Change:
        said = change_words(WORDS, Counterexample(change))
        assert said
        assert "{" not in said
    for cure in Cure:
        said = cure_words(Counterexample(Change.GAP, cure=cure))
        assert cure.words in said
        assert not cure.words.endswith(".")
        assert said.endswith(cure.code)


def test_answers_are_told_with_so_many_digits_that_they_differ() -> None:
    """Class and number, a number alone, an error in place of an answer, and what is seen in place of one."""
    both = Counterexample(Change.AGAIN, before=Answered("1", 0.93741), after=Answered("0", 0.93744))
    assert answers_words(PLAIN, both) == ("1 (0.93741)", "0 (0.93744)")
    numbers = Counterexample(Change.AGAIN, before=Answered(score=4507.0), after=Answered(score=4531.0))
    assert answers_words(PLAIN, numbers) == ("4,507", "4,531")
    refused = Counterexample(Change.GAP, before=Answered("1", 0.5), error="ValueError: no")
    assert answers_words(PLAIN, refused) == ("1 (0.500)", "ValueError: no")
    assert answers_words(PLAIN, Counterexample(Change.INPUT)) == ("", "not as it was")
    assert answers_words(PLAIN, Counterexample(Change.PICKLED)) == ("", "another answer")
    fraud = Counterexample(Change.AGAIN, before=Answered("1", 0.9), after=Answered("0", 0.8))
    assert answers_words(WORDS, fraud) == ("fraud (0.900)", "honest payment (0.800)")


def test_what_has_no_cure_has_no_words() -> None:
    assert cure_words(None) == ""
    assert cure_words(Counterexample(Change.AGAIN)) == ""
