"""The layers of a model by task."""

import keras
import pytest
from keras import layers

from _two_tasks import two_tasks
from keras_mtl.errors import TaskNotFound, UnsupportedModel
from keras_mtl.training.task_graphs import TrunkAndHeads, WholeModel


def test_a_trunk_and_heads():
    model = two_tasks()
    graphs = TrunkAndHeads(model, model.trunk, model.heads)

    assert graphs.tasks == ("age", "hair") and graphs.outputs["age"] is model.output["age"]
    assert graphs.shared_layers() == [model.trunk]
    assert graphs.layers_of("hair") == [model.heads["hair"]]
    own = graphs.of_task("hair")
    assert graphs.of_task("hair") is own
    assert own.trainable_variables == [
        *model.trunk.trainable_variables,
        *model.heads["hair"].trainable_variables,
    ]
    assert graphs.of_tasks(["hair", "age"]) is model
    some = graphs.of_tasks(["hair"])
    assert graphs.of_tasks(["hair"]) is some and list(some.output) == ["hair"]
    with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
        graphs.of_task("hairs")


@pytest.mark.parametrize("structure", [lambda y: y, lambda y: [y], lambda y: {"out": y}])
def test_a_whole_model(structure):
    inputs = keras.Input((4,))
    last = layers.Dense(2, name="out")
    model = keras.Model(inputs, structure(last(inputs)))
    graphs = WholeModel(model)

    assert graphs.tasks == ("out",) and graphs.heads["out"] is last
    assert graphs.of_task("out") is model is graphs.of_tasks(["out"])
    assert graphs.shared_layers() == [] and graphs.layers_of("out") == [model]


def test_a_model_without_known_outputs_is_refused():
    with pytest.raises(UnsupportedModel, match="no known outputs"):
        WholeModel(keras.Sequential([layers.Dense(2)]))
