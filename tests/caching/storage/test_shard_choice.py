import pytest

from _shards import compute, other_model
from keras_mtl.caching.storage.shard_choice import named
from keras_mtl.errors import CacheError


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"shard": (0, 4)}, "in 2 shards. Received: 4 shards"),
        ({"shard": (1, 2), "batch_size": 5}, "in batches of 6 rows.*5"),
        ({"shard": (1, 2), "made": other_model}, "by other frozen layers.*1 of 2"),
    ],
)
def test_a_shard_of_another_set_is_refused(given, message, tmp_path):
    compute(tmp_path, (0, 2))
    before = list(tmp_path.rglob("*.bin"))
    given = {key: value() if callable(value) else value for key, value in given.items()}
    with pytest.raises(CacheError, match=message):
        compute(tmp_path, **given)
    assert list(tmp_path.rglob("*.bin")) == before


def test_few_numbers_are_named():
    assert named((1, 3)) == "1, 3"
    assert named(tuple(range(12))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
