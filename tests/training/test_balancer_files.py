"""A model is saved with its balancer, and with what the balancer remembers."""

import warnings

import keras
import numpy as np
import pytest

from _helpers import reload
from _two_tasks import EAGER, bits, joint_data, two_tasks
from keras_mtl import balancing
from keras_mtl.balancing import Bloop


def trained(model):
    model.fit(*joint_data(8), batch_size=8, epochs=2, shuffle=False, verbose=0)
    return bits([*model.variables, *model.training_state.update_rule.variables])


@pytest.mark.slow
def test_a_reloaded_model_goes_on_as_the_saved_one(tmp_path):
    model = two_tasks(balancer=Bloop(main="age", rate=0.5), optimizer="adam")
    trained(model)
    loaded = reload(model, tmp_path)
    assert loaded.training_state.balancer == model.training_state.balancer
    if EAGER:
        loaded.run_eagerly = True
    assert trained(loaded) == trained(model)

    model.save_weights(tmp_path / "m.weights.h5")
    other = two_tasks(balancer=balancing.PCGrad(), optimizer="adam")
    with pytest.warns(UserWarning, match="Skipping variable loading for optimizer"):
        other.load_weights(tmp_path / "m.weights.h5")
    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)


def test_tasks_that_come_and_go_keep_the_balancer():
    model = two_tasks(balancer="pcgrad")
    larger = model.add_task("sex", 2)
    assert larger.training_state.balancer.tasks == ("age", "hair", "sex")
    assert larger.remove_task("age").training_state.balancer.tasks == ("hair", "sex")
    assert model.remove_task("age").training_state.balancer is None
    assert keras.Model.get_compile_config(larger)["balancer"]["class_name"] == "PCGrad"


def test_an_h5_file_loses_the_balancer_with_a_warning(tmp_path):
    model = two_tasks(balancer="pcgrad")
    with pytest.warns(UserWarning, match=r"does not hold the balancer `PCGrad\(seed=0\)`: save a"):
        model.save(tmp_path / "model.h5")
    loaded = keras.models.load_model(tmp_path / "model.h5")
    assert loaded.training_state.balancer is None
    with warnings.catch_warnings(action="error", category=UserWarning):
        loaded.save(tmp_path / "model.h5")
        model.save(tmp_path / "model.keras")
