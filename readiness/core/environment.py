"""The environment of every process that runs a candidate: a list of what it may see, and nothing else.

Keys, tokens and addresses with passwords stand in variables of any name, so what is not on the list stays behind.
What a model needs besides is named in the spec, `model.environment`, and so stands in the record.
"""

from __future__ import annotations

import os
import re
import site
from collections.abc import Iterable, Mapping
from pathlib import Path

DECIDING = (
    "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONPATH",
    "KERAS_BACKEND", "XLA_FLAGS", "CUDA_VISIBLE_DEVICES", "CUDA_PATH", "ROCR_VISIBLE_DEVICES",
)  # fmt: skip
"""Environment variables that may decide what a model answers."""
DECIDING_GROUPS = ("OMP_", "OPENBLAS_", "MKL_", "BLIS_", "NUMEXPR_", "VECLIB_", "KMP_")
"""How the names of more begin: how libraries of numbers choose their threads and processor."""
STARTING = (
    "PATH", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "PYTHONUTF8", "PYTHONUSERBASE",
    "SYSTEMROOT", "USERPROFILE", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
)  # fmt: skip
"""Environment variables that programs need to start at all."""
PLACES = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Those that list places where code is looked for."""
OURS = {"PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"}
"""What is set anew: no process looks for modules in its current folder, and hashes do not differ from run to run."""

GO_VARIABLE = "READINESS_GO"
"""Set where a kernel is to wait for a byte on its standard input before it touches the candidate."""

_OWN_PLACE = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFUSED = re.compile(r"(PYTHON|LD_|DYLD_|IPYTHON|JPY_|JUPYTER|READINESS)", re.IGNORECASE)


def decides(name: str) -> bool:
    """Whether a variable may decide what a model answers, whoever made the model."""
    return name in DECIDING or name.startswith(DECIDING_GROUPS)


def candidate_environment(
    environment: Mapping[str, str], *, named: Iterable[str] = (), folder: Path | None = None
) -> dict[str, str]:
    """What a process with the candidate in it sees of `environment`.

    Args:
        environment: Of the process that starts it.
        named: Variables that the spec names; those that are not set stay unset.
        folder: The spec's, which is no place to take programs, libraries or modules from. Lists of places are passed on
            without it, and without places that are relative to wherever a process happens to run.
    """
    wanted = {*STARTING, *named}
    passed = {name: value for name, value in environment.items() if name in wanted or decides(name)}
    if os.name == "nt":  # where one and the same variable is found in any case of letters
        passed |= {name: value for name, value in environment.items() if name.upper() in STARTING}
    if site.ENABLE_USER_SITE:  # else found through HOME, which stays behind
        passed.setdefault("PYTHONUSERBASE", site.getuserbase())
    for name in PLACES:
        given = environment.get(name, "").split(os.pathsep)
        places = [place for place in given if _is_safe(place, folder)]
        if name == "PYTHONPATH":  # every process runs this very copy of the program
            places = [place for place in given if place in places or _is_own(place)]
        passed.pop(name, None)
        passed |= {name: os.pathsep.join(map(os.path.abspath, places))} if places else {}
    return passed | OURS


def name_fault(name: str) -> str:
    """Why a spec may not name this variable; empty when it may."""
    if not _NAME.fullmatch(name):
        return "is no name of an environment variable"
    if _REFUSED.match(name):
        return "decides which code is run, and cannot be handed through"
    return ""


def _is_safe(place: str, folder: Path | None) -> bool:
    """Whether code may be looked for in a place."""
    return Path(place).is_absolute() and (folder is None or _resolve(place) != folder.resolve())


def _is_own(place: str) -> bool:
    """Whether this program itself lies in a place."""
    return bool(place) and _resolve(place) == _OWN_PLACE


def _resolve(place: str) -> Path | None:
    try:
        return Path(place).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
