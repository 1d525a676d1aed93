import keras
import pytest
from keras import layers

from _models import nested_twice
from keras_mtl.errors import NotStatic
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.static_flags import calls_up_to, check_batchnorm, set_static


def paths_up_to(model, path):
    return [call.path for call in calls_up_to(Graph.of(model).opened, path)]


def test_calls_up_to_a_path():
    assert paths_up_to(nested_twice(), "stem") == ["inputs", "stem"]
    assert paths_up_to(nested_twice(), "middle/innermost/norm")[-1] == "middle/innermost/norm"
    assert paths_up_to(nested_twice(), "middle")[-1] == "middle/dense"  # The last one inside.
    assert paths_up_to(nested_twice(), None)[-1] == "logits"


@pytest.mark.parametrize(("batchnorm", "trains"), [("frozen", False), ("train", True)])
def test_flags_are_set_on_the_layers_alone(batchnorm, trains):
    model = nested_twice()
    model.trainable = False
    stem = {"stem": model.get_layer("stem")}
    set_static(model, stem, batchnorm)
    middle = model.get_layer("middle")
    innermost = middle.get_layer("innermost")
    flags = [model, stem["stem"], middle, innermost, *innermost.layers, *middle.layers[2:]]
    assert [layer.trainable for layer in flags] == [
        *(True, False, True, True),
        *(True, trains, True),
        *(True, True),
    ]


def test_a_model_of_static_layers_is_not_trainable():
    model = nested_twice()
    calls = calls_up_to(Graph.of(model).opened, "middle/innermost")
    set_static(model, {call.path: call.operation for call in calls}, "train")
    middle = model.get_layer("middle")
    assert not middle.get_layer("innermost").trainable
    assert middle.trainable


def test_a_stateful_rnn_is_refused():
    rnn = layers.LSTM(3, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(2, 5, 4)), rnn])
    with pytest.raises(NotStatic, match="`memory` is a stateful RNN"):
        set_static(model, {"memory": rnn}, "frozen")
    assert model.trainable


def test_there_are_two_policies():
    check_batchnorm("frozen")
    with pytest.raises(ValueError, match=r"`batchnorm` is .* Received: 'live'"):
        check_batchnorm("live")
