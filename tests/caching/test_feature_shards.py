from pathlib import Path

from keras_mtl.caching.feature_shards import FeatureShards


def test_it_says_what_is_missing():
    some = FeatureShards(Path("there"), 4, (1, 3), 1000)
    assert str(some) == "2 of 4 shards, 1000 rows of features, in `there`; missing: 1, 3"
    whole = FeatureShards(Path("there"), 4, (), 2000)
    assert whole.is_complete and str(whole) == "4 of 4 shards, 2000 rows of features, in `there`"
