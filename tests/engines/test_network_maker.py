import keras
import pytest
from keras import layers

from keras_mtl.engines.network_maker import check_numbers
from keras_mtl.errors import NotConvertible


def test_other_precisions_and_text_are_refused_by_name():
    inputs = keras.Input((3,), name="x")
    half = layers.Dense(2, dtype="mixed_float16", name="low")
    with pytest.raises(NotConvertible, match="layer `low` computes in float16"):
        check_numbers(inputs, [layers.Dense(2), half])
    text = keras.Input((1,), dtype="string", name="title")
    with pytest.raises(NotConvertible, match="input `title` takes text"):
        check_numbers([inputs, text], [])
    check_numbers([inputs, keras.Input((1,), dtype="int64")], [layers.Dense(2)])
