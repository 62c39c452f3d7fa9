"""The scored rows of a review are kept and found again by what its record says, and hold no id."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readiness.core.canonical import decode, encode
from readiness.core.provenance import Gathered
from readiness.evidence.cache import cache as caches
from readiness.evidence.cache.scored_rows import arrays_of, find_rows, from_arrays, id_hashes, key_of
from readiness.evidence.cache.store import Store
from readiness.evidence.collect import gather
from readiness.evidence.evidence import Evidence
from tests.conftest import make_rows

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own source, which somebody may be writing, counts as unchanged."""
    monkeypatch.setattr(caches, "program_digests", lambda: {"readiness": "the same"})


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def kept(review_files: Write, cache: Path) -> Evidence:
    """A review with ids that kept its rows."""
    rows = make_rows(300, 2).assign(case=[f"customer {k}" for k in range(300)])
    return gather(review_files({"data": {"id": "case"}}, test=rows), cache=str(cache))


def store(cache: Path) -> Store:
    found = Store.open(cache)
    assert found is not None
    return found


def test_rows_are_found_by_the_record_alone(kept: Evidence, cache: Path) -> None:
    """What stands in a report is enough to find its rows, and they are the very same."""
    recorded = decode(Gathered, encode(kept.gathered))
    found = find_rows(recorded, store(cache))

    assert found is not None
    assert found.ids is not None
    assert 300 == len(np.unique(found.ids))
    for name in ("y_true", "y_pred", "y_score"):
        np.testing.assert_array_equal(getattr(kept.cases, name), getattr(found.cases, name))
    assert kept.cases.is_probability is found.cases.is_probability is True


def test_no_id_is_kept(kept: Evidence, cache: Path) -> None:
    """Ids stand in the cache as hashes only."""
    assert not any(b"customer" in path.read_bytes() for path in cache.iterdir())
    assert (300, 16) == arrays_of(kept)["ids"].shape


@pytest.mark.parametrize(
    "part",
    [
        {"model": {"threshold": "0.3"}},
        {"data": {"target": "y", "positive": 1, "id": "other"}},
        {"seed": 9},
    ],
)
def test_what_decides_the_rows_is_in_the_key(kept: Evidence, cache: Path, part: dict[str, object]) -> None:
    """Another threshold, other roles or another seed are other rows; a name or a limit is not."""
    spec = {
        key: {**kept.gathered.spec[key], **value} if isinstance(value, dict) else value for key, value in part.items()
    }
    other = dataclasses.replace(kept.gathered, spec={**kept.gathered.spec, **spec})
    judged = dataclasses.replace(kept.gathered, spec={**kept.gathered.spec, "segments": {"limit": "0.3"}})

    assert find_rows(other, store(cache)) is None
    assert find_rows(judged, store(cache)) is not None


def test_without_a_cache_nothing_is_kept(review_files: Write, cache: Path) -> None:
    """Rows are kept only where the user has a cache."""
    gather(review_files())
    assert not cache.exists()


def test_without_ids_the_rows_are_kept_without_them(review_files: Write, cache: Path) -> None:
    """Rows of one file can be paired by their order."""
    evidence = gather(review_files(), cache=str(cache))
    found = find_rows(evidence.gathered, store(cache))
    assert found is not None
    assert found.ids is None


def test_numbers_are_the_same_id_however_they_are_stored() -> None:
    """17 as an integer, as a float beside a gap, and as text; a missing id is zero."""
    as_numbers, with_gap = pd.Series([17, 18]), pd.Series([17.0, np.nan])
    as_text = pd.Series(["17", None], dtype=object)

    np.testing.assert_array_equal(id_hashes(as_numbers)[0], id_hashes(with_gap)[0])
    np.testing.assert_array_equal(id_hashes(with_gap), id_hashes(as_text))
    assert not id_hashes(with_gap)[1].any()
    assert id_hashes(as_numbers)[0].any()


def test_a_hash_is_that_of_any_other_program() -> None:
    """BLAKE2b of the id as text, 128 bits: `b2sum -l 128` prints the same."""
    (found,) = id_hashes(pd.Series(["abc"]))
    assert "cf4ab791c62b8d2b2109c90275287816" == bytes(found).hex()


def test_rows_that_do_not_fit_the_record_are_refused(kept: Evidence) -> None:
    """As many rows as the record says, and ids of the right form."""
    arrays = arrays_of(kept)
    for name, array in (("y_true", arrays["y_true"][:-1]), ("ids", arrays["ids"][:-1])):
        with pytest.raises(ValueError, match=r"expected|rows"):
            from_arrays(arrays | {name: array}, kept.gathered, is_probability=True)


def test_a_record_of_any_form_has_a_key(kept: Evidence) -> None:
    """A spec that is no spec finds nothing, and trips over nothing."""
    strange = dataclasses.replace(kept.gathered, spec={"model": ["x"], "data": "y", "seed": {"a": "b"}})
    assert key_of(kept.gathered) != key_of(strange)
