"""Names of people: one person under many spellings is one, two people who share a word are two."""

from __future__ import annotations

import pytest

from readiness.core.person_names import may_be_the_same, mixed_word, words_of
from readiness.spec.about import About, is_outside

ONE = {
    "the builder": (
        "The  Builder", "the\u200bbuilder", "the\u200b builder", "th\u0435 builder", "the builder.", "the-builder",
        "the builder (QA)", "builder, the", "\u00adthe builder", "the builder\u2060", "\u03c4he builder",
        "\uff34\uff48\uff45 builder", "the builder \u202e", "[QA] the builder",
    ),
    "Anna Schmidt": (
        "A. Schmidt", "Schmidt, Anna", "Dr. Anna Schmidt", "anna.schmidt", "\u00c4nna Schmidt", "Anna M. Schmidt",
        "Schmidt A", "Anna", "Anna Schmidt, risk team",
    ),
    "J\u00fcrgen M\u00fcller": ("Juergen Mueller", "Jurgen Muller", "Ju\u0308rgen Mu\u0308ller", "M\u00fcller, J."),
    "S\u00f8ren \u0141ukasz": ("Soren Lukasz",),
    "Se\u00e1n O\u2019Neill": ("Sean ONeill", "Sean O'Neill"),
    "\u7530\u4e2d \u3055\u304f\u3089": ("\u7530\u4e2d\u3055\u304f\u3089",),
}  # fmt: skip


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in ONE.items() for other in others])
def test_another_spelling_is_the_same_person(name, other):
    """By accents, order, initials, brackets, what nobody sees, and letters that look alike; either way round."""
    assert may_be_the_same(name, other)
    assert may_be_the_same(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Anna Schmidt", "Peter Schmidt"), ("Anna Schmidt", "Anna Meyer"), ("Anna Schmidt", "A. Meyer"),
        ("J. Schmidt", "Peter Schmidt"), ("Li Wei", "Li Na"), ("Maria Garcia Lopez", "Maria Fernandez Lopez"),
        ("Jean-Luc Picard", "Jean Dupont"), ("data team", "risk team"), ("the builder", "the reviewer"),
        ("the builder", "somebody else"), ("M\u00fcller, Jan", "M\u00fcller, Eva"),
        ("\u0410\u043d\u043d\u0430 \u041f\u0435\u0442\u0440\u043e\u0432\u0430", "\u0410\u043d\u043d\u0430 \u0418\u0432\u0430\u043d\u043e\u0432\u0430"),
    ],
)  # fmt: skip
def test_people_who_share_a_word_are_two(name, other):
    """A first name, a last name or a team in common is no identity."""
    assert not may_be_the_same(name, other)
    assert not may_be_the_same(other, name)


@pytest.mark.parametrize("name", ["", " ", ".", "42", "\u200b", "\u2060\u2060", "--", "\u0301"])
def test_a_name_has_a_letter(name):
    """Whoever has none could be anybody."""
    assert not words_of(name)
    assert may_be_the_same(name, "Anna Schmidt")


def test_scripts_that_look_alike_are_not_mixed_in_a_word():
    """Words of different scripts beside each other are fine, as are scripts that nobody confuses."""
    assert mixed_word("th\u0435 builder")
    assert not mixed_word("\u0410\u043d\u043d\u0430 Schmidt")
    assert not mixed_word("\u7530\u4e2d\u3055\u304f\u3089")
    assert not mixed_word("Jos\u00e9 N\u00fa\u00f1ez")


@pytest.mark.parametrize("name", [".", " ", "🙂", "\u200b", "42"])
def test_beside_a_name_without_a_letter_nobody_is_outside(name: str) -> None:
    """It may be anybody's, so that no word counts."""
    assert not is_outside("Anna Schmidt", About(prepared_by=("Peter Maier", name)))
    assert is_outside("Anna Schmidt", About(prepared_by=("Peter Maier",)))
