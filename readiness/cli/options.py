"""What several commands take: the same option has the same name, and says the same in every help."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from readiness.core.errors import InputError

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for report and notebook.")]
SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The review's readiness.yaml.")]
ReportPath = Annotated[Path, typer.Argument(metavar="REPORT", help="A report.html.")]
PassphraseFd = Annotated[
    int | None, typer.Option("--passphrase-fd", metavar="N", help="Read the key's passphrase from open file N.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the spec for this run; repeatable. Written as in error messages: "
        "business.requirements[0].at_least=0.9. The record names what was set.",
    ),
]
PinIt = Annotated[
    bool, typer.Option("--pin", help="You vouch for the model file as it lies there now: allows to load it.")
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Measure everything now, and keep nothing for the next review.")
]
Minutes = Annotated[float | None, typer.Option("--timeout", metavar="MINUTES", min=0.01, help="Longest time to take.")]
Junit = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the findings as JUnit XML, whatever happens.")
]
Summary = Annotated[
    Path | None, typer.Option("--summary", metavar="FILE", help="Write a summary in Markdown, whatever happens.")
]
Keys = Annotated[list[Path], typer.Option("--key", metavar="PUB", help="A public key that you trust; repeatable.")]
Require = Annotated[
    str | None,
    typer.Option(
        "--require", metavar="VERDICT", help="Only this verdict will do: ready. With any other, the exit code is 15."
    ),
]
AllowVouched = Annotated[
    bool,
    typer.Option("--allow-vouched", help="With --require: on vouched evidence will do, too."),
]
Render = Annotated[
    Path | None,
    typer.Option(
        "--render",
        metavar="NOTEBOOK",
        help="Make the page again from the record and the executed notebook, and compare every byte.",
    ),
]
FailOn = Annotated[
    str,
    typer.Option(
        metavar="VERDICT",
        help="The least serious verdict that fails the command: not_ready, not_proven, point_estimate, or never.",
    ),
]


# ----------------------------------------------------------------------------------------------------
# The place of measurements between reviews: the user's cache folder, unless another is named.

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
        return None if named.lower() == OFF else _expand(named)
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("readiness", appauthor=False)) / FOLDER
    return folder if folder.is_absolute() else None


def _expand(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise InputError(
            f"{VARIABLE} is {text}: there is no such home folder.", remedy="Write the folder without the ~."
        ) from error
