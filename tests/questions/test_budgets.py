"""What refits and timed calls took is said in the report, apart from what is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from readiness.evidence.evidence import Technical
from readiness.evidence.refits import Fold, RefitEstimate, Refits
from readiness.questions import production, stability
from readiness.statistics.inference import Exact
from tests.questions.conftest import evidence_of


def test_the_time_of_all_refits_is_a_fact_read_from_a_clock(found):
    """It has seconds as its unit and does not block."""
    folds = tuple(Fold(repeat, fold, 8, 2, 0.9, 0.1) for repeat in range(2) for fold in range(5))
    refits = Refits(folds, np.tile([0, 1] * 5, (2, 1)), 2, "5 shuffled folds", RefitEstimate(10, 0.1, 2), 12.5)
    evidence = replace(evidence_of([0, 1], [0, 1]), refits=refits)
    seconds = found(stability.ask(evidence, evidence.spec.stability), "STAB-SECONDS")

    assert (12.5, "s", 10) == (seconds.measured.value, seconds.measured.unit, seconds.measured.n)
    assert seconds.measured_time
    assert not seconds.blocking


def test_the_time_of_all_calls_and_probes_is_a_fact_read_from_a_clock(found):
    """It has seconds as its unit and does not block."""
    evidence = replace(evidence_of([0, 1], [0, 1]), technical=Technical(facts={"seconds": Exact(7.25)}))
    seconds = found(production.ask(evidence, evidence.spec.production), "PROD-SECONDS")

    assert (7.25, "s") == (seconds.measured.value, seconds.measured.unit)
    assert seconds.measured_time
    assert not seconds.blocking
