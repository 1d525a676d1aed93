import os
import shutil

import numpy as np
import pytest

from _shards import SIZE, compute, directly, learnt, solvable, stored, watched_passes, x
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.shard_data import ArrayShards
from keras_mtl.caching.shard_reader import ShardReader
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.shard_set import ShardSet
from keras_mtl.errors import InvalidFeatures


def test_only_what_is_missing_damaged_or_changed_is_computed(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    result = compute(tmp_path)
    assert passes == [f"shard {i} of 7" for i in np.roll(range(7), -(os.getpid() % 7))]
    names = [f"{i:05d}-of-00007" for i in range(7)]
    written = [(result.path / name / "index.json").stat().st_mtime_ns for name in names]
    passes.clear()
    shutil.rmtree(result.path / names[1])
    assert compute(tmp_path) == result and passes == ["shard 1 of 7"]
    file = result.path / names[2] / "column_0.bin"
    file.write_bytes(b"x" + file.read_bytes()[1:])
    with pytest.warns(UserWarning, match="computed anew"):
        learnt(tmp_path)
    changed = x.copy()
    changed[3 * SIZE + 1] += 0.5  # Not one of the rows by which the data are recognised.
    with pytest.warns(UserWarning, match="Shard 3 of 7 .*no longer those"):
        learnt(tmp_path, changed)
    assert passes == ["shard 1 of 7", "shard 2 of 7", "shard 3 of 7"]
    np.testing.assert_allclose(stored(result), directly(changed), atol=1e-5)
    again = [(result.path / name / "index.json").stat().st_mtime_ns for name in names]
    assert [i for i in range(7) if again[i] == written[i]] == [0, 4, 5, 6]


def test_inputs_that_are_others_each_time_are_refused(tmp_path):
    """The features of some rows would stand beside the labels of others."""
    shards = ShardSet.read(compute(tmp_path, (0, 2)).path)
    made = solvable()
    data = ArrayShards(ModelInputs.of(made), x, SIZE)
    reader = ShardReader(shards, FeaturePass(made, split_model(made), 0), data)
    digests = list(data.digests(1, 2))
    assert reader.read(1, digests).is_of(digests)
    with pytest.warns(UserWarning, match="no longer those"), pytest.raises(InvalidFeatures):
        reader.read(1, digests[::-1])
    with pytest.raises(InvalidFeatures, match="shard 1 of 2 are others each time"):
        reader.read(1, digests[::-1])
    assert shards.missing == (1,)
