"""What `compile` takes as `optimizer`."""

import keras
import pytest

from _turns import train
from _two_tasks import (
    Adam,
    Reference,
    Sgd,
    assert_same_weights,
    batches_of,
    two_data_sets,
    two_tasks,
)


def test_a_dict_of_optimizers_of_different_classes():
    optimizers = {
        "trunk": keras.optimizers.SGD(0.1, momentum=0.9),
        "age": keras.optimizers.Adam(0.02),
        "hair": keras.optimizers.Adam(0.03),
    }
    model = two_tasks(optimizer=optimizers)
    own = iter([Sgd(0.1), Adam(0.02), Adam(0.03)])
    reference = Reference(model, lambda: next(own))
    feeds = {task: batches_of(task, data, 8) for task, data in two_data_sets().items()}
    for step in range(6):
        task = ("age", "hair")[step % 2]
        reference.step({task: next(feeds[task])})

    train(model)

    assert_same_weights(model, reference)


@pytest.mark.parametrize("names", [{"trunk", "age"}, {"trunk", "age", "hair", "eyes"}])
def test_a_dict_has_an_optimizer_for_each_part(names):
    with pytest.raises(ValueError, match=r"\['trunk', 'age', 'hair'\]"):
        two_tasks(optimizer=dict.fromkeys(names, "sgd"))


def test_global_clipnorm_and_accumulation_are_refused_together():
    optimizer = keras.optimizers.SGD(0.1, global_clipnorm=1.0, gradient_accumulation_steps=2)
    with pytest.raises(ValueError, match="Use `clipnorm`"):
        two_tasks(optimizer=optimizer)


def test_the_optimizer_of_a_tasks_own_model():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "rmsprop"})
    model.optimizer.learning_rate = 0.02  # From 0.01.

    own = model.task("hair").optimizer

    assert isinstance(own, keras.optimizers.RMSprop)
    assert float(own.learning_rate) == pytest.approx(0.002)


def test_a_multi_optimizer_is_refused_with_what_to_do_instead():
    optimizers = keras.optimizers
    chosen = optimizers.MultiOptimizer(optimizers.OptimizerMap(optimizers.SGD(0.1)))
    with pytest.raises(ValueError, match=r"by the paths of variables.*Give `compile` a dict"):
        two_tasks(optimizer=chosen)


def test_a_part_with_a_scaled_loss_is_refused():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="plain optimizers"):
        two_tasks(optimizer={"trunk": scaled, "age": "sgd", "hair": "sgd"})
