"""A model behind an address: asked in batches by one of three protocols, and believed as far as it was checked."""

from __future__ import annotations

import hashlib
import http.client
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from numpy.typing import NDArray

from readiness.core.errors import ModelError
from readiness.core.missing import Missing
from readiness.core.sanitize import shorten, visible
from readiness.evidence.workers import protocols
from readiness.evidence.workers.outputs import Reading, classes_of, feature_tensor, joined, only_output
from readiness.evidence.workers.protocols import BadReply, Metadata, Output, UnsendableValue
from readiness.evidence.workers.timing import time_calls
from readiness.evidence.workers.transport import (
    PASSING,
    Answer,
    BudgetSpent,
    Failing,
    RequestFailed,
    Tally,
    Transport,
    header_values,
)
from readiness.evidence.workers.worker import (
    NO_REFUSALS,
    Footprint,
    Inputs,
    InsideProbe,
    ModelDescription,
    ModelRaised,
    Outcome,
    RefitJob,
    TimeRequest,
    Times,
    WorkerLost,
)
from readiness.spec.served import Requests, Served, ServiceProtocol

PAUSES = (0.2, 1.0)
"""Seconds before another attempt of a request that failed in passing, of which there are as many."""
OVERLOADED = (429, 502, 503, 504)
REFUSED = (401, 403, 407)
NOT_THERE = (404, 405, 410, 415, 501)
METADATA_BYTES = 1 << 20
REPLY_BYTES, ROW_BYTES, MOST_BYTES = 1 << 20, 1 << 16, 1 << 26
"""A reply may have so many bytes, and so many more for each row, and never more than the last."""
MOST_WORDS = 300
SERVER_ERROR = NO_REFUSALS[-1]
"""What failures are derived from that are no refusal of the rows, so that none of them counts as a clean error."""
NOT_BY_WIRE = "it is served at an address, where nobody sees its process"

NAMES = {
    ServiceProtocol.OPEN_INFERENCE: "Open Inference Protocol",
    ServiceProtocol.MLFLOW: "MLflow's scoring protocol",
    ServiceProtocol.JSON: "instances as JSON",
}


class HttpWorker:
    """A served model."""

    def __init__(self, served: Served) -> None:
        """Nothing is sent before something is asked.

        Raises:
            ModelError: a header whose environment variable is not set.
        """
        assert served.url is not None  # the spec holds both, or neither
        assert served.protocol is not None
        self._url, self._protocol = served.url, served.protocol
        self._limits = served.requests or Requests()
        self._transport = Transport(served.url, header_values(served.headers), self._limits)
        self._paths = _paths_of(served.url, served.protocol)
        self._stated, self._tensor = served.outputs, served.tensor or ""
        self._about: ModelDescription | None = None
        self._metadata = Metadata()
        self._read: Reading | None = None
        self._last: tuple[str, bytes, tuple[Output, ...]] | None = None
        self._version = ""

    @property
    def tally(self) -> Tally:
        """What was asked so far, and how often that failed."""
        return self._transport.tally

    @property
    def about(self) -> ModelDescription:
        """What the spec and the server say of the model.

        Raises:
            ModelError: no such model there, or outputs that nobody gave a meaning.
            WorkerLost: the server does not answer.
        """
        if self._about is None:
            said = self._server_words()
            if self._protocol is ServiceProtocol.OPEN_INFERENCE:
                self._metadata = self._model_metadata()
                self._tensor = self._tensor or feature_tensor(self._metadata)
            self._about = self._describe(said)
        if not self.tally.rows:
            return self._about
        return replace(self._about, notes=(*self._about.notes, f"It was sent {self.tally.words}."))

    def begin(self) -> None:
        """Nothing is asked before something has to be known."""

    def call(self, method: str, inputs: Inputs) -> NDArray[Any]:
        """The raw answer to n rows, in requests of bounded size; what fails in passing is asked again.

        Raises:
            ModelRaised: rows that the server refuses, or that JSON has no room for, or a reply that does not fit them.
            WorkerLost: no answer, or no more requests allowed.
        """
        _ = self.about
        outputs = self._outputs_of(method, inputs, self._ask_again)
        return self._select(method, outputs)

    def refit(self, job: RefitJob) -> list[Outcome] | Missing:  # noqa: ARG002  # the protocol's
        """Not available: an address answers and does not learn."""
        return self._refits()

    def end_refits(self) -> None:
        """There are none."""

    def time(self, request: TimeRequest) -> Times | Missing:
        """Times of requests from this process and back, encoding and decoding included; nothing is asked again."""
        left = self._transport.left
        if left < 1 or (request.calls > left and math.isinf(request.seconds)):
            return Missing(f"the spec allows {left:,} more requests", "a larger model.requests.most")
        calls = min(request.calls, left)
        if request.batch > self._limits.rows:
            return Missing(
                f"a request carries at most {self._limits.rows:,} rows; timed would be {request.batch:,}",
                "a larger model.requests.rows",
            )
        _ = self.about
        bounded = replace(request, calls=calls, memory_every=0)  # the memory of this process says nothing
        times = time_calls(lambda rows: self._call_once(request.method, rows), bounded)
        return replace(times, outside=0)  # there is one clock, and it is ours

    def footprint(self, row: Inputs) -> Footprint | Missing:  # noqa: ARG002  # the protocol's
        """Not available: its process is elsewhere."""
        return Missing(NOT_BY_WIRE, "the model file under model.path, or a figure under supplied")

    def probe(self, name: str, inputs: Inputs) -> InsideProbe | Missing:  # noqa: ARG002  # the protocol's
        """Not available: its process is elsewhere."""
        return Missing(NOT_BY_WIRE, "the model file under model.path")

    def close(self) -> None:
        """End the connection."""
        self._transport.close()

    # What is there

    def _describe(self, said: str) -> ModelDescription:
        stated = self._stated or only_output(self._metadata, self._url)
        self._read = Reading(stated)
        scored = stated is not None and stated.probability is not None
        labelled = stated is None or stated.label is not None
        methods = (("predict_proba",) if scored else ()) + (("predict",) if labelled else ())
        names = [tensor.name for tensor in self._metadata.inputs]
        width = next((t.width for t in self._metadata.inputs if t.name == self._tensor), None)
        return ModelDescription(
            kind=f"model served at {self._url} by {NAMES[self._protocol]}",
            methods=methods,
            feature_names=() if self._tensor else tuple(names),
            n_features=width if self._tensor else None,
            classes=None if stated is None else classes_of(stated),
            scores_only=scored and not labelled,
            takes_arrays=bool(self._tensor),
            refits=self._refits(),
            notes=(said,) if said else (),
        )

    @staticmethod
    def _refits() -> Missing:
        return Missing("a served model answers and does not learn", "the estimator as a file, under model.path")

    def _model_metadata(self) -> Metadata:
        answer = self._ask_again("GET", self._paths.model, None, METADATA_BYTES)
        if answer.status != http.client.OK:
            raise self._no_model(answer)
        try:
            metadata = protocols.decode_metadata(answer.body)
        except BadReply as error:
            raise ModelError(
                f"What is served at {self._url} does not speak the Open Inference Protocol: {error}.",
                remedy="Check model.url and model.protocol.",
            ) from None
        return metadata

    def _no_model(self, answer: Answer) -> ModelError:
        return ModelError(
            f"No model answers at {self._url}: HTTP {answer.status}{self._server_message(answer.body, ': ')}.",
            remedy="Check model.url, and whether the server has loaded the model.",
        )

    def _server_words(self) -> str:
        """Who the server says it is; nothing depends on it."""
        if self._paths.server is None:
            return ""
        answer = self._ask_again("GET", self._paths.server, None, METADATA_BYTES)
        if answer.status != http.client.OK:
            return ""
        text = answer.body.decode("utf-8", errors="replace").strip()
        if self._protocol is ServiceProtocol.OPEN_INFERENCE:
            try:
                said = protocols.read_json(answer.body)
            except BadReply:
                return ""
            text = " ".join(str(said.get(key, "")) for key in ("name", "version")) if isinstance(said, dict) else ""
        else:
            text = f"MLflow {text}"
        return f"The server calls itself {self._quoted(text, 100)}." if text.strip() else ""

    def _quoted(self, text: str, longest: int = MOST_WORDS) -> str:
        return shorten(visible(" ".join(self._transport.without_secrets(text).split())), longest)

    # What is asked

    def _outputs_of(self, method: str, inputs: Inputs, ask: _Ask) -> tuple[Output, ...]:
        """The outputs about n rows; a reply that holds labels and probabilities is asked for once."""
        last, self._last = self._last, None
        if last is not None and last[0] != method and last[1] == self._digest(inputs):
            return last[2]
        digest, parts = hashlib.sha256(), []
        for rows in self._batches(inputs):
            body = self._encode(rows)
            digest.update(body)
            parts.append(self._infer(body, len(rows), ask))
        try:
            outputs = joined(parts)
        except BadReply as error:
            raise _bad(str(error)) from None
        if len(self.about.methods) > 1:
            self._last = (method, digest.digest(), outputs)
        return outputs

    def _batches(self, inputs: Inputs) -> Iterator[Inputs]:
        yield from (inputs[at : at + self._limits.rows] for at in range(0, max(1, len(inputs)), self._limits.rows))

    def _digest(self, inputs: Inputs) -> bytes:
        digest = hashlib.sha256()
        for rows in self._batches(inputs):
            digest.update(self._encode(rows))
        return digest.digest()

    def _call_once(self, method: str, rows: Inputs) -> NDArray[Any]:
        """One request, as a client of the service would make it."""
        return self._select(method, self._infer(self._encode(rows), len(rows), self._ask_once))

    def _encode(self, inputs: Inputs) -> bytes:
        try:
            if self._protocol is not ServiceProtocol.OPEN_INFERENCE:
                return protocols.ENCODERS[self._protocol](inputs)
            declared = {tensor.name: tensor for tensor in self._metadata.inputs}
            wanted = () if self._stated is None else self._stated.names
            return protocols.encode_open_inference(inputs, declared, wanted, self._tensor)
        except UnsendableValue as error:
            raise ModelRaised("UnsendableValue", str(error), bases=("ValueError",)) from None

    def _infer(self, body: bytes, n: int, ask: _Ask) -> tuple[Output, ...]:
        answer = ask("POST", self._paths.infer, body, min(MOST_BYTES, REPLY_BYTES + n * ROW_BYTES))
        if answer.status != http.client.OK:
            raise self._refusal(answer)
        self.tally.rows += n
        try:
            outputs, version = protocols.DECODERS[self._protocol](answer.body, n)
            self._check_version(version)
        except BadReply as error:
            self.tally.failures["reply does not fit"] += 1
            raise _bad(str(error)) from None
        return outputs

    def _check_version(self, version: str) -> None:
        """One model answers all requests of a review.

        Raises:
            BadReply: the server says that another version answered than before.
        """
        if self._version and version and version != self._version:
            before, now = self._quoted(self._version, 60), self._quoted(version, 60)
            raise BadReply(f"version {now} of the model answered, after version {before}; it was exchanged meanwhile")
        self._version = version or self._version

    def _select(self, method: str, outputs: Sequence[Output]) -> NDArray[Any]:
        assert self._read is not None  # set with the description
        try:
            return self._read.select(method, {output.name: output for output in outputs})
        except BadReply as error:
            raise _bad(str(error)) from None

    # What is answered

    def _ask_once(self, method: str, path: str, body: bytes | None, most: int) -> Answer:
        try:
            return self._transport.ask(method, path, body, most=most)
        except RequestFailed as error:
            raise self._lost(error) from None
        except BudgetSpent as error:
            raise WorkerLost(f"{error}.") from None

    def _ask_again(self, method: str, path: str, body: bytes | None, most: int) -> Answer:
        """As `_ask_once`, with other attempts where it failed in passing."""
        for pause in PAUSES:
            try:
                answer = self._transport.ask(method, path, body, most=most)
                if answer.status not in OVERLOADED:
                    return answer
            except RequestFailed as error:
                if error.how not in PASSING:
                    raise self._lost(error) from None
            except BudgetSpent as error:
                raise WorkerLost(f"{error}.") from None
            self._transport.wait(pause)
        return self._ask_once(method, path, body, most)

    def _lost(self, error: RequestFailed) -> WorkerLost:
        return WorkerLost(
            f"The model served at {self._url} gave no answer: {error} ({self.tally.words}).",
            remedy=_REMEDIES[error.how],
        )

    def _refusal(self, answer: Answer) -> ModelRaised | WorkerLost:
        """What a status that is not 200 means."""
        message, status = self._server_message(answer.body), answer.status
        if status in REFUSED:
            return WorkerLost(
                f"The model served at {self._url} refused access (HTTP {status}).",
                remedy="Name the header that it asks for under model.headers, and set its environment variable.",
            )
        if status in NOT_THERE:
            return WorkerLost(
                f"There is nothing to ask at {self._url}: HTTP {status}{self._server_message(answer.body, ': ')}.",
                remedy="Check model.url and model.protocol.",
            )
        if status in OVERLOADED:
            return WorkerLost(
                f"The model served at {self._url} is overloaded or away: HTTP {status} ({self.tally.words}).",
                remedy="Try again when it is up; a smaller model.requests.rows makes lighter requests.",
            )
        if status >= http.client.INTERNAL_SERVER_ERROR:
            return ModelRaised(f"HTTP {status}", message, bases=(SERVER_ERROR,))
        if status >= http.client.BAD_REQUEST:
            return ModelRaised(f"HTTP {status}", message, bases=("ValueError",))
        return _bad(f"the status {status}, where 200 was expected")

    def _server_message(self, body: bytes, before: str = "") -> str:
        """What a server says went wrong, made presentable; `before` stands before it, where it says anything."""
        try:
            said = protocols.read_json(body)
        except BadReply:
            said = body[: 4 * MOST_WORDS].decode("utf-8", errors="replace")
        if isinstance(said, dict):
            said = next((said[key] for key in ("message", "error", "detail") if said.get(key)), "")
        text = self._quoted(str(said))
        return f"{before}{text}" if text else ""


_Ask = Callable[[str, str, "bytes | None", int], Answer]

_REMEDIES: Mapping[Failing, str] = {
    Failing.UNREACHABLE: "Check model.url, and whether the server runs.",
    Failing.CLOSED: "Look at the server's log; a smaller model.requests.rows makes lighter requests.",
    Failing.LATE: "Raise model.requests.timeout, or lower model.requests.rows.",
    Failing.TOO_LARGE: "Ask for the outputs that are needed alone, under model.outputs.",
    Failing.REDIRECTED: "Name the address that answers itself in model.url.",
    Failing.MALFORMED: "Check model.url: http:// or https://, host, port.",
    Failing.CERTIFICATE: "Have the certificate's authority trusted on this machine; it is not skipped.",
}


def _bad(words: str) -> ModelRaised:
    return ModelRaised("BadReply", words, bases=(SERVER_ERROR,))


# ----------------------------------------------------------------------------------------------------
# Addresses


@dataclass(frozen=True, slots=True)
class _Paths:
    infer: str
    model: str = ""
    server: str | None = None


def _paths_of(url: str, protocol: ServiceProtocol) -> _Paths:
    path = urlsplit(url).path.rstrip("/")
    if protocol is ServiceProtocol.OPEN_INFERENCE:
        root, _, _ = path.rpartition("/v2/models/")
        return _Paths(f"{path}/infer", path, f"{root}/v2")
    if protocol is ServiceProtocol.MLFLOW:
        root = path.removesuffix("/invocations")
        return _Paths(f"{root}/invocations", server=f"{root}/version")
    return _Paths(urlsplit(url).path or "/")
