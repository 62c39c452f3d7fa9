"""Keys of findings: which question they answer, what is asked, and of what; the code of a finding follows from its key.

A code such as `SEGM-2-1-RECALL` is what people and other programs quote, so it is stable. Nobody here takes one apart:
what a finding is about is read from its key. The one place that reads the text of a code is `key_of`, for records that
were written before keys were, and for findings of a user's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from string import Formatter


class Question(StrEnum):
    """The six questions, in the order of the report."""

    BASELINE = "baseline"
    BUSINESS = "business"
    SEGMENTS = "segments"
    ERRORS = "errors"
    STABILITY = "stability"
    PRODUCTION = "production"

    @property
    def number(self) -> int:
        """1 to 6."""
        return list(Question).index(self) + 1

    @property
    def prefix(self) -> str:
        """The first four letters of its finding codes: "BASE"."""
        return self.value[:4].upper()

    @property
    def words(self) -> str:
        """The question in plain words."""
        return _TITLES[self]


_TITLES = {
    Question.BASELINE: "Does it beat the alternatives?",
    Question.BUSINESS: "Does it meet the stated requirements?",
    Question.SEGMENTS: "Does it work for everyone?",
    Question.ERRORS: "Are the failure modes acceptable?",
    Question.STABILITY: "Is performance consistent?",
    Question.PRODUCTION: "Will it work in the real world?",
}


# ----------------------------------------------------------------------------------------------------
# What is asked. Beside each topic stands the form of its codes: `{segment:d}` is a number of the subject, counted from
# 1, other names are texts of it, and `{metric}` is the metric of the key.

_DASHED = frozenset({"probe", "box"})
"""Names with words joined by "_" whose codes join them by "-": one_row stands in PROD-PROBE-ONE-ROW."""


class Topic(StrEnum):
    """What a finding is about; `form` is how its code is spelled."""

    form: str

    def __new__(cls, value: str, form: str = "") -> Topic:
        """A topic with the form of its codes."""
        topic = str.__new__(cls, value)
        topic._value_ = value
        topic.form = form
        return topic

    # 1: the alternatives
    LIFT = "lift", "BASE-LIFT-{method}"
    METHOD_VALUE = "method_value", "BASE-VALUE-{method}-{metric}"
    METHOD_COST = "method_cost", "BASE-COST-{method}"
    MCNEMAR = "mcnemar", "BASE-MCNEMAR-{method}"
    DELONG = "delong", "BASE-DELONG-{method}"
    PERFECT = "perfect", "BASE-PERFECT"
    IMBALANCE = "imbalance", "BASE-IMBALANCE"
    # 2: stated requirements
    REQUIREMENT = "requirement", "BUSI-{requirement:d}"
    NO_REQUIREMENTS = "no_requirements", "BUSI-NONE"
    # 3: segments
    DEFICIT = "deficit", "SEGM-{segmentation:d}-{segment:d}-{metric}"
    SMALL_DEFICIT = "small_deficit", "SEGM-{segmentation:d}-SMALL-{metric}"
    SEGMENT_ROWS = "segment_rows", "SEGM-{segmentation:d}-{segment:d}-ROWS"
    SEGMENT_VALUE = "segment_value", "SEGM-{segmentation:d}-{segment:d}-VALUE-{metric}"
    SEGMENT_GAP = "segment_gap", "SEGM-{segmentation:d}-GAP-{metric}"
    WORST_SEGMENT = "worst_segment", "SEGM-{segmentation:d}-WORST"
    FAIRNESS = "fairness", "SEGM-{segmentation:d}-FAIR-{metric}"
    SEGMENT_COVERAGE = "segment_coverage", "SEGM-{segmentation:d}-COVERAGE-{metric}"
    CRITICAL_SEGMENTS = "critical_segments", "SEGM-{segmentation:d}-CRITICAL-{metric}"
    NO_SEGMENTS = "no_segments", "SEGM-NONE"
    SLICE = "slice", "SEGM-SLICE-{slice:d}"
    SLICES_SEARCHED = "slices_searched", "SEGM-SLICES"
    # 4: errors of classes
    ERROR_RATE = "error_rate", "ERRO-RATE"
    TRUE_NEGATIVES = "true_negatives", "ERRO-TN"
    FALSE_POSITIVES = "false_positives", "ERRO-FP"
    FALSE_NEGATIVES = "false_negatives", "ERRO-FN"
    TRUE_POSITIVES = "true_positives", "ERRO-TP"
    FALSE_POSITIVE_SHARE = "false_positive_share", "ERRO-FP-SHARE"
    FALSE_NEGATIVE_SHARE = "false_negative_share", "ERRO-FN-SHARE"
    CELL = "cell", "ERRO-CELL-{true:d}-{predicted:d}"
    CLASS_TOLD_APART = "class_told_apart", "ERRO-APART-{class:d}"
    SMALL_CLASSES_TOLD_APART = "small_classes_told_apart", "ERRO-APART-SMALL"
    CLASS_FOUND = "class_found", "ERRO-FOUND-{class:d}"
    SMALL_CLASSES_FOUND = "small_classes_found", "ERRO-FOUND-SMALL"
    CLASS_COVERAGE = "class_coverage", "ERRO-CLASSES-COVERAGE"
    CLASS_COST_COVERAGE = "class_cost_coverage", "ERRO-CLASSES-COVERAGE-COST"
    CLASS_VALUE = "class_value", "ERRO-CLASS-{class:d}-{metric}"
    SHOWN = "shown", "ERRO-SHOWN"
    WORST_ROW = "worst_row", "ERRO-WORST-{rank:d}"
    CALIBRATION_ERROR = "calibration_error", "ERRO-CALIBRATION"
    CALIBRATION_IN_THE_LARGE = "calibration_in_the_large", "ERRO-IN-THE-LARGE"
    CALIBRATION_SLOPE = "calibration_slope", "ERRO-SLOPE"
    SPIEGELHALTER = "spiegelhalter", "ERRO-SPIEGELHALTER"
    CALIBRATION_BIN = "calibration_bin", "ERRO-BIN-{bin:d}"
    CONFIDENT_ERRORS = "confident_errors", "ERRO-CONFIDENT"
    # 4: errors of numbers
    BIAS = "bias", "ERRO-BIAS"
    MEDIAN_ERROR = "median_error", "ERRO-P50"
    P95_ERROR = "p95_error", "ERRO-P95"
    LARGEST_ERROR = "largest_error", "ERRO-MAX"
    SPREAD = "spread", "ERRO-SPREAD"
    CONFORMAL_BAND = "conformal_band", "ERRO-CONFORMAL"
    INTERVAL_COVERAGE = "interval_coverage", "ERRO-COVERAGE"
    CONCENTRATION = "concentration", "ERRO-CONCENTRATION"
    # 4: what errors cost
    SAVINGS = "savings", "ERRO-SAVINGS"
    SAVINGS_CONSTANT = "savings_constant", "ERRO-SAVINGS-CONSTANT"
    SAVINGS_CLASS = "savings_class", "ERRO-SAVINGS-CLASS-{class:d}"
    SAVINGS_MEDIAN = "savings_median", "ERRO-SAVINGS-MEDIAN"
    SAVINGS_QUANTILE = "savings_quantile", "ERRO-SAVINGS-QUANTILE"
    COST = "cost", "ERRO-COST"
    CURRENT_COST = "current_cost", "ERRO-CURRENT"
    TOTAL_COST = "total_cost", "ERRO-COST-TOTAL"
    NOTHING_COST = "nothing_cost", "ERRO-COST-NOTHING"
    TOTAL_SAVINGS = "total_savings", "ERRO-SAVINGS-TOTAL"
    SAVINGS_SHARE = "savings_share", "ERRO-SAVINGS-SHARE"
    CURRENT_SAVINGS = "current_savings", "ERRO-SAVINGS-CURRENT"
    THRESHOLD_IN_USE = "threshold_in_use", "ERRO-THRESHOLD-IN-USE"
    THRESHOLD_ADVICE = "threshold_advice", "ERRO-THRESHOLD-ADVICE"
    CHEAPEST_THRESHOLD = "cheapest_threshold", "ERRO-THRESHOLD"
    REGRET = "regret", "ERRO-REGRET"
    BREAK_EVEN = "break_even", "ERRO-BREAK-EVEN"
    FLIP = "flip", "ERRO-FLIP-{part}"
    # 5: refits, and rows in time
    REFITS = "refits", "STAB-REFITS"
    HALF_WIDTH = "half_width", "STAB-HALF-WIDTH"
    CHURN = "churn", "STAB-CHURN"
    FOLD_STD = "fold_std", "STAB-STD"
    FOLD_MEAN = "fold_mean", "STAB-MEAN"
    FOLD_MIN = "fold_min", "STAB-MIN"
    FOLD_MAX = "fold_max", "STAB-MAX"
    FOLD_RANGE = "fold_range", "STAB-RANGE"
    FOLD_LOW = "fold_low", "STAB-FOLD-LOW"
    FOLD_HIGH = "fold_high", "STAB-FOLD-HIGH"
    FOLD_CV = "fold_cv", "STAB-CV"
    REFIT_SECONDS = "refit_seconds", "STAB-SECONDS"
    HOLDOUT = "holdout", "STAB-HOLDOUT"
    SEEDS = "seeds", "STAB-SEEDS"
    SEEDS_CHURN = "seeds_churn", "STAB-SEEDS-CHURN"
    PERTURBED = "perturbed", "STAB-PERTURBED"
    LEARNING_CURVE = "learning_curve", "STAB-CURVE-{percent:d}"
    WINDOW = "window", "STAB-WINDOW-{window:d}"
    WINDOWS = "windows", "STAB-WINDOWS"
    TREND = "trend", "STAB-TREND"
    # 6: production
    PROBE = "probe", "PROD-PROBE-{probe}"
    MONOTONIC = "monotonic", "PROD-MONOTONIC-{pair:d}"
    INVARIANT = "invariant", "PROD-INVARIANT-{pair:d}"
    BOX = "box", "PROD-BOX-{box}"
    DRIFT = "drift", "PROD-DRIFT-{column:d}"
    DRIFT_SUMMARY = "drift_summary", "PROD-DRIFT-SUMMARY"
    DRIFT_OF_ANSWERS = "drift_of_answers", "PROD-DRIFT-SCORES"
    LATENCY_P50 = "latency_p50", "PROD-LATENCY-P50"
    LATENCY_P95 = "latency_p95", "PROD-LATENCY-P95"
    LATENCY_P99 = "latency_p99", "PROD-LATENCY-P99"
    LATENCY_P999 = "latency_p999", "PROD-LATENCY-P999"
    LATENCY_P50_SHARED = "latency_p50_shared", "PROD-LATENCY-P50-SHARED"
    LATENCY_P95_SHARED = "latency_p95_shared", "PROD-LATENCY-P95-SHARED"
    LATENCY_P99_SHARED = "latency_p99_shared", "PROD-LATENCY-P99-SHARED"
    LATENCY_P999_SHARED = "latency_p999_shared", "PROD-LATENCY-P999-SHARED"
    LATENCY_COLD = "latency_cold", "PROD-LATENCY-COLD"
    LATENCY_LIMIT = "latency_limit", "PROD-LATENCY-LIMIT"
    RESPONSE_P95 = "response_p95", "PROD-RESPONSE-P95"
    RESPONSE_P99 = "response_p99", "PROD-RESPONSE-P99"
    LOAD = "load", "PROD-LOAD-{percent:d}"
    LOAD_KNEE = "load_knee", "PROD-LOAD-KNEE"
    LOAD_ERRORS = "load_errors", "PROD-LOAD-ERRORS"
    CLOCKS = "clocks", "PROD-CLOCKS"
    THROUGHPUT = "throughput", "PROD-THROUGHPUT"
    THROUGHPUT_OF_BATCH = "throughput_of_batch", "PROD-THROUGHPUT-{rows:d}"
    THROUGHPUT_OF_WORKERS = "throughput_of_workers", "PROD-THROUGHPUT-WORKERS-{workers:d}"
    THROUGHPUT_SHARED = "throughput_shared", "PROD-THROUGHPUT-SHARED"
    THROUGHPUT_LIMIT = "throughput_limit", "PROD-THROUGHPUT-LIMIT"
    SIZE = "size", "PROD-SIZE"
    SIZE_COMPRESSED = "size_compressed", "PROD-SIZE-COMPRESSED"
    SIZE_LIMIT = "size_limit", "PROD-SIZE-LIMIT"
    MEMORY = "memory", "PROD-MEMORY"
    MEMORY_TO_LOAD = "memory_to_load", "PROD-MEMORY-LOAD"
    MEMORY_GROWTH = "memory_growth", "PROD-MEMORY-GROWTH"
    MEMORY_OF_MODEL = "memory_of_model", "PROD-MEMORY-MODEL"
    MEMORY_LIMIT = "memory_limit", "PROD-MEMORY-LIMIT"
    PROBE_SECONDS = "probe_seconds", "PROD-SECONDS"
    # any question
    FAILED = "failed", "{question}-FAILED"
    LEFT_OUT = "left_out", "{question}-LEFT-OUT"
    SUPPLIED_UNUSED = "supplied_unused", "{question}-SUPPLIED-UNUSED"
    # the rows themselves
    DOUBT = "doubt", "EVID-{doubt}"
    DOUBT_PART = "doubt_part", "EVID-{doubt}-{number:d}"
    DOUBT_RULE = "doubt_rule", "EVID-{doubt}-RULE-{number:d}"
    DOUBT_COPIES = "doubt_copies", "EVID-{doubt}-COPIES"
    DOUBT_EQUAL = "doubt_equal", "EVID-{doubt}-EQUAL"
    DOUBT_NEAR = "doubt_near", "EVID-{doubt}-NEAR"
    DOUBT_UNITS = "doubt_units", "EVID-{doubt}-UNITS"
    DOUBT_SHARED = "doubt_shared", "EVID-{doubt}-SHARED-{number:d}"
    DOUBT_TRAINING = "doubt_training", "EVID-{doubt}-TRAINING"
    DOUBT_SHARE = "doubt_share", "EVID-{doubt}-SHARE"
    DOUBT_LABELS = "doubt_labels", "EVID-{doubt}-LABELS"
    DOUBT_CARRIED = "doubt_carried", "EVID-{doubt}-CARRIED-{number:d}"
    DOUBT_WEIGHTS = "doubt_weights", "EVID-{doubt}-WEIGHTS"
    DOUBT_CLASSES = "doubt_classes", "EVID-{doubt}-CLASSES"
    DOUBT_SCORES = "doubt_scores", "EVID-{doubt}-SCORES"
    DOUBT_OVERLAP = "doubt_overlap", "EVID-{doubt}-OVERLAP"
    DOUBT_WEIGHTED = "doubt_weighted", "EVID-{doubt}-WEIGHTED-{number:d}"
    DOUBT_KNOWN = "doubt_known", "EVID-{doubt}-KNOWN-{number:d}"
    # a cell of the user's own
    OWN = "own", "{own}"

    @property
    def has_metric(self) -> bool:
        """Whether one topic is asked by several metrics, so that its keys name theirs."""
        return _form_of(self).has_metric

    def key(self, *subject: str | int, metric: str = "", question: Question | None = None) -> FindingKey:
        """The key of a finding of this topic; `question` only where the topic is of any question."""
        return FindingKey(question or _question_of(self, subject), self, tuple(subject), metric)


@dataclass(frozen=True, slots=True)
class _Form:
    """A form taken apart: texts, and between them names of fields."""

    parts: tuple[tuple[str, str], ...]
    """Text before a field, and the field; the field of the last may be empty."""
    names: tuple[str, ...]
    """Fields of the subject, in their order."""
    numbers: frozenset[str]
    pattern: re.Pattern[str]

    @property
    def has_metric(self) -> bool:
        """Whether a metric is part of the code."""
        return "metric" in self.pattern.groupindex

    @property
    def has_question(self) -> bool:
        """Whether the topic may be of any question."""
        return "question" in self.pattern.groupindex


_NOT_SUBJECT = frozenset({"metric", "question", ""})
_PATTERNS = {
    "metric": r"(?P<metric>[A-Z0-9_]+)",
    "question": f"(?P<question>{'|'.join(question.prefix for question in Question)})",
    "doubt": r"(?P<doubt>[A-Z]+)",
    "part": r"(?P<part>[A-Z]*)",
}


@cache
def _form_of(topic: Topic) -> _Form:
    found = [(text, name or "", spec or "") for text, name, spec, _ in Formatter().parse(topic.form)]
    numbers = frozenset(name for _, name, spec in found if spec == "d")
    pattern = "".join(re.escape(text) + (_pattern(name, numbers) if name else "") for text, name, _ in found)
    return _Form(
        tuple((text, name) for text, name, _ in found),
        tuple(name for _, name, _ in found if name not in _NOT_SUBJECT),
        numbers,
        re.compile(pattern, re.DOTALL),
    )


def _pattern(name: str, numbers: frozenset[str]) -> str:
    if name in numbers:
        return f"(?P<{name}>0|[1-9][0-9]{{0,8}})"
    return _PATTERNS.get(name, f"(?P<{name}>.+)")


@dataclass(frozen=True, slots=True)
class FindingKey:
    """What a finding is about. Two findings of a review never have the same."""

    question: Question | None
    """None for what is asked of the rows themselves, and for findings of a user's own that name no question."""
    kind: Topic
    subject: tuple[str | int, ...] = ()
    """What it is asked of: the values of the fields of the topic's form, numbers from 1 and texts in small letters."""
    metric: str = ""
    """The metric that is part of the code, where one topic is asked by several."""

    def __post_init__(self) -> None:
        fault = self._fault_of_subject()
        if fault:
            raise ValueError(f"there is no key of the topic {self.kind.value} {fault}")

    def _fault_of_subject(self) -> str:
        form = _form_of(self.kind)
        if len(self.subject) != len(form.names):
            return f"with {len(self.subject)} parts of a subject; expected {len(form.names)}"
        for name, part in zip(form.names, self.subject, strict=True):
            if isinstance(part, bool) or isinstance(part, int) != (name in form.numbers):
                return f"whose {name} is a {type(part).__name__}"
            if isinstance(part, int) and not 0 <= part < 10**9:
                return f"whose {name} is {part}"
            if isinstance(part, str) and name != "own" and part != part.lower():
                return f"whose {name} is not in small letters"
        if form.has_metric != bool(self.metric) or self.metric != self.metric.lower():
            return f"whose metric is {self.metric[:60]!r}"
        is_right = (
            self.question is not None if form.has_question else self.question is _question_of(self.kind, self.subject)
        )
        if not is_right:
            return f"under the question {self.question}"
        # a user's own finding must not be spelled like one of ours, which a host would then take for the judged claim
        if self.kind is Topic.OWN and _read(str(self.subject[0])) is not None:
            return f"that is spelled like another: {str(self.subject[0])[:60]!r}"
        return ""

    @property
    def code(self) -> str:
        """How the finding is quoted: "SEGM-2-1-RECALL"; stable between versions."""
        form = _form_of(self.kind)
        values = {name: _spell(name, part) for name, part in zip(form.names, self.subject, strict=True)}
        values |= {"": "", "metric": self.metric.upper(), "question": self.question.prefix if self.question else ""}
        return "".join(text + values[name] for text, name in form.parts)

    @property
    def is_counted(self) -> bool:
        """Whether a number of the key only counts, so that another review may count otherwise: columns, rules, bins."""
        return any(
            isinstance(part, int) or _RULE.fullmatch(part) for part in self.subject if self.kind is not Topic.OWN
        )

    @property
    def ends_in_count(self) -> bool:
        """Whether such a number is the last part of the key, so that nothing else tells what is counted."""
        is_last = bool(self.subject) and _form_of(self.kind).parts[-1][1] == _form_of(self.kind).names[-1]
        return self.is_counted and is_last

    def part(self, name: str) -> str:
        """A text of the subject by its name in the form; empty where the topic has no such part."""
        return next((str(part) for found, part in zip(_form_of(self.kind).names, self.subject, strict=True)
                     if found == name), "")  # fmt: skip

    def number(self, name: str) -> int:
        """A number of the subject by its name in the form; 0 where the topic has no such part."""
        return next((part for found, part in zip(_form_of(self.kind).names, self.subject, strict=True)
                     if found == name and isinstance(part, int)), 0)  # fmt: skip


_RULE = re.compile(r"rule-[0-9]+")
"""Methods that are numbered in the order of the spec."""


def _spell(name: str, part: str | int) -> str:
    if name == "own":
        return str(part)
    text = str(part).upper()
    return text.replace("_", "-") if name in _DASHED else text


def _question_of(topic: Topic, subject: tuple[str | int, ...]) -> Question | None:
    text = str(subject[0]) if topic is Topic.OWN and subject else topic.form
    return next((question for question in Question if text.startswith(f"{question.prefix}-")), None)


# ----------------------------------------------------------------------------------------------------
# The reader of codes: for records that were written before keys were, and for findings of a user's own.


def key_of(code: str) -> FindingKey:
    """The key whose code this is; one of a user's own where no topic is spelled so."""
    found = _read(code)
    return Topic.OWN.key(code) if found is None else found


@lru_cache(maxsize=4096)
def _read(code: str) -> FindingKey | None:
    for topic in _READABLE:
        if match := _form_of(topic).pattern.fullmatch(code):
            key = _key(topic, match.groupdict())
            if key is not None and key.code == code:
                return key
    return None


def _key(topic: Topic, found: dict[str, str]) -> FindingKey | None:
    form = _form_of(topic)
    subject = tuple(int(found[name]) if name in form.numbers else _lower(name, found[name]) for name in form.names)
    question = next((question for question in Question if question.prefix == found.get("question")), None)
    try:
        return topic.key(*subject, metric=found.get("metric", "").lower(), question=question)
    except ValueError:
        return None


def _lower(name: str, text: str) -> str:
    return text.lower().replace("-", "_") if name in _DASHED else text.lower()


_READABLE = sorted((topic for topic in Topic if topic is not Topic.OWN), key=lambda topic: topic.form.count("{"))
"""Every topic that is spelled here, those with few fields first: SEGM-1-2-ROWS is no deficit in a metric "rows"."""
