"""Lists of claims, those that a spec alone tells and families whose members only data tell, and how one is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from readiness.core.findings import Claim
from readiness.core.keys import FindingKey, Question, Topic


@dataclass(frozen=True, slots=True)
class Family:
    """Claims of one topic whose members only data tell: how many segments, windows, classes or columns there are."""

    kind: Topic
    rule: Callable[[FindingKey, str], Claim | None]
    """The claim for a key, and for what the key does not name: the class, or the metric. None: there is no such one."""
    scaled: bool = False
    """Whether the limit is scaled to a small rate among all other rows, as `statistics.rate_limits` does."""

    @classmethod
    def of_one(cls, claim: Claim) -> Family:
        """A claim that has its bar wherever it is judged, and is not demanded."""
        return cls(claim.key.kind, lambda _key, _subject: claim)


Entry = Claim | Family


@dataclass(frozen=True)
class Claims:
    """All that a spec demands."""

    entries: tuple[Entry, ...]

    @cached_property
    def demanded(self) -> tuple[Claim, ...]:
        """The claims that the spec alone tells, in the order of the questions; every one must be answered."""
        return tuple(entry for entry in self.entries if isinstance(entry, Claim))

    @cached_property
    def _by_key(self) -> dict[FindingKey, Claim]:
        return {claim.key: claim for claim in self.demanded}

    @cached_property
    def _families(self) -> dict[Topic, Family]:
        return {entry.kind: entry for entry in self.entries if isinstance(entry, Family)}

    def of(self, question: Question) -> tuple[Claim, ...]:
        """Those of one question."""
        return tuple(claim for claim in self.demanded if claim.key.question is question)

    def of_kind(self, *kinds: Topic) -> tuple[Claim, ...]:
        """Those of some topics."""
        return tuple(claim for claim in self.demanded if claim.key.kind in kinds)

    def find(self, key: FindingKey, subject: str = "") -> Claim | None:
        """The claim of this key, demanded or of a family; None where nothing is asked of it.

        Args:
            key: of the claim.
            subject: what the key does not name: the class of a claim about classes, the metric of a weak slice.
        """
        claim, family = self._by_key.get(key), self._families.get(key.kind)
        return claim if claim is not None or family is None else family.rule(key, subject)

    def is_scaled(self, kind: Topic) -> bool:
        """Whether limits of this topic are scaled to a small rate among all other rows."""
        family = self._families.get(kind)
        return family is not None and family.scaled

    def claim(self, key: FindingKey, subject: str = "") -> Claim:
        """As `find`, where the spec is known to ask.

        Raises:
            KeyError: it does not.
        """
        found = self.find(key, subject)
        if found is None:
            raise KeyError(key.code)
        return found
