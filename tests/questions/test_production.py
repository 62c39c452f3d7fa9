"""Question 6: limits, probes, drift and the 25 boxes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readiness.core.checklist import ATTESTABLE, BOXES, Source, this_day
from readiness.core.findings import Outcome, Status
from readiness.core.missing import Missing
from readiness.evidence.evidence import DriftTables, Technical
from readiness.evidence.probes.attempts import ProbeResult
from readiness.evidence.probes.robustness import PROBES
from readiness.questions import production
from readiness.statistics.inference import Exact
from readiness.statistics.intervals import OrderStatistic
from tests.questions.conftest import evidence_of, of_cells

LIMITS = {"latency_p99_ms": 100, "throughput_per_second": 100, "size_mb": 50, "memory_mb": 500}
MEASURED = {
    "latency_p99_ms": OrderStatistic(np.full(1000, 5.0), 0.99),
    "throughput_per_second": OrderStatistic(np.full(9, 1000.0), 0.5),
    "size_mb": Exact(1.0),
    "memory_mb": Exact(200.0),
}
LINK = "https://wiki.example.com/runbook"
ATTESTED = {
    key: {"done": True, "by": "a@example.com", "on": str(this_day()), "evidence": LINK}
    for key in ATTESTABLE
    if key not in ("latency", "model_size", "memory", "throughput")
}


def passed(**other):
    return tuple(ProbeResult(name, other.get(name, "passed"), "as it should") for name in PROBES)


def tables(shift=0.0, n=5000):
    rng = np.random.default_rng(0)
    return DriftTables(
        pd.DataFrame({"x": rng.normal(size=n), "g": rng.choice(["a", "b"], n)}),
        pd.DataFrame({"x": rng.normal(size=n) + shift, "g": rng.choice(["a", "b"], n)}),
        ("x", "g"),
        "test",
    )


def asked(*, limits=LIMITS, measures=MEASURED, probes=None, drift=None, checklist=ATTESTED, **parts):
    evidence = evidence_of(*of_cells(80, 20, 20, 880), production=limits, checklist=checklist, **parts)
    evidence = replace(
        evidence, technical=Technical(measures), probes=passed() if probes is None else probes, drift=drift or tables()
    )
    return production.ask(evidence, evidence.spec.production)


def test_everything_in_order_is_met():
    """Limits held, probes passed, no drift, all boxes attested."""
    answer = asked()

    assert [] == [f.code for f in answer.findings if f.blocking and f.status is not Status.MET]
    assert Status.MET == answer.status


def test_there_are_25_boxes_and_each_has_its_finding():
    """Five link to other answers, one waits for approvals, the rest have findings of their own."""
    keys = [f.key for f in asked().findings]

    assert 25 == len(BOXES)
    for box in BOXES:
        assert box.source is Source.ANSWER or any(map(box.holds, keys)), box.key


@pytest.mark.parametrize(
    "key",
    [
        key
        for key in ATTESTED
        if key not in ("training_matches_production", "missing_values", "unexpected_categories", "outliers")
    ],
)
def test_a_missing_attestation_blocks(key):
    """Nobody attested it: not a yes."""
    answer = asked(checklist={k: v for k, v in ATTESTED.items() if k != key})

    assert Status.NOT_ASSESSED == answer.status


@pytest.mark.parametrize(
    ("attestation", "outcome", "status"),
    [
        ({"done": False, "by": "x"}, Outcome.FAILED, Status.NOT_MET),
        ({}, Outcome.PENDING, Status.NOT_ASSESSED),
        ({"not_applicable": "batch scoring"}, Outcome.NOT_APPLICABLE, Status.MET),
    ],
)
def test_an_attestation_says_what_it_says(found, attestation, outcome, status):
    """Not done is a no, pending is open, not applicable needs its reason."""
    finding = found(asked(checklist={**ATTESTED, "ab_test": attestation}), "PROD-BOX-AB-TEST")

    assert (outcome, status) == (finding.outcome, finding.status)


def test_a_technical_box_without_a_limit_is_not_assessed(found):
    """What was measured is shown, and no limit is no yes."""
    answer = asked(limits={key: value for key, value in LIMITS.items() if key != "memory_mb"})

    assert Status.NOT_ASSESSED == found(answer, "PROD-MEMORY-LIMIT").status
    assert 200 == found(answer, "PROD-MEMORY").measured.value
    assert Status.NOT_ASSESSED == answer.status


def test_a_limit_may_come_from_a_business_requirement(found):
    """One limit, stated once, serves both questions."""
    requirement = {"says": "be small", "metric": "memory_mb", "at_most": 500}
    limits = {key: value for key, value in LIMITS.items() if key != "memory_mb"}
    answer = asked(limits=limits, business={"requirements": [requirement]})

    assert Status.MET == found(answer, "PROD-MEMORY").status
    assert "business.requirements" in found(answer, "PROD-MEMORY").criterion.source


def test_a_slow_tail_is_not_met(found):
    """Two in a hundred calls of 300 ms against a limit of 100 ms."""
    slow = np.sort(np.where(np.arange(5000) % 50 == 0, 300.0, 5.0))
    answer = asked(measures={**MEASURED, "latency_p99_ms": OrderStatistic(slow, 0.99)})

    assert Status.NOT_MET == found(answer, "PROD-LATENCY-P99").status


@pytest.mark.parametrize(
    "name", ["one_row", "column_order", "determinism", "missing_value", "unseen_category", "outlier"]
)
def test_a_failing_must_probe_is_not_met(name):
    """A crash on one row or a silent change by column order blocks."""
    assert Status.NOT_MET == asked(probes=passed(**{name: "failed"})).status


def test_a_clean_error_counts_only_where_the_spec_accepts_it(found):
    """Refusing a missing value is a no by default, and a yes when the spec says that it will do."""
    probes = passed(missing_value="clean_error")
    accepted = {**LIMITS, "clean_error_accepted": ["missing_value"]}

    assert Status.NOT_MET == found(asked(probes=probes), "PROD-PROBE-MISSING-VALUE").status
    assert Outcome.ACCEPTED_ERROR == found(asked(probes=probes, limits=accepted), "PROD-PROBE-MISSING-VALUE").outcome


def test_drift_names_the_column_and_what_changed(found):
    """A shift of one standard deviation is far above 0.25."""
    answer = asked(drift=tables(shift=1.0))

    assert Status.NOT_MET == found(answer, "PROD-DRIFT-1").status
    assert Status.MET == found(answer, "PROD-DRIFT-2").status
    assert {"column": "x"} == found(answer, "PROD-DRIFT-1").segment


def test_few_rows_do_not_prove_the_absence_of_drift(found):
    """Forty rows on each side: not proven, and neither a false alarm."""
    answer = asked(drift=tables(n=40))

    assert Status.NOT_PROVEN == found(answer, "PROD-DRIFT-1").status


def test_predictions_alone_leave_open_what_needs_the_model(found):
    """Without a model file size, memory, latency and probes are not assessed; an attestation may stand in for probes."""
    gone = Missing("there is no model file, only predictions", "give the model file")
    answer = asked(measures=dict.fromkeys(MEASURED, gone), probes=gone)

    assert Status.NOT_ASSESSED == found(answer, "PROD-MEMORY").status
    assert "give the model file" == found(answer, "PROD-MEMORY").needs
    assert Outcome.ATTESTED == found(answer, "PROD-PROBE-MISSING-VALUE").outcome
    assert Status.NOT_ASSESSED == found(answer, "PROD-PROBE-DETERMINISM").status
    assert Status.NOT_ASSESSED == answer.status


def test_sign_off_waits_for_approvals_and_does_not_block(found):
    """Approvals are given on the finished report."""
    finding = found(asked(), "PROD-BOX-STAKEHOLDER-SIGN-OFF")

    assert (False, Outcome.PENDING) == (finding.blocking, finding.outcome)


def test_a_feature_that_a_table_lacks_is_not_assessed(found):
    """Drift of the columns that happen to be there says nothing about the others."""
    both = tables()
    lacking = DriftTables(both.reference, both.current[["x"]], ("x", "g"), "recent")

    answer = asked(drift=lacking)

    assert Status.MET == found(answer, "PROD-DRIFT-1").status
    assert Status.NOT_ASSESSED == found(answer, "PROD-DRIFT-2").status
    assert "recent table" in found(answer, "PROD-DRIFT-2").reason
    assert Status.NOT_ASSESSED == answer.status


def test_a_measurement_overrides_an_attestation(found):
    """What was measured lacks its limit, which nobody can attest; only where nothing was measured a named person may
    answer the box, and what is said is why it was not.
    """
    limits = {key: value for key, value in LIMITS.items() if key != "memory_mb"}
    said = {"done": True, "by": "a@example.com", "on": str(this_day()), "evidence": LINK}

    gone = {**MEASURED, "memory_mb": Missing("the process ended")}
    measured = asked(limits=limits, checklist={**ATTESTED, "memory": said})
    answer = asked(limits=limits, checklist={**ATTESTED, "memory": said}, measures=gone)

    assert ("no limit is stated", Status.NOT_ASSESSED) == (found(measured, "PROD-MEMORY-LIMIT").reason, measured.status)
    assert Outcome.ATTESTED == found(answer, "PROD-MEMORY-LIMIT").outcome
    assert found(answer, "PROD-MEMORY-LIMIT").reason.startswith("not measured here (the process ended); attested by a@")
    assert Status.MET == answer.status


def test_evidence_that_is_not_there_is_no_yes(found):
    """A path that leads nowhere, or a sentence, leaves the box open; a web address is marked as not seen."""
    for evidence in ("docs/nope.md", "we looked at it"):
        said = {**ATTESTED["monitoring"], "evidence": evidence}
        gone = found(asked(checklist={**ATTESTED, "monitoring": said}), "PROD-BOX-MONITORING")
        assert (Outcome.MISSING, Status.NOT_ASSESSED) == (gone.outcome, gone.status)

    link = found(asked(checklist=ATTESTED), "PROD-BOX-MONITORING")
    assert "its evidence is at a web address, not seen by us" == link.warning
    assert link.reason.endswith(f"{LINK} (not seen by us)")
