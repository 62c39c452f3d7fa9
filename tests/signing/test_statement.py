"""The claim."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readiness.core.errors import InvalidReport
from readiness.signing import statement as module
from readiness.signing.statement import PREDICATE_TYPE, Subject, check_page, decode, encode, statement

REPORT = Subject("report", "a" * 64)
MODEL = Subject("model", "b" * 64)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["report", "model", "a" * 64, PREDICATE_TYPE]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["_type", "subject", "name", "digest", "sha256", "predicate", "predicateType"]), inner
        )
    ),
)


def test_fields_of_a_statement() -> None:
    """The four fields of in-toto Statement v1, with our predicate type."""
    expected = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "report", "digest": {"sha256": "a" * 64}}],
        "predicateType": "urn:model-readiness:attestation:readiness/v1",
        "predicate": {"verdict": "ready"},
    }
    assert expected == statement([REPORT], {"verdict": "ready"})


@pytest.mark.parametrize("subjects", [[REPORT], [MODEL, REPORT], [REPORT, MODEL]])
def test_decoding_undoes_encoding(subjects: list[Subject]) -> None:
    """A claim comes back as it was, with its subjects in their order."""
    claim = statement(subjects, {"a": ["0.5", {"b": None}]})
    assert claim == decode(encode(claim))


@pytest.mark.parametrize(
    "subjects",
    [
        [],
        [MODEL],
        [REPORT, REPORT],
        [REPORT, MODEL, MODEL],
        [REPORT, Subject("train", "c" * 64)],
        [Subject("report", "A" * 64)],
        [Subject("report", "a" * 63)],
        [Subject("report", "a" * 64 + "\n")],
        [REPORT, Subject("model", "")],
    ],
)
def test_subjects_that_are_refused(subjects: list[Subject]) -> None:
    """One report, at most one model, nothing else, each with a proper digest."""
    with pytest.raises(InvalidReport):
        statement(subjects, {})


def test_another_predicate_type_is_named() -> None:
    """The message says which type was found and which is expected."""
    with pytest.raises(InvalidReport, match=r"of the type 'urn:other', expected 'urn:model-readiness:.*readiness/v1'"):
        encode(edited(predicateType="urn:other"))


def edited(**changes: Any) -> dict[str, Any]:
    return {**statement([REPORT], {}), **changes}


@pytest.mark.parametrize(
    "claim",
    [
        None,
        [],
        {},
        edited(more=1),
        edited(_type="https://in-toto.io/Statement/v0.1"),
        edited(predicateType="urn:model-readiness:attestation:approval/v1"),
        edited(predicateType=[]),
        edited(predicate=[]),
        edited(predicate=None),
        edited(subject=None),
        edited(subject={"name": "report", "digest": {"sha256": "a" * 64}}),
        edited(subject=[{"name": "report", "digest": {"sha256": "a" * 64, "sha1": "a" * 40}}]),
        edited(subject=[{"name": "report", "digest": {"sha256": "a" * 64}, "uri": "x"}]),
        edited(subject=[{"name": [], "digest": {"sha256": "a" * 64}}]),
        edited(subject=[{"name": "report", "digest": {"sha256": 1}}]),
        edited(subject=["report"]),
    ],
    ids=repr,
)
def test_other_claims_are_refused(claim: Any) -> None:
    """A field more, a field less or of another type: no readiness Statement."""
    with pytest.raises(InvalidReport):
        encode(claim)


@given(JSON | st.fixed_dictionaries({"_type": JSON, "subject": JSON, "predicateType": JSON, "predicate": JSON}))
def test_any_json_gives_an_answer(claim: Any) -> None:
    """Whatever JSON says, the check ends in acceptance or in InvalidReport, never in another error."""
    try:
        payload = encode(claim)
    except InvalidReport:
        return
    assert claim == decode(payload)


def test_a_float_in_the_record_is_refused_with_its_place() -> None:
    """The message leads to the value that must become a string."""
    with pytest.raises(InvalidReport, match=r"\$\.predicate\.recall is a float"):
        encode(statement([REPORT], {"recall": 0.5}))


def test_the_largest_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte above the limit is refused, in writing and in reading."""
    claim = statement([REPORT], {})
    payload = encode(claim)
    monkeypatch.setattr(module, "LARGEST_PAYLOAD", len(payload) - 1)
    with pytest.raises(InvalidReport, match="at most"):
        encode(claim)
    with pytest.raises(InvalidReport, match="at most"):
        decode(payload)


def test_the_page_must_be_the_one_named() -> None:
    """SHA-256 of "abc", from FIPS 180-2, appendix B.1."""
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    claim = statement([Subject("model", "0" * 64), Subject("report", digest)], {})
    check_page(claim, b"abc")
    with pytest.raises(InvalidReport, match="not the one the record is about"):
        check_page(claim, b"abd")
