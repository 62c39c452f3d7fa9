"""Where do the templates lie? Inside an installed package, beside the package in a source checkout."""

from __future__ import annotations

from pathlib import Path

from readiness.exceptions import ReviewError

_PACKAGE = Path(__file__).resolve().parent


def template_path(name: str) -> Path:
    """The file or folder `name` among the templates, such as "page" or "page/style.css".

    Raises:
        ReviewError: when it is in neither place; the installation is damaged then.
    """
    places = (_PACKAGE / "templates", _PACKAGE.parent / "templates")
    for place in places:
        if (path := place / name).exists():
            return path
    raise ReviewError(
        f"The template {name!r} is neither in {places[0]} nor in {places[1]}.",
        remedy="Install the package again; its templates are missing.",
    )
