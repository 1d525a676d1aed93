import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from _read_only import read_only_folder
from keras_mtl.caching.storage import feature_cache as module
from keras_mtl.caching.storage import file_store
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.caching.storage.feature_cache import make_cache
from keras_mtl.caching.storage.file_store import FileStore
from keras_mtl.common.owned_paths import owner_name
from keras_mtl.errors import CacheError

BATCHES = [[np.full((4, 3), number, "float32")] for number in range(3)]


def run(keep):
    for batch in BATCHES:
        keep(batch)


def fail(keep):
    keep(BATCHES[0])
    raise RuntimeError("in the middle")


def values(store):
    return [float(store[index][0][0, 0]) for index in range(len(store))]


@pytest.mark.parametrize("share", [0, 1e-9, 1])
def test_auto_moves_to_files_when_memory_runs_short(share, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHARE_OF_MEMORY", share)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cache = make_cache("auto")
    assert values(cache.store(run, lambda: "", 3)) == [0, 1, 2]
    assert bool(list(tmp_path.iterdir())) == (share < 1)
    cache.close()
    assert list(tmp_path.iterdir()) == []


def test_a_cache_of_another_thread_leaves_a_folder_that_is_just_made(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHARE_OF_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make = os.mkdir

    def make_and_wait(*arguments):
        make(*arguments)
        make_cache("auto").close()  # It looks for what killed processes have left.

    monkeypatch.setattr(os, "mkdir", make_and_wait)
    cache = make_cache("auto")
    assert values(cache.store(run, lambda: "", 3)) == [0, 1, 2]
    cache.close()
    assert list(tmp_path.iterdir()) == []


def test_memory_writes_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert values(make_cache("memory").store(run, lambda: "", 3)) == [0, 1, 2]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_runs_a_pass_once(tmp_path):
    for wanted in (run, None):
        store = make_cache(tmp_path / "new" / "folder").store(wanted, lambda: "digest", 3)
        assert values(store) == [0, 1, 2]


def test_a_folder_keeps_passes_apart(tmp_path):
    cache = make_cache(str(tmp_path))
    cache.store(run, lambda: "one", None)
    cache.store(lambda keep: keep(BATCHES[2]), lambda: "other", None)
    assert values(cache.store(None, lambda: "one", None)) == [0, 1, 2]
    assert values(cache.store(None, lambda: "other", None)) == [2]


def test_a_pass_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError, match="in the middle"):
        make_cache(tmp_path).store(fail, lambda: "digest", 3)
    assert list(tmp_path.iterdir()) == []


def test_another_process_may_be_faster(tmp_path):
    def run_twice(keep):
        make_cache(tmp_path).store(run, lambda: "digest", 3)
        run(keep)

    assert values(make_cache(tmp_path).store(run_twice, lambda: "digest", 3)) == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["digest"]


# Several processes


def threads(function, number=8):
    with ThreadPoolExecutor(number) as pool:
        return [future.result() for future in [pool.submit(function) for _ in range(number)]]


def damage(folder):
    file = folder / "digest" / "column_0.bin"
    file.write_bytes(b"x" + file.read_bytes()[1:])


@pytest.mark.filterwarnings("ignore:The features in")
def test_a_damaged_entry_harms_none_of_several_runs(tmp_path):
    make_cache(tmp_path).store(run, lambda: "digest", 3)
    for _ in range(5):
        damage(tmp_path)
        stores = threads(lambda: make_cache(tmp_path).store(run, lambda: "digest", 3))
        assert [values(store) for store in stores] == [[0, 1, 2]] * 8
        assert [path.name for path in tmp_path.iterdir()] == ["digest"]


@pytest.fixture
def meanwhile(monkeypatch):
    """A function that lets something happen while a damaged entry is read."""

    def let_happen(happens):
        read = FileStore.open

        def open_after(folder, name):
            monkeypatch.setattr(FileStore, "open", read)
            try:
                return read(folder, name)
            finally:
                happens(folder)

        monkeypatch.setattr(FileStore, "open", open_after)

    return let_happen


def test_a_damaged_entry_that_another_run_deletes(tmp_path, meanwhile):
    make_cache(tmp_path).store(run, lambda: "digest", 3)
    damage(tmp_path)
    meanwhile(shutil.rmtree)
    with pytest.warns(UserWarning, match="computed anew"):
        assert values(make_cache(tmp_path).store(run, lambda: "digest", 3)) == [0, 1, 2]


def test_a_damaged_entry_that_another_run_replaces(tmp_path, meanwhile):
    make_cache(tmp_path).store(run, lambda: "digest", 3)
    damage(tmp_path)
    others = []

    def replace(folder):
        folder.rename(tmp_path / "old")
        others.append(make_cache(tmp_path).store(run, lambda: "digest", 3))

    meanwhile(replace)
    store = make_cache(tmp_path).store(None, lambda: "digest", 3)  # without a warning or a pass
    assert values(store) == values(others[0]) == [0, 1, 2]


@pytest.mark.parametrize("auto", [True, False])
def test_what_is_open_can_be_read_whatever_happens_to_the_folder(auto, tmp_path, monkeypatch):
    monkeypatch.setattr(file_store, "SMALL", 0)
    monkeypatch.setattr(module, "SHARE_OF_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    cache = make_cache("auto" if auto else tmp_path)
    store = cache.store(run, lambda: "digest", 3)
    (folder,) = tmp_path.iterdir()
    shutil.rmtree(folder)
    assert values(store) == [0, 1, 2]
    np.testing.assert_array_equal(store.columns()[0][np.array([11, 0])][:, 0], [2, 0])


# Runs that are killed


@pytest.fixture
def unfinished(tmp_path, monkeypatch):
    """A function that makes folders as a process of this number leaves them."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def leave(process, machine=None):
        owner = f"{machine or owner_name().split('-')[0]}-{process}-01234567"
        made = [tmp_path / f"other.{owner}.partial", tmp_path / f"keras_mtl_features_{owner}"]
        for folder in made:
            folder.mkdir()
            (folder / "column_0.bin").write_bytes(b"0")
        return made

    return leave


def cache_and_list(folder):
    make_cache("auto").close()
    make_cache(folder).store(run, lambda: "digest", 3)
    return {path for path in folder.iterdir() if path.name != "digest"}


def ended_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_what_a_killed_run_left_is_removed(tmp_path, unfinished):
    unfinished(ended_process())
    unfinished(os.getpid())  # of a process that had this number before
    running = unfinished(os.getppid())
    assert cache_and_list(tmp_path) == set(running)


def test_what_runs_that_cannot_be_asked_left_is_removed_later(tmp_path, unfinished):
    partial, temporary = unfinished(os.getppid(), machine="ffffffff")
    old = tmp_path / f"digest.{'0' * 32}.partial"
    old.mkdir()
    assert cache_and_list(tmp_path) == {partial, temporary, old}
    long_ago = time.time() - 2 * module.ABANDONED
    for folder in (partial, temporary, old):
        for path in [*folder.iterdir(), folder]:
            os.utime(path, (long_ago, long_ago))
    # Features of another machine may be in use without being written to.
    assert cache_and_list(tmp_path) == {temporary}


def test_what_belongs_to_somebody_else_stays(tmp_path, unfinished):
    names = ("download.partial", f"digest.{'0' * 32}.partial.txt", "keras_mtl_features_x")
    for name in names:
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / f"digest.{'0' * 32}.partial").write_text("a file")
    assert len(cache_and_list(tmp_path)) == 4


KILLED = """
import os, signal, sys
import numpy as np
from keras_mtl.caching.storage import feature_cache as module

module.SHARE_OF_MEMORY = 0
kind, number = sys.argv[1:]

def run(keep):
    keep([np.zeros((4, 3))])
    os.kill(os.getpid(), getattr(signal, number))

module.make_cache(kind).store(run, lambda: "digest", 3)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "number"), [("auto", "SIGKILL"), ("folder", "SIGTERM")])
def test_a_run_that_is_killed_leaves_no_half_entry(kind, number, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    command = [sys.executable, "-c", KILLED, "auto" if kind == "auto" else str(tmp_path), number]
    killed = subprocess.run(command, env={**os.environ, "TMPDIR": str(tmp_path)})
    assert killed.returncode == -getattr(signal, number)
    left = [path for path in tmp_path.iterdir() if "-" in path.name]
    assert len(left) == (number == "SIGKILL")
    assert cache_and_list(tmp_path) == set()


# Folders


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="is a file; give a folder"):
        make_cache(tmp_path / "file")


def test_a_misspelt_word_is_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"Did you mean 'memory'\? .*\./memroy"):
        make_cache("memroy")
    make_cache("./memroy")
    make_cache("memroy")  # as it is there
    assert [path.name for path in tmp_path.iterdir()] == ["memroy"]


def test_a_folder_that_cannot_be_written():
    with pytest.raises(CacheError, match="Nothing can be written in"):
        make_cache("/proc/features")


def test_a_folder_that_is_read_only_can_be_read():
    with read_only_folder(lambda folder: make_cache(folder).store(run, lambda: "digest", 3)) as one:
        assert values(make_cache(one).store(None, lambda: "digest", 3)) == [0, 1, 2]
        with pytest.raises(CacheError, match=r"Nothing can be written in .*Permission denied"):
            make_cache(one).store(None, lambda: "other", 3)
        with pytest.raises(CacheError, match="Nothing can be written in"):
            make_cache(one / "inner")


def test_damage_in_a_folder_that_is_read_only():
    def fill(folder):
        make_cache(folder).store(run, lambda: "digest", 3)
        damage(folder)

    with read_only_folder(fill) as folder, pytest.raises(CacheError, match="Nothing can be"):
        make_cache(folder).store(None, lambda: "digest", 3)


def test_a_disk_that_is_full(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CacheError, match=f"need 144 bytes, .*`{tmp_path}` has 100 bytes left"):
        make_cache(tmp_path).store(run, lambda: "digest", 3)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr(module, "SHARE_OF_MEMORY", 0)
    with pytest.raises(CacheError, match=r"missing` takes no files: .* Give a path as `cache`"):
        make_cache("auto").store(run, lambda: "digest", 3)


# Entries that nobody wrote so


def rewrite(entry, **changes):
    index = json.loads((entry / "index.json").read_text())
    index |= changes
    index["checksum"] = file_store._checksum(index["columns"])
    (entry / "index.json").write_text(json.dumps(index))


def replace_by(entry, make):
    moved = entry.rename(entry.with_name("elsewhere"))
    make(entry, moved)


COLUMN = {"dtype": "float32", "shapes": [[4, 3]], "checksum": 0}
ODD = {
    "a file": lambda entry: replace_by(entry, lambda path, _: path.write_text("")),
    "an empty folder": lambda entry: replace_by(entry, lambda path, _: path.mkdir()),
    "a link to nothing": lambda entry: replace_by(entry, lambda path, _: path.symlink_to("no")),
    "a link to a file": lambda entry: replace_by(
        entry, lambda path, moved: path.symlink_to(moved / "index.json")
    ),
    "an index that is a folder": lambda entry: (
        (entry / "index.json").unlink(),
        (entry / "index.json").mkdir(),
    ),
    "a column that is a folder": lambda entry: (
        (entry / "column_0.bin").unlink(),
        (entry / "column_0.bin").mkdir(),
    ),
    "an entry of another digest": lambda entry: rewrite(entry, name="another"),
    "no columns": lambda entry: rewrite(entry, columns=[]),
    "columns of several lengths": lambda entry: rewrite(
        entry, columns=[COLUMN, {**COLUMN, "shapes": []}]
    ),
    "no batches": lambda entry: rewrite(entry, columns=[{**COLUMN, "shapes": []}]),
    "a column of no dtype": lambda entry: rewrite(entry, columns=[{**COLUMN, "dtype": "none"}]),
    "a column without a shape": lambda entry: rewrite(entry, columns=[{"dtype": "float32"}]),
    "a shape of text": lambda entry: rewrite(entry, columns=[{**COLUMN, "shapes": [["4"]]}]),
    "columns that are a number": lambda entry: rewrite(entry, columns=5),
    **{
        f"the index {text[:9]}": lambda entry, text=text: (entry / "index.json").write_text(text)
        for text in ("", "null", "[]", "{}", "5", '"text"', "{", "[" * 100_000)
    },
}


@pytest.mark.parametrize("make_odd", ODD.values(), ids=ODD)
def test_an_odd_entry_is_replaced(make_odd, tmp_path):
    make_cache(tmp_path).store(run, lambda: "digest", 3)
    make_odd(tmp_path / "digest")
    with pytest.warns(UserWarning, match="digest` are computed anew: "):
        assert values(make_cache(tmp_path).store(run, lambda: "digest", 3)) == [0, 1, 2]
    with warnings.catch_warnings(action="error"):
        assert values(make_cache(tmp_path).store(None, lambda: "digest", 3)) == [0, 1, 2]
    assert {path.name for path in tmp_path.iterdir()} <= {"digest", "elsewhere"}


def test_a_link_to_a_whole_entry_is_followed(tmp_path):
    make_cache(tmp_path / "far").store(run, lambda: "digest", 3)
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "digest").symlink_to(tmp_path / "far" / "digest")
    assert values(make_cache(tmp_path / "near").store(None, lambda: "digest", 3)) == [0, 1, 2]
    damage(tmp_path / "far")
    with pytest.warns(UserWarning, match="computed anew"):
        make_cache(tmp_path / "near").store(run, lambda: "digest", 3)
    assert (tmp_path / "far" / "digest").is_dir()  # only the link is replaced


def test_an_entry_that_is_copied_under_another_digest(tmp_path):
    make_cache(tmp_path).store(run, lambda: "digest", 3)
    shutil.copytree(tmp_path / "digest", tmp_path / "other")
    with pytest.warns(UserWarning, match="other` .*written under the name 'digest'"):
        store = make_cache(tmp_path).store(lambda keep: keep(BATCHES[2]), lambda: "other", 1)
    assert values(store) == [2]


def test_memory_that_is_available():
    assert 1 << 20 < available_memory() < 1 << 50
