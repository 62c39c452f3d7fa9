"""Code that lies beside a spec: it runs only where it is named, and what ran stands in the record."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import json
import os
import pickle
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
import yaml

from readiness.core.errors import ModelError, ReviewError
from readiness.evidence.models import own_modules
from readiness.evidence.models.load import load_model
from readiness.evidence.models.own_modules import named_files, serve, served_modules, stop
from readiness.spec.schema import ModelFile
from tests.walking import walk

MARK = "open({!r}, 'a').write(__name__ + '\\n')\n"
SHADOWS = ("joblib", "pandas", "numexpr", "bottleneck", "typing", "sitecustomize", "usercustomize", "yaml", "IPython")
"""Names that are installed, that libraries try to find, and that the interpreter itself looks for."""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Neither modules nor the finder of one test reach the next."""
    before, path, finders = set(sys.modules), [*sys.path], [*sys.meta_path]
    yield
    for name in set(sys.modules) - before:
        if own_modules.is_served(name):
            del sys.modules[name]
    sys.path[:], sys.meta_path[:] = path, finders


def shadows(folder: Path, mark: Path) -> None:
    """Modules and a package that leave a mark when they are imported."""
    for name in SHADOWS:
        (folder / f"{name}.py").write_text(MARK.format(str(mark)))
    for name in ("ipython_config", "ipython_kernel_config", "jupyter_config", "jupyter_nbconvert_config"):
        (folder / f"{name}.py").write_text(MARK.format(str(mark)))
    (folder / "lscpu").write_text(f"#!/bin/sh\necho lscpu >> {mark}\n")  # libraries ask programs about the processor
    (folder / "lscpu").chmod(0o755)
    (folder / "readiness").mkdir()
    (folder / "readiness" / "__init__.py").write_text(MARK.format(str(mark)))


PREDICTIONS = """\
model: {name: tiny, version: "1.0", predictions: {label: pred, score: score}}
data: {test: test.csv, target: y, positive: 1, segments: [region]}
business: {requirements: [{says: Find them, metric: recall, at_least: 0.95}]}
errors: {costs: {false_positive: 1, false_negative: 5}}
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["safe", "module", "search path"])
def test_modules_beside_the_spec_do_not_run_by_accident(tmp_path: Path, way: str) -> None:
    """A review of predictions, started in their folder, imports none of them in any of its processes."""
    folder, mark = tmp_path / "x", tmp_path / "SHADOWED"
    folder.mkdir()
    shadows(folder, mark)
    if way == "module":  # python -m runs the package in the current folder, whatever that is; no code of ours is there
        shutil.rmtree(folder / "readiness")
    if way != "safe":  # what the interpreter itself imports at its start
        for name in ("typing", "sitecustomize", "usercustomize"):
            (folder / f"{name}.py").unlink()
    lines = ["y,pred,score,region"]
    lines += [f"{i % 2},{i % 2},{0.9 if i % 2 else 0.1},{'north' if i < 60 else 'south'}" for i in range(100)]
    (folder / "test.csv").write_text("\n".join(lines) + "\n")
    (folder / "readiness.yaml").write_text(PREDICTIONS)
    script = [sys.executable, "-c", "import sys; sys.path.pop(0); from readiness.cli import main; main()"]
    doors = {"safe": [sys.executable, "-P", "-m", "readiness"], "module": [sys.executable, "-m", "readiness"]}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"PYTHONPATH": ".", "PATH": f".:{os.environ['PATH']}"} if way == "search path" else {}
    if way == "search path":
        shutil.rmtree(folder / "readiness")
    command = [*doors.get(way, script), "run", "readiness.yaml", "--no-cache", "--only", "business"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert 3 == done.returncode, done.stderr
    assert not mark.exists(), mark.read_text()


@pytest.mark.slow
def test_a_folder_that_is_gone_ends_no_command(tmp_path: Path) -> None:
    """Where a command is given need not exist any more."""
    code = "import os, sys; os.rmdir(os.getcwd()); sys.argv[1:] = ['--help']; from readiness.cli import main; main()"
    (tmp_path / "gone").mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path / "gone", capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    assert "Is this model ready?" in done.stdout


LOADER = """\
import joblib
import pandas
from pathlib import Path
from own_helper import turned

def load(path):
    return turned(joblib.load(path))
"""
HELPER = "def turned(model):\n    return model\n"


def loading(write: Callable[..., Path], folder: Path, helper: str = HELPER) -> Path:
    """A review whose model comes through a loader that has a helper."""
    (folder / "own_loader.py").write_text(LOADER)
    (folder / "own_helper.py").write_text(helper)
    spec = write({})
    text = yaml.safe_load(spec.read_text())
    text["model"]["loader"] = "own_loader:load"
    spec.write_text(yaml.safe_dump(text))
    return spec


def digests(walked: Any) -> dict[str, str]:
    return {each.name: each.sha256 for each in walked.record.gathered.inputs if each.name.startswith("module")}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.slow
def test_every_module_that_was_served_is_recorded(review_files: Callable[..., Path], tmp_path: Path) -> None:
    """The loader that the spec names, and what that imports; the page tells the digests."""
    (tmp_path / "pandas.py").write_text("raise SystemExit('shadow')")
    walked = walk(loading(review_files, tmp_path), figures=False)
    expected = {f"module: {name}.py": sha256(tmp_path / f"{name}.py") for name in ("own_helper", "own_loader")}
    assert expected == {name: digest for name, digest in digests(walked).items() if name.startswith("module: ")}
    assert expected["module: own_helper.py"][:12] in walked.page
    assert "own_helper.py" in walked.page


@pytest.mark.slow
def test_the_same_files_and_another_helper_are_another_record(
    review_files: Callable[..., Path], tmp_path: Path
) -> None:
    """Two reviews that differ by the helper's code alone differ in what they say they were made from."""
    first = digests(walk(loading(review_files, tmp_path), figures=False))
    for name in ("own_loader", "own_helper"):
        sys.modules.pop(name, None)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, own_modules.OwnModules)]
    second = digests(walk(loading(review_files, tmp_path, HELPER + "\n# another\n"), figures=False))
    assert first["module: own_loader.py"] == second["module: own_loader.py"]
    assert first["module: own_helper.py"] != second["module: own_helper.py"]


@pytest.mark.slow
def test_a_module_that_changes_itself_is_noticed(review_files: Callable[..., Path], tmp_path: Path) -> None:
    """What lies there afterwards must be what ran."""
    helper = HELPER + "open(__file__, 'a').write('# and gone')\n"
    with pytest.raises(ReviewError, match=r"own_helper\.py is not what the notebook's record says"):
        walk(loading(review_files, tmp_path, helper), figures=False)


def test_a_class_that_a_pickle_names_is_served_and_recorded(tmp_path: Path) -> None:
    """Also in the processes that probe and refit; a module beside it that nobody names is not served."""
    source = "class Same:\n    def predict(self, rows):\n        import own_lazy\n        return own_lazy.of(rows)\n"
    (tmp_path / "own_model.py").write_text(source)
    (tmp_path / "own_lazy.py").write_text("def of(rows):\n    return [0] * len(rows)\n")
    (tmp_path / "own_stranger.py").write_text("")
    dumped = pickle.dumps(made(tmp_path / "own_model.py").Same())
    sys.modules.pop("own_model")
    (tmp_path / "m.pkl").write_bytes(dumped)
    pin = hashlib.sha256(dumped).hexdigest()
    model = load_model(ModelFile(path="m.pkl", sha256=pin), tmp_path)
    assert ["module: own_model.py"] == [each.name for each in served_modules()]
    assert [0, 0] == model.estimator.predict([1, 2])
    assert ["module: own_lazy.py", "module: own_model.py"] == [each.name for each in served_modules()]
    with pytest.raises(ModuleNotFoundError):
        import own_stranger  # noqa: F401  # type: ignore[import-not-found]


def made(path: Path) -> Any:
    """A module as it was where its objects were pickled."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_an_installed_module_is_never_replaced(tmp_path: Path) -> None:
    """Also where the spec or a pickle names it."""
    (tmp_path / "wave.py").write_text("load = None\n")
    assert {} == named_files(tmp_path, ["wave:open"])
    serve(tmp_path, "wave:open")
    sys.modules.pop("wave", None)
    import wave

    assert not wave.__file__.startswith(str(tmp_path))
    with pytest.raises(ModelError, match="holds no function load"):
        load_model(ModelFile(path="m.bin", loader="wave:load"), written(tmp_path, "m.bin"))


def written(folder: Path, name: str) -> Path:
    (folder / name).write_text("x")
    return folder


def test_what_the_host_hashes_is_what_the_kernel_runs(tmp_path: Path) -> None:
    """The files of a package, found without importing anything."""
    (tmp_path / "own_pack").mkdir()
    (tmp_path / "own_pack" / "__init__.py").write_text("from own_pack import beside\n")
    for name in ("beside", "deep"):
        (tmp_path / "own_pack" / f"{name}.py").write_text("def load(path):\n    return path\n")
    assert {"own_pack/__init__.py", "own_pack/deep.py"} == {*named_files(tmp_path, ["own_pack.deep:load"])}
    serve(tmp_path, "own_pack.deep:load")
    importlib.import_module("own_pack.deep")
    names = ["module: own_pack/__init__.py", "module: own_pack/beside.py", "module: own_pack/deep.py"]
    assert names == [each.name for each in served_modules()]
    assert all(sha256(tmp_path / each.file) == each.sha256 for each in served_modules())


def test_forged_byte_code_is_not_run(tmp_path: Path) -> None:
    """A .pyc that claims to be of the very source decides nothing."""
    source = tmp_path / "own_forged.py"
    source.write_text("answer = 'bad_'\n")
    compiled = Path(py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH))
    source.write_text("answer = 'good'\n")
    assert compiled.exists()
    serve(tmp_path, "own_forged:answer")
    assert "good" == importlib.import_module("own_forged").answer


def test_modules_of_two_folders_do_not_mix(tmp_path: Path) -> None:
    """A second review in the same process gets its own loader, not the first one's of that name."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "own_twice.py").write_text(f"folder = {name!r}\n")
        serve(tmp_path / name, "own_twice:folder")
        assert name == importlib.import_module("own_twice").folder
        assert [sha256(tmp_path / name / "own_twice.py")] == [each.sha256 for each in served_modules()]


@pytest.mark.slow
def test_workers_that_refit_find_the_class_and_tell_of_it(tmp_path: Path, review_files: Callable[..., Path]) -> None:
    """A class beside the spec is refitted in worker processes, which import it from there and nothing else."""
    (tmp_path / "own_line.py").write_text(
        "from sklearn.linear_model import LogisticRegression\n\n\nclass Line(LogisticRegression):\n    pass\n"
    )
    from tests.conftest import make_rows

    train = make_rows(600, 1)
    model = made(tmp_path / "own_line.py").Line().fit(train[["a", "b"]], train["y"])
    spec = review_files({}, model=model)
    sys.modules.pop("own_line")
    walked = walk(spec, figures=False)
    assert {"module: own_line.py"} <= digests(walked).keys()
    assert "own_line Line" == walked.record.gathered.model.kind
    assert walked.evidence.refits.folds, "it could be refitted"


def test_a_package_that_is_installed_from_the_folder_of_the_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by an editable installation with a finder of its own: host and kernel agree, and it is served and recorded."""
    (tmp_path / "own_edit").mkdir()
    (tmp_path / "own_edit" / "__init__.py").write_text("answer = 1\n")

    class Editable:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
            place = tmp_path / "own_edit" / "__init__.py"
            return importlib.util.spec_from_file_location(name, place) if name == "own_edit" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Editable])
    assert ["own_edit/__init__.py"] == [*named_files(tmp_path, ["own_edit:answer"])]
    serve(tmp_path, "own_edit:answer")
    assert 1 == importlib.import_module("own_edit").answer
    assert ["module: own_edit/__init__.py"] == [each.name for each in served_modules()]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "own_edit.py").write_text("answer = 2\n")
    assert {} == named_files(tmp_path / "b", ["own_edit:answer"]), "it is installed, and from elsewhere"
    monkeypatch.setattr(sys, "meta_path", [object(), *sys.meta_path])  # a finder of an older kind
    assert {} == named_files(tmp_path / "b", ["own_edit:answer"])


@pytest.mark.slow
def test_a_loader_that_is_a_link(review_files: Callable[..., Path], tmp_path: Path) -> None:
    """As some builders lay files out; what it leads to is what is hashed and run."""
    spec = loading(review_files, tmp_path)
    (tmp_path / "shared").mkdir()
    (tmp_path / "own_loader.py").rename(tmp_path / "shared" / "own_loader.py")
    (tmp_path / "own_loader.py").symlink_to(tmp_path / "shared" / "own_loader.py")
    assert "module: own_loader.py" in digests(walk(spec, figures=False))


def test_work_of_the_model_s_own_workers(tmp_path: Path) -> None:
    """Functions of served modules travel to joblib's processes as they are."""
    (tmp_path / "own_work.py").write_text(
        "from joblib import Parallel, delayed\nimport own_part\n\ndef one(x):\n    return own_part.twice(x)\n\n"
        "def all_of(xs):\n    return Parallel(n_jobs=2)(delayed(one)(x) for x in xs)\n"
    )
    (tmp_path / "own_part.py").write_text("def twice(x):\n    return 2 * x\n")
    serve(tmp_path, "own_work:all_of")
    assert [2, 4] == importlib.import_module("own_work").all_of([1, 2])
    assert ["module: own_part.py", "module: own_work.py"] == [each.name for each in served_modules()]


def test_files_that_a_served_package_brings_along(tmp_path: Path) -> None:
    """Data beside its modules are found by the usual way."""
    (tmp_path / "own_data").mkdir()
    (tmp_path / "own_data" / "__init__.py").write_text("")
    (tmp_path / "own_data" / "words.txt").write_text("yes")
    serve(tmp_path, "own_data")
    module = importlib.import_module("own_data")
    assert "yes" == importlib.resources.files(module).joinpath("words.txt").read_text()


def test_a_module_that_a_pickled_function_holds(tmp_path: Path) -> None:
    """Cloudpickle names modules by a text; one beside the spec is served, and recorded."""
    import cloudpickle

    (tmp_path / "own_global.py").write_text("three = 3\n")
    own_global = made(tmp_path / "own_global.py")
    dumped = cloudpickle.dumps(lambda: own_global.three)
    sys.modules.pop("own_global")
    serve(tmp_path)
    assert 3 == pickle.loads(dumped)()
    assert ["module: own_global.py"] == [each.name for each in served_modules()]


def test_folders_without_init_do_not_mix(tmp_path: Path) -> None:
    """Namespace packages of the same name are forgotten as well, and what was edited is run anew."""
    for name in ("a", "b"):
        (tmp_path / name / "own_space").mkdir(parents=True)
        (tmp_path / name / "own_space" / "deep.py").write_text(f"folder = {name!r}\n")
        serve(tmp_path / name, "own_space.deep:folder")
        assert name == importlib.import_module("own_space.deep").folder
    (tmp_path / "b" / "own_space" / "deep.py").write_text("folder = 'edited'\n")
    stop()
    serve(tmp_path / "b", "own_space.deep:folder")
    assert "edited" == importlib.import_module("own_space.deep").folder


def test_a_completion_mark_names_the_modules(tmp_path: Path) -> None:
    """What a joblib file of a plain estimator needs is installed: nothing is served, nothing recorded."""
    from sklearn.dummy import DummyClassifier

    joblib.dump(DummyClassifier().fit([[0], [1]], [0, 1]), tmp_path / "m.joblib")
    pin = sha256(tmp_path / "m.joblib")
    load_model(ModelFile(path="m.joblib", sha256=pin), tmp_path)
    assert () == served_modules()
    assert "[]" == json.dumps([each.name for each in served_modules()])
