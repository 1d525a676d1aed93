"""What we know of Keras's compiled models: a test fails with one sentence when Keras changes it."""

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.keras_private import compiled as private

GONE = "Keras no longer keeps {}: see keras_private/compiled.py"


def model_of_one_layer():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def test_compile_arguments_are_those_given():
    model, loss, metric = model_of_one_layer(), keras.losses.MeanSquaredError(), "mae"
    model.compile("sgd", loss, metrics=[metric], run_eagerly=True)
    found = private.compile_arguments(model)
    assert found["loss"] is loss, GONE.format("the arguments of `compile`")
    assert found["metrics"] == [metric] and found["run_eagerly"] is True
    assert {"optimizer", "loss_weights", "weighted_metrics", "jit_compile"} <= set(found)


def test_an_argument_of_our_own_is_saved_with_the_others():
    model = model_of_one_layer()
    model.compile("sgd", "mse")
    private.add_compile_argument(model, "balancer", "x")
    assert private.compile_arguments(model)["balancer"] == "x"
    assert model.get_compile_config()["balancer"] == "x", GONE.format("what it compiles with")


def test_the_first_fit_of_a_built_model_is_as_the_next_ones():
    x, y = np.arange(16.0).reshape(8, 2), np.arange(8.0)
    model = model_of_one_layer()
    model.compile("sgd", "mse", metrics=["mae"])
    before = model.get_weights()

    private.build_compiled(model, (x[:1], y[:1], None))
    losses = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        model.set_weights(before)
        losses.append(model.fit(x, y, batch_size=2, verbose=0).history["loss"][0])

    assert model.optimizer.built
    assert losses[0] == losses[1], GONE.format("from drawing a batch before the first epoch")


def test_the_loss_of_one_output():
    y = np.ones((2, 1), "float32")
    losses = private.CompileLoss("mse", None)
    losses.build(y, y)
    found = private.only_loss(losses)
    assert isinstance(found, keras.losses.Loss), GONE.format("the loss of an output")
    assert found.reduction == "sum_over_batch_size"
    assert float(as_numpy(losses(y, 3 * y, np.array([1.0, 0.0], "float32")))) == 2.0


@pytest.mark.parametrize("weighted", [None, ["mse"]])
def test_metrics_by_whether_weights_count(weighted):
    y = np.ones((2, 1), "float32")
    metrics = private.CompileMetrics(["mae"], weighted)
    metrics.build(y, y)
    names = [metric.name for metric in private.unweighted_metrics(metrics)]
    assert names == ["mae"], GONE.format("the metrics of an output")
    assert [one.name for one in private.weighted_metrics(metrics)] == (weighted or [])


def test_the_function_whose_mean_a_metric_is():
    found = private.metric_function(keras.metrics.MeanSquaredError())
    assert found is keras.losses.mean_squared_error, GONE.format("the function of a metric")
    assert private.metric_function(keras.metrics.AUC()) is None


def test_losses_are_reduced_with_their_weights():
    values, weights = np.array([1.0, 2.0], "float32"), np.array([1.0, 0.0], "float32")
    reductions = {"sum_over_batch_size": 0.5, "sum": 1.0, "mean_with_sample_weight": 1.0}
    for reduction, expected in reductions.items():
        found = private.reduce_weighted_values(values, weights, None, reduction, "float32")
        assert float(as_numpy(found)) == expected, GONE.format("how a loss is reduced")


def test_the_direction_of_a_metric():
    directions = {
        private.metric_direction(metric)
        for metric in (keras.metrics.BinaryAccuracy(), keras.metrics.AUC())
    }
    assert directions == {"up"}, GONE.format("the direction of a metric")
    assert private.metric_direction(keras.metrics.MeanSquaredError()) == "down"
    assert private.metric_direction(keras.metrics.Mean()) in (None, "down")


def test_backup_and_restore_sets_the_initial_epoch(tmp_path):
    model = model_of_one_layer()
    model.compile("sgd", "mse", run_eagerly=True)
    callback = keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
    x = np.ones((2, 2), "float32")
    model.fit(x, x[:, :1], epochs=2, callbacks=[callback], verbose=0)
    private.set_initial_epoch(model, 0)
    callback.on_train_begin()
    assert private.initial_epoch(model) == 2, GONE.format("the initial epoch")


def test_losses_are_scaled_by_the_number_of_replicas():
    one = keras.ops.convert_to_tensor(3.0)
    scaled = private.scale_loss_for_distribution(one)
    assert float(as_numpy(scaled)) == 3.0, GONE.format("the scaling of losses by replicas")


def test_what_compile_makes_and_training_updates():
    model = model_of_one_layer()
    model.compile("sgd", "mse", loss_weights=[2.0], metrics=["mae"])
    first = private.loss_tracker(model)
    assert isinstance(first, keras.metrics.Mean), GONE.format("the mean of the loss")
    x, y = np.ones((2, 2), "float32"), np.ones((2, 1), "float32")
    model.train_on_batch(x, y)
    losses, metrics = private.compiled_loss(model), private.compiled_metrics(model)
    assert losses.built and metrics.built, GONE.format("loss and metrics of `compile`")
    assert private.only_loss_weight(losses) == 2.0, GONE.format("the weight of a loss")
    assert [metric.name for metric in metrics.metrics] == ["mae"]
    logs = {"mae": 1.0, "loss": 2.0}
    found = private.in_order_of_metrics(model, logs)
    assert found == [2.0, 1.0], GONE.format("the order of what `evaluate` returns")
    model.compile("sgd", "mse")
    assert private.loss_tracker(model) is not first, GONE.format("a new mean at each `compile`")


def test_configs_for_an_h5_file_are_told_apart(tmp_path):
    seen = []

    class Tells(keras.layers.Layer):
        def call(self, x):
            return x

        def get_config(self):
            seen.append(private.writes_h5_config())
            return super().get_config()

    model = keras.Sequential([keras.Input((2,)), Tells()])
    for name in ("model.h5", "model.keras"):
        model.save(tmp_path / name)
    assert seen == [True, False], GONE.format("that it writes an `.h5` file")
