"""Training in several processes, the workers of `MultiWorkerMirroredStrategy`."""

import threading

import keras
import numpy as np
import pytest

import _training_calls
from _processes import PATHS, free_ports, reports
from _two_tasks import sex_and_hair, two_sets

pytestmark = [
    pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's"),
    pytest.mark.slow,
]

SCRIPT = """
import json, os, sys
index, *ports = sys.argv[1:]
os.environ["TF_CONFIG"] = json.dumps({{
    "cluster": {{"worker": [f"localhost:{{port}}" for port in ports]}},
    "task": {{"type": "worker", "index": int(index)}},
}})
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before any operation
sys.path[:0] = {paths!r}
import keras
import numpy as np
import _training_calls
import keras_mtl
from test_tf_workers import CALLS, FITTED, STILL, Stops, model_with_statistics
from _two_tasks import sex_and_hair, two_sets

_training_calls.made_in = strategy.scope
_training_calls.worker, _training_calls.workers = int(index), len(ports)

report = {{"replicas": strategy.num_replicas_in_sync}}


def trained(make, data, **options):
    with strategy.scope():
        model = make()
    history = model.fit(data, validation_data=two_sets(8, 8), **{{**FITTED, **options}})
    return [np.asarray(w).tolist() for w in model.get_weights()], history.history


for name in CALLS:
    found = _training_calls.CALLS[name]()
    report[name] = {{key: np.asarray(value).tolist() for key, value in found.items()}}
report["statistics"] = trained(lambda: model_with_statistics("adam"), two_sets(8, 8))
folder = os.path.dirname(sys.argv[0]) + "/backup"  # both workers share it
make = lambda: model_with_statistics("adam")
# Only the chief makes backups, and has callbacks that write.
own = os.path.dirname(sys.argv[0]) + f"/of_{{index}}"
logger = keras.callbacks.CSVLogger(own + ".csv")
given = {{"backup": folder if index == "0" else own, "callbacks": [logger]}}
report["backed up"] = trained(make, two_sets(8, 8), backup_every=1, **given)
report["written"] = sorted(os.listdir(os.path.dirname(own)))
report["still"] = trained(lambda: model_with_statistics(**STILL), two_sets(8, 8))
bad = two_sets(8, 8)
bad["hair"][0][-1] = np.nan  # a row of the second worker
try:
    trained(lambda: model_with_statistics("adam"), bad)
except ArithmeticError as error:
    report["refused"] = str(error)
try:
    trained(make, two_sets(8, 8), seed=int(index))
except ValueError as error:
    report["other seeds"] = str(error)
# On the second worker only.
stops = lambda moment: [Stops(moment)] if index == "1" else []
with strategy.scope():
    model = make()
fitted = {{**FITTED, "epochs": 10**5}}
for moment in ("on_epoch_begin", "thread"):
    before = int(np.asarray(model.optimizer.iterations))
    history = model.fit(two_sets(8, 8), callbacks=stops(moment), **fitted)
    steps = int(np.asarray(model.optimizer.iterations)) - before
    report[moment] = [steps, len(history.epoch)]
scored = {{"batch_size": 8, "verbose": 0, "callbacks": stops("on_test_batch_begin")}}
report["on_test_batch_begin"] = model.evaluate(two_sets(24, 24), **scored)["hair"]["loss"]
model = _training_calls.transferred()
phases = [keras_mtl.Phase("head", epochs=2), keras_mtl.Phase("all", epochs=2)]
tuned = {{"phases": phases, "verbose": 0, "callbacks": stops("on_epoch_end")}}
history = keras_mtl.fine_tune(model, _training_calls.rows(12), np.arange(12) % 3, **tuned)
report["on_epoch_end"] = history.epoch
print("REPORT" + json.dumps(report))
"""


class Stops(keras.callbacks.Callback):
    """Stops training, or a pass over the data, at a moment of the second epoch or batch."""

    def __init__(self, moment):
        super().__init__()
        if moment == "thread":
            self.on_epoch_begin = self._later
        else:
            setattr(self, moment, self._now)

    def _now(self, number, logs=None):
        self.model.stop_training = self.model.stop_evaluating = number == 1

    def _later(self, epoch, logs=None):
        if epoch == 1:
            threading.Timer(0.2, setattr, (self.model, "stop_training", True)).start()


CALLS = ("in_turn", "joint_arrays", "own_batches", "data_sets", "cached")
"""Some calls of `_training_calls`; `benchmarks/several_workers_parity.py` makes all of them."""
FITTED = {"epochs": 2, "batch_size": 8, "seed": 1, "verbose": 0, "shuffle": False}
STILL = {"optimizer": "sgd", "learning_rate": 0.0}
MOMENTUM = 0.5


def model_with_statistics(optimizer, **changed):
    norm = keras.layers.BatchNormalization(momentum=MOMENTUM)
    model = sex_and_hair(extra=[norm], optimizer=optimizer, run_eagerly=False)
    for name, value in changed.items():
        setattr(model.optimizer, name, value)
    return model


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """What two workers have found."""
    script = tmp_path_factory.mktemp("workers") / "run.py"
    paths = [str(script.parent), *PATHS]
    script.write_text(SCRIPT.format(paths=[__file__.rpartition("/")[0], *paths]))
    ports = free_ports(2)
    return reports(script, [(0, *ports), (1, *ports)])


def test_there_are_two_workers_that_agree_on_everything(workers):
    assert workers[0]["replicas"] == 2
    assert workers[0] == workers[1]


@pytest.mark.parametrize("call", CALLS)
def test_every_call_gives_what_it_gives_in_one_process(workers, call):
    """Uneven batches, missing labels, class weights, streams, evaluation and predictions."""
    expected = _training_calls.CALLS[call]()
    found = workers[0][call]
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)


def test_statistics_are_the_means_over_the_workers(workers):
    model = model_with_statistics(**STILL)
    dense, norm = model.trunk.layers
    mean, variance = np.zeros(6), np.ones(6)
    data = two_sets(8, 8)
    for task in ("sex", "hair") * 2:  # two epochs of one batch each
        x = data[task][0]
        features = np.maximum(x @ dense.get_weights()[0], 0).reshape(2, 4, 6)  # by worker
        mean = MOMENTUM * mean + (1 - MOMENTUM) * features.mean(axis=1).mean(axis=0)
        variance = MOMENTUM * variance + (1 - MOMENTUM) * features.var(axis=1).mean(axis=0)
    weights, _ = workers[0]["still"]
    named = dict(zip([v.path for v in model.weights], weights, strict=True))
    for variable, expected in ((norm.moving_mean, mean), (norm.moving_variance, variance)):
        np.testing.assert_allclose(named[variable.path], expected, atol=1e-6)


def test_a_run_with_backups_is_the_same_run(workers):
    weights, logs = workers[0]["backed up"]
    expected_weights, expected_logs = workers[0]["statistics"]
    # Shorter blocks: statistics are averaged more often, which rounds in another way.
    for value, expected in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(value, expected, atol=1e-5)
    for name, expected in expected_logs.items():
        np.testing.assert_allclose(logs[name], expected, atol=1e-5, err_msg=name)


def test_a_loss_that_is_not_finite_on_one_worker_stops_both(workers):
    assert "became NaN or infinite" in workers[0]["refused"] == workers[1]["refused"]


def test_only_the_chief_writes(workers):
    assert [name for name in workers[0]["written"] if name.startswith("of_")] == ["of_0.csv"]


def test_workers_with_other_seeds_are_named(workers):
    words = "worker 1 (`localhost:"
    assert words in workers[0]["other seeds"] == workers[1]["other seeds"]
    assert "the seed (1 instead of 0)" in workers[0]["other seeds"]


def test_a_worker_that_stops_alone_stops_all_at_the_same_step(workers):
    """By a callback at any moment, or by a thread; the reports of both are equal."""
    assert workers[0]["on_epoch_begin"] == [2, 2]  # No step of the second epoch.
    steps, epochs = workers[0]["thread"]
    assert steps >= 2 * (epochs - 1) and 2 <= epochs < 10**5
    assert workers[0]["on_epoch_end"] == [0, 1]  # The first phase is the last one.
