"""Which code decides: every way in which it can change is noticed, or nothing is kept."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest
import yaml

import readiness
from readiness.evidence.cache import cache as caches
from readiness.evidence.cache import fingerprint
from readiness.evidence.cache.cache import TEST
from readiness.evidence.cache.fingerprint import list_code, local_code
from readiness.evidence.collect import gather
from tests.conftest import make_rows

LOADER = """
import joblib
class Model:
    classes_ = [0, 1]
    def __init__(self, inner): self.inner = inner
    def predict_proba(self, rows):
        {answer}
    def predict(self, rows): return self.predict_proba(rows).argmax(1)
def load(path): return Model(joblib.load(path))
"""
LAZY = "from latefeats.post import post; return post(self.inner.predict_proba(rows))"
ASK = """
import sys
from readiness.evidence.collect import gather
from readiness.evidence.cache import cache, fingerprint
fingerprint._process_start, cache.program_digests = lambda: 1e12, lambda: {}  # somebody may be writing ours
evidence = gather(sys.argv[1], cache=sys.argv[2])
print(",".join(reuse.part for reuse in evidence.reused) or "nothing", round(float(evidence.cases.y_score.sum()), 6))
"""
SAME, TURNED = "def post(p): return p", "def post(p): return p[:, ::-1]"


@pytest.fixture
def project(review_files, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """A spec whose model has a loader beside it."""
    path: Path = review_files()
    spec = yaml.safe_load(path.read_text())
    spec["model"]["loader"] = "lateloader:load"
    spec["data"]["features"] = ["a", "b"]
    path.write_text(yaml.safe_dump(spec))
    old(tmp_path / "lateloader.py", LOADER.format(answer=LAZY))
    return path


def old(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text)
    return path


def asked(spec: Path, more: Path, **variables: str) -> str:
    """What a new process took from the cache, and the sum of its scores; `more` holds other modules."""
    root = Path(readiness.__file__).resolve().parents[1]
    places = os.pathsep.join((str(more), str(root)))
    environment = {**os.environ, "PYTHONPATH": places, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    command = [sys.executable, "-c", ASK, str(spec), str(spec.parent / "cache")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr[-800:]
    return done.stdout.strip()


@pytest.mark.exhaustive
@pytest.mark.slow
def test_modules_that_are_imported_late(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the model imports only to predict, from another folder, decides as much; in one process after the other."""
    more = tmp_path_factory.mktemp("more")
    old(more / "latefeats" / "__init__.py", "")
    post = old(more / "latefeats" / "post.py", SAME)
    first, again = asked(project, more), asked(project, more)
    assert (first.split()[0], again) == ("nothing", f"{TEST} {first.split()[1]}")
    post.write_text(TURNED)
    turned = asked(project, more)
    assert turned.startswith("nothing ")
    assert turned != first


def test_variables_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code of one's own may read any that lasts; libraries read those by which they choose how to compute."""

    def digests() -> tuple[str, str]:
        return caches._digest_variables(own=True), caches._digest_variables(own=False)

    seen = [digests()]
    for name in ("SHLVL", "JPY_PARENT_PID", "FLIP", "KERAS_BACKEND"):
        monkeypatch.setenv(name, "another")
        seen.append(digests())
    assert [True, True, False, False] == [a[0] == b[0] for a, b in itertools.pairwise(seen)]
    assert [True, True, True, False] == [a[1] == b[1] for a, b in itertools.pairwise(seen)]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No local module is loaded, here or in a model's process, and the process began at the end of time."""
    monkeypatch.setattr(fingerprint, "used_modules", dict)
    monkeypatch.setattr(fingerprint, "_process_start", lambda: 1e12)
    for name in [name for name, _ in fingerprint._local_modules()]:
        monkeypatch.delattr(sys.modules[name], "__file__", raising=False)  # one may have two names


def loaded(monkeypatch: pytest.MonkeyPatch, name: str, path: Path) -> None:
    module = types.ModuleType(name)
    module.__file__ = str(path)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
def test_the_digest_of_local_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It follows the modules that were loaded and those beside them."""

    def digest() -> str:
        found = local_code(tmp_path / "spec", tmp_path / "spec" / "m.joblib", loader=False)
        assert found is not None
        return found.digest

    seen = [digest()]
    folder = tmp_path / "shop" / "deep"
    files = [tmp_path / "shop" / "__init__.py", folder / "__init__.py", folder / "used.py", folder / "lazy.py"]
    files.append(tmp_path / "spec" / "far" / "below.py")
    for file in files:
        old(file, "x = 1")
    loaded(monkeypatch, "shop.deep.used", files[2])
    seen.append(digest())
    for file in files:
        file.write_text("x = 22")
        seen.append(digest())
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.usefixtures("alone")
def test_what_lies_beside_a_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files beside the spec and the model count, not the model, the tables and reports; too much is not read."""
    for name in ("words.json", "models/scale.csv", "models/m.bin", "rows.parquet", "report.html", "other/a.json"):
        old(tmp_path / name, "1")
    model, excluded = tmp_path / "models" / "m.bin", frozenset({tmp_path / "rows.parquet"})
    found = local_code(tmp_path, model, loader=True, excluded=excluded)
    assert found is not None
    assert [str(tmp_path / name) for name in ("models/scale.csv", "words.json")] == sorted(found.files)
    without = local_code(tmp_path, model, loader=False, excluded=excluded)
    assert without is not None
    assert ({}, False, True) == (without.files, without.own, found.own)
    for limit in ("MOST_BYTES", "MOST_FILES"):
        with monkeypatch.context() as patch:
            patch.setattr(fingerprint, limit, 1)
            assert local_code(tmp_path, model, loader=True, excluded=excluded) is None


@pytest.mark.usefixtures("alone")
def test_an_environment_below_the_spec_is_not_read(tmp_path: Path) -> None:
    """Nor are hidden folders: only what the user wrote."""
    old(tmp_path / "env" / "pyvenv.cfg", "")
    for name in ("env/a.py", ".git/b.py", "site-packages/c.py", "own/d.py"):
        old(tmp_path / name, "")
    assert [tmp_path / "own" / "d.py"] == list(fingerprint._python_files(tmp_path, deep=True))


@pytest.mark.usefixtures("alone")
def test_a_module_in_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file does not exist, so what is in it cannot be told."""
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped.py", "x = 1")
    loaded(monkeypatch, "zipped", tmp_path / "lib.zip" / "zipped.py")
    assert local_code(tmp_path, tmp_path / "m", loader=False) is None
    assert list_code({}) is None


@pytest.mark.usefixtures("alone")
def test_what_an_installed_package_made_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names a file that is none, and hinders nothing."""
    loaded(monkeypatch, "numpy.made", Path("_made.py"))
    assert {} == list_code({})
    loaded(monkeypatch, "made", Path("_made.py"))
    assert list_code({}) is None


@pytest.mark.slow
@pytest.mark.usefixtures("alone")
def test_code_that_is_changed_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known then: neither before nor after the work, also where the time of writing was set back."""
    file = old(tmp_path / "own.py", "x = 1")
    loaded(monkeypatch, "own", file)
    monkeypatch.setattr(fingerprint, "_process_start", lambda: file.stat().st_ctime)
    before = local_code(tmp_path, tmp_path / "m", loader=False)
    assert before is not None
    assert {str(file)} == before.files.keys() == (list_code(before.files) or {}).keys()
    began = file.stat().st_ctime
    monkeypatch.setattr(fingerprint, "_process_start", lambda: began - 0.001)
    os.utime(file, (1, 1))
    assert local_code(tmp_path, tmp_path / "m", loader=False) is None
    assert list_code(before.files) is None
    assert list_code({}) is None


@pytest.mark.usefixtures("alone")
def test_known_files_that_are_others_by_now(tmp_path: Path) -> None:
    """What the key or an earlier entry named must still be so when something is kept."""
    file = old(tmp_path / "own.py", "x = 1")
    known = {str(file): fingerprint.digest_of(str(file))}
    assert known == list_code(known)
    file.write_text("x = 2")
    assert list_code(known) is None
    file.unlink()
    assert list_code(known) is None


def test_our_own_source_that_is_changed_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old code runs, and new code lies there: its digest is not that of what runs."""
    file = old(tmp_path / "a.py", "x = 1")
    monkeypatch.setattr(fingerprint, "_our_folder", lambda: tmp_path)
    monkeypatch.setattr(fingerprint, "_process_start", lambda: 1e12)
    first = fingerprint.program_digests()
    assert first is not None
    file.write_text("x = 2")
    second = fingerprint.program_digests()
    assert second is not None
    assert first["readiness"] != second["readiness"]
    monkeypatch.setattr(fingerprint, "_process_start", lambda: file.stat().st_ctime - 1)
    assert fingerprint.program_digests() is None


def test_nothing_is_kept_where_our_own_source_is_unknown(
    review_files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    """The review goes on without the cache."""
    monkeypatch.setattr(caches, "program_digests", lambda: None)
    assert gather(review_files(), cache=str(tmp_path / "cache")).cache.store is None


def test_a_package_built_again_under_the_same_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list of files, or where it came from, tells; a file that was written to after the list counts by itself."""
    place = tmp_path / "site-packages"
    record = old(place / "mylib-1.dist-info" / "RECORD", "mylib.py,sha256=a,1\nmylib-1.dist-info/RECORD,,\n")
    old(record.with_name("METADATA"), "Metadata-Version: 2.1\nName: mylib\nVersion: 1\n")
    module = old(place / "mylib.py", SAME)
    monkeypatch.syspath_prepend(str(place))
    read = fingerprint.installed_packages.__wrapped__
    packages = read()
    assert packages.is_as_installed(os.path.realpath(module))
    os.utime(module, (module.stat().st_mtime + 100,) * 2)
    assert not packages.is_as_installed(os.path.realpath(module))
    assert not packages.is_as_installed(os.path.realpath(record.with_name("METADATA")))
    record.write_text("mylib.py,sha256=b,1\nmylib-1.dist-info/RECORD,,\n")
    again = read()
    old(record.with_name("direct_url.json"), "{}")
    assert 3 == len({packages.digest, again.digest, read().digest})


def test_code_written_into_a_notebook_has_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function or class of the notebook's own; imported names are no such thing."""
    main = types.ModuleType("__main__")
    main.make_rows = make_rows  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert not fingerprint._is_written_in_notebook()
    exec("class Own: pass", vars(main))
    assert fingerprint._is_written_in_notebook()
    assert local_code(tmp_path, tmp_path / "m", loader=False) is None
    assert list_code({}) is None
