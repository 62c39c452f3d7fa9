"""Which setting vouches for the model file as it lies there now? What `--pin` adds to the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from readiness.digests import sha256_path
from readiness.exceptions import InputError
from readiness.looking import exists, nearby
from readiness.spec.reading import load_spec
from readiness.spec.settings import PIN, keys_of


@dataclass(frozen=True, slots=True)
class Pin:
    """A model file, and what it is now."""

    path: Path
    sha256: str

    @property
    def setting(self) -> str:
        """The setting that pins the file."""
        return f"{PIN}={self.sha256}"


def pin_of(spec: Path, settings: Sequence[str]) -> Pin:
    """The pin of the model file that the spec names under these settings. Another model, such as the one now in
    production, keeps the pin that the spec gives it.

    Raises:
        InputError: the spec is not usable, names no model file, or one that cannot be read; or a pin is set already.
    """
    if PIN in keys_of(settings):
        raise InputError(f"Found both --pin and --set {PIN}; expected one of them.")
    loaded = load_spec(spec, settings=settings)
    if loaded.spec.model.path is None:
        raise InputError("--pin pins a model file; this spec names predictions.", remedy="Leave out --pin.")
    path = loaded.resolve(loaded.spec.model.path)
    if not exists(path):
        raise InputError(f"--pin: {path} does not exist{nearby(path)}", remedy="Check model.path.")
    return Pin(path, sha256_path(path))
