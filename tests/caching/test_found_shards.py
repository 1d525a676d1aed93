import pytest

from _shards import compute, learnt, other_model, watched_passes
from keras_mtl.errors import CacheError


def test_training_names_the_shards_that_are_missing(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    compute(tmp_path, (1, 4))
    with pytest.raises(CacheError, match=r"these are missing: 0, 2, 3\. .*do not share"):
        learnt(tmp_path)
    compute(tmp_path)
    passes.clear()
    with pytest.warns(UserWarning, match="by other frozen layers"):
        learnt(tmp_path, made=other_model())
    assert passes == ["the data"]
