import errno
import os
import shutil

import pytest

from _shards import SIZE, compute, x
from keras_mtl.caching.storage.shard_set import ShardSet
from keras_mtl.errors import CacheError


def test_shards_of_other_lengths_make_no_index(tmp_path):
    """As when one process sees fewer rows: what is alike is compared first."""
    whole, shorter = compute(tmp_path / "a", (1, 2)), compute(tmp_path / "b", (0, 2), x[: 2 * SIZE])
    shutil.copytree(shorter.path / "00000-of-00002", whole.path / "00000-of-00002")
    with pytest.raises(CacheError, match=r"different lengths: they have \[1, 3\] batches"):
        ShardSet.read(whole.path).finish()


def test_too_many_open_files_are_no_damage(tmp_path, monkeypatch):
    result = compute(tmp_path, (0, 1))

    def open_none(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "open", open_none)
    with pytest.raises(CacheError, match="too many files open"):
        ShardSet.read(result.path).store(0, None)
    assert (result.path / "00000-of-00001").exists()
