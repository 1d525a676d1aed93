from keras_mtl.common.near_misses import did_you_mean, near_misses


def test_the_nearest_name_is_suggested():
    assert did_you_mean("rigde", ["knn", "ridge"]) == " Did you mean 'ridge'?"
    assert near_misses("conv", ["conv_1", "conv_2", "dense"], most=2) == ["conv_2", "conv_1"]


def test_nothing_is_suggested_where_nothing_is_near():
    assert did_you_mean("softmax", ["knn", "ridge"]) == ""
    assert did_you_mean(3, ["3"]) == ""
