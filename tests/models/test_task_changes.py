"""Models of one task, of one task more or less, share the layers of the first."""

import keras
import pytest
from keras import layers

import keras_mtl
from _helpers import reload
from _task_trunks import FAST, convolutions
from _two_tasks import EAGER, bits, two_data_sets, two_tasks
from _watching import assert_close, same_bits
from keras_mtl import MultiTaskModel, transfer
from keras_mtl.errors import TaskNotFound


@pytest.mark.slow
def test_the_model_of_a_task_is_an_ordinary_one_that_shares_the_weights(tmp_path):
    model = two_tasks()
    x, y = two_data_sets()["hair"]
    own = model.task("hair")
    own.run_eagerly = EAGER
    age = bits(model.heads["age"].variables)
    start = bits(model.trunk.variables)

    history = own.fit(x, y, verbose=0).history

    assert list(history) == ["accuracy", "loss"]
    assert bits(model.trunk.variables) != start and bits(model.heads["age"].variables) == age
    assert_close(own.predict(x, verbose=0), model.predict(x, task="hair", verbose=0))
    assert set(own.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", "accuracy"}
    loaded = reload(own, tmp_path)
    assert same_bits(loaded(x), own(x))
    with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
        model.task("hairs")


def test_the_model_of_a_task_on_a_trunk_of_transfer():
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), {"sex": 2})
    own = model.task("sex")
    assert isinstance(own, keras_mtl.TransferModel)
    assert own.trunk is model.trunk and own.head is model.heads["sex"]
    keras_mtl.unfreeze(own, start="conv")
    assert model.trunk.get_layer("conv").trainable


@pytest.mark.slow
def test_tasks_are_added_and_removed_without_a_copy():
    class Own(keras.optimizers.SGD):
        """Not registered."""

    optimizer = keras.optimizers.LossScaleOptimizer(Own(weight_decay=0.1), initial_scale=8.0)
    optimizer.inner_optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = two_tasks(
        optimizer=optimizer,
        metrics={"age": ["mse"]},
        loss_weights={"age": 2.0},
        steps_per_execution=3,
    )
    more = model.add_task("eyes", 2)
    other = model.add_task("size", layers.Dense(1), loss="mse", metrics=["mae"])
    less = more.remove_task("age")

    assert model.tasks == ("age", "hair") and more.tasks == ("age", "hair", "eyes")
    assert less.tasks == ("hair", "eyes")
    for one in (more, other, less):
        assert one.trunk is model.trunk and one.heads["hair"] is model.heads["hair"]
        assert one.compiled and one.steps_per_execution == 3
        assert one.optimizer.initial_scale == 8.0
        own = one.optimizer.inner_optimizer.fresh("trunk")
        assert isinstance(own, Own)
        assert [own._use_weight_decay(v) for v in one.trunk.trainable_variables] == [True, False]
    less.run_eagerly = EAGER
    x, y = two_data_sets()["hair"]
    history = less.fit({"hair": (x, y), "eyes": (x, y % 2)}, steps_per_epoch=4, **FAST).history
    assert set(history) == {"loss", "hair_loss", "hair_accuracy", "eyes_loss", "eyes_accuracy"}
    assert_close(less.predict(x, task="hair", verbose=0), model(x)["hair"])
    with pytest.raises(ValueError, match="only task"):
        less.remove_task("hair").remove_task("eyes")
    with pytest.raises(ValueError, match="cannot be named 'age'"):
        model.add_task("age", 2)
    with pytest.raises(TaskNotFound):
        model.remove_task("ages")


@pytest.mark.slow
@pytest.mark.parametrize("given", ["one for all", "one for each"])
def test_a_model_with_other_tasks_has_an_optimizer_of_the_same_settings(given):
    optimizer = keras.optimizers.SGD(0.5, momentum=0.25)
    if given == "one for each":
        optimizer = {"trunk": optimizer, "sex": "adam", "hair": "rmsprop"}
    trunk = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
    model.compile(optimizer)

    more, fewer = model.add_task("age", keras_mtl.Head(1, "regression")), model.remove_task("hair")

    for other, names in ((more, ("sex", "hair", "age")), (fewer, ("sex",))):
        for name in ("trunk", *names):
            same = name if name != "age" else "trunk"
            expected = model.optimizer.fresh(same).get_config()
            own = other.optimizer.fresh(name).get_config()
            assert {**own, "name": ""} == {**expected, "name": ""}
    assert more.optimizer.fresh("age").momentum == 0.25
