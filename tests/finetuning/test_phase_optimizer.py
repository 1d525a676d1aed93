import keras
import numpy as np
import pytest
from keras.optimizers import SGD, Adam, LossScaleOptimizer

from keras_mtl import Phase, layerwise
from keras_mtl.finetuning.phase_optimizer import phase_optimizer, take_over_slots, takes_decay
from keras_mtl.finetuning.stages import resolve
from keras_mtl.keras_private.optimizers import slots_of


def of_phase(compiled=None, **arguments):
    stage = resolve(1, Phase(steps=100, **arguments), [], [], num_batches=50, epochs=None)
    return phase_optimizer(stage, compiled or Adam(0.25, beta_1=0.5))


def rates(optimizer, steps=(0, 10, 100)):
    schedule = optimizer.get_config()["learning_rate"]
    schedule = keras.optimizers.schedules.deserialize(schedule)
    return [float(schedule(step)) for step in steps]


def test_the_rate_rises_to_that_of_the_compiled_optimizer_and_falls():
    found = of_phase()
    assert found.get_config()["beta_1"] == 0.5
    np.testing.assert_allclose(rates(found), [0.25 / 11, 0.25, 0.0], atol=1e-7)
    np.testing.assert_allclose(rates(of_phase(learning_rate=0.5)), [0.5 / 11, 0.5, 0], atol=1e-7)


def test_an_optimizer_of_its_own_keeps_its_rate_and_the_one_given_stays_without_state():
    given = SGD(0.125, momentum=0.5)
    found = of_phase(optimizer=given)
    assert found is not given and type(found) is type(given)
    assert found.get_config()["learning_rate"] == 0.125 and found.get_config()["momentum"] == 0.5
    assert rates(of_phase(optimizer="sgd", learning_rate=0.5))[1] == 0.5


def test_decay_and_scaling_go_around():
    found = of_phase(LossScaleOptimizer(Adam(0.25), initial_scale=8.0), decay=0.5)
    assert isinstance(found, LossScaleOptimizer) and found.get_config()["initial_scale"] == 8.0
    assert type(found.inner_optimizer) is type(layerwise("adam", decay=0.5))
    assert takes_decay(Adam()) and not takes_decay(layerwise("adam", decay=0.5))


@pytest.mark.parametrize(
    ("old", "new", "carried"),
    [
        (Adam(), Adam(), ["_momentums", "_velocities"]),
        (SGD(momentum=0.5), SGD(), []),
        (SGD(), SGD(momentum=0.5), []),
        (SGD(momentum=0.5), Adam(), []),  # other numbers under a like name
    ],
)
def test_slots_are_taken_over_between_optimizers_of_one_class(old, new, carried):
    variable = keras.Variable(np.zeros(2, "float32"))
    for one in (old, new):
        one.build([variable])
    for slot in slots_of(old, variable).values():
        slot.assign([3.0, 4.0])
    take_over_slots(old, new)
    found = {
        name: keras.ops.convert_to_numpy(slot).tolist()
        for name, slot in slots_of(new, variable).items()
    }
    assert [name for name, value in found.items() if value == [3.0, 4.0]] == carried
