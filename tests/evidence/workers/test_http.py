"""A served model: what is sent, what is believed, and what becomes of servers that misbehave."""

from __future__ import annotations

import datetime
import itertools
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from readiness.core.errors import ModelError
from readiness.core.missing import Missing
from readiness.evidence.workers import http
from readiness.evidence.workers.http import HttpWorker
from readiness.evidence.workers.worker import ModelRaised, TimeRequest, WorkerLost
from readiness.spec.inputs import Model
from tests.evidence.workers.services import Service, reply, serving, sigmoid

ROWS = pd.DataFrame({"a": [0.0, 2.0, -2.0, np.nan, 1.0], "w": ["x", None, "ü", "y", "z"]})
BOTH = {"probability": "predictions", "classes": ["no", "yes"]}


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits between attempts."""
    monkeypatch.setattr(http, "PAUSES", (0.0, 0.0))


def worker_at(service: Service | str, path: str = "/predict", **spec: Any) -> HttpWorker:
    url = f"{service if isinstance(service, str) else service.url}{path}"
    return HttpWorker(Model(**{"name": "m", "version": "1", "url": url, "protocol": "json", **spec}))


# ----------------------------------------------------------------------------------------------------
# What is sent, and what comes of it


def test_rows_are_sent_in_requests_of_bounded_size_over_one_connection() -> None:
    """In their order; what comes back is put together again."""
    connections = set()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        connections.add(handler.client_address)
        sigmoid(handler, body)

    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH, requests={"rows": 2})
        said = worker.call("predict_proba", ROWS)
        worker.close()
    assert [2, 2, 1] == [len(body["instances"]) for body in service.bodies]
    assert {"a": None, "w": "y"} == service.bodies[1]["instances"][1]
    np.testing.assert_array_equal(said[:, 1], 1 / (1 + np.exp(-ROWS["a"].fillna(0))))
    assert 1 == len(connections)
    assert (3, 5, 0) == (worker.tally.requests, worker.tally.rows, worker.tally.failed)


def test_a_reply_with_labels_and_probabilities_is_asked_for_once() -> None:
    """The second question about the same rows is answered from it, and a third is asked anew."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        n = len(json.loads(body)["instances"])
        reply(handler, {"predictions": [{"label": "no", "p": [0.75, 0.25]}] * n})

    stated = {"label": "label", "probability": "p", "classes": ["no", "yes"]}
    with serving(answer) as service:
        worker = worker_at(service, outputs=stated, requests={"rows": 4})
        assert ("predict_proba", "predict") == worker.about.methods
        assert [[0.75, 0.25]] * 5 == worker.call("predict_proba", ROWS).tolist()
        assert ["no"] * 5 == worker.call("predict", ROWS).tolist()
        assert 2 == len(service.asked)
        worker.call("predict", ROWS)
        assert 4 == len(service.asked)
        worker.call("predict_proba", ROWS.head(1))
        assert 5 == len(service.asked)
        worker.call("predict", ROWS.tail(1))
        assert 6 == len(service.asked)
        worker.close()


def test_what_it_is_and_what_it_cannot_do() -> None:
    """It is described by the spec; nothing is asked for that."""
    worker = worker_at("http://127.0.0.1:9", outputs=BOTH)
    about = worker.about
    assert ("predict_proba",) == about.methods
    assert about.scores_only
    assert ("no", "yes") == about.classes
    assert "model served at http://127.0.0.1:9/predict by instances as JSON" == about.kind
    assert isinstance(about.refits, Missing)
    assert isinstance(worker.footprint(ROWS), Missing)
    assert isinstance(worker.probe("threads", ROWS), Missing)
    assert 0 == worker.tally.requests


def test_one_value_for_each_row_is_what_predict_returns() -> None:
    """Nobody has to name it."""
    with serving(lambda handler, body: reply(handler, {"predictions": [3, 1.5, 2, 0, 1]})) as service:
        worker = worker_at(service)
        assert ("predict",) == worker.about.methods
        assert [3, 1.5, 2, 0, 1] == worker.call("predict", ROWS).tolist()
        worker.close()


def test_probabilities_that_nobody_named_are_no_labels() -> None:
    """Nor is their order guessed: it may be turned round."""
    with serving(sigmoid) as service:
        for spec, said in (
            ({}, "if these are probabilities, set model.outputs"),
            ({"outputs": {"probability": "predictions"}}, "nobody says which class each stands for"),
            ({"outputs": {**BOTH, "classes": ["a", "b", "c"]}}, "lists 3 classes"),
            ({"outputs": {"label": "prediction"}}, 'no output "prediction"; did you mean "predictions"'),
        ):
            worker = worker_at(service, **spec)
            with pytest.raises(ModelRaised, match=said) as caught:
                worker.call(worker.about.methods[0], ROWS)
            assert not caught.value.is_clean
            worker.close()


def test_one_output_for_each_class_becomes_a_column_for_each() -> None:
    """By the names that the spec gives."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        reply(handler, {"predictions": [{"p_yes": 0.75, "p_no": 0.25}] * len(json.loads(body)["instances"])})

    with serving(answer) as service:
        worker = worker_at(service, outputs={"probability": {"no": "p_no", "yes": "p_yes"}})
        assert ("no", "yes") == worker.about.classes
        assert [[0.25, 0.75]] * 5 == worker.call("predict_proba", ROWS).tolist()
        worker.close()


def test_values_that_json_cannot_carry_are_a_clean_error_and_no_request() -> None:
    """As production would meet them."""
    with serving(sigmoid) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(ModelRaised, match="infinite") as caught:
            worker.call("predict_proba", ROWS.assign(a=np.inf))
        assert caught.value.is_clean
        assert [] == service.asked


def test_calls_are_timed_one_by_one_and_failures_counted() -> None:
    """Each call is one request; nothing is asked again."""
    turn = itertools.count()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sigmoid(handler, body) if next(turn) % 2 else reply(handler, {"error": "no"}, 503)

    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH, requests={"most": 6})
        times = worker.time(TimeRequest("predict_proba", ROWS, calls=4, memory_every=2))
        assert not isinstance(times, Missing)
        assert (0, 0) == (times.outside, len(times.resident))
        assert 4 == len(times.service)
        assert (times.service > 0).all()
        assert 2 == len(times.raised)
        assert 4 == len(service.asked)
        assert {"HTTP 503": 2} == dict(worker.tally.failures)
        assert isinstance(worker.time(TimeRequest("predict_proba", ROWS, calls=10)), Missing)
        capped = worker.time(TimeRequest("predict_proba", ROWS, calls=10, seconds=60))
        assert not isinstance(capped, Missing)
        assert 2 == len(capped.service)
        assert isinstance(worker.time(TimeRequest("predict_proba", ROWS)), Missing)
        worker.close()


# ----------------------------------------------------------------------------------------------------
# Servers that misbehave


def test_what_fails_in_passing_is_asked_again_and_counted() -> None:
    """Overload, and connections that end."""
    turn = itertools.count()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        k = next(turn)
        if k == 0:
            reply(handler, b"busy", 503)
        elif k == 1:
            handler.close_connection = True
        else:
            sigmoid(handler, body)

    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH)
        assert 5 == len(worker.call("predict_proba", ROWS))
        worker.close()
    said = "3 requests, of which 1 failed (HTTP 503: 1), 1 sent again as the server had ended the connection"
    assert said == worker.tally.words


def test_a_connection_that_rested_too_long_is_opened_again() -> None:
    """A server may close it without a word; that is no failure."""

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sigmoid(handler, body)
        handler.close_connection = True  # without saying so in a header

    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH, requests={"rows": 1})
        assert 5 == len(worker.call("predict_proba", ROWS))
        assert (9, 4, 0) == (worker.tally.requests, worker.tally.reopened, worker.tally.failed)
        assert 5 == len(service.asked)
        worker.close()


@pytest.mark.parametrize(
    ("status", "clean"), [(400, True), (422, True), (500, False)], ids=["bad request", "unprocessable", "server error"]
)
def test_a_status_of_the_model_is_its_exception(status: int, clean: bool) -> None:
    """Refusing in words is a clean error, an error of the server is none."""
    with serving(lambda handler, body: reply(handler, {"message": "column b\nis missing"}, status)) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(ModelRaised, match="column b is missing") as caught:
            worker.call("predict_proba", ROWS)
        assert (f"HTTP {status}", clean) == (caught.value.kind, caught.value.is_clean)
        assert 1 == len(service.asked)
        worker.close()


@pytest.mark.parametrize(
    ("status", "said", "requests"),
    [
        (401, "refused access", 1),
        (403, "refused access", 1),
        (404, "nothing to ask", 1),
        (405, "nothing to ask", 1),
        (429, "overloaded or away", 3),
        (503, "overloaded or away", 3),
    ],
)
def test_a_status_of_the_service_loses_it(status: int, said: str, requests: int) -> None:
    """With a remedy; only what may pass is asked again."""
    with serving(lambda handler, body: reply(handler, b"<html>go away", status)) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(WorkerLost, match=said) as caught:
            worker.call("predict_proba", ROWS)
        assert caught.value.remedy
        assert requests == len(service.asked)
        worker.close()


def test_a_redirect_is_not_followed() -> None:
    """Not even to the same host: rows and headers go where the spec says."""
    with serving(sigmoid) as other:
        with serving(lambda h, b: reply(h, b"", 307, {"Location": f"{other.url}/predict"})) as service:
            worker = worker_at(service, outputs=BOTH)
            with pytest.raises(WorkerLost, match=r"redirects to .*which is not followed"):
                worker.call("predict_proba", ROWS)
            worker.close()
        assert [] == other.asked


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows go where the spec says."""
    with serving(sigmoid) as service, serving(lambda h, b: reply(h, b"proxied")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        worker = worker_at(service, outputs=BOTH)
        assert 5 == len(worker.call("predict_proba", ROWS))
        worker.close()
        assert [] == proxy.asked


def too_long_by_header(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**12))
    handler.end_headers()
    handler.wfile.write(b"[")


def too_long_in_chunks(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(10_000):
        handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


@pytest.mark.parametrize("answer", [too_long_by_header, too_long_in_chunks])
def test_a_reply_without_bounds_is_cut_off(answer: Any) -> None:
    """By its own word, or when it goes on; never more is read than allowed."""
    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(WorkerLost, match=r"the answer has .*bytes"):
            worker.call("predict_proba", ROWS)
        assert {"reply too large": 1} == dict(worker.tally.failures)
        worker.close()


def silent(done: threading.Event) -> Any:
    return lambda handler, body: done.wait(30)


def drip_body(done: threading.Event) -> Any:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not done.wait(0.02):
            handler.wfile.write(b" ")

    return answer


def drip_headers(done: threading.Event) -> Any:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not done.wait(0.02):
            handler.wfile.write(b"X: y\r\n"[:1])

    return answer


def drip_interim(done: threading.Event) -> Any:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        while not done.wait(0.02):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    return answer


@pytest.mark.parametrize("kind", [silent, drip_body, drip_headers, drip_interim])
def test_a_server_that_holds_on_is_left(kind: Any) -> None:
    """The whole answer has to be there in time, whatever comes in drops."""
    done = threading.Event()
    with serving(kind(done)) as service:
        worker = worker_at(service, outputs=BOTH, requests={"timeout": 0.2})
        with pytest.raises(WorkerLost, match=r"no whole answer within 0.2 seconds") as caught:
            worker.call("predict_proba", ROWS)
        assert "model.requests.timeout" in caught.value.remedy
        assert {"not answered in time": 3} == dict(worker.tally.failures)
        worker.close()
        done.set()


def cut_off(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"predictions": [')
    handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (cut_off, "closed 983 bytes before the end|connection was closed"),
        (lambda h, b: h.wfile.write(b"220 smtp.example ESMTP\r\n"), "no HTTP"),
        (lambda h, b: reply(h, b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), "compressed"),
    ],
    ids=["cut off", "no HTTP", "compressed"],
)
def test_what_is_no_answer_is_told(answer: Any, said: str) -> None:
    """In words, and with a remedy."""
    with serving(answer) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(WorkerLost, match=said) as caught:
            worker.call("predict_proba", ROWS)
        assert caught.value.remedy
        worker.close()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"hello", "no JSON"),
        (b'{"predictions": [[0.5, 0.5]]}', "1 results for 5 rows"),
        (b'{"predictions": [[0.5, 0.5], [1], [1], [1], [1]]}', "different lengths"),
    ],
)
def test_a_reply_that_does_not_fit_is_a_failure_of_the_model(body: bytes, said: str) -> None:
    """And never a clean error."""
    with serving(lambda handler, _: reply(handler, body)) as service:
        worker = worker_at(service, outputs=BOTH)
        with pytest.raises(ModelRaised, match=said) as caught:
            worker.call("predict_proba", ROWS)
        assert not caught.value.is_clean
        assert {"reply does not fit": 1} == dict(worker.tally.failures)
        worker.close()


def test_too_many_results_in_one_request_do_not_make_up_for_too_few_in_another() -> None:
    """The rows would be shifted against their answers."""
    counts = iter([3, 1])

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, {"predictions": [0] * next(counts)})

    with serving(answer) as service:
        worker = worker_at(service, requests={"rows": 2})
        with pytest.raises(ModelRaised, match="3 results for 2 rows"):
            worker.call("predict", ROWS.head(4))
        worker.close()


def test_nobody_is_there() -> None:
    """Three attempts, and a remedy."""
    with serving(sigmoid) as service:
        url = service.url
    worker = worker_at(url, outputs=BOTH)
    with pytest.raises(WorkerLost, match=r"cannot be reached .*3 requests, of which 3 failed") as caught:
        worker.call("predict_proba", ROWS)
    assert "whether the server runs" in caught.value.remedy


def test_no_more_is_asked_than_the_spec_allows() -> None:
    """Requests, and seconds in all."""
    with serving(sigmoid) as service:
        worker = worker_at(service, outputs=BOTH, requests={"rows": 1, "most": 3})
        with pytest.raises(WorkerLost, match=r"All 3 requests .*model.requests.most"):
            worker.call("predict_proba", ROWS)
        assert 3 == len(service.asked)
        worker.close()
        patient = worker_at(service, outputs=BOTH, requests={"rows": 1, "seconds": 1e-9})
        with pytest.raises(WorkerLost):
            patient.call("predict_proba", ROWS)
        patient.close()


# ----------------------------------------------------------------------------------------------------
# Secrets


def test_a_header_comes_from_the_environment_and_is_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where the server repeats it."""
    monkeypatch.setenv("FRAUD_TOKEN", "Bearer s3cr3t-token")

    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        reply(handler, {"message": f"no access with {handler.headers['Authorization']}, that is s3cr3t-token"}, 400)

    with serving(answer) as service:
        worker = worker_at(service, headers={"Authorization": {"from_environment": "FRAUD_TOKEN"}})
        with pytest.raises(ModelRaised) as caught:
            worker.call("predict", ROWS)
        worker.close()
    assert "Bearer s3cr3t-token" == service.asked[0][2]["Authorization"]
    assert "no access with …, that is …" == caught.value.words
    assert "s3cr3t" not in f"{worker.about}{worker!r}{vars(worker)['_transport']!r}"


@pytest.mark.parametrize(("value", "said"), [("", "not set"), ("a\nB: c", "cannot stand in a header"), ("ü", "header")])
def test_a_header_without_a_usable_value_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, said: str) -> None:
    """By the name of its variable, not by its value."""
    monkeypatch.setenv("FRAUD_TOKEN", value)
    with pytest.raises(ModelError, match=f"FRAUD_TOKEN.*{said}"):
        worker_at("http://127.0.0.1:9", headers={"Authorization": {"from_environment": "FRAUD_TOKEN"}})


# ----------------------------------------------------------------------------------------------------
# Open Inference Protocol


METADATA = {
    "name": "fraud",
    "versions": ["1"],
    "platform": "x",
    "inputs": [
        {"name": "a", "datatype": "FP32", "shape": [-1, 1]},
        {"name": "w", "datatype": "BYTES", "shape": [-1, 1]},
    ],
    "outputs": [{"name": "p", "datatype": "FP64", "shape": [-1, 2]}, {"name": "l", "datatype": "BYTES", "shape": [-1]}],
}


def open_inference(handler: BaseHTTPRequestHandler, body: bytes, **changes: Any) -> None:
    if handler.path.endswith("/v2"):
        return reply(handler, {"name": "a\u202eserver", "version": "9", "extensions": []})
    if not body:
        return reply(handler, {**METADATA, **changes})
    n = json.loads(body)["inputs"][0]["shape"][0]
    outputs = [
        {"name": "p", "datatype": "FP64", "shape": [n, 2], "data": [0.25, 0.75] * n},
        {"name": "l", "datatype": "BYTES", "shape": [n, 1], "data": ["yes"] * n},
    ]
    return reply(handler, {"model_name": "fraud", "model_version": "1", "outputs": outputs})


OIP: dict[str, Any] = {"protocol": "open-inference", "path": "/v2/models/fraud"}


def test_an_open_inference_server_is_asked_for_what_it_declares() -> None:
    """Names, types and outputs; what it says of itself is made visible, and quoted as its own words."""
    stated = {"label": "l", "probability": "p", "classes": ["no", "yes"]}
    with serving(open_inference) as service:
        worker = worker_at(service, outputs=stated, **OIP)
        assert ("a", "w") == worker.about.feature_names
        said = "The server calls itself a⟨U+202E⟩server 9."
        assert (said,) == worker.about.notes
        assert [[0.25, 0.75]] * 5 == worker.call("predict_proba", ROWS).tolist()
        assert ["yes"] * 5 == worker.call("predict", ROWS).tolist()
        assert (said, "It was sent 3 requests, none of which failed.") == worker.about.notes
        worker.close()
    assert ["/v2", "/v2/models/fraud", "/v2/models/fraud/infer"] == [path for _, path, _, _ in service.asked]
    assert ["FP32", "BYTES"] == [tensor["datatype"] for tensor in service.bodies[0]["inputs"]]
    assert [{"name": "l"}, {"name": "p"}] == service.bodies[0]["outputs"]


def test_outputs_that_nobody_named_are_asked_about() -> None:
    """With their names, before any row is sent."""
    with serving(open_inference) as service:
        worker = worker_at(service, **OIP)
        with pytest.raises(ModelError, match=r'outputs "p" of the shape \[-1, 2\], "l" of the shape') as caught:
            worker.call("predict", ROWS)
        assert "model.outputs" in caught.value.remedy
        assert [] == service.bodies
        worker.close()


def test_one_input_of_several_values_takes_all_features_by_their_place() -> None:
    """As many as it says."""
    one = {"inputs": [{"name": "x", "datatype": "FP64", "shape": [-1, 2]}], "outputs": METADATA["outputs"][1:]}
    with serving(lambda handler, body: open_inference(handler, body, **one)) as service:
        worker = worker_at(service, **OIP)
        about = worker.about
        assert ((), 2, True, ("predict",)) == (about.feature_names, about.n_features, about.takes_arrays, about.methods)
        worker.call("predict", np.array([[1.0, 2.0], [3.0, 4.0]]))
        worker.close()
    (tensor,) = service.bodies[0]["inputs"]
    assert ("x", [2, 2], [1.0, 2.0, 3.0, 4.0]) == (tensor["name"], tensor["shape"], tensor["data"])


def test_another_version_that_answers_meanwhile_is_noticed() -> None:
    """One report is about one model."""
    versions = iter("12")

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if not body:
            return open_inference(handler, body)
        n = json.loads(body)["inputs"][0]["shape"][0]
        labels = {"name": "l", "datatype": "BYTES", "shape": [n], "data": ["no"] * n}
        return reply(handler, {"model_version": next(versions), "outputs": [labels]})

    with serving(answer) as service:
        worker = worker_at(service, outputs={"label": "l"}, requests={"rows": 3}, **OIP)
        with pytest.raises(ModelRaised, match="version 2 of the model answered, after version 1"):
            worker.call("predict", ROWS)
        worker.close()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"error": "model fraud is not ready"}, 400, "No model answers at .*HTTP 400: model fraud is not ready"),
        (b"<html>", 200, "does not speak the Open Inference Protocol"),
        ({"inputs": [3]}, 200, "does not speak the Open Inference Protocol"),
    ],
)
def test_what_is_no_such_server_is_told(body: Any, status: int, said: str) -> None:
    """Before any row is sent."""
    with serving(lambda handler, _: reply(handler, body, status)) as service:
        worker = worker_at(service, **OIP)
        with pytest.raises(ModelError, match=said):
            _ = worker.about
        worker.close()


# ----------------------------------------------------------------------------------------------------
# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that signed itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(pem)
    return path


@contextmanager
def secured(answer: Any, certificate: Path) -> Iterator[tuple[Service, str]]:
    """The same server behind TLS, and its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(answer, context) as service:
        yield service, service.url.replace("http:", "https:")


def test_a_certificate_that_nobody_trusts_ends_it_before_anything_is_sent(certificate: Path) -> None:
    """There is no switch that skips it."""
    with secured(sigmoid, certificate) as (service, url):
        worker = worker_at(url, outputs=BOTH)
        with pytest.raises(WorkerLost, match=r"its certificate is not trusted: self-signed certificate") as caught:
            worker.call("predict_proba", ROWS)
        assert "authority" in caught.value.remedy
        assert ([], 1) == (service.asked, worker.tally.requests)


def test_a_certificate_that_this_machine_trusts_is_enough(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over one connection, whose every read is bounded like any other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    done = threading.Event()
    turn = itertools.count()

    def answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        sigmoid(handler, body) if next(turn) < 2 else drip_body(done)(handler, body)

    with secured(answer, certificate) as (_, url):
        worker = worker_at(url, outputs=BOTH, requests={"rows": 3, "timeout": 1.0})
        assert 5 == len(worker.call("predict_proba", ROWS))
        assert (2, 0) == (worker.tally.requests, worker.tally.reopened)
        with pytest.raises(WorkerLost, match=r"no whole answer within 1 seconds"):
            worker.call("predict_proba", ROWS.head(1))
        worker.close()
        done.set()
