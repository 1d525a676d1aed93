import threading

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl import Head
from keras_mtl.errors import FolderNotShared
from keras_mtl.jobs.packing import WORTH_A_FILE, check_sendable, pack, unpack

LARGE = np.arange(WORTH_A_FILE // 4, dtype="int64").reshape(2, -1)


def test_large_arrays_become_files_that_are_mapped(tmp_path):
    mapped = tmp_path / "given.npy"
    np.save(mapped, LARGE)
    given = np.load(mapped, mmap_mode="r")
    text = np.full(WORTH_A_FILE // 8, "text", object)
    what = {"large": LARGE, "again": LARGE, "mapped": given, "part": given[:, 1:], "text": text}
    what |= {"small": np.ones(3), "strided": LARGE.T}

    packed = pack(what, tmp_path / "files")
    there = unpack(packed)

    for name, array in what.items():
        np.testing.assert_array_equal(there[name], array)
        assert there[name].dtype == array.dtype
    assert there["large"] is there["again"]
    assert len(packed) < WORTH_A_FILE + 5000  # the texts
    files = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert files == ["0.npy", "1.npy", "2.npy"]  # not what is a file already
    there["large"][0, 0] = 7  # of this process only
    assert unpack(packed)["large"][0, 0] == 0


def test_changes_that_are_not_in_the_mapped_file_arrive(tmp_path):
    np.save(tmp_path / "given.npy", LARGE)
    changed = np.load(tmp_path / "given.npy", mmap_mode="c")
    changed[0, 0] = 7
    assert unpack(pack(changed, tmp_path / "files"))[0, 0] == 7


def test_without_a_folder_all_is_sent(tmp_path):
    packed = pack(LARGE, None)
    assert len(packed) > WORTH_A_FILE
    np.testing.assert_array_equal(unpack(packed), LARGE)


def test_files_that_are_not_there(tmp_path):
    packed = pack(LARGE, tmp_path / "files")
    (tmp_path / "files" / "0.npy").unlink()
    with pytest.raises(FolderNotShared, match="give a `directory` that all machines see"):
        unpack(packed)


def test_models_and_heads_arrive():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    there, head = unpack(pack((model, Head(classes=["ash", "bay"], dropout=0.1)), None))
    x = np.ones((1, 4), "float32")
    np.testing.assert_array_equal(as_numpy(there(x)), as_numpy(model(x)))
    assert list(head.classes) == ["ash", "bay"]
    model.compile("sgd", "mse")
    known = [unpack(pack(model, None, compiled=one)).compiled for one in (False, True)]
    assert known == [False, True]


def test_what_cannot_be_sent_is_named():
    check_sendable("the function", lambda: LARGE)
    with pytest.raises(TypeError, match=r"the callback `Mine` is sent.*lock.*pass `n_jobs=1`"):
        check_sendable("the callback `Mine`", [threading.Lock()])
