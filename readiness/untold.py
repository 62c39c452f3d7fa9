"""What does the answer to each question not tell? Sentences for the page, the same in every report."""

from __future__ import annotations

from collections.abc import Mapping

from readiness.answers import Question

UNTOLD: Mapping[Question, tuple[str, ...]] = {
    Question.BASELINE: (
        "A gain on these rows is a gain for rows like these; the alternatives were not tried on tomorrow's.",
        "Only the alternatives that were named are compared. A better one that nobody named is not in the table.",
        "What it costs to build and to look after the model is not part of the comparison.",
    ),
    Question.BUSINESS: (
        "Whether the requirements are the right ones. They are judged as they were stated.",
        "What was not stated as a requirement was not judged.",
        "How the figures hold when customers change their behaviour because of the model.",
    ),
    Question.SEGMENTS: (
        "Groups that no column tells apart cannot be seen here, nor overlaps of three columns that were not named.",
        "Why a group does worse. A cause has to be looked for in the data and in the field.",
        "Groups that are too small to be assessed may do much worse than the table shows.",
    ),
    Question.ERRORS: (
        "Costs are those that were stated. Harm that has no price in the spec is not in the sum.",
        "The worst errors are the worst of these rows, not the worst that can happen.",
        "Whether those who bear the cost of an error accept it.",
    ),
    Question.STABILITY: (
        "Refits tell how much the result depends on the draw of training rows, not how the world will change.",
        "Random folds do not stand in for time. A season that is not in the data is not in the range either.",
        "The refits share rows, so their spread is smaller than that of fresh data sets would be.",
    ),
    Question.PRODUCTION: (
        "Times and memory measured here hold for the machine named under provenance, not for the one it will run on.",
        "An attested box rests on the word and the evidence of the person named beside it.",
        "Drift compares columns one by one and misses changes in how they hang together.",
    ),
}
