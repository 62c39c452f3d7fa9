"""Switched-off examples that a starter spec shows, for each kind of target."""

from __future__ import annotations

import re

import yaml

from readiness.core.policy import Task
from readiness.spec.schema import Label
from readiness.starter.table_guesses import Amount

# ----------------------------------------------------------------------------------------------------
# Text in YAML, so written that exactly the same text is read again, on one line

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_NOT_PLAIN = frozenset({"null", "true", "false"})


def yaml_text(text: str) -> str:
    """`text`: plain where nobody could misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _NOT_PLAIN:
        return text
    dumped: str = yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.rstrip("\n")


def yaml_label(label: Label) -> str:
    """A class label: text, a number, true or false."""
    if isinstance(label, str):
        return yaml_text(label)
    return str(label).lower() if isinstance(label, bool) else str(label)


# ----------------------------------------------------------------------------------------------------

_REQUIREMENTS = {
    Task.BINARY: (
        "{says: Do not miss a case, metric: recall, at_least: 0.95}",
        "{says: Do not annoy people with false alarms, metric: precision, at_least: 0.80}",
        "{says: Rank cases above all others, metric: roc_auc, at_least: 0.90}",
        "{says: Beat the current model by a tenth, metric: f1, lift_over: current, at_least: 0.10}",
    ),
    Task.MULTICLASS: (
        "{says: Be right nine times in ten, metric: accuracy, at_least: 0.90}",
        "{says: Serve every class, metric: f1_macro, at_least: 0.85}",
        "{says: Beat the current model by a tenth, metric: f1_macro, lift_over: current, at_least: 0.10}",
    ),
    Task.REGRESSION: (
        "{says: Be wrong by 50 at most on average, metric: mae, at_most: 50}",
        "{says: Be wrong by a tenth at most on average, metric: mape, at_most: 0.10}",
        "{says: Beat the current model by a tenth, metric: mae, lift_over: current, at_least: 0.10}",
    ),
    Task.RANKING: (
        "{says: Put the best rows first, metric: ndcg_at_10, at_least: 0.60}",
        "{says: Show what is looked for near the top, metric: mrr, at_least: 0.50}",
        "{says: Beat the current model by a tenth, metric: ndcg_at_10, lift_over: current, at_least: 0.10}",
    ),
}
_TECHNICAL = (
    "{says: Respond quickly, metric: latency_p99_ms, at_most: 100}",
    "{says: Run on phones, metric: size_mb, at_most: 50}",
)
_HUMAN = {
    Task.BINARY: "{metric: recall, value: 0.85, n: 200, source: which study}",
    Task.MULTICLASS: "{metric: accuracy, value: 0.85, n: 200, source: which study}",
    Task.REGRESSION: "{metric: mae, value: 50, n: 200, source: which study}",
    Task.RANKING: "{metric: ndcg_at_10, value: 0.60, n: 200, source: which study}",
}


def off(*lines: str) -> str:
    """Lines switched off: removing "# " makes them settings."""
    return "\n".join(f"# {line}" for line in lines)


def words_example(task: Task, *, target: str, column: str) -> str:
    """What the report might call rows, columns and groups; indented by two blanks."""
    classes = ", positive: fraud, negative: honest payment" if task is Task.BINARY else ""
    lines = (
        f"words: {{row: payment{classes}}}",
        "labels:",
        f"  {yaml_text(column)}: {{title: age, 65+: people of 65 and over}}",
        *([f"  {yaml_text(target)}: {{title: kind of payment}}"] if task is Task.MULTICLASS else []),
    )
    return "\n".join(f"  {off(line)}" for line in lines)


def baseline_example(task: Task, amount: Amount | None) -> str:
    """A rule, the current model and people, to compare the candidate with."""
    condition = yaml_text(f"`{amount.column}` > {amount.high:g}" if amount else "`amount` > 10000")
    how = {
        Task.BINARY: f"when: {condition}",
        Task.MULTICLASS: "column: rule_prediction",
        Task.REGRESSION: f"when: {condition}, then: 200, otherwise: 100",
        Task.RANKING: f"when: {condition}, then: 1, otherwise: 0",
    }
    return off(
        "baseline:",
        "  rules:",
        f"    - {{name: our rule of thumb, {how[task]}}}",
        "  current: {name: the model now in production, path: models/current.joblib}  # a pickle needs sha256, too",
        f"  human: {_HUMAN[task]}",
    )


def business_example(task: Task) -> str:
    """Targets that are common, none of which is anybody's requirement yet."""
    entries = (f"    - {entry}" for entry in (*_REQUIREMENTS[task], *_TECHNICAL))
    return off("business:", "  requirements:", *entries)


def errors_example(task: Task, labels: list[str]) -> str:
    """What an error might cost."""
    if task is Task.REGRESSION:
        return off("errors:", "  costs: {under: 2, over: 1, currency: EUR}  # for each unit too low, too high")
    if task is Task.MULTICLASS:
        rows = [f"      {true}: {_row(true, labels)}" for true in labels]
        return off("errors:", "  costs:", "    matrix:  # by true class, then predicted class", *rows)
    return off(
        "errors:",
        "  costs: {false_positive: 10, false_negative: 100, currency: EUR}",
        "  describe:",
        "    false_positive: what a false alarm means for those it strikes",
        "    false_negative: what a missed case means",
    )


def _row(true: str, labels: list[str]) -> str:
    return "{" + ", ".join(f"{label}: {int(label != true)}" for label in labels) + "}"
