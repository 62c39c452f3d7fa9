"""What a review does with copies: a few are left out and accounted for, many are judged by the rules."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from readiness.core.errors import DataError, SpecError
from readiness.core.provenance import Dropped
from readiness.evidence.collect import gather
from readiness.evidence.preflight import preflight
from readiness.evidence.row_hashes import read_hashes, write_hashes
from readiness.soundness import copies, repeats
from readiness.soundness.tables import Tables
from readiness.spec.load import load_spec
from tests.conftest import make_rows

TRAIN = make_rows(600, 1)
"""As `review_files` writes it."""


def test_a_few_copies_are_left_out(review_files):
    """Five of the training rows, and four test rows once more."""
    test = pd.concat([make_rows(791, 2), TRAIN.head(5), make_rows(791, 2).head(4)], ignore_index=True)
    evidence = gather(review_files(test=test))
    said = [claim.reason for rule in (copies, repeats) for claim in rule.examine(Tables.of(evidence))]

    assert (800, 791) == (evidence.gathered.data.rows_read, evidence.cases.n)
    assert len(evidence.rows) == evidence.cases.n
    assert evidence.gathered.data.dropped == (
        Dropped("also stands in the training table", 5), Dropped("stands in the test table twice", 4)
    )  # fmt: skip
    assert any("5 of 800 test rows" in each and "they are not judged" in each for each in said)
    assert any("4 of 800 test rows" in each and "each is judged once" in each for each in said)


def test_many_copies_stay(review_files):
    """Fifty are a fault that is told, and nothing is dropped without a word."""
    evidence = gather(review_files(test=pd.concat([make_rows(750, 2), TRAIN.head(50)], ignore_index=True)))

    assert (800, ()) == (evidence.cases.n, evidence.gathered.data.dropped)
    assert 50 == evidence.copies.known.sum()


def test_recent_rows_that_were_trained_on_are_refused(tmp_path, review_files):
    """Bad input, before anything is measured; rows of their own are taken."""
    path = review_files({"data": {"recent": "recent.parquet"}})
    TRAIN.sample(300, random_state=0).to_parquet(tmp_path / "recent.parquet")
    with pytest.raises(DataError, match=r"300 of 300 rows of data.recent also stand in data.train"):
        gather(path)
    make_rows(300, 3).to_parquet(tmp_path / "recent.parquet")
    assert gather(path).recent is not None


def test_supplied_hashes_are_read_and_checked(tmp_path, review_files):
    """As a part of the evidence; a garbled file is told by the check and by the review."""
    from readiness.evidence.row_hashes import hashes_of_source

    supplied = {"training_rows": {"path": "rows.txt", "source": "the vendor"}}
    path = review_files({"supplied": supplied})
    write_hashes(hashes_of_source(path), tmp_path / "rows.txt")
    spec = yaml.safe_load(path.read_text())
    spec["data"].pop("train")
    path.write_text(yaml.safe_dump(spec))
    preflight(load_spec(path))
    given = gather(path).elsewhere.training_rows

    assert given.hashes.tolist() == read_hashes(tmp_path / "rows.txt").hashes.tolist()
    (tmp_path / "rows.txt").write_text("nonsense\n")
    with pytest.raises(DataError, match="no file of hashed training rows"):
        gather(path)
    with pytest.raises(SpecError, match="no file of hashed training rows"):
        preflight(load_spec(path))
