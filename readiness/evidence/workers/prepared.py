"""What a review begins with: its spec, and the process of its candidate, which has started and loaded nothing yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from readiness.evidence.models.own_modules import stop
from readiness.evidence.workers.model import Model
from readiness.evidence.workers.served import start_candidate
from readiness.spec.load import LoadedSpec, load_spec


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A spec that was read, and whoever will run its candidate."""

    loaded: LoadedSpec
    model: Model | None
    """None: predictions only."""

    def counted(self, candidate_number: int) -> Prepared:
        """The same where it is this candidate on its test rows; the number counts where the spec asks for it."""
        return replace(self, loaded=replace(self.loaded, spec=self.loaded.spec.counted(candidate_number)))


def prepare(spec_path: str | Path, sha256: str | None = None, *, settings: str = "") -> Prepared:
    """Read a spec and start the process of its candidate, which imports its libraries meanwhile.

    Args:
        spec_path: The review's `readiness.yaml`.
        sha256: Digest of the spec as the host read it; empty or None: any.
        settings: Keys of the spec that are set from outside, one KEY=VALUE in each line.

    Raises:
        InputError: the spec or the model file is not usable.
    """
    stop()
    loaded = load_spec(Path(spec_path), sha256=sha256 or None, settings=settings.split("\n") if settings else ())
    return Prepared(loaded, start_candidate(loaded))
