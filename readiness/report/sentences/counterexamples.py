"""Phrases for counterexamples: what was changed, what the model said before and after, and what mends it."""

from __future__ import annotations

from readiness.core.counterexamples import Answered, Change, Counterexample
from readiness.core.format import format_pair, format_value, listed
from readiness.report.sentences.words import Words


def change_words(words: Words, example: Counterexample) -> str:
    """What was done to the input: "income = 1e+30 (an extreme number)"."""
    done = example.change.words.replace("{rows}", words.row.many).replace("{row}", words.row.one)
    names = listed([words.vocabulary.column(name) for name in example.columns])
    if example.given and example.instead_of:
        said = f"{names} = {example.given} instead of {example.instead_of}"
    elif example.given:
        said = f"{names or 'every number'} = {example.given} ({done})"
    else:
        said = f"{names}: {done}" if names else done
    place = f"{words.row.one} {example.row:,} of those tested: " if example.row else ""
    more = f"; the same in {example.others:,} more column{'s' if example.others > 1 else ''}" if example.others else ""
    text = f"{place}{said}{more}"
    return text[:1].upper() + text[1:] if place or not names else text


def answers_words(words: Words, example: Counterexample) -> tuple[str, str]:
    """What came back before the change and after it: "fraud (0.93)", a number alone, or an error in its place."""
    before, after = example.before, example.after
    numbers = [None if told is None else told.score for told in (before, after)]
    first, second = ("" if number is None else format_value(number) for number in numbers)
    if numbers[0] is not None and numbers[1] is not None:
        first, second = format_pair(numbers[0], numbers[1])
    said = example.error or _answer(words, after, second) or _SEEN.get(example.change, "another answer")
    return _answer(words, before, first), said


def _answer(words: Words, told: Answered | None, score: str) -> str:
    label = words.vocabulary.outcome(told.label) if told is not None and told.label else ""
    return f"{label} ({score})" if label and score else label or score


_SEEN = {Change.INPUT: "not as it was", Change.STATE: "not as it was"}


def cure_words(example: Counterexample | None) -> str:
    """What mends it, with its code; empty where nobody knows."""
    return "" if example is None or example.cure is None else example.cure.advice
