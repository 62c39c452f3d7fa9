"""Test rows that the model had seen, told beside copies of itself that were fitted on the training rows alone.

Purpose: a model that was fitted on test rows answers them from memory, and no number about them says how it will do.
Method: clones of all training rows are asked about the same test rows. A lead over them is held against what memory
gains on rows that they have seen; the ratio estimates the share of test rows that the model had seen.
Limits: hyperparameters, columns or thresholds that were chosen by the test rows leave no trace, as every copy has
them, too; nor does a training table that holds the test rows itself, which is what the search for copies is for.
"""

from __future__ import annotations

from readiness.core.findings import Claim, Criterion
from readiness.core.format import format_share
from readiness.core.missing import Missing
from readiness.core.withholding import Kind
from readiness.evidence.equal_refits import EqualRefits
from readiness.evidence.evidence import Evidence
from readiness.soundness.copies import copies_against_supplied
from readiness.soundness.tables import claim_not_known
from readiness.statistics.inference import Exact, Mapped, within_0_and_1
from readiness.statistics.judge_claims import Measurement
from readiness.statistics.refit_advantage import NO_GAIN, SEEN_ALPHA, SEEN_LIMIT, RefitAdvantage, refit_advantage

MOST_UNDETECTED = 0.30
"""More seen test rows than that must be ruled out, see `RefitAdvantage.most`, or nothing is shown."""
HARMLESS = 0.05
"""Of the error of a guess (numbers, rankings: of the copies' own): what undetected rows may have gained where the model
is like any of its copies; as much as the lift of 5 % that is asked of an error over a baseline."""
FIT_ALIKE = 0.05
"""In the same shares: by how much a model may fit its training rows better than its copies do, beyond chance."""
VOUCH = (
    "rows that were drawn after the model was fitted; or somebody outside about.prepared_by who attests when they were "
    "drawn (soundness.seen)"
)
SUPPLY = f"hashes of the rows it was fitted on (supplied.training_rows); or {VOUCH}"
NAME = "Share of the test rows that the model answers as if it had seen them"


def examine(evidence: Evidence) -> list[Measurement]:
    """EVID-SEEN: no more than a tenth of the test rows was seen, as far as a lead over its own copies can tell."""
    equal = evidence.retraining.equal
    if isinstance(equal, Missing):
        return [_judge_hashes(evidence, equal)]
    found = refit_advantage(equal.losses, equal.dependence)
    if isinstance(found, Missing):
        return [claim_not_known(Kind.SEEN, found.reason, SUPPLY)]
    if found.excess > found.excess_limit + FIT_ALIKE:
        return [claim_not_known(Kind.SEEN, _explain_no_copies(found), f"a model as it came out of fit; or {SUPPLY}")]
    if found.room < NO_GAIN:
        return [_nothing_to_gain(equal, found)]
    return [_claim(equal, found)]


def _judge_hashes(evidence: Evidence, why: Missing) -> Measurement:
    """The rows that it was fitted on may be supplied as hashes, which tells as much."""
    if evidence.elsewhere.training_rows is not None:
        return copies_against_supplied(evidence)
    reason = f"no copies of the model could be fitted to compare it with: {why.reason}"
    return claim_not_known(Kind.SEEN, reason, f"{why.needs}; or {SUPPLY}" if why.needs else SUPPLY)


def _explain_no_copies(found: RefitAdvantage) -> str:
    return (
        "the copies that can be fitted do not stand for the model: it fits its training rows closer than they do, by "
        f"{format_share(found.excess)} of the error of a guess"
    )


def _nothing_to_gain(equal: EqualRefits, found: RefitAdvantage) -> Measurement:
    """Memory gains too little to matter, unless the model leads by more than that."""
    rows, copies = _rows(equal, found), _copies(found)
    doubt = (
        f"the model does better on {rows} than {copies}, by more than memory gains: it was not fitted on the training "
        "table as it is"
    )
    they = "errs hardly less on rows that it has" if found.copies == 1 else "err hardly less on rows that they have"
    said = f"having seen {rows} could not have helped: {copies} {they} seen"
    if found.is_better_than_memory:
        return _claim_gain(found, found.room, NO_GAIN, doubt, withheld=doubt)
    return _claim_gain(found, found.room, NO_GAIN, said)


def _claim_gain(found: RefitAdvantage, most: float, bar: float, reason: str, withheld: str = "") -> Measurement:
    return Measurement(
        Claim(
            Kind.SEEN.key(),
            "What test rows that the model had seen could have gained at most, as a share of the error of a guess",
            Criterion("<=", bar, "share", presumed=True),
        ),
        "share",
        Exact(most, found.n),
        unit="share",
        withheld=withheld,
        reason=reason,
        needs=SUPPLY if withheld else "",
        from_scores=False,
    )


def _claim(equal: EqualRefits, found: RefitAdvantage) -> Measurement:
    is_seen = found.lower(SEEN_ALPHA) > SEEN_LIMIT
    if not is_seen and found.most > MOST_UNDETECTED:
        if found.is_one_of_them and found.hidden <= HARMLESS:
            return _claim_gain(found, found.hidden, HARMLESS, _describe_new(equal, found))
        return _share(
            found, _describe_unnoticed(equal, found), withheld=_describe_unnoticed(equal, found), needs=SUPPLY
        )
    return (
        _share(found, _describe_seen(equal, found), needs=SUPPLY)
        if is_seen
        else _share(found, _describe_new(equal, found))
    )


def _share(found: RefitAdvantage, reason: str, *, withheld: str = "", needs: str = "") -> Measurement:
    return Measurement(
        Claim(Kind.SEEN.key(), NAME, Criterion("<=", SEEN_LIMIT, "share", presumed=True)),
        "share",
        Mapped(found, within_0_and_1),
        unit="share",
        withheld=withheld,
        reason=reason,
        needs=needs,
        denominator="test rows",
        from_scores=False,
    )


def _describe_unnoticed(equal: EqualRefits, found: RefitAdvantage) -> str:
    rows, most = _rows(equal, found), found.most
    share = f"{format_share(most)} of {rows}" if most < 1 else f"all of {rows}"
    unlike = "" if found.is_one_of_them else "; its answers are unlike those of its copies"
    return f"the model may have seen up to {share}, by how {_copies(found)} that never saw them do{unlike}"


def _describe_seen(equal: EqualRefits, found: RefitAdvantage) -> str:
    least = format_share(min(1.0, found.lower(SEEN_ALPHA)))
    share = f"about {format_share(found.value)}" if found.value < 1 else "all"
    return (
        f"the model does better on {_rows(equal, found)} than {_copies(found)} that never saw them, as if it "
        f"had seen {share} of them (at least {least})"
    )


def _describe_new(equal: EqualRefits, found: RefitAdvantage) -> str:
    rows, copies = _rows(equal, found), _copies(found)
    if not found.lead and not found.lead_variance:
        return f"{copies}, fitted on the training rows alone, answers {rows} as the model does"
    said = f"the model does about as well on {rows} as {copies} that never saw them"
    if found.most > MOST_UNDETECTED:
        gained = format_share(found.hidden)
        return f"{said}; rows that it had seen can have gained no more than {gained} of the error of a guess"
    if found.detectable < 1:
        return f"{said}; it would be noticed for sure, had it seen {format_share(found.detectable)} of them"
    return said


def _rows(equal: EqualRefits, found: RefitAdvantage) -> str:
    queries = f" in {found.n:,} queries" if found.n != equal.test_rows else ""
    return f"these {equal.test_rows:,} test rows{queries}"


def _copies(found: RefitAdvantage) -> str:
    return "a copy of it" if found.copies == 1 else f"{found.copies} copies of it"
