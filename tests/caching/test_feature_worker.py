from functools import partial

import numpy as np
import pytest

from _fitting import SAMPLES
from _shards import SIZE, directly, learnt, model, solvable, stored, watched_passes, x, y
from keras_mtl.caching.compute_features import compute_features
from keras_mtl.caching.feature_worker import FeatureWorker
from keras_mtl.caching.fit_cached import fit_cached


@pytest.mark.slow
def test_a_saved_model_has_the_features_of_the_model_itself(tmp_path, monkeypatch):
    solvable().save(tmp_path / "model.keras")
    worker = FeatureWorker(tmp_path / "model.keras", lambda: x, tmp_path, 2, SIZE)
    assert worker({"id": np.array([1])})["rows"].tolist() == [18]
    assert worker({"id": np.array([0, 1])})["rows"].tolist() == [SAMPLES, SAMPLES]
    passes = watched_passes(monkeypatch)
    learnt(tmp_path)
    assert passes == []
    with pytest.raises(ValueError, match="`num_shards` is a positive whole number"):
        FeatureWorker(tmp_path / "model.keras", x, tmp_path, 0)


@pytest.mark.slow
def test_actors_of_ray_compute_shards(tmp_path):
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    made = model()
    made.save(tmp_path / "model.keras")
    folder = tmp_path / "cache"
    np.save(tmp_path / "x.npy", x)
    load = partial(np.load, str(tmp_path / "x.npy"))
    paths = (str(tmp_path / "model.keras"), load, str(folder), 4, SIZE)
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    try:
        rows = ray.data.range(4, override_num_blocks=4).map_batches(
            FeatureWorker, fn_constructor_args=paths, batch_size=1, concurrency=2
        )
        assert sorted(row["shard"] for row in rows.take_all()) == [0, 1, 2, 3]
    finally:
        ray.shutdown()
    result = compute_features(made, x, folder, verbose=0)
    assert result.is_complete and result.num_rows == SAMPLES
    np.testing.assert_allclose(stored(result), directly(x), atol=1e-5)
    fit_cached(made, x, y, cache=folder, epochs=1, verbose=0)
