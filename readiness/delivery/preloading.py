"""What the host uses after the candidate has run, loaded before it can run.

A candidate runs as the same user, and could change a module or template of this program between its own run and the
making of the page. So nothing is left to be loaded then; that the files are still the same is checked besides.
"""

from __future__ import annotations

import importlib
import pkgutil

import readiness
from readiness.page.render import preload as read_templates

PACKAGES = ("page", "signing", "statistics", "summaries", "verdict")
FOR_SUPPLIED = "evidence.supplied"
"""What only a review with supplied measurements uses."""


def preload(*, supplied: bool = False) -> None:
    """Import all that completes a review, and read all that makes its page.

    Args:
        supplied: Whether the spec supplies measurements, which the host reads for itself.
    """
    import_all(*PACKAGES, *((FOR_SUPPLIED,) if supplied else ()))
    read_templates()


def import_all(*packages: str) -> None:
    """Import every module directly in these packages of this program, such as "page"."""
    for package in packages:
        places = [f"{place}/{package.replace('.', '/')}" for place in readiness.__path__]
        for module in pkgutil.iter_modules(places):
            importlib.import_module(f"readiness.{package}.{module.name}")
