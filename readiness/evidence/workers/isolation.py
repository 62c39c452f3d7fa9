"""The isolation of a model's process: what it may see of this machine, and what keeps it from the rest.

The strongest form is taken that a trial start proves to work here:

- **bubblewrap** (Linux): no network, process numbers of its own, a private temporary folder, and of the file system
  only the interpreter with its packages, the model, and the modules of the user's that it needs, all read-only. The
  spec's folder is not there, and neither is any table.
- **another user** (as root): it cannot look into the memory of the review, nor write to its files; a table that anybody
  may read, it may read, too.
- **a process of its own**: limits and a bare environment alone. It may read what its user may, the tables among them.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import readiness
from readiness.core.provenance import Isolation, IsolationForm

TRIAL_SECONDS = 20.0
"""How long a trial start may take on a busy machine."""
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt")
"""Where programs and libraries of the system lie."""
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
    "/etc/OpenCL",
    "/etc/nvidia",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/module/nvidia",
    "/sys/class/drm",
)
"""What libraries of numbers ask of the system: where libraries are, processors, their limits, graphics cards."""
INSTALLED = ("site-packages", "dist-packages")
"""What folders are called that hold installed packages and nothing else."""
OF_CODE = (".py", ".so", ".pyd", ".dist-info", ".egg-info")
DEVICES = ("nvidia*", "dri", "kfd", "dxg")
FIRST_USER, USERS = 61_184, 4_000
"""Numbers of users that no system gives to people (systemd.exec(5), DynamicUser)."""
MOST_FILE_BYTES = 4 * 2**30
"""The largest file that the process may write."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a process needs to see, and what it must not."""

    visible: tuple[Path, ...]
    """Model and modules of the user's, absolute."""
    hidden: tuple[Path, ...] = ()
    """Tables and spec, absolute."""
    folder: Path = Path("/")
    """That it works in; under bubblewrap nothing but what is visible lies there."""
    code: tuple[Path, ...] = ()
    """Of what is visible, the modules and packages beside the spec."""


@dataclass(frozen=True, slots=True)
class Start:
    """How a process is started in a cell."""

    isolation: Isolation
    prefix: tuple[str, ...] = ()
    """What stands before the interpreter."""
    user: int | None = None

    def options(self) -> dict[str, Any]:
        """Further arguments of `subprocess.Popen`."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": self.user, "extra_groups": []}


def isolate(cell: Cell) -> Start:
    """The strongest way to start a process in `cell` that works here."""
    if (program := _bubblewrap()) is not None:
        prefix = tuple(_bubblewrap_arguments(program, cell))
        if _starts(prefix, cell):
            return Start(Isolation(IsolationForm.BUBBLEWRAP, network=False, labels=False), prefix)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        user = FIRST_USER + os.getpid() % USERS
        seen = _seen_as(user, cell)
        if seen is not None:
            return Start(Isolation(IsolationForm.USER, network=True, labels=bool(seen)), user=user)
    return Start(Isolation(IsolationForm.PROCESS, network=True, labels=True))


@functools.cache
def _bubblewrap() -> str | None:
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin") if sys.platform == "linux" else None


def _bubblewrap_arguments(program: str, cell: Cell) -> Iterator[str]:
    yield from (program, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from ("--hostname", "worker", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm", "--tmpfs", "/tmp")  # noqa: S108
    for pattern in DEVICES:
        for device in sorted(map(str, Path("/dev").glob(pattern))):
            yield from ("--dev-bind", device, device)
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            yield from ("--symlink", str(place.readlink()), str(place))
        elif place.exists():
            yield from ("--ro-bind", str(place), str(place))
    code = list(_code_places(cell))
    for seen in (*SYSTEM_FILES, *map(str, code)):
        yield from ("--ro-bind-try", seen, seen)
    for place in _masked([*map(Path, SYSTEM), *code], cell):
        yield from ("--tmpfs", str(place))
    for seen in map(str, cell.visible):
        yield from ("--ro-bind-try", seen, seen)
    yield from ("--dir", str(cell.folder), "--chdir", str(cell.folder), "--remount-ro", "/", "--")


def _masked(shown: Sequence[Path], cell: Cell) -> list[Path]:
    """Folders to be covered by empty ones: those of hidden files, and the spec's, where they lie in what is shown, such
    as a project below /usr/src.
    """
    folders = {cell.folder, *(each if each.is_dir() else each.parent for each in cell.hidden)}
    inside = {folder for folder in folders if any(place in folder.parents for place in shown)}
    return sorted(folder for folder in inside if not any(other in folder.parents for other in inside))


def _code_places(cell: Cell) -> Iterator[Path]:
    """Where interpreter, packages and this program lie. A place on the search path where packages are not installed but
    developed, or that also holds what is hidden, is shown in parts: its modules and packages alone, for data lie there,
    too, such as copies of a table.
    """
    roots = {Path(place) for place in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    roots |= {Path(place) for place in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))}
    executable = Path(os.path.realpath(sys.executable))
    roots |= {executable.parent.parent if executable.parent.name == "bin" else executable}
    search = [Path(place) for place in sys.path if place and Path(place).is_absolute() and Path(place).exists()]
    done, here = set[Path](), Path(readiness.__file__).resolve().parent
    for place in (here, *sorted(roots), *search):
        if place in done or str(place) == "/":
            continue
        done.add(place)
        is_installed = place == here or place.name in INSTALLED or any(_holds(root, place) for root in roots)
        if not is_installed or any(_holds(place, each) for each in _private(cell)):
            yield from _importable_parts(place, cell)
        else:
            yield place


def _importable_parts(place: Path, cell: Cell) -> Iterator[Path]:
    if place == cell.folder:  # of the spec's folder only what was named is shown
        return
    if not place.is_dir():  # an archive of modules
        yield place
        return
    for entry in _entries(place):
        if _is_code(entry):
            parts = [entry]
        else:  # packages without a file of their own hold modules as well
            parts = list(filter(_is_code, _entries(entry))) if entry.name.isidentifier() else []
        if entry != cell.folder:
            yield from (part for part in parts if not any(_holds(part, each) for each in _private(cell)))


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, sorted; of what is none, or may not be read, nothing."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_code(entry: Path) -> bool:
    return entry.suffix in OF_CODE or os.path.exists(entry / "__init__.py")  # noqa: PTH110  # Path.exists may raise


def _private(cell: Cell) -> tuple[Path, ...]:
    return (*cell.hidden, cell.folder)


def _holds(place: Path, other: Path) -> bool:
    return other == place or place in other.parents


def _starts(prefix: Sequence[str], cell: Cell) -> bool:
    """Whether an interpreter starts so, sees what it needs, and does not see what it must not."""
    said = _try(prefix, cell)
    return said is not None and said == ("", "")


def _seen_as(user: int, cell: Cell) -> str | None:
    """What another user sees of what is hidden; None where no interpreter starts so, or something is lacking."""
    said = _try((), cell, user=user, group=user, extra_groups=[])
    return None if said is None or said[0] else said[1]


_TRIAL = """
import os, sys
visible, hidden = (part.split("\\0") if part else [] for part in sys.stdin.read().split("\\0\\0"))
def readable(path):
    try:
        os.listdir(path) if os.path.isdir(path) else os.close(os.open(path, os.O_RDONLY))
    except OSError:
        return False
    return True
import importlib.util
lacking = [name for name in ("numpy", "pandas", "readiness") if importlib.util.find_spec(name) is None]
if lacking:
    sys.exit("no " + lacking[0])
unseen, seen = [path for path in visible if not readable(path)], [path for path in hidden if readable(path)]
print(len(unseen) or "", len(seen) or "", sep=",")
"""


def _try(prefix: Sequence[str], cell: Cell, **options: Any) -> tuple[str, str] | None:
    """How many visible places cannot be read, and how many hidden ones can, as texts; None where nothing starts."""
    told = "\0\0".join("\0".join(map(str, places)) for places in (cell.visible, cell.hidden))
    try:
        done = subprocess.run(  # noqa: S603  # this interpreter, a fixed text, and places that the review knows
            [*prefix, sys.executable, "-P", "-c", _TRIAL],
            input=told,
            capture_output=True,
            text=True,
            timeout=TRIAL_SECONDS,
            cwd="/",
            env=search_environment(os.environ),
            check=False,
            **options,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    lacking, comma, seen = done.stdout.strip().partition(",")
    return (lacking, seen) if done.returncode == 0 and comma else None


def search_environment(given: Mapping[str, str]) -> dict[str, str]:
    """An environment with this process's own search path for modules, so that a child finds this very program."""
    root = str(Path(readiness.__file__).resolve().parent.parent)
    environment = {name: given[name] for name in given if not name.startswith("READINESS")}
    paths = [root, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    return environment | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONDONTWRITEBYTECODE": "1"}


def limit_process() -> None:
    """Limits of this very process: no core dumps, no endless files, and the first to go when memory runs out."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    least = MOST_FILE_BYTES if most == resource.RLIM_INFINITY else min(most, MOST_FILE_BYTES)
    resource.setrlimit(resource.RLIMIT_FSIZE, (least, least))
    score = Path("/proc/self/oom_score_adj")
    try:
        score.write_text("900")
    except OSError:  # another system, or not allowed
        return
