"""Test rows that count more than once: copies, equal rows that somebody made, and names that are given twice.

Purpose: rows that stand there twice count twice, and make intervals narrower than the rows warrant.
Method: copies as they are found beside the training table. Of other equal rows it is asked whether independent rows
could repeat like that: of rows drawn by chance, some come three times where many come twice.
Limits: in tables of few values a part of the rows may be copies without anybody being able to tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_share, listed
from readiness.core.keys import FindingKey, Topic
from readiness.core.withholding import Kind
from readiness.evidence.copies import UNITS, Copies
from readiness.evidence.target import MOST_COPIES
from readiness.soundness.copies import copies_of
from readiness.soundness.tables import Tables
from readiness.statistics.inference import Exact
from readiness.statistics.judge_claims import Measurement

MOST_UNITS = 0.05
"""Of the test rows whose name another test row has, though it is to name a row."""
COPIES, UNNAMED = Kind.REPEATS.key(Topic.DOUBT_COPIES), Kind.REPEATS.key(Topic.DOUBT_UNITS)
NAME = "Share of the test rows that stand in the test table before"
ONCE = "leave each row in the test table once"


def examine(tables: Tables) -> Iterator[Measurement]:
    """EVID-REPEATS, and -COPIES and -UNITS where there is something to tell."""
    found = copies_of(tables)
    yield _judge_repeats(found)
    if found.again.mean() > MOST_COPIES:
        yield _claim(COPIES, "Share of the test rows that are copies of others", found, _describe(found), ONCE)
    if found.names.meaning == UNITS and tables.spec.data.group is None and tables.spec.data.query is None:
        yield _units(found)


def _judge_repeats(found: Copies) -> Measurement:
    if not found.made:
        return _claim(Kind.REPEATS.key(), NAME, found, _describe(found), ONCE)
    doubt = (
        "equal test rows come in pairs, triples or more of a kind, and not as they would if each were a case of its own"
    )
    needs = (
        f"{ONCE}; or name what the equal rows belong to under data.group; or somebody outside about.prepared_by who "
        "vouches that they are different cases (soundness.repeats)"
    )
    known = _describe(found) if found.again.any() else "no column tells which of them are copies"
    reason = doubt if found.again.mean() > MOST_COPIES else f"{doubt}; {known}"
    return _claim(Kind.REPEATS.key(), NAME, found, reason, needs, withheld=doubt)


def _describe(found: Copies) -> str:
    n, again = found.rows, int(found.again.sum())
    if not again:
        return f"none of {n:,} test rows is a copy of another one"
    text = f"{again:,} of {n:,} test rows ({format_share(again / n)}) are copies of another one"
    if found.keys:
        text += (
            f": the same values in every column, among them {listed(found.keys)}, whose values hardly ever come twice"
        )
    elif found.names.column:
        text += f": the same {found.names.column}"
    return text + ("; each is judged once" if found.again_left_out else "")


def _claim(key: FindingKey, name: str, found: Copies, reason: str, needs: str, withheld: str = "") -> Measurement:
    share = Exact(float(found.again.mean()), found.rows)
    criterion = Criterion("<=", MOST_COPIES, "share", presumed=True)
    return Measurement(
        Claim(key, name, criterion),
        "share",
        share,
        unit="share",
        withheld=withheld,
        reason=reason,
        needs=needs,
        from_scores=False,
    )


def _units(found: Copies) -> Measurement:
    names, n = found.names, found.rows
    text = (
        f"{names.column} is to name a row, and {names.repeating:,} of {n:,} test rows "
        f"({format_share(names.repeating / n)}) share theirs with another one: it names units of several rows, which "
        "count as if each row stood for itself"
    )
    return Measurement(
        Claim(
            UNNAMED,
            f"Share of the test rows whose {names.column} other test rows have as well",
            Criterion("<=", MOST_UNITS, "share", refutable=False, presumed=True),
        ),
        "share",
        Exact(names.repeating / n, n),
        unit="share",
        reason=text,
        needs=f"name {names.column} under data.group, and under data.id only a column that names single rows",
        from_scores=False,
    )
