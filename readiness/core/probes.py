"""The robustness probes: names, what each may come to, and its words. No code of a model, so that the host may ask.

What a probe does to a few rows is its function in `evidence/probes/robustness.py`, under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Demand = Literal["always", "may be", "never"]
"""Whether a probe blocks: by the policy, where the spec or a box of the checklist asks for it, or not at all."""
CleanError = Literal["always", "accepted", "may be", "never"]
"""Whether refusing with a clear error is as good as answering: whatever the spec says, as of a table that lacks a
column; by default; where the spec says so; or not at all."""


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """What a probe is called, and what may come of it."""

    name: str
    """In the spec, and in the key of its finding."""
    title: str
    """The name of its finding: "One row by itself"."""
    tried: str
    """What the model was handed, inside a sentence: "a single row"."""
    headline: str
    """On the page; here and below "{row}" and "{rows}" stand for what the spec calls them."""
    good: str
    """That it copes, without capital letter and full stop."""
    bad: str
    """That it does not."""
    demand: Demand = "never"
    """What blocks may be stated from elsewhere, too, where the model cannot be probed here."""
    clean_error: CleanError = "never"
    may_not_apply: bool = False
    """Whether it finds nothing to change in some tables: without names, without categories, without numbers."""


SERVED = "served"
"""The one that is demanded of whoever names both an address and a file, and is about all test rows."""

PROBE_KINDS: Mapping[str, ProbeKind] = {
    kind.name: kind
    for kind in (
        ProbeKind(
            "one_row", "One row by itself", "a single row", "A single {row}", "it answers a single {row}",
            "it does not answer a single {row} as it should", "always", "may be",
        ),
        ProbeKind(
            "column_order", "Columns in another order", "columns in another order", "Columns in another order",
            "columns in another order change no answer", "columns in another order change its answers",
            "always", "accepted", may_not_apply=True,
        ),
        ProbeKind(
            "determinism", "The same rows again", "the same rows again", "The same {rows} again",
            "the same {rows} always get the same answers", "the same {rows} do not always get the same answers",
            "always",
        ),
        ProbeKind(
            "missing_value", "Missing values", "missing values", "A missing value",
            "with a value missing it still answers", "with a value missing it fails", "may be", "may be",
        ),
        ProbeKind(
            "unseen_category", "Categories never seen before", "unknown categories", "A category never seen before",
            "with a category it has never seen it still answers", "with a category it has never seen it fails",
            "may be", "may be", may_not_apply=True,
        ),
        ProbeKind(
            "outlier", "Extreme numbers", "outliers", "An extreme number", "with an extreme number it still answers",
            "with an extreme number it fails", "may be", "may be", may_not_apply=True,
        ),
        ProbeKind(
            "empty_frame", "No rows at all", "an empty table", "An empty table", "it takes an empty table",
            "it fails on an empty table", "may be", "accepted",
        ),
        ProbeKind(
            "other_columns", "Extra, missing and renamed columns", "extra, missing or renamed columns",
            "Extra, missing and renamed columns",
            "extra, missing or renamed columns never change an answer silently",
            "extra, missing or renamed columns silently change its answers", "may be", "always",
        ),
        ProbeKind(
            "value_types", "The same values in other types", "values of other types", "The same values in other types",
            "the same values in another type never change an answer silently",
            "the same values in another type silently change its answers", "may be", "always", may_not_apply=True,
        ),
        ProbeKind(
            "infinite_number", "Infinite numbers", "infinite numbers", "An infinite number",
            "an infinite number never breaks it", "an infinite number breaks it", "may be", "always",
            may_not_apply=True,
        ),
        ProbeKind(
            "probabilities", "Probabilities that fit the answers", "its probabilities",
            "Probabilities that fit its answers", "its probabilities add up to one, and its answers follow from them",
            "its probabilities do not add up, or its answers do not follow from them", "may be", may_not_apply=True,
        ),
        ProbeKind(
            "table_forms", "The same table in other forms", "other forms of a table", "The same table in other forms",
            "the same {rows} in another form of table never get other answers",
            "the same {rows} in another form of table get other answers", "may be", "always",
        ),
        ProbeKind(
            "input_not_mutated", "The rows handed in stay unchanged", "its own input", "Its input stays unchanged",
            "what it is given stays unchanged", "it changes what it is given",
        ),
        ProbeKind(
            "global_state", "The program around it stays unchanged", "the program around it",
            "The program around it stays unchanged", "it leaves the program around it as it was",
            "it changes the program around it", "may be",
        ),
        ProbeKind(
            "threads", "Four calls at once", "four calls at once", "Four calls at once",
            "four calls at once get the answers of one after another",
            "four calls at once do not get the answers of one after another", "may be",
        ),
        ProbeKind(
            "pickling", "Saved and loaded again", "a copy of itself", "Saved and loaded again",
            "saved and loaded again it gives the same answers", "saved and loaded again it gives other answers",
            "may be", may_not_apply=True,
        ),
        ProbeKind(
            SERVED, "The served model beside the file", "the served model", "The served model",
            "the served model answers as the file does", "the served model does not answer as the file does",
        ),
    )
}  # fmt: skip
"""By name, in the order in which they are run. Where refusing is accepted by default, what matters is that no wrong
answer comes back."""


def probe_kind(name: str) -> ProbeKind:
    """The probe of this name; of one that is not known here, such as that of another version, its name in words."""
    words = name.replace("_", " ")
    other = ProbeKind(name, words, words, words[:1].upper() + words[1:], "it works", "it does not work")
    return PROBE_KINDS.get(name, other)


DEMANDABLE = tuple(kind.name for kind in PROBE_KINDS.values() if kind.demand == "may be")
"""Those that the spec may make block."""
SUPPLIABLE = tuple(kind.name for kind in PROBE_KINDS.values() if kind.demand != "never")
"""Those that may be stated from elsewhere: what never blocks needs no word from there."""
REFUSABLE = tuple(kind.name for kind in PROBE_KINDS.values() if kind.clean_error in ("accepted", "may be"))
"""Those for which the spec says whether a clean error will do."""
