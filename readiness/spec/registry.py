"""Models in an MLflow registry: what their addresses say, and where a copy of one lies once it was fetched.

A copy lies beside the spec, in a folder that its digest names: `.readiness/models/<sha256>/`. So whoever reads the spec
finds it, or nothing, and no request is made for what is there already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

COPIES = ".readiness/models"
"""The folder of copies, beside the spec."""
_ADDRESS = re.compile(
    r"models:/(?P<name>[^/@:\\?#%\x00-\x1f\x7f]{1,200})(?:/(?P<version>[0-9]{1,10})|@(?P<alias>[A-Za-z0-9_.-]{1,100}))"
)
EXPECTED = "models:/NAME/VERSION or models:/NAME@ALIAS, with the number of a version"


@dataclass(frozen=True, slots=True)
class Registered:
    """A model in a registry."""

    name: str
    version: str = ""
    alias: str = ""
    """What stands for a version, and may be moved to another one; the pin tells whether it was."""

    @property
    def address(self) -> str:
        """As a spec names it."""
        return f"models:/{self.name}@{self.alias}" if self.alias else f"models:/{self.name}/{self.version}"

    @property
    def folder_name(self) -> str:
        """What its copy, and so the file in the record, is called: "card-fraud-3"."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{self.name}-{self.alias or self.version}").lstrip(".-") or "model"


def is_registered(path: str) -> bool:
    """Whether a path is meant as an address in a registry, well-formed or not."""
    return path.lower().startswith("models:")


def registered(path: str) -> Registered | None:
    """The model in a registry that a path names; None for a path, and for an address of another form."""
    found = _ADDRESS.fullmatch(path)
    if found is None or found["name"].strip(". ") == "":
        return None
    return Registered(found["name"], found["version"] or "", found["alias"] or "")


def copy_of(model: Registered, sha256: str, folder: Path) -> Path:
    """Where the copy with this digest lies, beside a spec in `folder`."""
    return folder / COPIES / sha256 / model.folder_name


def local_path(path: str, sha256: str | None, folder: Path) -> Path:
    """Where what a spec in `folder` names lies: its path, or the copy of a model in a registry.

    Without a pin nobody knows which copy is meant; the path then names nothing that there is.
    """
    model = registered(path)
    return folder / path if model is None else copy_of(model, sha256 or "not-pinned", folder)


def local_name(path: str) -> str:
    """What the record calls the file that a spec names so."""
    model = registered(path)
    return Path(path).name if model is None else model.folder_name
