"""Modules beside the spec: who may import them, and which were.

The spec's folder is on no search path: a `pandas.py` that happens to lie there is never imported, nor is a module
that a library tries to find (`numexpr`). A finder serves from it only

- the modules that the spec names (loaders, own metrics),
- the modules of classes and functions that a pickle names, and
- what such modules import themselves,

and never under the name of a module that is installed. What it serves is compiled from the very bytes whose digest is
recorded; byte code is neither read nor written.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from readiness.core.files import Artifact, Role

_IMPORTLIB = ("<frozen importlib", importlib.__file__)


class OwnModules(MetaPathFinder):
    """The finder for one spec's folder; see `serve`."""

    def __init__(self, folder: Path) -> None:
        """Serves nothing yet."""
        self.folder = folder
        self.served: dict[str, Artifact] = {}
        """By path from the folder, also what other processes of the same review were served."""
        self._named: set[str] = set()
        self.packages: dict[str, list[str]] = {}
        self.used: dict[str, Path] = {}
        """Modules that processes of models say they loaded, by their names."""
        self._finders: dict[str, FileFinder] = {}

    def name(self, references: Iterable[str]) -> None:
        """Let everybody import the modules of `references`, each "package.module:attribute" or "package.module"."""
        self._named.update(reference.partition(":")[0].partition(".")[0] for reference in references)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # where a package says that its modules lie is not believed
        target: ModuleType | None = None,  # noqa: ARG002  # the protocol's
    ) -> ModuleSpec | None:
        """The module `fullname` in the folder, if whoever imports it may have it."""
        for place in self._places(fullname):
            spec = self._in(place, fullname)
            if spec is not None:
                if spec.submodule_search_locations is not None:
                    self.packages[fullname] = list(spec.submodule_search_locations)
                return spec
        return None

    def _places(self, fullname: str) -> list[str]:
        """Where to look for a module: in its package, where that was served, or in the folder."""
        parent = fullname.rpartition(".")[0]
        if parent:
            return self.packages.get(parent, [])
        return [str(self.folder)] if self._may_have(fullname) else []

    def _in(self, place: str, fullname: str) -> ModuleSpec | None:
        if place not in self._finders:
            self._finders[place] = _finder(place)
        return self._finders[place].find_spec(fullname)

    def _may_have(self, name: str) -> bool:
        if self._in(str(self.folder), name) is None:
            return False
        frame = _importer()
        wanted = name in self._named or _is_served(frame) or _is_unpickling(frame)
        return wanted and not is_known_elsewhere(name, self.folder)

    def invalidate_caches(self) -> None:
        """Look into the folder anew."""
        self._finders.clear()

    def record(self, path: str, content: bytes) -> None:
        """Keep the digest of a file that is about to run."""
        name = Role.MODULE.name_of(Path(path).relative_to(self.folder).as_posix())
        self.add([Artifact(name, hashlib.sha256(content).hexdigest(), len(content), role=Role.MODULE)])

    def add(self, artifacts: Iterable[Artifact]) -> None:
        """What was served here or in another process. A file that changed between the two is kept twice."""
        for artifact in artifacts:
            known = self.served.setdefault(artifact.name, artifact)
            if known != artifact:
                self.served[f"{artifact.name} ({artifact.sha256[:12]})"] = artifact


class _Source(SourceFileLoader):
    """Runs the bytes that it hashes."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  # the protocol's
        content = self.get_data(self.path)
        finder = _installed_finder()
        if finder is not None:
            finder.record(self.path, content)
        return self.source_to_code(content, self.path)

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        _send_by_value(module)


class _Extension(ExtensionFileLoader):
    """A compiled module; hashed right before it is loaded."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        finder = _installed_finder()
        if finder is not None:
            finder.record(self.path, Path(self.path).read_bytes())
        return super().create_module(spec)


def serve(folder: Path, *references: str | None) -> OwnModules:
    """Serve modules in `folder` from now on: those of `references`, of classes that a pickle names, and theirs.

    The folder and the current one leave the search path. Modules of another folder that were served before are
    forgotten, so that two reviews in one process never share a module by accident.
    """
    folder = folder.resolve()
    finder = _installed_finder()
    if finder is None or finder.folder != folder:
        stop()
        finder = OwnModules(folder)
        sys.meta_path.insert(0, finder)  # first, for modules of packages that it serves; it asks the others itself
        _listen()
    sys.path[:] = [place for place in sys.path if not _is_unsafe(place, folder)]
    importlib.invalidate_caches()
    finder.name(filter(None, references))
    return finder


def stop() -> None:
    """Serve nothing any more, and forget what was served: a new review runs the code that lies there then."""
    finder = _installed_finder()
    if finder is not None:
        sys.meta_path.remove(finder)
        _forget(finder)


def served_modules() -> tuple[Artifact, ...]:
    """Every module that was served for this review, sorted by name."""
    finder = _installed_finder()
    return () if finder is None else tuple(finder.served[name] for name in sorted(finder.served))


def is_served(name: str) -> bool:
    """Whether a module that is loaded was served from a spec's folder."""
    loader = getattr(sys.modules.get(name), "__dict__", {}).get("__loader__")
    return isinstance(loader, _Source | _Extension)


def modules_before() -> frozenset[str]:
    """Names of the modules that were loaded before the first review of this process began."""
    return _before


def served_folder() -> Path | None:
    """The folder that modules are served from; None before the first review of this process."""
    finder = _installed_finder()
    return None if finder is None else finder.folder


def lies_beside(name: str) -> bool:
    """Whether the folder that modules are served from holds a module of this name."""
    folder = served_folder()
    return folder is not None and any((folder / each).exists() for each in (f"{name}.py", name))


def add_served(artifacts: Iterable[Artifact]) -> None:
    """Take over what another process of the same review was served."""
    finder = _installed_finder()
    if finder is not None:
        finder.add(artifacts)


def add_used_modules(modules: Iterable[tuple[str, Path]], served: Iterable[str]) -> None:
    """Take over which modules the process of a model says it loaded, and which of them were `served` to it from the
    spec's folder, by the names of their artifacts. What it says of their content is not asked: that is read here.
    """
    finder = _installed_finder()
    if finder is None:
        return
    names = set(served)
    for name, path in modules:
        if ".." in path.parts or (path.exists() and not path.is_file()):  # a pipe, or a device, which has no end
            continue
        finder.used[name] = path
        if path.is_relative_to(finder.folder):
            known = Role.MODULE.name_of(path.relative_to(finder.folder).as_posix())
            if known in names and known not in finder.served and path.is_file():
                finder.record(str(path), path.read_bytes())


def used_modules() -> dict[str, Path]:
    """The modules that processes of models said they loaded, by their names."""
    finder = _installed_finder()
    return {} if finder is None else dict(finder.used)


def named_files(folder: Path, references: Iterable[str]) -> dict[str, Path]:
    """The files in `folder` that importing `references` would run, by their path from there with forward slashes.

    Nothing is imported. A module that is installed is no file of the folder's.
    """
    folder, found = folder.resolve(), dict[str, Path]()
    for reference in references:
        parts = reference.partition(":")[0].split(".")
        if is_known_elsewhere(parts[0], folder):
            continue
        for path in _files_of(folder, parts):
            found[path.relative_to(folder).as_posix()] = path
    return found


def is_known_elsewhere(name: str, folder: Path) -> bool:
    """Whether a module of that name is installed, built in or on the search path, in another place than the folder.

    All finders of this process are asked, in their order; nothing is imported. A package that is installed from where
    it is developed may lie in the folder itself.
    """
    elsewhere = [place for place in sys.path if not _is_unsafe(place, folder)]
    for finder in [*sys.meta_path]:
        find = getattr(finder, "find_spec", None)  # a finder of an older kind has none, and finds nothing today
        if find is None or isinstance(finder, OwnModules):
            continue
        spec = find(name, elsewhere) if finder is PathFinder else find(name, None)
        if spec is not None and not _lies_in(spec, folder):
            return True
    return False


def _lies_in(spec: ModuleSpec, folder: Path) -> bool:
    """Whether a module is the one that lies directly in the folder."""
    places = list(spec.submodule_search_locations or ())
    own = folder / spec.name
    if spec.origin is not None and spec.has_location:
        return Path(spec.origin).resolve().parent in (folder, own.resolve())
    return bool(places) and all(Path(place).resolve() == own.resolve() for place in places)


def _finder(place: str) -> FileFinder:
    return FileFinder(place, (_Extension, EXTENSION_SUFFIXES), (_Source, SOURCE_SUFFIXES))


def _files_of(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    place = str(folder)
    for depth in range(len(parts)):
        spec = _finder(place).find_spec(parts[depth])
        if spec is None:
            return
        if spec.origin is not None and spec.loader is not None:
            yield Path(spec.origin)
        if not spec.submodule_search_locations:
            return
        place = next(iter(spec.submodule_search_locations))


def _is_unsafe(place: str, folder: Path) -> bool:
    """Whether a place on the search path is below the current folder, whatever that will be, or is the spec's.

    The folder that this program itself is imported from stays: a source checkout is an installation.
    """
    if not Path(place).is_absolute():
        return True
    try:
        found = Path(place).resolve()
    except (OSError, ValueError, RuntimeError):
        return False
    return found == folder and found != Path(__file__).resolve().parents[3]


def _installed_finder() -> OwnModules | None:
    return next((finder for finder in sys.meta_path if isinstance(finder, OwnModules)), None)


def _forget(finder: OwnModules) -> None:
    """Drop what it served from memory, so that it would be served anew."""
    for name, module in [*sys.modules.items()]:
        loader = getattr(module, "__dict__", {}).get("__loader__")
        is_own = isinstance(loader, _Source | _Extension) and Path(loader.path).is_relative_to(finder.folder)
        if is_own or name in finder.packages or name.rpartition(".")[0] in finder.packages:
            del sys.modules[name]


_PICKLERS = ("cloudpickle", "joblib.externals.cloudpickle")
"""By which worker processes of the candidate's own, such as joblib's, get their work; which one depends on joblib."""


def _send_by_value(module: ModuleType) -> None:
    """Let functions and classes of a served module travel to worker processes as they are: nothing serves it there."""
    for name in _PICKLERS:
        with contextlib.suppress(ImportError, ValueError, AttributeError):
            importlib.import_module(name).register_pickle_by_value(module)


def _importer() -> FrameType | None:
    """The frame whose code asks for a module, beyond the machinery of importing."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (
        frame.f_code.co_filename == __file__ or frame.f_code.co_filename.startswith(_IMPORTLIB)
    ):
        frame = frame.f_back
    return frame


def _is_served(frame: FrameType | None) -> bool:
    return frame is not None and isinstance(frame.f_globals.get("__loader__"), _Source | _Extension)


def _is_unpickling(frame: FrameType | None) -> bool:
    """Whether a pickle of cloudpickle's names the module itself, as the global of a function that it holds."""
    if frame is None or frame.f_code.co_name != "subimport":
        return False
    return str(frame.f_globals.get("__name__", "")).rpartition(".")[2] == "cloudpickle"


_listening = False
_before: frozenset[str] = frozenset()


def _listen() -> None:
    """Hear of every class that a pickle names, before it is imported, whichever unpickler reads it."""
    global _listening, _before  # a hook of this kind stays until the process ends
    if not _listening:
        _listening, _before = True, frozenset(sys.modules)
        sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "pickle.find_class":
        finder = _installed_finder()
        if finder is not None and isinstance(arguments[0], str):
            finder.name([arguments[0]])


__all__ = [
    "OwnModules",
    "add_served",
    "add_used_modules",
    "is_served",
    "modules_before",
    "named_files",
    "serve",
    "served_folder",
    "served_modules",
    "used_modules",
]
