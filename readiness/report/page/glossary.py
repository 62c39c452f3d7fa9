"""The words of the page: each opens its meaning in place where a section first uses it; in print a list at the end."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Term:
    """A word that not everybody knows."""

    key: str
    """Its place on the page is `w-<key>`."""
    title: str
    meaning: str
    """One or two plain sentences."""
    forms: tuple[str, ...] = ()
    """How it is written in running text; none: it is listed on every page and never linked."""


TERMS = (
    Term("met", "Met, yes", "Even the less favourable end of what chance allows satisfies the requirement."),
    Term("not-met", "Not met, no", "Even the more favourable end of what chance allows misses the requirement."),
    Term("not-proven", "Not proven", "The data allow both. It is not a yes; more rows would settle it."),
    Term("not-assessed", "Not assessed", "Data, a limit or a person's word is missing. It is not a yes."),
    Term(
        "fact",
        "Shown and not judged",
        "A number for the reader; it changes no answer.",
        ("shown and not judged", "does not count"),
    ),
    Term("claim", "Claim", "One statement that is judged, such as a requirement.", ("claim", "claims")),
    Term("candidate", "Candidate", "The model under review.", ("candidate", "candidates")),
    Term("spec", "Spec", "The file that says what is reviewed, and by which limits.", ("spec",)),
    Term("attested", "Attested", "A named person answers for it and names evidence.", ("attested", "attests")),
    Term("box", "Box", "One line of the checklist of 25.", ("box", "boxes")),
    Term("supplied", "Supplied", "Measured elsewhere and handed in.", ("supplied",)),
    Term("cache", "Cache", "Results of an earlier run on the same files, used again.", ("cache",)),
    Term(
        "interval",
        "95 % interval",
        "The range of true values that go well with what was measured. 95 of 100 such ranges hold the true value.",
        ("95 % interval", "interval"),
    ),
    Term(
        "one-sided",
        "One-sided limit, with 95 % confidence",
        "The worst true value that chance still allows; the truth is worse in 5 of 100 such cases. It is what is "
        "compared with the requirement.",
        ("one-sided", "95 % confidence"),
    ),
    Term(
        "point",
        "Point rule",
        "Compares the measured value alone and leaves chance aside. Shown for comparison; it does not count.",
        ("point rule",),
    ),
    Term(
        "corrected",
        "Corrected interval",
        "Widened, as folds share training rows.",
        ("corrected interval", "corrected t-interval"),
    ),
    Term("margin", "Margin", "By how much the model must be better than an alternative.", ("margin", "margins")),
    Term("seed", "Seed", "The number that all draws at random start from.", ("seed",)),
    Term(
        "method",
        "Wilson, Clopper-Pearson, MOVER, DeLong, Holm …",
        "Names of published ways to compute an interval, or (Holm) to be stricter with many claims at once.",
        ("Wilson", "Clopper-Pearson", "MOVER", "DeLong", "Holm"),
    ),
    Term(
        "baseline",
        "Alternative, baseline",
        "What one could do instead of using the model: guess, follow a rule, keep the model in use.",
        ("alternative", "alternatives", "baseline", "baselines"),
    ),
    Term(
        "paired", "Paired", "Both are measured on the same rows, so that easy or hard rows favour neither.", ("paired",)
    ),
    Term(
        "positive",
        "Positive, predicted positive",
        "A row that is a case; one that the model says is a case.",
        ("predicted positive", "predicted positives", "positive class", "positive", "positives", "alarm", "alarms"),
    ),
    Term(
        "score",
        "Score",
        "How likely a case a row is, by the model; also what a metric gives a model.",
        ("score", "scores"),
    ),
    Term("accuracy", "Accuracy", "The share of all rows that the model gets right.", ("accuracy",)),
    Term("recall", "Recall", "Of all true cases, the share that the model finds.", ("recall",)),
    Term("precision", "Precision", "Of all alarms, the share that is right.", ("precision",)),
    Term("f1", "F1", "Recall and precision in one number between 0 and 1; 1 is best.", ("F1",)),
    Term(
        "macro", "Macro", "The plain average over all classes; a rare class counts as much as a common one.", ("macro",)
    ),
    Term(
        "fpr",
        "False positive, false alarm",
        "A row that the model wrongly takes for a case. The rate is the share of all other rows to which it happens.",
        ("false positive rate", "false positives", "false positive", "false alarms", "false alarm"),
    ),
    Term("fnr", "False negative", "A true case that the model misses.", ("false negatives", "false negative")),
    Term("type", "Type I, type II", "Another name of false positives and of false negatives.", ("type I", "type II")),
    Term(
        "prevalence",
        "Share in production",
        "How many of all rows are cases where the model will work.",
        ("prevalence", "share in production"),
    ),
    Term(
        "auc",
        "ROC AUC",
        "How often a true case gets a higher score than another row; 0.5 is guessing, 1 is perfect.",
        ("ROC AUC",),
    ),
    Term("mae", "Mean absolute error (MAE)", "How far predictions are off on average.", ("mean absolute error", "MAE")),
    Term(
        "rmse",
        "Root mean squared error (RMSE)",
        "How far predictions are off, large errors counting more.",
        ("root mean squared error", "RMSE"),
    ),
    Term("r2", "R²", "The share of the ups and downs that the predictions explain; 1 is all, 0 is none.", ("R²",)),
    Term(
        "ndcg",
        "NDCG",
        "How close a list is to the best order of its rows; 1 is the best order.",
        ("NDCG",),
    ),
    Term(
        "threshold",
        "Threshold",
        "The score from which on the model says yes.",
        ("threshold",),
    ),
    Term(
        "segment", "Segment", "A group of rows with something in common, such as an age group.", ("segment", "segments")
    ),
    Term(
        "deficit",
        "Deficit",
        "How much worse a group does than all other rows together; below zero it does better.",
        ("deficit",),
    ),
    Term(
        "assessable",
        "Assessable",
        "Has enough rows that a group without any deficit would be shown to be fine.",
        ("assessable",),
    ),
    Term(
        "calibration",
        "Calibration",
        "Whether probabilities come true: of rows given 30 %, about 30 in 100 should be cases.",
        ("calibration",),
    ),
    Term(
        "brier", "Brier score", "The mean squared distance of the probabilities from what came true.", ("Brier score",)
    ),
    Term(
        "refit",
        "Refit, fold, repeat",
        "The training rows are cut into parts (folds). A copy of the model is trained again without one part and tried "
        "on it (a refit); a repeat does so for every part of a new cut.",
        ("refits", "refit", "refitted", "folds", "fold"),
    ),
    Term(
        "half-width",
        "Half-width",
        "Half the length of an interval: the give or take of a figure.",
        ("half-width",),
    ),
    Term("split", "Split", "A cut of the rows into those to train on and those to test on.", ("split", "splits")),
    Term("window", "Window", "All rows of one stretch of time.", ("window of time", "windows of time", "windows")),
    Term("churn", "Churn", "The share of rows whose answer changes when the model is trained again.", ("churn",)),
    Term(
        "sd",
        "Standard deviation",
        "How far single values usually lie from their average.",
        ("standard deviation", "standard deviations"),
    ),
    Term("drift", "Drift", "How far a column has moved since the model was trained.", ("drift",)),
    Term(
        "psi",
        "Stability index (PSI)",
        "One number for how far a column has moved; 0 is not at all.",
        ("stability index", "PSI"),
    ),
    Term(
        "latency",
        "Latency, p99",
        "How long one call takes; 99 of 100 calls take no longer than the p99.",
        ("latency", "p99"),
    ),
    Term(
        "service-time",
        "Service time",
        "How long one call takes when nobody else calls.",
        ("service time",),
    ),
    Term(
        "response-time",
        "Response time",
        "From the arrival of a request to its answer, waiting for others included.",
        ("response time", "response times"),
    ),
    Term("knee", "Knee", "The rate beyond which waiting grows faster than answers.", ("knee",)),
    Term("batch", "Batch", "Rows that are handed to the model in one call.", ("batch", "batches")),
    Term("warm-up", "Warm-up", "First calls, which are slower and not counted.", ("warm-up",)),
    Term("probe", "Probe", "A try with odd input, such as a missing value.", ("probe", "probes")),
    Term("throughput", "Throughput", "How many rows are scored in a second.", ("throughput",)),
    Term(
        "n",
        "n",
        "How many rows a figure rests on: those that count for it, such as the true cases for recall.",
    ),
    Term(
        "digest",
        "Digest, SHA-256",
        "A file's fingerprint. Two files with the same digest are the same.",
        ("digest", "digests", "SHA-256"),
    ),
)
"""In the order of the page: first how it judges, then what it measures."""

_TOKENS = re.compile(r"(<[^<>]*>)")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_SILENT = frozenset(
    {"a", "button", "dt", "h2", "h3", "summary", "thead", "caption", "figcaption", "pre", "code", "svg"}
)
"""Elements in which no word is linked: headings, heads of columns, and what is a link or code already."""


class Glossary:
    """The words of one page: links them, and knows which of them the page uses."""

    def __init__(self) -> None:
        self._used = {term.key for term in TERMS if not term.forms}

    @property
    def entries(self) -> tuple[Term, ...]:
        """The terms that the page has used so far."""
        return tuple(term for term in TERMS if term.key in self._used)

    def section(self, caller: Callable[[], str]) -> Markup:
        """What `caller` renders, with each term linked where it is first used."""
        return self.linked(Markup(caller()))  # noqa: S704  # rendered with everything in it escaped

    def linked(self, html: Markup) -> Markup:
        """The same piece of page, with each term linked where it is first used in running text."""
        here: set[str] = set()
        silent: list[str] = []
        pieces = []
        for token in _TOKENS.split(html):
            if token.startswith("<"):
                _follow(token, silent)
                pieces.append(token)
            else:
                pieces.append(token if silent else self._with_links(token, here))
        self._used |= here
        return Markup("".join(pieces))  # noqa: S704  # escaped text and links to our own anchors

    def _with_links(self, text: str, here: set[str]) -> str:
        def link(found: re.Match[str]) -> str:
            key = _KEYS[_plain(found[0])]
            if key in here:
                return found[0]
            here.add(key)
            return f'<button type="button" class="term" popovertarget="w-{key}">{found[0]}</button>'

        return _FORMS.sub(link, text)


def _follow(tag: str, silent: list[str]) -> None:
    """Keep the list of open silent elements, innermost last."""
    found = _NAME.match(tag)
    if found is None or found[1].lower() not in _SILENT:
        return
    if not tag.startswith("</"):
        silent.append(found[1].lower())
    elif silent and silent[-1] == found[1].lower():
        silent.pop()


def _plain(form: str) -> str:
    return form.replace("\u00a0", " ").lower()


_KEYS = {_plain(form): term.key for term in TERMS for form in term.forms}
_WRITTEN = (re.escape(form).replace(r"\ ", "[ \u00a0]") for form in sorted(_KEYS, key=len, reverse=True))
_FORMS = re.compile(rf"(?<![\w&#=.-])(?:{'|'.join(_WRITTEN)})(?![\w=\[-]|\.\w)", re.IGNORECASE)
"""The longest form first. What is part of a longer word, of an entity or of a name like recall=0.9 is no term."""
