"""What a spec may say of a served model, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from readiness.spec.inputs import Model, ModelFile
from readiness.spec.served import Outputs, Requests, ServiceProtocol


def model(**given: Any) -> Model:
    return Model(**{"name": "m", "version": "1", **given})


def faults(**given: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        model(**given)
    return "; ".join(error["msg"] for error in caught.value.errors(include_input=False))


OIP = {"url": "https://h:8443/v2/models/fraud", "protocol": "open-inference"}
LOCAL = {"url": "http://127.0.0.1:5001", "protocol": "mlflow"}


@pytest.mark.parametrize(
    "given",
    [
        OIP,
        LOCAL,
        {**OIP, "url": "http://h/prefix/v2/models/a%20b/versions/3/"},
        {"url": "http://[::1]:80/score", "protocol": "json"},
        {**LOCAL, "headers": {"X-Api-Key": {"from_environment": "KEY"}}},
        {**OIP, "headers": {"Authorization": {"from_environment": "TOKEN"}}, "tensor": "x"},
        {**LOCAL, "path": "m.skops", "sha256": "0" * 64},
        {**OIP, "environment": ["SSL_CERT_FILE"]},
        {**LOCAL, "threshold": 0.5},
    ],
)
def test_what_a_served_model_may_be(given: dict[str, Any]) -> None:
    """Alone, or beside its file."""
    found = model(**given)
    assert found.can_be_asked
    assert found.protocol in ServiceProtocol


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "give path (a model file), url (a served model), both, or predictions"),
        ({"url": OIP["url"]}, "url needs protocol: one of open-inference, mlflow, json"),
        ({"protocol": "json", "path": "m"}, "protocol belongs to a served model; there is no url"),
        ({"requests": {}, "path": "m"}, "requests belongs to a served model; there is no url"),
        (
            {**LOCAL, "predictions": {"label": "p"}},
            "give path (a model file), url (a served model), both, or predictions",
        ),
        ({**LOCAL, "sha256": "0" * 64}, "sha256 belongs to a model file; there is no path, only url"),
        ({**LOCAL, "loader": "a:b"}, "loader belongs to a model file; there is no path, only url"),
        ({**LOCAL, "tensor": "x"}, "tensor belongs to open-inference; the protocol is mlflow"),
        ({**OIP, "url": "http://h/v2/models/fraud/infer"}, "expected the address of one model"),
        ({**OIP, "url": "http://h:8080"}, "expected the address of one model"),
        ({**LOCAL, "url": "h:5001"}, "begins with http:// or https://"),
        ({**LOCAL, "url": "ftp://h"}, "begins with http:// or https://"),
        ({**LOCAL, "url": "http:///x"}, "names a host"),
        ({**LOCAL, "url": "http://h:99999"}, "cannot be taken apart"),
        ({**LOCAL, "url": "http://h:0"}, "names a host"),
        ({**LOCAL, "url": "http://h/a b"}, "plain characters"),
        ({**LOCAL, "url": "http://h/\r\nX: y"}, "plain characters"),
        ({**LOCAL, "url": "http://hé/"}, "plain characters"),
        ({**LOCAL, "url": "http://h/?key=s3cret"}, "a key belongs into a header"),
        ({**LOCAL, "url": "http://h/#x"}, "a key belongs into a header"),
        ({**LOCAL, "url": "http://ann:s3cret@h/"}, "holds a user or a password"),
        ({**LOCAL, "url": "http://s3cret@h/"}, "holds a user or a password"),
        ({**LOCAL, "headers": {"Host": {"from_environment": "A"}}}, "set by the connection itself"),
        ({**LOCAL, "headers": {"content-LENGTH": {"from_environment": "A"}}}, "set by the connection itself"),
        ({**LOCAL, "headers": {"X:\r\nY": {"from_environment": "A"}}}, "expected the name of a header"),
        ({**LOCAL, "headers": {"X-Key": "s3cret"}}, "expected {from_environment: NAME}; a value itself would stand"),
        ({**LOCAL, "headers": {"X-Key": {"from_environment": "PYTHONPATH"}}}, "PYTHONPATH"),
        ({"url": "http://h", "protocol": "json", "headers": {"X": {"from_environment": "A"}}}, "travel in the clear"),
        ({**LOCAL, "outputs": {}}, "names neither label nor probability"),
        ({**LOCAL, "outputs": {"label": "l", "classes": ["a", "b"]}}, "classes give the order within one output"),
        ({**LOCAL, "outputs": {"probability": {"a": "p"}}}, "at least 2 items"),
        ({**LOCAL, "outputs": {"probability": "p", "classes": ["a"]}}, "at least 2 items"),
        ({**LOCAL, "requests": {"rows": 0}}, "greater than or equal to 1"),
        ({**LOCAL, "requests": {"timeout": 0}}, "greater than 0"),
    ],
)
def test_what_a_served_model_may_not_be(given: dict[str, Any], said: str) -> None:
    """No secret of an address is told."""
    found = faults(**given)
    assert said in found
    assert "s3cret" not in found


def test_the_model_in_production_is_no_served_one_yet() -> None:
    """A key that nothing would read is refused."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        ModelFile(path="m", url="http://127.0.0.1")  # type: ignore[call-arg]


def test_the_outputs_that_are_read() -> None:
    """Each once, in their order."""
    assert ("l", "p") == Outputs(label="l", probability="p").names
    assert ("a", "b") == Outputs(probability={"yes": "a", "no": "b"}).names
    assert ("l",) == Outputs(label="l").names
    assert (1024, 20_000) == (Requests().rows, Requests().most)
