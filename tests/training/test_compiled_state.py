"""What training keeps of a model that trains as in Keras's own `fit`."""

import keras
import numpy as np
import pytest
from keras import layers

from _watching import as_numpy
from keras_mtl.training.compiled_state import CompiledState


def compiled(**arguments):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"], **arguments)
    return model


def test_loss_and_metrics_are_those_of_the_model():
    model = compiled(loss_weights=[3.0])
    state = CompiledState(model)
    (objective,) = state.objectives.values()
    y = np.ones((2, 1), "float32")
    assert not state.is_built_by_keras()
    objective.build(y, 2 * y)
    assert state.is_built_by_keras()
    assert {id(v) for v in objective.variables} == {id(v) for v in model.metrics_variables}
    assert not any(as_numpy(variable).any() for variable in objective.variables)


def test_a_state_ends_with_the_next_compile():
    model = compiled()
    state = CompiledState(model)
    assert state.is_of(model) and not state.is_of(compiled())
    state.check_current()
    model.compile("sgd", "mse")
    assert not state.is_of(model)
    with pytest.raises(RuntimeError, match=r"compiled `.*` anew, as `freeze` and `unfreeze` do"):
        state.check_current()
