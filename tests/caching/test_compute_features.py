import signal
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest

from _engines import install
from _fitting import SAMPLES, assert_learns_the_same
from _processes import PATHS
from _shards import compute, directly, learnt, model, stored, watched_passes, x, y
from keras_mtl.caching.storage import file_store
from keras_mtl.errors import CacheError, InvalidFeatures

# What is learnt


@pytest.mark.slow
def test_what_is_learnt_is_what_fit_learns(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    monkeypatch.setattr(file_store, "SMALL", 0)
    made = partial(model, hidden=[4], dropout=0.3)
    for number in (2, 0, 1):
        compute(tmp_path, (number, 3), made=made())
    passes.clear()
    run = {"epochs": 2, "batch_size": 10, "verbose": 0, "validation_split": 0.2}
    assert_learns_the_same(made, lambda fit: fit(x, y, **run), cache=tmp_path)
    assert passes == []


def test_what_is_learnt_is_what_is_learnt_without_shards(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    monkeypatch.setattr(file_store, "SMALL", 0)  # The rows stay in their files.
    for number in (2, 0):
        assert not compute(tmp_path, (number, 3)).is_complete
    result = compute(tmp_path, (1, 3))
    assert (result.is_complete, result.missing, result.num_rows) == (True, (), SAMPLES)
    np.testing.assert_allclose(stored(result), directly(x), atol=1e-5)
    passes.clear()
    sharded = learnt(tmp_path, validation_split=0.2)
    assert passes == []
    np.testing.assert_allclose(sharded, learnt("memory", validation_split=0.2), atol=1e-4)


def test_shards_of_several_engines_serve_together_whatever_trains(tmp_path, monkeypatch):
    engine = install(monkeypatch)
    compute(tmp_path, (0, 2))
    assert engine.calls == 0
    found = compute(tmp_path, (1, 2), engine="openvino")
    assert found.is_complete and engine.calls > 0
    passes = watched_passes(monkeypatch)
    np.testing.assert_allclose(learnt(tmp_path), learnt("memory"), atol=1e-4)
    assert len(passes) == 1  # That in memory.


# What is refused


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"shard": (2, 2)}, ValueError, r"from 0 to n - 1.*Received: \(2, 2\).*is \(1, 2\)"),
        ({"shard": 3}, ValueError, r"`shard` is `\(i, n\)`.*Received: 3"),
        ({"shard": (-1, 2)}, ValueError, "Received"),
        ({"shard": (0, 8)}, ValueError, "into 8, but they have 7 batches"),
        ({"data": iter([(x, y)])}, ValueError, "read only once"),
        ({"data": x[:, :4]}, InvalidFeatures, "does not fit the input"),
        ({"data": np.where(x > 1, np.nan, x)}, InvalidFeatures, "finite numbers"),
        ({"data": x[:0]}, InvalidFeatures, "no samples"),
    ],
)
def test_what_is_no_shard_is_refused(given, error, message, tmp_path):
    with pytest.raises(error, match=message):
        compute(tmp_path, **given)
    assert list(tmp_path.rglob("*.bin")) == []


# Several processes

SCRIPT = """
import sys, time
import numpy as np
from _shards import compute
from keras_mtl.caching import shard_data
number, folder, wait = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
read = shard_data.ArrayShards.batches
def slowly(self, *shard):
    for batch in read(self, *shard):
        time.sleep(wait)
        yield batch
shard_data.ArrayShards.batches = slowly
compute(folder, None if number < 0 else (number, 3))
"""


def start(script, *arguments):
    return subprocess.Popen([sys.executable, script, *map(str, arguments)])


@pytest.mark.slow
def test_a_killed_process_costs_its_shard_only(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(f"import sys\nsys.path[:0] = {PATHS}\n{SCRIPT}")
    folder = tmp_path / "cache"
    killed, whole = start(script, 1, folder, 99), start(script, 0, folder, 0)
    try:
        assert whole.wait(300) == 0
        while not list(folder.glob("*/00001-of-00003.*.partial")):
            assert killed.poll() is None
            time.sleep(0.05)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)
    result = compute(folder, (2, 3))
    assert result.missing == (1,)
    with pytest.raises(CacheError, match="missing: 1"):
        learnt(folder)
    assert start(script, -1, folder, 0).wait(300) == 0
    assert np.allclose(stored(compute(folder)), directly(x), atol=1e-5)
    assert list(folder.rglob("*.partial")) == []
    np.testing.assert_allclose(learnt(folder), learnt("memory"), atol=1e-4)
