"""Which of the user's modules a model's process is shown, and which libraries its file names; nothing is run for it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from readiness.evidence.models.libraries import content_of, libraries_named, names_among
from readiness.evidence.models.needed_code import files_of, needed_code

BOMB = "raise RuntimeError('imported')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Modules that end the test where anybody imports them, tables, and a package with data."""
    for name in ("shop_load", "shop_scale", "shop_names", "shop_lonely", "readiness_notes"):
        (tmp_path / f"{name}.py").write_text(BOMB)
    (tmp_path / "shop_load.py").write_text(f"{BOMB}import shop_scale, os\nfrom shop_pack.deep import thing\n")
    (tmp_path / "shop_scale.py").write_text(f"{BOMB}def late():\n    if True:\n        import shop_names as other\n")
    package = tmp_path / "shop_pack"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text(BOMB)
    (package / "deep" / "__init__.py").write_text(f"{BOMB}from . import beside\nimport shop_load\n")
    (package / "words.txt").write_text("a list that it reads")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").write_bytes(b"old")
    pd.DataFrame({"y": [1]}).to_csv(tmp_path / "test.csv", index=False)
    pd.DataFrame({"y": [1]}).to_parquet(tmp_path / "train.parquet")
    (tmp_path / "shop_data").mkdir()
    (tmp_path / "shop_data" / "test.csv").write_text("y\n1\n")
    return tmp_path


def needed(folder: Path, *references: str | None, model: Path | None = None) -> list[str]:
    return [path.name for path in needed_code(folder, references, model)]


def test_a_named_loader_and_all_that_it_imports(folder: Path) -> None:
    """Also what its functions import later, and what packages do; no module besides, no table, and nothing is run."""
    assert ["shop_load.py", "shop_names.py", "shop_pack", "shop_scale.py"] == needed(folder, "shop_load:load")
    assert ["shop_names.py", "shop_scale.py"] == needed(folder, None, "shop_scale:late")
    assert [] == needed(folder)
    assert [] == needed(folder, "shop_absent:load", "shop_data.test:load", None)


def test_a_package_comes_with_its_data(folder: Path) -> None:
    """All files of it but compiled ones."""
    (place,) = (path for path in needed_code(folder, ["shop_pack.deep:thing"], None) if path.is_dir())
    names = [path.relative_to(folder).as_posix() for path in files_of([place])]
    assert ["shop_pack/__init__.py", "shop_pack/deep/__init__.py", "shop_pack/words.txt"] == names


def test_folders_are_paths_whatever_way_they_are_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, or through a link: what comes out is absolute, and where it really lies."""
    monkeypatch.chdir(folder)
    link = folder.with_name(f"{folder.name}-link")
    link.symlink_to(folder)
    expected = needed_code(folder, ["shop_load:load"], None)
    assert all(path.is_absolute() for path in expected)
    assert expected == needed_code(Path(), ["shop_load:load"], None) == needed_code(link, ["shop_load:load"], None)
    link.unlink()


def test_what_is_installed_is_none_of_the_folders(folder: Path) -> None:
    """A file of the same name shadows nothing."""
    for name in ("wave", "joblib", "pandas"):
        (folder / f"{name}.py").write_text(BOMB)
    assert [] == needed(folder, "wave:load", "joblib:load", "pandas:read_csv")


def test_source_that_cannot_be_read_is_shown_all_the_same(folder: Path) -> None:
    """Importing it will say what is wrong; it names nothing else."""
    (folder / "shop_broken.py").write_text("def (:\n")
    (folder / "shop_bytes.py").write_bytes(b"\xff\xfe\x00import shop_scale")
    (folder / "shop_nested.py").write_text("(" * 5_000)
    names = ["shop_broken", "shop_bytes", "shop_nested"]
    assert [f"{name}.py" for name in names] == needed(folder, *(f"{name}:load" for name in names))


class Fitted:
    """A model whose class lies in a module of the user's."""


@pytest.fixture
def saved(folder: Path) -> Iterator[bytes]:
    """A pickle that names the module `shop_lonely`."""
    Fitted.__module__ = "shop_lonely"
    module = type(sys)("shop_lonely")
    module.Fitted = Fitted  # type: ignore[attr-defined]
    sys.modules["shop_lonely"] = module
    yield pickle.dumps(Fitted())
    del sys.modules["shop_lonely"]
    Fitted.__module__ = __name__


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda raw: lzma.compress(raw, format=lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
}


@pytest.mark.parametrize("how", PACKERS)
def test_what_a_pickle_names(how: str, folder: Path, saved: bytes) -> None:
    """Plain and compressed as a whole, in a file or in a folder of files; what it does not name stays out."""
    (folder / "model.bin").write_bytes(PACKERS[how](saved))
    assert ["shop_lonely.py"] == needed(folder, model=folder / "model.bin")
    (folder / "model" / "inner").mkdir(parents=True)
    (folder / "model" / "inner" / "model.bin").write_bytes(PACKERS[how](saved))
    assert ["shop_lonely.py"] == needed(folder, model=folder / "model")


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)], ids=str)
def test_libraries_that_a_model_names(compress: int | tuple[str, int], tmp_path: Path) -> None:
    """A pipeline names the modules of its steps, however joblib wrote it."""
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()), tmp_path / "model.joblib", compress=compress)
    named = libraries_named(tmp_path / "model.joblib")
    assert {"sklearn.linear_model._logistic", "sklearn.pipeline", "sklearn.preprocessing._data"} <= set(named)
    assert all(name.startswith("sklearn") for name in named)


def test_libraries_of_kinds_that_are_known_by_their_name(tmp_path: Path) -> None:
    """ONNX, skops and MLflow; where nothing lies, nothing is named."""
    for name in ("net.onnx", "net.skops", "MLmodel"):
        (tmp_path / name).write_bytes(b"")
    assert {"onnxruntime", "skops.io", "readiness.evidence.models.mlflow"} <= set(libraries_named(tmp_path))
    assert () == libraries_named(tmp_path / "absent") == libraries_named(tmp_path / "MLmodel" / "below")
    assert () == names_among(["a"], tmp_path / "absent")


@pytest.mark.parametrize("mark", [b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", b"\x5d\x00\x00"])
def test_what_only_looks_compressed_is_searched_as_it_is(mark: bytes, tmp_path: Path) -> None:
    """A damaged file is no failure: loading it says what is wrong."""
    (tmp_path / "model.bin").write_bytes(mark + b"csklearn.svm._classes\nSVC")
    assert ("sklearn.svm._classes",) == libraries_named(tmp_path / "model.bin")


def test_what_is_cut_off_is_searched_as_far_as_it_goes(tmp_path: Path) -> None:
    """And never longer than that."""
    whole = b"sklearn.svm " * 100_000
    (tmp_path / "cut.bin").write_bytes(gzip.compress(whole)[:-20])
    assert whole.startswith(content_of(tmp_path / "cut.bin"))
    assert "sklearn.svm" in libraries_named(tmp_path / "cut.bin")
