"""What a review looked at and what it did not: the usual groups, and the four mistakes that it must not let pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from readiness.core.findings import Finding, Question, Status
from readiness.core.format import format_count
from readiness.core.keys import Topic
from readiness.core.policy import Task
from readiness.report.sentences.answers import asked
from readiness.report.sentences.language import Language
from readiness.report.sentences.numbers import with_days
from readiness.report.sentences.phrases import sentence, several
from readiness.report.sentences.words import parts, section
from readiness.verdict.record import Record

USUAL_GROUPS: Mapping[str, frozenset[str]] = {
    "age": frozenset(["age", "ages", "birth", "birthday", "birthdate", "birthyear", "dob", "yob", "born"]),
    "gender": frozenset(["gender", "sex", "male", "female", "pronoun", "pronouns"]),
    "region": frozenset(
        [
            "region",
            "regions",
            "province",
            "county",
            "state",
            "country",
            "district",
            "city",
            "postcode",
            "postal",
            "zip",
            "zipcode",
            "plz",
            "place",
            "location",
            "branch",
            "depot",
            "area",
        ]
    ),
    "income": frozenset(["income", "salary", "wage", "wages", "earnings"]),
    "device": frozenset(["device", "devices", "platform", "browser", "phone", "app", "channel"]),
    "time": frozenset(
        ["weekday", "weekend", "hour", "month", "season", "quarter", "period", "time", "day", "date", "holiday"]
    ),
    "time as a customer": frozenset(["tenure", "new", "returning", "known", "seniority", "customer", "since"]),
    "another protected trait": frozenset(
        [
            "race",
            "racial",
            "ethnicity",
            "ethnic",
            "nationality",
            "citizenship",
            "native",
            "immigrant",
            "migrant",
            "language",
            "languages",
            "tongue",
            "religion",
            "religious",
            "faith",
            "disability",
            "disabled",
            "marital",
            "married",
            "spouse",
            "orientation",
            "pregnancy",
        ]
    ),
}
"""The eight groups that are always looked at where the data has them, by words in names of columns and labels."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One of the usual groups, and by which columns it was compared."""

    group: str
    columns: tuple[str, ...]
    """What the columns are called; empty: nobody looked."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One of four usual mistakes, and what this review did against it."""

    belief: str
    """As “Accuracy is high”."""
    checked: str
    """What was checked here, in a sentence or two."""
    target: str
    """The question or section that says more."""


def looked_at(record: Record, language: Language | None = None) -> tuple[LookedAt, ...]:
    """The eight usual groups, and which columns of the review's segments tell them apart.

    A column whose dates are cut into parts tells times apart, and so does the column of the time of a row, by which
    windows and weak spots are looked at.
    """
    language = language or Language.of(record)
    column_name, time = language.words.vocabulary.column, section(record.gathered.spec, "data").get("time")
    found: dict[str, set[str]] = {str(time): {"time"}} if time else {}
    for column, is_date in _segment_columns(record):
        words = {part.casefold() for text in (column, column_name(column)) for part in _WORDS.findall(text)}
        found.setdefault(column, set()).update(words | ({"time"} if is_date else set()))
    return tuple(
        LookedAt(group, tuple(column_name(column) for column, words in found.items() if words & names))
        for group, names in USUAL_GROUPS.items()
    )


def not_looked_at(record: Record, language: Language | None = None) -> str:
    """One sentence: which of the usual groups were compared, and which nobody looked at; empty where 3 is not asked."""
    if Question.SEGMENTS not in asked(record):
        return ""
    language = language or Language.of(record)
    groups = looked_at(record, language)
    told = {column for group in groups for column in group.columns}
    columns = dict.fromkeys(language.words.vocabulary.column(column) for column, _ in _segment_columns(record))
    seen = [group.group for group in groups if group.columns] + [column for column in columns if column not in told]
    unseen = [group.group for group in groups if not group.columns]
    return sentence(
        f"Looked at: {several(seen)}" if seen else "No groups were compared",
        f"Not looked at: {several(unseen)}" if unseen else "",
    )


def _segment_columns(record: Record) -> Iterator[tuple[str, bool]]:
    """Every column that segments are cut by, and whether its dates are cut into parts."""
    data = section(record.gathered.spec, "data")
    for entry in data.get("segments") or ():
        for part in entry if isinstance(entry, list | tuple) else (entry,):
            if isinstance(part, Mapping):
                yield str(part.get("column")), bool(part.get("by"))
            else:
                yield str(part), False


# ----------------------------------------------------------------------------------------------------


def four_mistakes(record: Record, language: Language | None = None) -> tuple[Mistake, ...]:
    """The four usual mistakes, each with what this review did against it."""
    language = language or Language.of(record)
    return (
        Mistake(_accuracy_belief(language), _accuracy(record, language), Question.BASELINE.value),
        Mistake("“It is better than what we have”", _better(record, language), Question.BASELINE.value),
        Mistake("“The test set says so”", _test_set(record, language), "soundness"),
        Mistake("“Stakeholders are happy”", _stakeholders(record, language), "decision"),
    )


def _accuracy_belief(language: Language) -> str:
    has_classes = language.words.task in (Task.BINARY, Task.MULTICLASS)
    return "“Accuracy is high”" if has_classes else "“The average is good”"


def _found(record: Record, question: Question, *topics: Topic) -> list[Finding]:
    return [f for f in record.answer(question).findings if f.key.kind in topics]


def _accuracy(record: Record, language: Language) -> str:
    metrics = dict.fromkeys(f.metric for f in _found(record, Question.BASELINE, Topic.LIFT))
    metrics |= dict.fromkeys(f.metric for f in _found(record, Question.BUSINESS, Topic.REQUIREMENT))
    judged = several([language.words.metric(name) for name in metrics if name])
    imbalance = next(iter(_found(record, Question.BASELINE, Topic.IMBALANCE)), None)
    said = language.said(imbalance).fact if imbalance is not None else ""
    groups = sum(f.key.kind is Topic.DEFICIT and f.blocking for f in record.answer(Question.SEGMENTS).findings)
    compared = f"{format_count(groups)} comparisons of groups" if groups != 1 else "1 comparison of groups"
    return sentence(said, f"Judged here: {judged}, and {compared}" if judged else f"Judged here: {compared}")


def _better(record: Record, language: Language) -> str:
    """Against the model of today with its margin of error, and what it costs."""
    lifts = [f for f in _found(record, Question.BASELINE, Topic.LIFT) if f.key.part("method") == "current"]
    costs = _found(record, Question.ERRORS, Topic.CURRENT_COST)
    if not lifts:
        return "No model of today was given to compare with."
    metric, gain = language.words.metric(lifts[0].metric), language.measured(lifts[0])
    price = f"errors: {language.measured(costs[0])}" if costs and costs[0].measured is not None else ""
    running = _running_cost(language)
    return sentence(f"Against today's model, {metric}: {gain}", price, running)


def _running_cost(language: Language) -> str:
    mine = language.words.value(Topic.METHOD_COST, "candidate")
    theirs = language.words.value(Topic.METHOD_COST, "current")
    if mine is None or theirs is None or mine == theirs:
        return ""
    factor = max(mine, theirs) / min(mine, theirs) if min(mine, theirs) > 0 else 0.0
    more = "more" if mine > theirs else "less"
    times = f"{factor:.2g} times " if factor else ""
    return f"one prediction costs {times}{more if not times else ('as much' if mine > theirs else 'less')} to run"


def _test_set(record: Record, language: Language) -> str:
    soundness, facts = record.soundness, record.gathered.data
    made = 0 if soundness is None else sum(finding.blocking for finding in soundness.findings)
    checks = "1 check" if made == 1 else f"{made} checks"
    count = "" if soundness is None else f"{checks} of the {language.words.row.many} themselves"
    doubts = 0 if soundness is None else len(soundness.doubts)
    found = "no doubt" if not doubts else "1 doubt" if doubts == 1 else f"{doubts} doubts"
    period = with_days(f"{facts.first[:10]} to {facts.last[:10]}") if facts.first and facts.last else ""
    looked = [f for f in _found(record, Question.PRODUCTION, Topic.DRIFT) if f.blocking]
    drifted = [f for f in looked if f.status is not Status.MET]
    drift = (
        f"{len(looked) - len(drifted)} of {len(looked)} columns have not drifted"
        if looked
        else ("no recent rows were given, so nobody knows whether production has moved")
    )
    return sentence(f"{count}: {found}" if count else "", drift, f"tested on {period}" if period else "")


def _stakeholders(record: Record, language: Language) -> str:
    requirements = len(parts(record.gathered.spec, "business", "requirements"))
    limits = [text for text in record.about.get("limitations") or () if text]
    stated = (
        f"{requirements} requirements were judged as stated"
        if requirements != 1
        else ("1 requirement was judged as stated")
    )
    known = f"{len(limits)} known limits are listed" if len(limits) != 1 else "1 known limit is listed"
    monitoring = Topic.BOX.key("monitoring")
    plan = next((f for f in record.answer(Question.PRODUCTION).findings if f.key == monitoring), None)
    watched = "" if plan is None else f"monitoring: {language.measured(plan)}"
    return sentence(stated, known if limits else "no known limits are listed", watched)
