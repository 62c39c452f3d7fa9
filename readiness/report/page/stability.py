"""Tables and sentences of question 5: what was required, each window of time, and the refits."""

from __future__ import annotations

from collections.abc import Sequence

from readiness.core.findings import Finding, Status
from readiness.core.keys import Topic
from readiness.report.page.tables import Table, claims_table, facts_table, summary
from readiness.report.sentences.language import Language

_TOLD = (Topic.FOLD_MEAN, Topic.FOLD_STD, Topic.FOLD_LOW, Topic.HOLDOUT)
"""Facts on the refits that stand open, as sentences."""


def tables(findings: Sequence[Finding], language: Language) -> tuple[Table, ...]:
    """What was required; the windows in the order of time, folded while all hold; the facts, folded."""
    windows = [finding for finding in findings if finding.key.kind is Topic.WINDOW]
    judged = [finding for finding in findings if finding.blocking and finding not in windows]
    facts = [finding for finding in findings if not finding.blocking and finding not in windows]
    made = [claims_table(judged, "Required and measured", language)] if judged else []
    if windows:
        caption = f"Over time: {len(windows)} windows, {summary(windows, language)}"
        made.append(claims_table(windows, caption, language, folds=True))
    if facts:
        many = "one figure that is" if len(facts) == 1 else f"{len(facts)} figures that are"
        made.append(facts_table(facts, f"The refits in {many} not judged", language))
    return tuple(made)


def lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """The facts that a reader asks for first, in the order of `_TOLD`."""
    by_kind = {finding.key.kind: finding for finding in findings}
    return [language.sentence(by_kind[kind]) for kind in _TOLD if kind in by_kind and by_kind[kind].measured]


def deciding_figure(findings: Sequence[Finding]) -> str:
    """The end of the name of the figure that shows what kept the answer from a yes; empty where none did."""
    refused = [f.key.kind for f in findings if f.blocking and f.status is not Status.MET]
    return "over_time" if Topic.WINDOW in refused else ""
