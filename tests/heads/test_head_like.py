import numpy as np
import pytest
from keras import layers

from keras_mtl import Head
from keras_mtl.errors import HeadMismatch
from keras_mtl.heads.head_like import checked_head


def test_a_number_of_classes_becomes_a_head():
    head = checked_head(np.int64(3))
    assert isinstance(head, Head) and head.units == 3 and head.name == "head"


def test_heads_and_layers_stay_as_they_are():
    for head in (None, Head(3), layers.Dense(3), [layers.Dense(3), layers.ReLU()]):
        assert checked_head(head) is head


@pytest.mark.parametrize("head", [True, 2.0, "dense", [], [3]])
def test_anything_else_is_refused(head):
    with pytest.raises(HeadMismatch, match=r"`head` is None, a number of classes"):
        checked_head(head)


def test_a_layer_of_keras_2_is_named_as_such():
    layer = type("Dense", (), {"__module__": "tf_keras.src.layers.core.dense"})()
    for head in (layer, [layer]):
        with pytest.raises(HeadMismatch, match="of Keras 2; use the layers of `keras`"):
            checked_head(head)
