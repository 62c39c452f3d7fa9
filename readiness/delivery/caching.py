"""Where are measurements kept between reviews? In the user's cache folder, unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from readiness.exceptions import InputError

VARIABLE = "READINESS_CACHE"
OFF = "off"
FOLDER = "measurements"


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """The folder that the variable READINESS_CACHE names, else one in the user's cache folder.

    None where the variable is "off", or where the user has no place for such things. "~" is the user's home folder,
    which a shell does not always put in its place.

    Raises:
        InputError: "~" stands for a home folder that is not known.
    """
    named = environment.get(VARIABLE, "")
    if named:
        return None if named.lower() == OFF else _named(named)
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("readiness", appauthor=False)) / FOLDER
    return folder if folder.is_absolute() else None


def _named(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise InputError(
            f"{VARIABLE} is {text}: there is no such home folder.", remedy="Write the folder without the ~."
        ) from error
