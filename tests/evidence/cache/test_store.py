"""The store: an entry comes back bit by bit, or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from readiness.evidence.cache import store as stores
from readiness.evidence.cache.store import KEY_FILE, SUFFIX, TAG, TAG_FILE, Store, compact
from tests.sampling import examples

KEY = {"part": "scores", "n": [1, 2.5, None, True], "name": "Zürich \ud800"}
ARRAYS = {"a": np.array([0.1, -0.0, 1e-320, 2.0]), "b": np.array([-1, 200]), "c": np.ones((2, 3), dtype=np.float32)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty one."""
    return opened(tmp_path / "cache")


def opened(folder: Path) -> Store:
    found = Store.open(folder)
    assert found is not None
    return found


def entry_file(store: Store) -> Path:
    (path,) = store.folder.glob(f"*{SUFFIX}")
    return path


def filled(store: Store) -> Path:
    store.put(KEY, ARRAYS, {"seconds": 0.1, "notes": ["ü"]}, where="2 processors")
    return entry_file(store)


def test_an_entry_comes_back_as_it_was(store: Store) -> None:
    """Arrays with their kind and every bit, facts, place and time; from another process's point of view, too."""
    filled(store)
    for one in (store, opened(store.folder)):
        found = one.get(KEY)
        assert found is not None
        assert {name: array.dtype for name, array in ARRAYS.items()} == {n: a.dtype for n, a in found.arrays.items()}
        assert all(array.tobytes() == found.arrays[name].tobytes() for name, array in ARRAYS.items())
        assert ({"seconds": 0.1, "notes": ["ü"]}, "2 processors") == (found.facts, found.where)
        assert found.measured.endswith("+00:00")
        assert 25 == len(found.measured)


def test_another_key_finds_nothing(store: Store) -> None:
    """Whatever differs, the entry is another one."""
    filled(store)
    for other in ({**KEY, "part": "other"}, {**KEY, "n": [1, 2.5, None, 1]}, {"part": "scores"}, {}):
        assert store.get(other) is None


def test_every_damaged_byte_counts(store: Store) -> None:
    """One bit flipped anywhere, the end cut off, more behind it: as good as missing; a new one takes its place."""
    path = filled(store)
    whole = path.read_bytes()
    places = np.linspace(0, len(whole) - 1, 40).astype(int)
    damaged = [whole[:p] + bytes([whole[p] ^ 1]) + whole[p + 1 :] for p in places]
    for content in [*damaged, whole[:-1], whole[: len(whole) // 2], whole + b"\n", b"", b"\n\n"]:
        path.write_bytes(content)
        assert store.get(KEY) is None
    filled(store)
    assert store.get(KEY) is not None


def test_an_entry_in_the_place_of_another_is_not_believed(store: Store) -> None:
    """It is whole and our own, but its header names another key."""
    filled(store)
    other = store._path({"part": "other"})
    entry_file(store).rename(other)
    assert store.get({"part": "other"}) is None


def test_an_entry_of_another_cache_is_not_believed(store: Store, tmp_path: Path) -> None:
    """Each cache has a key of its own; what was copied from elsewhere counts as missing."""
    path, other = filled(store), opened(tmp_path / "other")
    (other.folder / path.name).write_bytes(path.read_bytes())
    assert other.get(KEY) is None
    assert store.secret != other.secret


def test_no_pickle_goes_in_or_out(store: Store) -> None:
    """Objects are refused when they are put, and a file with one is not opened even with the right code."""
    with pytest.raises(ValueError, match="only numbers are stored"):
        store.put(KEY, {"a": np.array([{}], dtype=object)}, {}, where="")
    import io

    stream = io.BytesIO()
    np.savez(stream, a=np.array([print], dtype=object))
    header = stores._json(
        {
            "format": stores.FORMAT,
            "key": KEY,
            "measured": "",
            "where": "",
            "facts": {},
            "kinds": {"a": "O"},
            "files": {},
        }
    )
    content = header + b"\n" + stream.getvalue()
    store._path(KEY).write_bytes(store._code(content) + b"\n" + content)
    assert store.get(KEY) is None


def test_only_the_user_reads_it(store: Store) -> None:
    """The folder, the key and every entry are closed to others, and the folder says that it is a cache."""
    path = filled(store)
    assert 0o700 == stat.S_IMODE(store.folder.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(each.stat().st_mode) for each in (path, store.folder / KEY_FILE)}
    assert (store.folder / TAG_FILE).read_bytes() == TAG
    assert TAG.startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


def test_folders_that_are_not_used(tmp_path: Path) -> None:
    """A link, a folder that others can write to, a file, somebody's folder with other things, a path of no system."""
    opened(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").touch()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letters.txt").touch()
    for name in ("link", "open", "file", "home", "file/below", "a\0b", "x" * 300):
        assert Store.open(tmp_path / name) is None
    assert ["letters.txt"] == [path.name for path in (tmp_path / "home").iterdir()]


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns it could put anything there."""
    opened(tmp_path / "cache")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert Store.open(tmp_path / "cache") is None


@pytest.mark.parametrize("how", ["short", "readable", "link"])
def test_a_key_that_cannot_be_trusted_is_replaced(store: Store, how: str, tmp_path: Path) -> None:
    """And with it, nothing that it vouched for is believed any more."""
    filled(store)
    key = store.folder / KEY_FILE
    if how == "short":
        key.write_bytes(b"abc")
    elif how == "readable":
        key.chmod(0o644)
    else:
        key.rename(tmp_path / "elsewhere")
        key.symlink_to(tmp_path / "elsewhere")
    again = opened(store.folder)
    assert store.secret != again.secret
    assert again.get(KEY) is None
    assert 0o600 == stat.S_IMODE(key.lstat().st_mode)


def test_links_in_the_folder_are_not_followed(store: Store, tmp_path: Path) -> None:
    """Neither when reading nor when writing."""
    path = filled(store)
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    assert store.get(KEY) is None
    before = (tmp_path / "moved").read_bytes()
    store.put(KEY, {}, {}, where="")
    assert before == (tmp_path / "moved").read_bytes()
    assert not path.is_symlink()


def test_what_was_not_used_for_longest_goes_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit; an entry that was read counts as used, and what a killed review left is swept away."""
    sizes = {}
    for number in range(3):
        store.put({"n": number}, {"a": np.random.default_rng(number).random(500)}, {}, where="")
        path = store._path({"n": number})
        sizes[number] = path.stat().st_size
        os.utime(path, (1000 + number, 1000 + number))
    (store.folder / ".old.tmp").touch()
    os.utime(store.folder / ".old.tmp", (1000, 1000))
    (store.folder / ".new.tmp").touch()
    assert store.get({"n": 0}) is not None
    monkeypatch.setattr(stores, "MOST_BYTES", sum(sizes.values()))
    store.put({"n": 3}, {"a": np.random.default_rng(3).random(500)}, {}, where="")
    assert [0, 2, 3] == [number for number in range(4) if store._path({"n": number}).exists()]
    assert (False, True) == tuple((store.folder / f".{age}.tmp").exists() for age in ("old", "new"))


def test_a_full_disk_stops_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept, nothing half-written stays, and an earlier entry is as it was."""
    filled(store)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store.put(KEY, {}, {}, where="")
    store.put({"n": 1}, ARRAYS, {}, where="")
    assert store.get(KEY) is not None
    assert store.get({"n": 1}) is None
    assert [] == list(store.folder.glob("*.tmp")) + list(store.folder.glob(".*.tmp"))


def test_what_is_too_large_is_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would push out everything else."""
    monkeypatch.setattr(stores, "LARGEST_ENTRY", 100)
    store.put(KEY, {"a": np.zeros(13)}, {}, where="")
    assert store.get(KEY) is None


def test_reviews_at_the_same_time_do_not_harm_each_other(tmp_path: Path) -> None:
    """Whoever reads while others write finds a whole entry or none, and in the end the last one."""
    folder, wrong = tmp_path / "cache", []
    opened(folder)

    def work(number: int) -> None:
        own = opened(folder)
        for _ in range(100):
            own.put(KEY, {"a": np.full(2000, number, dtype=float)}, {"n": number}, where="")
            found = own.get(KEY)
            if found is None or len(set(found.arrays["a"])) != 1 or found.arrays["a"][0] != found.facts["n"]:
                wrong.append(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong
    assert opened(folder).get(KEY) is not None


@settings(max_examples=examples(200))
@given(
    hnp.arrays(st.sampled_from([np.float64, np.float32, np.int64, np.int16, np.bool_]), hnp.array_shapes(min_side=0))
)
def test_compacting_changes_no_number(array: np.ndarray) -> None:
    """Whatever the numbers are, they come back the same, with their sign of zero."""
    small = compact(array)
    back = small.astype(array.dtype)
    assert small.nbytes <= array.nbytes
    assert np.array_equal(array, back, equal_nan=array.dtype.kind == "f")
    if array.dtype.kind == "f":
        assert np.array_equal(np.signbit(array[~np.isnan(array)]), np.signbit(back[~np.isnan(array)]))


def test_what_compacting_saves() -> None:
    """Class codes take a byte each, values of single precision four."""
    assert 1 == compact(np.array([0, 1, -1])).itemsize
    assert 2 == compact(np.array([0, 200, -1])).itemsize
    assert 4 == compact(np.array([0.5, 0.25])).itemsize
    assert 8 == compact(np.array([0.1])).itemsize


def test_an_entry_is_believed_while_its_files_are_as_they_were(store: Store, tmp_path: Path) -> None:
    """By what is in them, not by when they were written; when one is gone or another, the entry counts as missing."""
    file = tmp_path / "code.py"
    file.write_text("one")
    files = {str(file): hashlib.sha256(b"one").hexdigest()}
    store.put(KEY, ARRAYS, {}, where="", files=files)
    found = store.get(KEY)
    assert found is not None
    assert files == found.files
    seen = []
    for text in ("two", "one", None):
        file.unlink() if text is None else file.write_text(text)
        seen.append(store.get(KEY) is not None)
    assert [False, True, False] == seen
