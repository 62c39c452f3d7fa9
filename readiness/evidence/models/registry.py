"""Copies of models from an MLflow registry: fetched by a process of MLflow's own client, hashed, and kept by digest.

The client finds artifacts wherever a tracking server keeps them, with whatever access the environment holds. It runs
apart from the review, so that it can be ended, and so that what it imports stays with it. Nothing of a model is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from readiness.core.errors import ModelError
from readiness.core.files import is_folder, sha256_path
from readiness.core.sanitize import shorten, shown, visible
from readiness.evidence.models.kinds import Kind, missing_extra
from readiness.spec.load import LoadedSpec
from readiness.spec.registry import COPIES, EXPECTED, Registered, copy_of, is_registered, registered
from readiness.spec.schema import ModelFile

SECONDS = 900.0
"""How long fetching one model may take."""
TRACKING = "MLFLOW_TRACKING_URI"
PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "30", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
"""MLflow's own limits where the environment sets none: its defaults wait for half an hour."""
LONGEST = 300


def fetch_registered(loaded: LoadedSpec, told: Callable[[str], None] = lambda _: None) -> None:
    """Fetch the models of a spec that lie in a registry, where no copy with their pin is there yet.

    Raises:
        ModelError: an address of another form, no tracking server named, none that answers, no such model, one that is
            not pinned, or that has another digest than its pin.
    """
    current = loaded.spec.baseline.current
    for model, key in ((loaded.spec.model, "model"), *(((current, "baseline.current"),) if current else ())):
        if model.path is not None and is_registered(model.path):
            _fetch_one(loaded, model, key, told)


def _fetch_one(loaded: LoadedSpec, spec: ModelFile, key: str, told: Callable[[str], None]) -> None:
    assert spec.path is not None
    model = registered(spec.path)
    if model is None:
        raise ModelError(f"{key}.path is {shown(spec.path)}; expected {EXPECTED}.", remedy=f"Correct {key}.path.")
    if spec.sha256 is not None and is_folder(copy_of(model, spec.sha256, loaded.folder)):
        return
    told(f"Fetching {model.address} …")
    digest = fetch(model, loaded.folder, tracking=spec.tracking or "", key=key)
    if spec.sha256 is None:
        raise ModelError(
            f"{model.address} is an MLflow model, which runs code when it is loaded, and the spec does not pin it.",
            remedy=f"If you vouch for what was fetched into {copy_of(model, digest, loaded.folder)}, set {key}.sha256: "
            f"{digest}",
        )
    if digest != spec.sha256:
        raise ModelError(
            f"{model.address} is not the model that the spec pins: its sha256 is {digest}; expected {spec.sha256}.",
            remedy=f"Name the version that was pinned, or vouch for this one: {key}.sha256: {digest}. None was loaded.",
        )


def fetch(model: Registered, folder: Path, *, tracking: str = "", key: str = "model", seconds: float = SECONDS) -> str:
    """Fetch a model, keep its copy beside the spec in `folder`, and give its digest.

    Raises:
        ModelError: no tracking server is named, none answers, there is no such model, or no place for it.
    """
    fault, remedy = missing_extra(Kind.MLFLOW)
    if fault:
        raise ModelError(f"{model.address} lies in an MLflow registry, and {fault}.", remedy=remedy)
    if not tracking and not os.environ.get(TRACKING):
        raise ModelError(
            f"Nobody says which tracking server knows {model.address}.",
            remedy=f"Set {key}.tracking: https://…, or the environment variable {TRACKING}.",
        )
    copies = folder / COPIES
    try:
        copies.mkdir(parents=True, exist_ok=True)
        (copies.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="fetching-", dir=copies) as place:
            fetched = Path(place) / model.folder_name
            _run_client(model, fetched, tracking, seconds)
            return _keep(model, fetched, folder)
    except OSError as error:
        raise ModelError(
            f"{model.address} cannot be kept in {copies}: {error.strerror or error}.",
            remedy="Make room there, or see to the rights of the spec's folder.",
        ) from error


def _keep(model: Registered, fetched: Path, folder: Path) -> str:
    """Move a copy to the place that its digest names, unless it lies there."""
    digest = sha256_path(fetched)
    place = copy_of(model, digest, folder)
    place.parent.mkdir(exist_ok=True)
    if not place.exists():
        with contextlib.suppress(FileExistsError, OSError):
            fetched.rename(place)
    if not place.is_dir() or sha256_path(place) != digest:  # left by a fetch that was cut off, or changed since
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(fetched, place)
    return digest


def _run_client(model: Registered, place: Path, tracking: str, seconds: float) -> None:
    command = [sys.executable, "-P", "-m", "readiness.evidence.models.registry", model.address, str(place)]
    environment = {**PATIENCE, **os.environ, **({TRACKING: tracking} if tracking else {})}
    environment |= {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    }
    try:
        done = subprocess.run(  # noqa: S603  # our own module; the address is well-formed
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise ModelError(
            f"{model.address} was not fetched within {seconds:g} seconds.",
            remedy="See whether the tracking server, and where it keeps artifacts, can be reached from here.",
        ) from None
    if done.returncode or not place.is_dir():
        raise ModelError(
            f"{model.address} cannot be fetched: {_reason(done.stdout)}.",
            remedy="Check the name, the version, the tracking server and your access to it; "
            f"try: mlflow artifacts download --artifact-uri {model.address}",
        )


def _reason(said: bytes) -> str:
    """What the client says went wrong; an address in it may hold a password, and is left out."""
    try:
        told = json.loads(said.splitlines()[-1])
        words = f"{told['kind']}: {told['words']}"
    except (IndexError, ValueError, KeyError, TypeError):
        words = "MLflow's client ended without a reason"
    plain = " ".join("…" if "@" in word and "://" in word else word for word in words.split())
    return shorten(visible(plain), LONGEST).rstrip(".")


# ----------------------------------------------------------------------------------------------------
# The process of the client


def _download(address: str, place: Path) -> None:
    """Fetch what lies at an address of a registry into a folder that is not there yet."""
    import mlflow.artifacts

    fetched = mlflow.artifacts.download_artifacts(artifact_uri=address, dst_path=str(place))
    if Path(fetched).resolve() != place.resolve():  # some stores make a folder of their own in it
        within = place.with_name(f"{place.name}.parts")
        shutil.move(fetched, within)
        shutil.rmtree(place)
        within.rename(place)


def main(arguments: list[str]) -> int:
    """Fetch the first argument into the second; what goes wrong is the last line of the output, as JSON."""
    address, place = arguments
    sys.dont_write_bytecode = True
    try:
        Path(place).mkdir()
        with contextlib.redirect_stdout(sys.stderr):
            _download(address, Path(place))
    except Exception as error:  # of any store that MLflow knows
        sys.stdout.write(json.dumps({"kind": type(error).__name__, "words": str(error)[:1000]}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
