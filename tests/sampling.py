"""How much of what is alike is tried: a sample by default, everything with `--all`."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from typing import Any

import pytest
from hypothesis import settings

SEED = 20_260
"""Of every sample: the same cases in every run and on every machine."""
FEWEST = 5
"""Random examples that are tried of everything."""


def sampled(cases: Iterable[Any], few: int, *, always: Collection[Any] = ()) -> list[Any]:
    """Cases for `parametrize`, in their order: `few` drawn under a fixed seed and those of `always`, the rest marked.

    What is marked as exhaustive runs with `--all` only. A case that is a tuple is one value for each of several names.
    """
    every = list(cases)
    kept = {k for k, case in enumerate(every) if case in always}
    others = [k for k in range(len(every)) if k not in kept]
    kept |= set(random.Random(SEED).sample(others, few))
    return [case if k in kept else exhaustive(case) for k, case in enumerate(every)]


def paired(left: Iterable[Any], right: Iterable[Any]) -> list[Any]:
    """All pairs for `parametrize`; as many as the longer side has are always tried, and each value stands in one."""
    lefts, rights = list(left), list(right)
    most = max(len(lefts), len(rights))
    kept = {(k % len(lefts), k % len(rights)) for k in range(most)}
    pairs = [(i, j) for i in range(len(lefts)) for j in range(len(rights))]
    return [(lefts[i], rights[j]) if (i, j) in kept else exhaustive((lefts[i], rights[j])) for i, j in pairs]


def exhaustive(case: Any) -> Any:
    """A case that is tried with `--all` only."""
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.exhaustive)


def examples(whole: int) -> int:
    """How many random examples Hypothesis tries of something that has `whole` of them with `--all`."""
    return max(FEWEST, min(whole, whole * settings.default.max_examples // 100))
