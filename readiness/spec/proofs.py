"""Files that the attestations of a spec name as evidence, and whether each may serve as such."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from readiness.core.checklist import NO_PROOFS, Proofs, evidence_fault, is_address, is_like_path
from readiness.core.errors import InputError
from readiness.core.files import exists, is_file, is_folder, nearby_hint, open_regular, sha256_path, size_of
from readiness.core.provenance import MOST_QUOTED, Quote
from readiness.core.sanitize import visible
from readiness.spec.load import LoadedSpec
from readiness.spec.schema import Spec

MOST_FILES = 10_000
"""Files of a folder that is named as evidence; one with more is no document."""


def proof_paths(loaded: LoadedSpec) -> dict[str, Path]:
    """The evidence that is there, by its path as the spec writes it, such as "runbook.md".

    Paths begin where the spec lies. What is not there, or may not serve, is left out.
    """
    texts = (text for text in _named(loaded.spec) if not proof_fault(text, loaded))
    return {text: loaded.folder / text for text in texts}


def proofs_of(loaded: LoadedSpec) -> Proofs:
    """The SHA-256 of the evidence that is there, by its path as the spec writes it.

    Raises:
        InputError: a file in a folder cannot be read.
    """
    return {text: sha256_path(path) for text, path in proof_paths(loaded).items()}


def quotes_of(loaded: LoadedSpec) -> tuple[Quote, ...]:
    """The evidence that is a short text: UTF-8, at most 4,096 bytes, no character that acts or hides.

    Raises:
        InputError: a file cannot be read.
    """
    texts = {text: _short_text(path) for text, path in proof_paths(loaded).items()}
    return tuple(Quote(file, text) for file, text in texts.items() if text)


def _short_text(path: Path) -> str:
    """The text of a file that may be quoted; empty where it may not."""
    if not is_file(path):
        return ""
    try:
        with open_regular(path) as stream:
            content = stream.read(MOST_QUOTED + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", remedy="Check path and rights.") from error
    try:
        text = content.decode("utf-8") if len(content) <= MOST_QUOTED else ""
    except UnicodeDecodeError:
        return ""
    lines = text.replace("\r\n", "\n")
    return text if visible(lines, keep="\n\t") == lines else ""


def proof_fault(evidence: str, loaded: LoadedSpec) -> str:
    """Why there is nothing at the path that could be evidence, in words; empty for an address, or when there is."""
    if not evidence.strip() or is_address(evidence):
        return evidence_fault(evidence, NO_PROOFS)
    path = loaded.folder / evidence
    try:
        if not exists(path):
            near = nearby_hint(path) if is_like_path(evidence) else ""
            return f"{evidence_fault(evidence, NO_PROOFS)}{near.removesuffix('?')}"
        if is_folder(path):
            return _folder_fault(path, loaded.folder)
        if any(path.samefile(file) for file, _ in loaded.files if exists(file)):
            return "its evidence is the spec itself, which is what has to be shown"
        return _file_fault(path)
    except InputError as error:
        return f"its evidence cannot be used: {error.message.rstrip('.')}"
    except OSError as error:
        return f"its evidence cannot be read: {error.strerror}"


def _named(spec: Spec) -> Iterator[str]:
    """Evidence that can only be a path, each once."""
    given = (attestation.evidence for attestation in spec.checklist.values() if attestation.done is not None)
    yield from dict.fromkeys(text for text in given if text.strip() and not is_address(text))


def _file_fault(path: Path) -> str:
    if not is_file(path):
        return "its evidence is neither a file nor a folder"
    if not os.access(path, os.R_OK):
        return "its evidence cannot be read"
    return "" if size_of(path) else "its evidence is an empty file"


def _folder_fault(path: Path, folder: Path) -> str:
    """Of a folder; one around the spec would hold the spec, its tables and its reports, and be evidence of anything."""
    if folder.resolve().is_relative_to(path.resolve()):
        return "its evidence is a folder that holds the spec itself; name one document"
    count, has_bytes = 0, False
    for place, folders, files in os.walk(path):
        count += len(files)
        if count > MOST_FILES:
            return f"its evidence is a folder of more than {MOST_FILES:,} files; name one document"
        found = [(Path(place) / name).lstat() for name in (*folders, *files)]
        if any(stat.S_ISLNK(each.st_mode) for each in found):
            return "its evidence is a folder that holds symbolic links, which may lead anywhere"
        if not all(stat.S_ISREG(each.st_mode) or stat.S_ISDIR(each.st_mode) for each in found):
            return "its evidence is a folder that holds pipes, sockets or devices, which are neither files nor folders"
        has_bytes |= any(stat.S_ISREG(each.st_mode) and each.st_size for each in found)
    return "" if has_bytes else "its evidence is a folder without a file that holds anything"
