import os

from _shards import compute, watched_passes
from keras_mtl.common.owned_paths import owner_name


def test_what_another_process_is_computing_comes_last(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    path = compute(tmp_path, (0, 3)).path
    (path / f"00001-of-00003.{owner_name().replace(str(os.getpid()), '1')}.partial").mkdir()
    compute(tmp_path)
    assert passes == [f"shard {number} of 3" for number in (0, 2, 1)]
