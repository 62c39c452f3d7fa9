"""How a candidate was kept apart: told, claimed, and what is left unproven by it."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from readiness.core.errors import InvalidReport
from readiness.core.provenance import NOT_RUN, Isolation, IsolationForm, weakest
from readiness.report.page.decision import decision_edition
from readiness.verdict.checks import check
from readiness.verdict.isolation import isolation_reservation, isolation_words, unproven
from readiness.verdict.record import Record, from_plain, signed_form, to_plain, to_predicate
from readiness.verdict.reservations import reservations
from tests.report.page import records

SANDBOX = Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False)
OTHER_USER = Isolation(IsolationForm.USER, network=True, labels=False)
READING_USER = Isolation(IsolationForm.USER)
PLAIN = Isolation(IsolationForm.PROCESS)
SERVED = Isolation(IsolationForm.ADDRESS)
DRAFT = Isolation(IsolationForm.IN_PROCESS)
EVERY = (SANDBOX, OTHER_USER, READING_USER, PLAIN, SERVED, DRAFT, NOT_RUN)


def kept(isolation: Isolation | None, **more: Any) -> Record:
    """The ready record with another isolation, and other parts of its spec."""
    ready = records.ready()
    spec = {**ready.gathered.spec, **more}
    return dataclasses.replace(ready, gathered=dataclasses.replace(ready.gathered, isolation=isolation, spec=spec))


def told(record: Record) -> list[str]:
    return [each.text for each in reservations(record) if each.label == "Isolation"]


class TestWeakest:
    def test_it_is_the_one_that_says_least(self) -> None:
        """Labels within reach weigh most, then a network; no model at all keeps everything from it."""
        strongest_first = [NOT_RUN, SANDBOX, OTHER_USER, READING_USER, PLAIN, SERVED, DRAFT]
        assert NOT_RUN == weakest([])
        for stronger, weaker in itertools.combinations(strongest_first, 2):
            assert weaker == weakest([stronger, weaker])


class TestRecord:
    @pytest.mark.parametrize("isolation", EVERY, ids=lambda each: f"{each.form}-{each.labels}")
    def test_it_is_written_and_read_back(self, isolation: Isolation) -> None:
        """Under its name at the top of the record."""
        written = to_predicate(kept(isolation))
        assert isolation.form.value == written["isolation"]["form"]
        assert isolation == signed_form(kept(isolation)).gathered.isolation
        assert isolation == from_plain(to_plain(kept(isolation))).gathered.isolation

    def test_an_earlier_record_has_none(self) -> None:
        """It says that the candidate was loaded where it was judged, on the cover as well."""
        plain = to_plain(kept(SANDBOX))
        del plain["isolation"]
        earlier = from_plain(plain)
        assert earlier.gathered.isolation is None
        check(earlier)
        assert "earlier version" in isolation_words(None)
        assert ["the candidate could have read the labels" in text for text in told(earlier)] == [True]
        assert any("ran the candidate's own code" in text for text in unproven(earlier))


class TestCover:
    @pytest.mark.parametrize("isolation", [READING_USER, PLAIN])
    def test_labels_within_reach_are_told_with_what_to_do(self, isolation: Isolation) -> None:
        """In plain words, under the result."""
        (text,) = told(kept(isolation))
        assert text.startswith("the candidate could have read the labels: ")
        assert "install bubblewrap" in text

    def test_a_draft_has_words_of_its_own(self) -> None:
        """There bubblewrap would not help."""
        (text,) = told(kept(DRAFT))
        assert "could have read the labels, and changed what judged it" in text
        assert "bubblewrap" not in text

    @pytest.mark.parametrize("isolation", [SANDBOX, OTHER_USER, NOT_RUN])
    def test_labels_out_of_reach_are_no_reservation(self, isolation: Isolation) -> None:
        """The fact stands among the others."""
        assert not told(kept(isolation))
        facts = {line.label: line.text for line in decision_edition(kept(isolation)).facts}
        assert isolation_words(isolation) == facts["Model ran"][:1].lower() + facts["Model ran"][1:]

    def test_an_address_is_told_once(self) -> None:
        """Where it is named."""
        served = kept(SERVED, model={"name": "a", "version": "1", "url": "http://127.0.0.1:1/x", "protocol": "json"})
        texts = [each.text for each in reservations(served) if "nobody here saw" in each.text]
        assert 1 == len(texts)
        assert not isolation_reservation(SERVED)


class TestUnproven:
    def test_it_follows_from_the_isolation(self) -> None:
        """A sandbox leaves whoever controls the machine; a plain process the candidate itself."""
        first = {each: unproven(kept(each))[0] for each in EVERY}
        assert "whoever controls the machine can forge them" in first[SANDBOX]
        assert "the sandbox included" in first[SANDBOX]
        assert "changed what judged it" in first[PLAIN]
        assert "could have read the labels" in first[READING_USER]
        assert "ran the candidate's own code" in first[DRAFT]
        assert "ready-made" in first[NOT_RUN]
        assert len(EVERY) == len(set(first.values()))

    def test_code_of_the_team_is_named(self) -> None:
        """An altered template and own metrics; of the stock template nothing is said."""
        altered = dataclasses.replace(
            kept(SANDBOX, metrics={"profit": {}}), template=dataclasses.replace(kept(SANDBOX).template, stock=False)
        )
        assert any("cells of the altered template and own metrics" in text for text in unproven(altered))
        assert len(unproven(altered)) == 1 + len(unproven(kept(SANDBOX)))
        assert not any("code of the team" in text for text in unproven(kept(SANDBOX)))


class TestClaims:
    @pytest.mark.parametrize("isolation", [None, PLAIN, READING_USER, SERVED, DRAFT])
    def test_a_record_that_breaks_what_it_requires_is_refused(self, isolation: Isolation | None) -> None:
        """Whoever verifies it sees that by the record alone."""
        with pytest.raises(InvalidReport, match="no model may be able to read the labels"):
            check(kept(isolation, production={"isolation": "required"}))

    @pytest.mark.parametrize("isolation", [SANDBOX, OTHER_USER])
    def test_one_that_keeps_it_holds(self, isolation: Isolation) -> None:
        """As does one that requires nothing."""
        check(kept(isolation, production={"isolation": "required"}))
        check(kept(PLAIN, production={"isolation": "best"}))

    @pytest.mark.parametrize(
        "isolation",
        [
            Isolation(IsolationForm.PROCESS, labels=False),
            Isolation(IsolationForm.IN_PROCESS, labels=False),
            Isolation(IsolationForm.ADDRESS, labels=False),
            Isolation(IsolationForm.USER, network=False, labels=False),
            Isolation(IsolationForm.PROCESS, network=False),
        ],
    )
    def test_no_form_claims_what_it_cannot(self, isolation: Isolation) -> None:
        """A plain process hides nothing, and only a sandbox cuts a network off."""
        with pytest.raises(InvalidReport, match="keeps from a model what it cannot"):
            check(kept(isolation))

    def test_a_model_that_is_named_has_run(self) -> None:
        """Whoever records a file of it cannot say that there was none."""
        with pytest.raises(InvalidReport, match="no model ran"):
            check(kept(NOT_RUN))
