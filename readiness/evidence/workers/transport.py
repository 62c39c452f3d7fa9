"""Requests to one host, bounded in number, bytes and time, over a connection that is kept.

A timeout of a socket is one of each read: a server that drips a byte now and then never meets it. Here every read is
given what is left until the whole answer must be there. No redirect is followed, no proxy is looked up, certificates
are verified, and compressed replies, whose size nobody knows beforehand, are refused.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult, urlsplit

from readiness.core.errors import ModelError
from readiness.core.sanitize import shown
from readiness.spec.served import FromEnvironment, Requests

CHUNK = 1 << 16
REDIRECTS = range(300, 400)


class Failing(StrEnum):
    """How a request can fail before there is an answer to look at."""

    UNREACHABLE = "not reached"
    CLOSED = "connection closed"
    LATE = "not answered in time"
    TOO_LARGE = "reply too large"
    REDIRECTED = "redirected"
    MALFORMED = "no HTTP"
    CERTIFICATE = "certificate not trusted"


PASSING = frozenset({Failing.UNREACHABLE, Failing.CLOSED, Failing.LATE})
"""What another attempt may cure."""


class RequestFailed(Exception):
    """No answer; the text says what happened."""

    def __init__(self, how: Failing, words: str) -> None:
        """`words` are one clause without secrets."""
        super().__init__(words)
        self.how = how


class BudgetSpent(Exception):
    """The requests, or the seconds, that a review may use are used up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and a whole body."""

    status: int
    body: bytes


@dataclass(slots=True)
class Tally:
    """What was asked of a service, and how often that failed."""

    requests: int = 0
    rows: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """By what went wrong: "not answered in time", "HTTP 503"; every attempt counts."""
    reopened: int = 0
    """Requests that met a connection which the server had ended meanwhile, and were sent again over another."""

    @property
    def failed(self) -> int:
        """Requests without a usable answer."""
        return sum(self.failures.values())

    @property
    def words(self) -> str:
        """In words: "1,204 requests, of which 2 failed (HTTP 503: 2)"."""
        asked = f"{self.requests:,} request{'' if self.requests == 1 else 's'}"
        again = f", {self.reopened:,} sent again as the server had ended the connection" if self.reopened else ""
        if not self.failed:
            return f"{asked}, none of which failed{again}"
        kinds = ", ".join(f"{kind}: {count:,}" for kind, count in sorted(self.failures.items()))
        return f"{asked}, of which {self.failed:,} failed ({kinds}){again}"


def header_values(headers: Mapping[str, FromEnvironment] | None) -> dict[str, str]:
    """The headers that a spec names, with their values from the environment.

    Raises:
        ModelError: a variable that is not set, or whose value cannot stand in a header; the value is not told.
    """
    found = {}
    for name, source in (headers or {}).items():
        variable = source.from_environment
        value = os.environ.get(variable, "")
        if not value:
            raise ModelError(
                f"The header {name} takes its value from the environment variable {variable}, which is not set.",
                remedy=f"Set {variable}, or take the header out of model.headers.",
            )
        if not (value.isascii() and value.isprintable()):
            raise ModelError(
                f"The environment variable {variable} holds characters that cannot stand in a header.",
                remedy="Set it to plain characters on one line.",
            )
        found[name] = value
    return found


class Transport:
    """Requests to the host of one address."""

    def __init__(self, url: str, headers: Mapping[str, str], limits: Requests) -> None:
        """Nothing is sent yet; `headers` go with every request, and are never told."""
        self._parts, self._headers, self._limits = urlsplit(url), dict(headers), limits
        self._connection: _Connection | None = None
        self._spent = 0.0
        self.tally = Tally()

    @property
    def left(self) -> int:
        """How many more requests may be made."""
        return max(0, self._limits.most - self.tally.requests)

    def ask(self, method: str, path: str, body: bytes | None = None, *, most: int) -> Answer:
        """The answer to one request, whose body has at most `most` bytes.

        Raises:
            RequestFailed: there was none.
            BudgetSpent: no more may be asked.
        """
        seconds = self._take_from_budget()
        start = time.monotonic()
        try:
            answer = self._exchange(method, path, body, start + seconds, most)
        except RequestFailed as error:
            self.tally.failures[error.how.value] += 1
            self.close()
            raise
        finally:
            self._spent += time.monotonic() - start
        if answer.status >= http.client.BAD_REQUEST:
            self.tally.failures[f"HTTP {answer.status}"] += 1
        return answer

    def without_secrets(self, text: str) -> str:
        """A text of the server in which the values of our headers, should it repeat them, are blotted out."""
        for value in self._headers.values():
            for part in (value, *value.split()):
                text = text.replace(part, "…") if len(part) >= SECRET_LENGTH else text
        return text

    def wait(self, seconds: float) -> None:
        """Rest before another attempt; that counts as time of the requests."""
        time.sleep(seconds)
        self._spent += seconds

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()  # nobody waits for the end of a review to let go of a service

    def _take_from_budget(self) -> float:
        limits = self._limits
        if not self.left:
            raise BudgetSpent(
                f"All {limits.most:,} requests that the spec allows are made; raise model.requests.most, or "
                "model.requests.rows, so that each carries more rows"
            )
        if self._spent >= limits.seconds:
            raise BudgetSpent(
                f"All {limits.seconds:g} seconds that the spec allows for requests are over; raise "
                "model.requests.seconds"
            )
        self.tally.requests += 1
        return min(limits.timeout, limits.seconds - self._spent)

    def _exchange(self, method: str, path: str, body: bytes | None, deadline: float, most: int) -> Answer:
        kept = self._connection is not None
        try:
            return self._exchange_once(method, path, body, deadline, most)
        except RequestFailed as error:
            # A server may end a connection that rested; whether it did shows only when it is used again.
            if not kept or error.how is not Failing.CLOSED or not self.left:
                raise
            self.close()
            self.tally.requests += 1
            self.tally.reopened += 1
            return self._exchange_once(method, path, body, deadline, most)

    def _exchange_once(self, method: str, path: str, body: bytes | None, deadline: float, most: int) -> Answer:
        headers = {"Accept": "application/json", "User-Agent": "readiness", **self._headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection = self._connected(deadline)
            connection.bound(deadline)
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return self._read(reply, most)
        except RequestFailed:
            raise
        except TimeoutError:
            raise RequestFailed(Failing.LATE, f"no whole answer within {self._limits.timeout:g} seconds") from None
        except (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError, ssl.SSLEOFError) as error:
            raise RequestFailed(Failing.CLOSED, f"the connection was closed ({type(error).__name__})") from None
        except (http.client.HTTPException, ValueError) as error:
            raise RequestFailed(Failing.MALFORMED, f"the answer is no HTTP ({type(error).__name__})") from None
        except OSError as error:
            said = error.strerror or type(error).__name__
            raise RequestFailed(Failing.CLOSED, f"the connection failed ({shown(str(said), 80)})") from None

    def _connected(self, deadline: float) -> _Connection:
        if self._connection is None:
            connection = _connection_to(self._parts)
            connection.timeout = max(0.001, deadline - time.monotonic())
            try:
                connection.connect()
            except TimeoutError:
                raise
            except ssl.SSLCertVerificationError as error:
                raise RequestFailed(
                    Failing.CERTIFICATE, f"its certificate is not trusted: {error.verify_message}"
                ) from None
            except OSError as error:
                said = error.strerror or type(error).__name__
                raise RequestFailed(Failing.UNREACHABLE, f"it cannot be reached ({shown(str(said), 80)})") from None
            self._connection = connection
        return self._connection

    def _read(self, reply: http.client.HTTPResponse, most: int) -> Answer:
        if reply.status in REDIRECTS:
            there = shown(self.without_secrets(reply.headers.get("Location", "")), 200)
            raise RequestFailed(
                Failing.REDIRECTED, f"it redirects to {there}, which is not followed; name that address"
            )
        if reply.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise RequestFailed(Failing.MALFORMED, "the answer is compressed, which was not asked for")
        if reply.length is not None and reply.length > most:
            raise RequestFailed(Failing.TOO_LARGE, f"the answer has {reply.length:,} bytes; expected at most {most:,}")
        parts, size = [], 0
        while part := reply.read1(CHUNK):
            size += len(part)
            if size > most:
                raise RequestFailed(Failing.TOO_LARGE, f"the answer has more than {most:,} bytes")
            parts.append(part)
        if reply.length:
            raise RequestFailed(Failing.CLOSED, f"the connection was closed {reply.length:,} bytes before the end")
        reply.close()  # else the connection takes no other request
        if reply.will_close:
            self.close()
        return Answer(reply.status, b"".join(parts))


SECRET_LENGTH = 4
"""Shorter parts of a header, such as "Key", are no secrets."""


# ----------------------------------------------------------------------------------------------------
# A connection whose every read ends at one moment


class _Bounded:
    """A socket whose reads and writes all end at one moment; the rest is that of `http.client`."""

    def __init__(self, inner: socket.socket) -> None:
        self.inner, self.deadline = inner, 0.0
        self._open_readers, self._closing = 0, False

    def limit(self) -> None:
        """Let the next read or write last until the deadline, and no longer.

        Raises:
            TimeoutError: it is over.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.inner.settimeout(left)

    def sendall(self, data: Any) -> None:
        """Send everything; the standard library bounds it as a whole."""
        self.limit()
        self.inner.sendall(data)

    def makefile(self, *_: Any) -> io.BufferedReader:
        """What an answer is read from."""
        self._open_readers += 1
        return io.BufferedReader(_Reader(self), CHUNK)

    def release(self) -> None:
        """One reader less; a socket is closed with the last, as `http.client` expects."""
        self._open_readers -= 1
        if self._closing and self._open_readers <= 0:
            self.inner.close()

    def close(self) -> None:
        """Close it when nothing is read from it any more."""
        self._closing = True
        if self._open_readers <= 0:
            self.inner.close()


class _Reader(io.RawIOBase):
    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._bounded.limit()
        return self._bounded.inner.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._bounded.release()
        super().close()


class _Connection(http.client.HTTPConnection):
    """A connection that knows its deadline."""

    def connect(self) -> None:
        """Connect, and let every read from now on be bounded."""
        super().connect()
        self.sock: Any = _Bounded(self.sock)

    def bound(self, deadline: float) -> None:
        """Let everything end by then, in seconds of the monotonic clock."""
        if self.sock is not None:
            self.sock.deadline = deadline


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same, encrypted, with a certificate that is verified."""


def _connection_to(parts: SplitResult) -> _Connection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return _SecureConnection(host, parts.port, context=ssl.create_default_context())
    return _Connection(host, parts.port)
