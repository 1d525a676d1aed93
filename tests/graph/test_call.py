import keras
import numpy as np
from keras import layers, ops

from _watching import as_numpy
from keras_mtl.graph.call import Call, ModelEntry
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask


def test_arguments_are_filled_in_where_the_tensors_were():
    first, second = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    model = keras.Model([first, second], ops.concatenate([second, first, second], axis=-1))
    (call,) = Graph.of(model).calls[2:]
    values = {id(first): "first", id(second): "second"}
    args, _ = call.fill_in(values, {})
    assert keras.tree.flatten(args) == ["second", "first", "second"]


def test_a_mask_is_filled_in_from_beside_its_tensor():
    tokens = keras.Input((5,), dtype="int32")
    x = layers.Embedding(4, 6, mask_zero=True)(tokens)
    call = Graph.of(keras.Model(tokens, layers.LSTM(3, name="steps")(x))).find("steps")
    for masks, mask in (({id(x): "mask"}, "mask"), ({}, None)):
        args, kwargs = call.fill_in({id(x): "features"}, masks)
        assert (args, kwargs["mask"]) == (("features",), mask)


def test_only_calls_without_inputs_are_inputs():
    assert Call("a", None, (), (1,)).is_input
    assert not Call("a", None, (1,), (2,)).is_input


def nested():
    wide, deep = keras.Input((4,), name="wide"), keras.Input((2,), name="deep")
    return keras.Model([wide, deep], layers.Concatenate()([wide, deep]))


def test_an_entry_prepares_inputs_as_the_model_does():
    entry = ModelEntry(nested())
    given = {"deep": np.ones((3, 2), "uint8"), "wide": np.zeros((3, 4, 1))}
    wide, deep = entry(given, training=True)
    assert [as_numpy(wide).shape, as_numpy(deep).shape] == [(3, 4), (3, 2)]
    assert {keras.backend.standardize_dtype(tensor.dtype) for tensor in (wide, deep)} == {"float32"}


def test_an_entry_carries_masks_in():
    """Those given, or those beside the tensors; a cast would lose them."""
    entry = ModelEntry(nested())
    tensors = [ops.ones((3, 4), "int32"), ops.ones((3, 2), "int32")]
    set_keras_mask(tensors[0], "beside")
    assert list(map(get_keras_mask, entry(tensors))) == ["beside", None]
    assert list(map(get_keras_mask, entry(tensors, mask=[None, "given"])))[1] == "given"


def test_entries_of_unlike_models_differ_in_their_config():
    other = keras.Model(inputs := keras.Input((4,), dtype="int32"), ops.cast(inputs, "float32"))
    assert ModelEntry(nested()).get_config()["inputs"] != ModelEntry(other).get_config()["inputs"]
