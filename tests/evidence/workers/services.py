"""Servers for tests, on loopback: one that answers as it is told, and real ones in processes of their own."""

from __future__ import annotations

import json
import math
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answering = Callable[[BaseHTTPRequestHandler, bytes], None]


class Service(ThreadingHTTPServer):
    """A server of the standard library whose answers a test gives; it keeps what it was asked."""

    daemon_threads = True
    answer: Answering
    asked: list[tuple[str, str, dict[str, str], bytes]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked may be gone; that is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, _, body in self.asked if body]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        try:
            self.server.answer(self, body)
        except OSError:
            self.close_connection = True  # whoever asked is gone

    def log_message(self, *_: Any) -> None:
        pass


def reply(
    handler: BaseHTTPRequestHandler, body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with a body: bytes as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


@contextmanager
def serving(answer: Answering, secure: ssl.SSLContext | None = None) -> Iterator[Service]:
    """A server that answers so, behind TLS where its context is given."""
    service = Service(("127.0.0.1", 0), Handler)
    if secure is not None:
        service.socket = secure.wrap_socket(service.socket, server_side=True, do_handshake_on_connect=False)
    service.answer, service.asked = answer, []
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()


def sigmoid(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Probabilities that follow from the column a; a gap counts as 0."""
    rows = json.loads(body)["instances"]
    odds = [1 / (1 + math.exp(-(row["a"] or 0.0))) for row in rows]
    reply(handler, {"predictions": [[1 - each, each] for each in odds]})


# ----------------------------------------------------------------------------------------------------
# Real ones


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], ready: str, *, folder: Path, seconds: float = 120, **variables: str) -> Iterator[None]:
    """A process that answers at `ready` before the test goes on, and that ends with it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "PYTEST"))}
    environment = {**clean, "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore", **variables}
    log = folder / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stream, stderr=stream)
    try:
        end = time.monotonic() + seconds
        while not answers(ready):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{command[:4]} does not serve: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str) -> bool:
    """Whether something answers there with 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=5) as said:
            return bool(said.status == 200)
    except OSError:
        return False


def python(*words: str) -> list[str]:
    """A command of this interpreter that looks for nothing in the current folder."""
    return [sys.executable, "-P", *words]
