"""The libraries and modules that a model file names, found without loading it.

Pickles, and what MLflow keeps, name the module of each class that they hold in plain text. Nothing is unpickled; the
bytes are searched, those of a compressed file once it is decompressed.
"""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

KNOWN = ("sklearn", "xgboost", "lightgbm", "catboost", "scipy", "imblearn", "torch", "keras", "tensorflow", "jax")
"""Packages of which single modules are looked for."""
_NAMED = re.compile(rb"(?:%s)(?:\.[A-Za-z_][A-Za-z0-9_]*)*" % b"|".join(name.encode() for name in KNOWN))
MOST_BYTES = 2**28
"""Of a file, so many bytes are searched: the names stand near the objects, and large arrays hold none."""
MOST_NAMES = 500
_BY_SUFFIX = {".onnx": ("onnx", "onnxruntime", "readiness.evidence.models.onnx"), ".skops": ("skops.io",)}


def libraries_named(path: Path) -> tuple[str, ...]:
    """Modules of libraries that loading the model at `path` will import, as far as its bytes name them, sorted."""
    found = set[str]()
    for file in _files(path):
        found.update(_BY_SUFFIX.get(file.suffix.lower(), ()))
        if file.name == "MLmodel":
            found.add("readiness.evidence.models.mlflow")
        found.update(name.decode() for name in _NAMED.findall(content_of(file)))
    return tuple(sorted(found)[:MOST_NAMES])


def names_among(names: Iterable[str], path: Path) -> tuple[str, ...]:
    """Which of `names` stand in the bytes of the model at `path`."""
    waiting, found = set(names), list[str]()
    for file in _files(path) if waiting else ():
        content = content_of(file)
        hit = {name for name in waiting if name.encode() in content}
        found.extend(hit)
        waiting -= hit
    return tuple(sorted(found))


def content_of(path: Path) -> bytes:
    """The beginning of a file, decompressed where it is compressed as a whole; empty where it cannot be read."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES)
    except OSError:
        return b""
    for mark, expand in _COMPRESSED:
        if raw.startswith(mark):
            try:
                return expand(raw)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                return raw
    return raw


def _inflate(raw: bytes) -> bytes:
    return zlib.decompressobj().decompress(raw, MOST_BYTES)


def _gunzip(raw: bytes) -> bytes:
    return zlib.decompressobj(wbits=31).decompress(raw, MOST_BYTES)


_COMPRESSED = (
    (b"\x1f\x8b", _gunzip),
    (b"BZh", lambda raw: bz2.BZ2Decompressor().decompress(raw, MOST_BYTES)),
    (b"\xfd7zXZ", lambda raw: lzma.LZMADecompressor().decompress(raw, MOST_BYTES)),
    (b"\x5d\x00", lambda raw: lzma.LZMADecompressor().decompress(raw, MOST_BYTES)),
    (b"\x78", _inflate),
)
"""How joblib and pickles are compressed, by the first bytes."""


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
    elif path.exists():
        yield path
