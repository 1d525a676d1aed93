import keras
import pytest

from keras_mtl.caching.execution import LIMIT, steps_per_execution

callbacks = keras.callbacks


def compiled(**options):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **options)
    return model


class Quiet(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        pass


class Loud(callbacks.Callback):
    def on_batch_end(self, batch, logs=None):
        pass


@pytest.mark.backend("tensorflow", reason="the others run one step a call")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, 10),
        ([], 10),
        ([Quiet(), callbacks.EarlyStopping(), callbacks.CSVLogger("log")], 10),
        (callbacks.ModelCheckpoint("model.keras"), 10),
        ([callbacks.ModelCheckpoint("model.keras", save_freq=3)], 1),
        ([Quiet(), Loud()], 1),
        ([callbacks.LambdaCallback(on_train_batch_begin=print)], 1),
        (callbacks.CallbackList([Loud()]), 1),
    ],
)
def test_callbacks_that_follow_batches_see_each_one(given, expected):
    assert steps_per_execution(compiled(), given, 10) == expected


@pytest.mark.backend("tensorflow", reason="the others run one step a call")
def test_at_most_an_epoch_and_not_too_long():
    assert steps_per_execution(compiled(), [], 1000) == LIMIT
    assert steps_per_execution(compiled(), [], None) == 1


@pytest.mark.backend("tensorflow", reason="the others run one step a call")
@pytest.mark.parametrize(("steps", "expected"), [(70, 35), (128, 64), (97, 1), (40, 40)])
def test_no_call_runs_on_into_the_next_epoch(steps, expected):
    assert steps_per_execution(compiled(), [], steps, parts=[steps]) == expected


@pytest.mark.backend("tensorflow", reason="the others run one step a call")
def test_no_call_runs_on_after_a_part_of_the_validation_data():
    assert steps_per_execution(compiled(), [], 9, parts=[2]) == 2
    assert steps_per_execution(compiled(), [], 40, parts=[40, 6]) == 2


@pytest.mark.backend("jax", "torch", reason="TensorFlow can run several steps in a call")
def test_one_step_a_call():
    assert steps_per_execution(compiled(), [], 10) == 1


@pytest.mark.backend("tensorflow", "jax", reason="torch knows no other number")
def test_what_was_compiled_counts():
    assert steps_per_execution(compiled(steps_per_execution=3), [], 10) == 3
    assert steps_per_execution(compiled(run_eagerly=True), [], 10) == 1
