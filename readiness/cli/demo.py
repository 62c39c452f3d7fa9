"""The demo from end to end: a case is built, reviewed, and signed with a key that is made when the kernel has ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from readiness.core.files import OUTPUTS, output_folder
from readiness.demo.cases import build
from readiness.run.kernel_manager import Setting, started_kernel
from readiness.run.progress import Progress
from readiness.signing.keys import PrivateKey, generate, load_private, load_public, public_path, write_key_pair
from readiness.signing.pairs import ECDSA_P256
from readiness.signing.verify import verify

if TYPE_CHECKING:
    from readiness.run.runner import ReviewResult

KEY = "demo.pem"


def walk(case: str, out: Path | None, progress: Progress) -> tuple[ReviewResult, Path]:
    """Review a case in `out`, else in `outputs/demo/<case>`; returns the result and the public demo key.

    Raises:
        InputError: there is no such case, or the folder cannot be used.
        ReviewError: the review could not be completed.
        InvalidReport: the report does not verify.
    """
    folder = output_folder(out or Path(OUTPUTS) / "demo" / case, case, "")
    key = folder / KEY
    with started_kernel(Setting(folder, waits=True)) as kernel:  # which imports the program meanwhile
        progress.begin(f"Building the case {case}")
        spec = build(case, folder)
        progress.end()
        from readiness.run.runner import review

        result = review(spec, folder, signer=lambda: _demo_key(key), progress=progress, kernel=kernel)
    verify(result.report, [load_public(public_path(key))])
    return result, public_path(key)


def _demo_key(path: Path) -> PrivateKey:
    """The key of an earlier demo in this folder, else a new one."""
    if path.exists() and public_path(path).exists():
        return load_private(path)
    pair = generate(ECDSA_P256)
    write_key_pair(pair, path, None)
    return pair
