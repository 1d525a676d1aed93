import errno
import json
import shutil

import numpy as np
import pytest

from keras_mtl.caching.storage import file_store
from keras_mtl.caching.storage.file_store import FileStore, FileWriter
from keras_mtl.caching.storage.stores import MemoryStore
from keras_mtl.errors import CacheError, DamagedCache

SIZES = (4, 4, 1)


def batches(dtype="float32", width=3):
    generator = np.random.default_rng(0)
    return [
        [(9 * generator.random((size, width))).astype(dtype), generator.random(size) > 0.5]
        for size in SIZES
    ]


def in_memory(folder, made):
    store = MemoryStore()
    for batch in made:
        store.append(batch)
    return store


def in_files(folder, made):
    writer = FileWriter(folder, len(made))
    for batch in made:
        writer.append(batch)
    writer.close()
    return FileStore.open(folder)


@pytest.mark.parametrize("small", [file_store.SMALL, 0])
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8", "int64"])
@pytest.mark.parametrize("fill", [in_memory, in_files])
def test_what_goes_in_comes_out(fill, dtype, small, tmp_path, monkeypatch):
    monkeypatch.setattr(file_store, "SMALL", small)
    made = batches(dtype)
    store = fill(tmp_path, made)

    assert len(store) == len(SIZES)
    for index, batch in enumerate(made):
        for array, expected in zip(store[index], batch, strict=True):
            np.testing.assert_array_equal(array, expected, strict=True)
    rows = np.array([8, 0, 5, 0])
    for column, arrays in zip(store.columns(), zip(*made, strict=True), strict=True):
        assert len(column) == sum(SIZES)
        np.testing.assert_array_equal(column[rows], np.concatenate(arrays)[rows], strict=True)


def test_half_precision_of_the_backends(tmp_path):
    import ml_dtypes

    made = [[np.arange(6).reshape(3, 2).astype(ml_dtypes.bfloat16)]]
    np.testing.assert_array_equal(in_files(tmp_path, made)[0][0], made[0][0], strict=True)


def test_batches_of_several_shapes(tmp_path):
    made = [[np.ones((2, length))] for length in (3, 5, 1)]
    store = in_files(tmp_path, made)
    assert [store[index][0].shape for index in range(3)] == [(2, 3), (2, 5), (2, 1)]


def change(folder, what):
    file = folder / "column_0.bin"
    if what == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    elif what == "changed":
        file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
    elif what == "missing":
        file.unlink()
    elif what == "no index":
        (folder / "index.json").unlink()
    else:
        (folder / "index.json").write_text(what)


@pytest.mark.parametrize("what", ["shorter", "changed", "missing", "no index", "{", "{}", "[]"])
def test_damage_is_noticed(what, tmp_path):
    in_files(tmp_path, batches())
    change(tmp_path, what)
    with pytest.raises(DamagedCache):
        FileStore.open(tmp_path)


def test_a_change_of_the_index_is_noticed(tmp_path):
    in_files(tmp_path, batches())
    text = (tmp_path / "index.json").read_text()
    (tmp_path / "index.json").write_text(text.replace("float32", "float99"))
    with pytest.raises(DamagedCache, match="index does not hold what was written"):
        FileStore.open(tmp_path)


def test_the_format_of_another_version(tmp_path):
    in_files(tmp_path, batches())
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**index, "version": 99}))
    with pytest.raises(DamagedCache, match=r"another version .*format 99"):
        FileStore.open(tmp_path)


def test_a_disk_that_is_too_small(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(CacheError, match=r"need 156 bytes.*100 bytes left.*on another disk"):
        FileWriter(tmp_path, batches=3).append(batches()[0])


def test_a_disk_that_fills_up(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("builtins.open", full)
    with pytest.raises(CacheError, match="No space left on device"):
        FileWriter(tmp_path).append(batches()[0])


def test_text_is_refused(tmp_path):
    with pytest.raises(CacheError, match=r'Text .* `cache="memory"`'):
        FileWriter(tmp_path).append([np.array(["a"], dtype=object)])
