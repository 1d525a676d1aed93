import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_mtl.caching.storage import feature_cache as module
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.caching.storage.feature_cache import make_cache
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


KILLED = """
import os, signal, sys
import numpy as np
from keras_mtl.caching.storage.feature_cache import make_cache

def run(keep):
    keep([np.zeros((4, 3))])
    os.kill(os.getpid(), signal.SIGKILL)

make_cache(sys.argv[1]).store(run, lambda: "digest", 3)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_no_half_entry(tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)])
    assert killed.returncode == -signal.SIGKILL
    (partial,) = tmp_path.iterdir()
    assert partial.suffix == ".partial"

    assert values(make_cache(tmp_path).store(run, lambda: "digest", 3)) == [0, 1, 2]
    assert partial.exists()  # it might be that of a live process
    long_ago = time.time() - 2 * module.ABANDONED
    for path in [*partial.iterdir(), partial]:
        os.utime(path, (long_ago, long_ago))
    make_cache(tmp_path).store(None, lambda: "digest", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["digest"]


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


def test_memory_that_is_available():
    assert 1 << 20 < available_memory() < 1 << 50
