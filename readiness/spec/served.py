"""A served model in a spec: its address, its protocol, what its outputs mean, and how much it may be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from readiness.core.sanitize import shown
from readiness.spec.parts import Label, Name, Part, VariableName

SCHEMES = ("http", "https")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}", re.ASCII)
_OURS = frozenset(
    {"accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect", "host",
     "te", "trailer", "transfer-encoding", "upgrade", "user-agent"}
)  # fmt: skip
"""Headers that the connection itself depends on."""
_OIP_MODEL = re.compile(r"/v2/models/[^/]+(/versions/[^/]+)?/?\Z")


class ServiceProtocol(StrEnum):
    """How a served model is asked."""

    OPEN_INFERENCE = "open-inference"
    """Open Inference Protocol, version 2, as KServe, Triton and MLServer speak it."""
    MLFLOW = "mlflow"
    """What `mlflow models serve` answers."""
    JSON = "json"
    """{"instances": [{column: value}, …]} for {"predictions": […]}, as TensorFlow Serving answers."""


def address_problem(url: str) -> str:
    """What is wrong with the address of a service, without a secret that it may hold; empty when nothing."""
    if url != url.strip() or not url.isascii() or not url.isprintable() or " " in url:
        return f"found {shown(url)}, expected an address of plain characters, such as http://127.0.0.1:5001"
    try:
        parts = urlsplit(url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return "found an address that cannot be taken apart; expected one such as http://127.0.0.1:5001"
    if "@" in parts.netloc:
        return (
            "holds a user or a password, which would stand in the record; name a header that comes from the environment"
        )
    if parts.scheme not in SCHEMES or not parts.hostname or not port_is_one:
        return f"found {shown(url)}, expected an address that begins with http:// or https:// and names a host"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return "holds a query or a fragment; a key belongs into a header that comes from the environment"
    return ""


def protocol_problem(url: str, protocol: ServiceProtocol) -> str:
    """What the address of a service lacks for its protocol; empty when nothing."""
    if protocol is ServiceProtocol.OPEN_INFERENCE and not _OIP_MODEL.search(urlsplit(url).path):
        return (
            f"found {shown(url)}, expected the address of one model: …/v2/models/NAME, or …/v2/models/NAME/versions/V"
        )
    return ""


def is_loopback(parts: SplitResult) -> bool:
    """Whether an address leads back to this machine."""
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class FromEnvironment(Part):
    """A value that stands in an environment variable, and so in no file."""

    from_environment: VariableName = Field(description="name of the environment variable that holds the value")

    @model_validator(mode="before")
    @classmethod
    def _no_value_itself(cls, given: object) -> object:
        if not isinstance(given, Mapping | FromEnvironment):  # what was found is not told: it may be the secret
            raise ValueError("expected {from_environment: NAME}; a value itself would stand in the record")
        return given


class Outputs(Part):
    """What the outputs of a served model mean."""

    label: Name | None = Field(None, description="output with the predicted class or value")
    probability: Name | Annotated[Mapping[str, Name], Field(min_length=2)] | None = Field(
        None,
        description="output with probabilities: of the positive class, or of every class; or one output for each class",
    )
    classes: Annotated[tuple[Label, ...], Field(min_length=2)] | None = Field(
        None, description="class labels in the order in which probability gives them"
    )

    @model_validator(mode="after")
    def _one_at_least(self) -> Outputs:
        if self.label is None and self.probability is None:
            raise ValueError("names neither label nor probability; name at least one output")
        if self.classes is not None and not isinstance(self.probability, str):
            raise ValueError("classes give the order within one output; name it under probability")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The outputs that are read."""
        given = self.probability
        several = () if given is None else (given,) if isinstance(given, str) else tuple(given.values())
        return tuple(dict.fromkeys((*(() if self.label is None else (self.label,)), *several)))


class Requests(Part):
    """How much a served model may be asked in one review."""

    rows: Annotated[int, Field(ge=1, le=10_000)] = Field(1024, description="most rows in one request")
    most: Annotated[int, Field(ge=1, le=10_000_000)] = Field(20_000, description="most requests of one review")
    timeout: Annotated[float, Field(gt=0, le=600)] = Field(
        30.0, description="seconds until the whole answer to one request must be there"
    )
    seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(1800.0, description="seconds for all requests together")


Address = Annotated[str, Field(min_length=1, max_length=2000)]


def _check_headers(headers: Mapping[str, FromEnvironment]) -> Mapping[str, FromEnvironment]:
    for name in headers:
        if not _HEADER.fullmatch(name):
            raise ValueError(f"found {shown(name)}, expected the name of a header, such as Authorization")
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by the connection itself; leave it out")
    return headers


Headers = Annotated[Mapping[str, FromEnvironment], AfterValidator(_check_headers)]


class Served(Part):
    """Where a model is served, and how it is asked."""

    url: Address | None = Field(None, description="address of a served model, in place of path or beside it")
    protocol: ServiceProtocol | None = Field(
        None,
        description="how it is asked: open-inference (version 2: KServe, Triton, MLServer), mlflow (mlflow models "
        "serve), or json (instances for predictions)",
    )
    outputs: Outputs | None = Field(None, description="what the outputs of a served model mean")
    tensor: Name | None = Field(
        None, description="open-inference: the one input that takes all features, where the server does not say so"
    )
    headers: Headers | None = Field(
        None, description="headers of every request, by name; values come from the environment alone"
    )
    requests: Requests | None = Field(None, description="how much a served model may be asked")

    @field_validator("url")
    @classmethod
    def _of_a_service(cls, url: str | None) -> str | None:
        if url is not None and (fault := address_problem(url)):
            raise ValueError(fault)
        return url

    @model_validator(mode="after")
    def _whole(self) -> Served:
        if self.url is None:
            for key in ("protocol", "outputs", "tensor", "headers", "requests"):
                if getattr(self, key) is not None:
                    raise ValueError(f"{key} belongs to a served model; there is no url")
            return self
        for fault in self._faults(self.url):
            raise ValueError(fault)
        return self

    def _faults(self, url: str) -> Iterator[str]:
        if self.protocol is None:
            yield f"url needs protocol: one of {', '.join(ServiceProtocol)}"
            return
        if fault := protocol_problem(url, self.protocol):
            yield f"url {fault}"
        if self.tensor is not None and self.protocol is not ServiceProtocol.OPEN_INFERENCE:
            yield f"tensor belongs to open-inference; the protocol is {self.protocol}"
        parts = urlsplit(url)
        if self.headers and parts.scheme != "https" and not is_loopback(parts):
            yield "headers would travel in the clear: name an address that begins with https://"
