"""Test rows that also stand in the training table: copies, near copies, and more equal rows than chance gives.

Purpose: a model answers rows that it was fitted on from memory; no number about them says how it will do on others.
Method: a copy shares the name of its row, or all features together with a key column. Other equal rows are counted
beside what chance gives (Good and Turing), and rows that lie nearer to a training row than their surroundings explain
are taken for copies that were moved.
Limits: copies of which more than a little was changed; equal rows in tables so coarse that chance alone gives nearly
all of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from readiness.core.errors import DataError
from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_share, listed
from readiness.core.keys import Topic
from readiness.core.missing import Missing
from readiness.core.sanitize import shown
from readiness.core.withholding import Kind
from readiness.evidence.columns import features_of
from readiness.evidence.copies import ANEW, UNITS, Copies, Table, asked_of, find_copies
from readiness.evidence.evidence import Evidence
from readiness.evidence.near_copies import Near, near_copies
from readiness.evidence.row_hashes import Hashes, TrainingHashes, hashes_like, value_bits
from readiness.evidence.target import MOST_COPIES
from readiness.soundness.tables import Tables, claim_not_known
from readiness.statistics.copies import Known, are_in_table, known_rows
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement

MOST_EXCESS = 0.01
"""Of equal rows beyond what chance gives; the excess alone has a standard deviation of 0.4 to 1 percentage points."""
MOST_NEAR = 0.01
"""Of test rows, beyond the share of training rows that lie as near to another one."""
COPIES, EQUAL = Kind.SEEN.key(Topic.DOUBT_COPIES), Kind.SEEN.key(Topic.DOUBT_EQUAL)
NEAR, UNNAMED = Kind.SEEN.key(Topic.DOUBT_NEAR), Kind.SEEN.key(Topic.DOUBT_UNITS)
SPLIT = "split the rows anew, so that none stands on both sides, and fit the model again"


def examine(tables: Tables) -> Iterator[Measurement]:
    """EVID-SEEN-COPIES, -EQUAL, -NEAR and -UNITS; nothing without a training table."""
    if tables.train is None:
        return
    found = copies_of(tables)
    yield _copies(tables, found)
    if found.names.meaning == UNITS and tables.spec.data.group is None and tables.spec.data.query is None:
        yield _units(found)
    if found.equal is not None:
        yield _judge_equal(tables, found.equal)
    near = _find_near(tables, found)
    if near is not None:
        yield _near_claim(near)


def copies_of(tables: Tables) -> Copies:
    """Copies among the test rows: as they were found before some were dropped, else found now."""
    if tables.copies is not None:
        return tables.copies
    train = None if tables.train is None else Table(tables.train, tables.y_train)
    asked = asked_of(tables.spec, tables.features, tables.test)
    return find_copies(Table(tables.test, tables.y_test), train, asked)


def _copies(tables: Tables, found: Copies) -> Measurement:
    name = "Share of the test rows that also stand in the training table"
    criterion = Criterion("<=", MOST_COPIES, "share", presumed=True)
    n, copies, known = found.rows, int(found.known.sum()), f"{found.train_rows:,} training rows"
    if not found.compared and not found.names.column:
        reason = "the training table shares neither features nor names of rows with the test table"
        return Measurement(
            Claim(COPIES, name, criterion), "share", Missing(reason), needs="a training table with the features"
        )
    if not copies:
        text = f"none of {n:,} test rows also stands among the {known}"
    else:
        text = f"{copies:,} of {n:,} test rows ({format_share(copies / n)}) also stand among the {known}"
        text += _describe_ways(found, copies)
    if found.contradicting:
        text += f"; {found.contradicting:,} of them have another {tables.target or 'target'} there"
    if found.known_left_out and copies:
        text += "; they are not judged"
    if found.names.meaning == ANEW:
        text += f"; each table numbers its rows in {found.names.column} anew, so that equal numbers are no copies"
    share = Exact(copies / n, n)
    return Measurement(
        Claim(COPIES, name, criterion), "share", share, unit="share", reason=text, needs=SPLIT, from_scores=False
    )


def _describe_ways(found: Copies, copies: int) -> str:
    named, valued = found.by_name, copies - found.by_name
    ways = []
    if valued:
        keys = f", among them {listed(found.keys)}, whose values hardly ever come twice" if found.keys else ""
        ways.append(
            f"{valued:,} with the same {'value' if len(found.compared) == 1 else 'values'} in every column{keys}"
        )
    if named:
        ways.append(f"{named:,} under the same {found.names.column}")
    return f": {' and '.join(ways)}" if ways else ""


def _units(found: Copies) -> Measurement:
    names, n = found.names, found.rows
    text = (
        f"{names.column} is to name a row, and names units of several rows: {names.shared:,} of {n:,} test rows "
        f"({format_share(names.shared / n)}) belong to one that training rows belong to as well"
    )
    return Measurement(
        Claim(
            UNNAMED,
            f"Share of the test rows whose {names.column} training rows have as well",
            Criterion("<=", MOST_COPIES, "share", refutable=False, presumed=True),
        ),
        "share",
        Exact(names.shared / n, n),
        unit="share",
        reason=text,
        needs=f"name {names.column} under data.group, and under data.id only a column that names single rows",
        from_scores=False,
    )


def _judge_equal(tables: Tables, equal: Known) -> Measurement:
    by_chance = equal.by_chance.value
    text = (
        f"{equal.twins:,} of {equal.asked:,} other test rows ({format_share(equal.share.value)}) equal a training row "
        f"in every feature and in {tables.target or 'the target'}; by chance about {format_share(by_chance)} would, as "
        f"{equal.known - equal.alone:,} of {equal.known:,} training rows have a twin there"
    )
    return Measurement(
        Claim(
            EQUAL,
            "Share of the test rows that equal training rows, beyond what chance gives",
            Criterion("<=", MOST_EXCESS, "share", refutable=False, presumed=True),
        ),
        "share",
        equal.excess,
        unit="share",
        reason=text,
        needs=f"a column that names each row (data.id), so that copies can be told from equal rows; or {SPLIT}; or "
        "somebody outside about.prepared_by who vouches that equal rows are different cases (soundness.seen)",
        from_scores=False,
    )


def _find_near(tables: Tables, found: Copies) -> Near | None:
    assert tables.train is not None
    if not found.compared:
        return None
    others = tables.test[~(found.known | found.again)[found.stay]]
    return near_copies(others, tables.train, found.compared, tables.spec.seed)


def _near_claim(near: Near) -> Measurement:
    rows = f"{near.asked:,} test rows" if near.asked == near.of else f"a random sample of {near.asked:,} test rows"
    text = (
        f"{near.near:,} of {rows} ({format_share(near.share.value)}) lie nearer to one training row than their "
        f"surroundings explain, judged by {listed(near.columns, 5)}; of training rows from the same surroundings "
        f"{near.own:,} of {near.own_asked:,} ({format_share(near.own / near.own_asked)}) lie as near to another one"
    )
    return Measurement(
        Claim(
            NEAR,
            "Share of the test rows that are training rows, a little moved",
            Criterion("<=", MOST_NEAR, "share", presumed=True),
        ),
        "share",
        near.excess,
        unit="share",
        reason=text,
        needs=SPLIT,
        from_scores=False,
    )


def copies_against_supplied(evidence: Evidence) -> Measurement:
    """EVID-SEEN where there is no training table: test rows beside the hashes of the rows the model was fitted on.

    `evidence.elsewhere.training_rows` holds the hashes; without them nobody can look.
    """
    given = evidence.elsewhere.training_rows
    supply = "hashes of the rows that the model was fitted on (supplied.training_rows, made by `readiness hash-rows`)"
    if given is None:
        return claim_not_known(Kind.SEEN, "nothing is known of the rows that the model was fitted on", supply)
    source = evidence.spec.supplied.training_rows
    said = f" (hashes supplied by others: {source.source})" if source is not None else ""
    try:
        hashes = hashes_like(evidence.rows, given)
    except DataError as error:
        return claim_not_known(Kind.SEEN, f"{error.message}{said}", error.remedy or supply)
    if why := _other_columns(evidence, given) or _explain_no_evidence(evidence, given, hashes):
        return claim_not_known(Kind.SEEN, f"{why}{said}", supply)
    return _claim_beside_hashes(evidence, given, hashes, said)


FEWEST_HASHES = 50
"""Different training rows, as few as anything was ever fitted on; no fewer than one for each feature, either."""
LEAST_OF_TEST = 0.10
"""Different training rows, as a share of the test rows: hardly any model is tested on ten times as many rows."""
_EVEN = 1e-9
"""Chance of hashes as uneven as that (Kolmogorov 1933, in the inequality of Massart 1990)."""
FEW_TWINS, EXPECTED_TWINS = 0.10, 50
"""Where so many test rows equal another test row, at least a tenth of them should equal a row of such a table."""


def _features(evidence: Evidence) -> tuple[str, ...]:
    named = () if evidence.candidate is None else evidence.candidate.features
    return features_of(evidence.spec, [str(name) for name in evidence.rows.columns], named)


def _other_columns(evidence: Evidence, given: TrainingHashes) -> str:
    """Why hashes of these columns say nothing: names that are no row's, or not the features; empty where they do."""
    data = evidence.spec.data
    if given.names_rows:
        named = (
            "no column names a row (data.id)" if data.id is None else f"a row is named by {shown(data.id)} (data.id)"
        )
        return "" if given.columns[0] == data.id else f"names in {shown(given.columns[0])} were hashed, and {named}"
    if given.target not in ("", data.target):
        return f"rows with the target {shown(given.target)} were hashed, and the target is {shown(data.target)}"
    features, hashed = _features(evidence), set(given.columns) - {given.target}
    lacking, beyond = [name for name in features if name not in hashed], sorted(hashed - set(features))
    if lacking:
        return f"rows were hashed without {listed(map(shown, lacking), 3)}, which the model is given"
    return f"rows were hashed with {listed(map(shown, beyond), 3)}, which the model is not given" if beyond else ""


def _explain_no_evidence(evidence: Evidence, given: TrainingHashes, hashes: Hashes) -> str:
    """Why nobody can have fitted the model on the rows behind such hashes; empty where somebody may have."""
    found, n = np.unique(given.hashes), len(hashes)
    least = max(FEWEST_HASHES, len(_features(evidence)) + 1, math.ceil(LEAST_OF_TEST * n))
    if len(found) < least:
        rows = f"{len(found):,} different {'row was' if len(found) == 1 else 'rows were'} hashed"
        return f"{rows}; whoever is tested on {n:,} rows was fitted on {least:,} at least"
    if _are_uneven(found):
        return "what the file holds are no hashes: they are not spread as hashes are"
    if given.names_rows:
        return ""
    alike = n - int((np.unique(hashes, return_counts=True)[1] == 1).sum())
    expected = alike * min(1.0, len(given.hashes) / n)
    twins = int(are_in_table(hashes, found).sum())
    if expected >= EXPECTED_TWINS and twins < FEW_TWINS * expected:
        return (
            f"{alike:,} of {n:,} test rows equal another test row, and {twins:,} one that was hashed: these are others"
        )
    return ""


def _are_uneven(found: Hashes) -> bool:
    """Whether different hashes (m,), in rising order, are spread over all numbers of 64 bits as chance never does."""
    places = found.astype(np.float64) / 2.0**64
    steps = np.arange(len(found) + 1) / len(found)
    gap = max(float(np.abs(places - steps[:-1]).max()), float(np.abs(places - steps[1:]).max()))
    return 2 * math.exp(-2 * len(found) * gap * gap) < _EVEN


def _claim_beside_hashes(evidence: Evidence, given: TrainingHashes, hashes: Hashes, said: str) -> Measurement:
    name = "Share of the test rows that the model was fitted on"
    known = known_rows(hashes, given.hashes)
    n, m = len(hashes), len(given.hashes)
    what = f"the {m:,} rows that it was fitted on" if m != 1 else "the one row that it was fitted on"
    vouch = "or somebody outside about.prepared_by who attests when the test rows were drawn (soundness.seen)"
    needs = f"test rows that the model was not fitted on; {vouch}"
    if given.names_rows or _has_key(evidence.rows, given, hashes):
        twins = int(are_in_table(hashes, given.hashes).sum())
        by = (
            f"the same {given.columns[0]}"
            if given.names_rows
            else f"the same values in all {len(given.columns)} columns"
        )
        text = f"{twins:,} of {n:,} test rows ({format_share(twins / n)}) are among {what}, by {by}{said}"
        criterion = Criterion("<=", MOST_COPIES, "share", presumed=True)
        share = Exact(twins / n, n)
        return Measurement(
            Claim(Kind.SEEN.key(), name, criterion),
            "share",
            share,
            unit="share",
            reason=text,
            needs=needs,
            from_scores=False,
        )
    text = (
        f"{known.twins:,} of {n:,} test rows ({format_share(known.share.value)}) equal one of {what}; by chance about "
        f"{format_share(known.by_chance.value)} would{said}"
    )
    criterion = Criterion("<=", MOST_EXCESS, "share", refutable=False, presumed=True)
    return Measurement(
        Claim(Kind.SEEN.key(), name, criterion),
        "share",
        known.excess,
        unit="share",
        reason=text,
        needs=needs,
        from_scores=False,
    )


def _has_key(rows: pd.DataFrame, given: TrainingHashes, hashes: Hashes) -> bool:
    """Whether a hashed column has a value of its own in nearly every test row, and hardly any training row repeats."""
    if known_rows(hashes, given.hashes).alone < 0.95 * len(given.hashes):
        return False
    first = np.unique(hashes, return_index=True)[1]
    return any(
        len(np.unique(value_bits(rows[name].iloc[first]))) >= 0.95 * len(first)
        for name in given.columns
        if name != given.target
    )


__all__ = ["copies_against_supplied", "copies_of", "examine"]
