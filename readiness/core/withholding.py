"""Doubts about the rows, kind by kind, and the claims that each withholds from the six answers.

A doubt never proves anything against the candidate: it turns *met* into *not proven*, and leaves all else as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from readiness.core.findings import Answer, Finding, Question, Status
from readiness.core.keys import FindingKey, Topic

WITHHELD = "withheld: "
"""How the words begin that stand with a claim which rows in doubt cannot carry."""


class Kind(StrEnum):
    """What can be wrong with the rows, in the order in which it is told."""

    SEEN = "seen"
    LEAK = "leak"
    ORDER = "order"
    GROUPS = "groups"
    REPEATS = "repeats"
    MISSING = "missing"
    MIX = "mix"
    ABSENT = "absent"
    RECENT = "recent"

    @property
    def code(self) -> str:
        """Code of its first finding, which is in every record."""
        return self.key().code

    def key(self, topic: Topic = Topic.DOUBT, *numbers: int) -> FindingKey:
        """The key of one of its findings, by a topic of doubts; without a topic that of the first."""
        return topic.key(self.value, *numbers)

    @property
    def words(self) -> str:
        """What is asked of the rows: "Were the test rows new to the model?"."""
        return _ASKED[self]

    @property
    def cure(self) -> str:
        """What would settle it, for readers who do not know the spec."""
        return _CURES[self]

    @property
    def doubt(self) -> str:
        """The doubt in a few words, for what it withholds."""
        return _DOUBTS[self]


_ASKED = {
    Kind.SEEN: "Were the test rows new to the model?",
    Kind.LEAK: "Is every column known before the answer is?",
    Kind.ORDER: "Do the test rows come after the training rows?",
    Kind.GROUPS: "Are training and test rows of different units?",
    Kind.REPEATS: "Does each row count once?",
    Kind.MISSING: "Is the truth known of enough rows?",
    Kind.MIX: "Are the rows mixed as in production?",
    Kind.ABSENT: "Is everybody in production among the test rows?",
    Kind.RECENT: "Do recent rows look like the test rows?",
}
_DOUBTS = {
    Kind.SEEN: "the model may have seen test rows before",
    Kind.LEAK: "a column may give the answer away",
    Kind.ORDER: "training and test rows are not kept apart in time",
    Kind.GROUPS: "rows of the same unit may stand on both sides, or count as many",
    Kind.REPEATS: "test rows repeat one another",
    Kind.MISSING: "rows without a known truth could overturn it",
    Kind.MIX: "the test rows are mixed otherwise than production",
    Kind.ABSENT: "some whom production meets are hardly among the test rows",
    Kind.RECENT: "recent rows are other rows than the test rows",
}

_CURES = {
    Kind.SEEN: "test the model on rows that are surely new to it",
    Kind.LEAK: "leave out the column that tells too much, or show that it is known when a prediction is made",
    Kind.ORDER: "test the model on rows that come after every training row",
    Kind.GROUPS: "keep rows of the same unit together, on one side, and count them as what they are",
    Kind.REPEATS: "leave each row in the test table once",
    Kind.MISSING: "find out the truth of the rows that lack it",
    Kind.MIX: "test on rows that are mixed as in production",
    Kind.ABSENT: "add test rows of those who are hardly among them",
    Kind.RECENT: "test on rows like the recent ones",
}

_OF_TEST_ROWS = (Question.BASELINE, Question.BUSINESS, Question.SEGMENTS, Question.ERRORS, Question.STABILITY)
TOUCHED: Mapping[Kind, tuple[Question, ...]] = dict.fromkeys(Kind, _OF_TEST_ROWS) | {
    Kind.ABSENT: (Question.SEGMENTS,),
}
"""Whose claims a doubt withholds, unless its finding names the claims one by one."""
_EVERY_CLAIM_OF_REFITS = (Kind.LEAK, Kind.GROUPS)
"""Doubts that hold for training rows as well, so that refits on them prove nothing either."""
_IN_TIME = frozenset({Topic.WINDOW, Topic.TREND})
"""Claims of question 5 that rest on test rows."""
_NEVER_VOUCHED = frozenset({
    (Kind.SEEN, Topic.DOUBT_COPIES), (Kind.SEEN, Topic.DOUBT_NEAR), (Kind.SEEN, Topic.DOUBT_RULE),
    (Kind.REPEATS, Topic.DOUBT_COPIES), (Kind.MIX, Topic.DOUBT_CARRIED),
})  # fmt: skip
"""Besides all that is found of recent rows. Copies are there for everybody to see, what recent rows look like nobody
can know better than the rows, and no word makes a claim hold at the share that the spec itself declares. Nor does a
word stand in for a search for copies that failed.
"""
_LOOKED_AT_BY_ONE_RULE = (Kind.REPEATS, Kind.MIX)
"""Kinds with findings that nobody can vouch for, all of one rule: where that failed, there might be such."""


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found of the rows."""

    findings: tuple[Finding, ...] = ()
    touches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By code of a finding the questions whose claims it withholds, or the codes of the claims one by one."""

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """The findings of one kind."""
        return tuple(finding for finding in self.findings if kind_of(finding.key) is kind)

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """Every finding that withholds something, unless somebody vouches for it."""
        return tuple(f for f in self.findings if f.blocking and f.status is not Status.MET)

    def withholding(self, vouched: Collection[str]) -> tuple[Finding, ...]:
        """The doubts that nobody vouches for; `vouched` names the kinds that somebody vouches for."""
        return tuple(finding for finding in self.doubts if not is_vouched(finding, vouched))

    def relied_on(self, vouched: Collection[str]) -> tuple[str, ...]:
        """The kinds of doubt that are set aside because somebody vouches for them, in their order."""
        found = {kind_of(finding.key) for finding in self.doubts if is_vouched(finding, vouched)}
        return tuple(kind.value for kind in Kind if kind in found)


_KINDS: Mapping[str, Kind] = {kind.value: kind for kind in Kind}


def kind_of(key: FindingKey) -> Kind | None:
    """The kind that a finding is about; None where it is about something else."""
    return _KINDS.get(key.part("doubt"))


def kind_and_topic(key: FindingKey) -> tuple[Kind | None, Topic]:
    """What is told apart by rules for findings on the rows: their kind, and what of it they tell."""
    return kind_of(key), key.kind


def is_vouched(finding: Finding, vouched: Collection[str]) -> bool:
    """Whether what somebody vouches for covers the finding: its kind, or each of the columns that it is about."""
    kind = kind_of(finding.key)
    if kind is None or can_never_be_vouched(finding.key):
        return False
    if finding.criterion is None and kind in _LOOKED_AT_BY_ONE_RULE:
        return False
    columns = [f"{kind.value}/{column}" for key, column in finding.segment.items() if key.startswith("column")]
    return kind.value in vouched or (bool(columns) and all(column in vouched for column in columns))


def can_never_be_vouched(key: FindingKey) -> bool:
    """Whether no word of anybody's can set the doubt aside."""
    return kind_of(key) is Kind.RECENT or kind_and_topic(key) in _NEVER_VOUCHED


def is_touched(doubt: Finding, touches: Collection[str], question: Question, finding: Finding) -> bool:
    """Whether a doubt reaches a claim: by its code, or as one of its question's that rest on the affected rows."""
    if finding.bounds is None or finding.criterion is None:
        return False
    if finding.code in touches:
        return True
    if question.value not in touches:
        return False
    is_in_time = finding.key.kind in _IN_TIME
    return question is not Question.STABILITY or is_in_time or kind_of(doubt.key) in _EVERY_CLAIM_OF_REFITS


def withhold(answer: Answer, soundness: Soundness, vouched: Collection[str]) -> Answer:
    """The answer without the yeses that these rows cannot carry.

    Args:
        answer: As measured.
        soundness: What was found of the rows.
        vouched: Kinds that somebody outside those who prepared the review vouches for.
    """
    doubts = soundness.withholding(vouched)
    findings = tuple(
        _withhold_finding(finding, answer.question, doubts, soundness.touches) for finding in answer.findings
    )
    return replace(answer, findings=findings)


def _withhold_finding(
    finding: Finding, question: Question, doubts: Collection[Finding], touches: Mapping[str, tuple[str, ...]]
) -> Finding:
    if not finding.blocking or finding.status is not Status.MET:
        return finding
    by = [doubt for doubt in doubts if is_touched(doubt, touches.get(doubt.code, ()), question, finding)]
    if not by:
        return finding
    kinds = dict.fromkeys(kind for doubt in by if (kind := kind_of(doubt.key)) is not None)
    words = f"{WITHHELD}{'; '.join(kind.doubt for kind in kinds)}"
    return replace(
        finding,
        status=Status.NOT_PROVEN,
        outcome=None,
        withheld=words,
        withheld_by=tuple(kind.value for kind in kinds),
        needs=by[0].needs or by[0].reason,
    )


# ----------------------------------------------------------------------------------------------------
# Answers that stay where columns drift: told from what was found of the recent rows.

_OF_CLAIMS = frozenset({Topic.DOUBT_WEIGHTED, Topic.DOUBT_KNOWN})
"""Claims on test rows that are weighed like recent rows, and on recent rows whose truth is known."""


def steady_answers(soundness: Soundness | None) -> Finding | None:
    """The finding that tells how far the answers have moved, where no other speaks against them; else None.

    None where the answers to recent rows are not known, where something found of these rows is a doubt, or where a
    claim, weighed or on known truth, misses its bar by its value alone.
    """
    if soundness is None:
        return None
    found = soundness.of(Kind.RECENT)
    answers = next((finding for finding in found if finding.key.kind is Topic.DOUBT_SCORES), None)
    is_doubted = any(finding.blocking and finding.status is not Status.MET for finding in found)
    if answers is None or answers.bounds is None or answers.bounds.basis is None or is_doubted:
        return None
    return None if any(_missed_claims(found)) else answers


def _missed_claims(found: tuple[Finding, ...]) -> Iterator[bool]:
    for finding in found:
        if finding.key.kind in _OF_CLAIMS and finding.criterion is not None and finding.measured is not None:
            yield not finding.criterion.holds(finding.measured.value)
