"""What is found of the rows, whole: every kind of doubt once, each as a finding with its counts and its cure.

A rule that fails makes its kind *not assessed*, which withholds as well: a crash is never a yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from readiness.core.findings import Finding, Status, not_assessed
from readiness.core.keys import Topic
from readiness.core.policy import SOUNDNESS_ALPHA, SOUNDNESS_LEVEL
from readiness.core.withholding import TOUCHED, Kind, Soundness
from readiness.evidence.evidence import Evidence
from readiness.soundness import absent, copies, groups, leak, missing, mix, order, recent, repeats, seen
from readiness.soundness.tables import Aimed, Examined, Tables
from readiness.statistics.judge_claims import Measurement, judge_claims

Rule = Callable[[Evidence], Iterable[Examined]]


def rules() -> dict[Kind, tuple[Rule, ...]]:
    """What looks for each kind of doubt; the first finding of a kind comes from its first rule."""
    return {
        Kind.SEEN: (seen.examine, rule_of_tables(copies.examine)),
        Kind.LEAK: (leak.examine,),
        Kind.ORDER: (rule_of_tables(order.examine),),
        Kind.GROUPS: (rule_of_tables(groups.examine), groups.errors_by_unit),
        Kind.REPEATS: (rule_of_tables(repeats.examine),),
        Kind.MISSING: (missing.examine,),
        Kind.MIX: (mix.examine,),
        Kind.ABSENT: (absent.examine,),
        Kind.RECENT: (recent.examine,),
    }


def assess_soundness(evidence: Evidence) -> Evidence:
    """The same evidence with what is found of the rows themselves."""
    known = rules()
    findings: list[Finding] = []
    touches: dict[str, tuple[str, ...]] = {}
    for kind in Kind:
        for found, codes in _examine(kind, known.get(kind, ()), evidence):
            finding = _set_aside(found) if evidence.only else found
            findings.append(finding)
            if finding.blocking:
                touches[finding.code] = codes
    return replace(evidence, soundness=Soundness(tuple(findings), touches))


def _set_aside(finding: Finding) -> Finding:
    """In a partial review, which nobody signs, what was not looked at stands aside."""
    return replace(finding, blocking=finding.blocking and finding.status is not Status.NOT_ASSESSED)


def _examine(kind: Kind, of_kind: tuple[Rule, ...], evidence: Evidence) -> Iterator[tuple[Finding, tuple[str, ...]]]:
    whole = tuple(question.value for question in TOUCHED[kind])
    found: list[tuple[Finding, tuple[str, ...]]] = []
    for number, rule in enumerate(of_kind):
        try:
            made = [(judge_examined(one), one.codes if isinstance(one, Aimed) else whole) for one in rule(evidence)]
        except Exception as error:  # whatever a rule trips over, the other kinds and all six questions stand
            said = (str(error).splitlines() or [""])[0][:300]
            reason = f"the rule failed with {type(error).__name__}" + (f": {said}" if said else "")
            made = [(_report_failure(kind, number, reason), whole)]
        found += made
    if kind.key() not in {finding.key for finding, _ in found}:
        found.insert(0, (_report_failure(kind, 0, "nobody looked"), whole))
    yield from found


def _report_failure(kind: Kind, number: int, reason: str) -> Finding:
    """What stands for a rule of a kind; its first one stands under the first code of the kind."""
    key = kind.key(Topic.DOUBT_RULE, number) if number else kind.key()
    return not_assessed(key, kind.words, reason, needs="mend what failed and run again")


def judge_examined(found: Examined) -> Finding:
    """What a rule found, judged by itself: no other claim makes its alarm harder. What is met needs no remedy."""
    if isinstance(found, Finding):
        return found
    claim: Measurement = found.claim if isinstance(found, Aimed) else found
    finding = judge_claims([claim], alpha=SOUNDNESS_ALPHA, level=SOUNDNESS_LEVEL)[0]
    return replace(finding, needs="") if finding.status is Status.MET else finding


def is_sound(soundness: Soundness) -> bool:
    """Whether nothing was found that withholds anything."""
    return all(finding.status is Status.MET for finding in soundness.findings if finding.blocking)


def rule_of_tables(rule: Callable[[Tables], Iterable[Examined]]) -> Rule:
    """A rule that needs no model, for the rows of a review."""
    return lambda evidence: rule(Tables.of(evidence))
