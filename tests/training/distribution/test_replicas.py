"""Training on several devices of one machine is training on one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's"),
    pytest.mark.slow,
]

SCRIPT = """
import contextlib, json, sys, tempfile
sys.path[:0] = {paths!r}
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from keras import layers
from _two_tasks import two_sets, sex_and_hair
from keras_mtl import Head, MultiTaskModel

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
report = {{"replicas": strategy.num_replicas_in_sync}}


def data_sets():  # of batches of 4 and of 3, 3, 1
    made = {{}}
    for task, size in (("sex", 4), ("hair", 3)):
        made[task] = tf.data.Dataset.from_tensor_slices(two_sets(8, 7)[task]).batch(size)
    return made


def trained(scope, optimizer, data, extra=lambda: [], **arguments):
    with scope:
        keras.utils.set_random_seed(0)
        model = sex_and_hair(extra=extra(), optimizer=optimizer())
    given = {{"epochs": 2, "seed": 1, "verbose": 0, **arguments}}
    history = model.fit(data, **given)
    return model, history.history


def both(name, optimizer, data, batches):
    models = [
        trained(scope, optimizer, data(), **batches)
        for scope in (strategy.scope(), contextlib.nullcontext())
    ]
    (several, logs), (one, expected) = models
    pairs = zip(several.get_weights(), one.get_weights())
    report[name] = max(float(np.abs(a - b).max()) for a, b in pairs)
    report[name + " logs"] = max(
        abs(a - b) for key in expected for a, b in zip(logs[key], expected[key])
    )
    return several, one


sizes = {{"batch_size": {{"sex": 4, "hair": 3}}}}
arrays = lambda: two_sets(8, 7)
several, one = both("arrays", lambda: keras.optimizers.Adam(0.01), arrays, sizes)
scores = [model.evaluate(arrays(), batch_size=3, verbose=0) for model in (several, one)]
report["evaluate"] = max(abs(scores[0][key] - scores[1][key]) for key in scores[1])
several.save(path := tempfile.mkdtemp() + "/m.keras")
loaded = keras.models.load_model(path)
x = two_sets(8, 7)["sex"][0]
a, b = loaded.predict(x, verbose=0), several.predict(x, verbose=0)
report["saved"] = max(float(np.abs(a[task] - b[task]).max()) for task in a)

clipped = lambda: keras.optimizers.SGD(0.5, global_clipnorm=0.1)
both("clipped", clipped, data_sets, {{}})


def words(scope, optimizer):
    keras.utils.set_random_seed(0)
    with scope:
        trunk = [keras.Input((6,)), layers.Embedding(20, 4), layers.GlobalAveragePooling1D()]
        model = MultiTaskModel(keras.Sequential(trunk), {{"sex": 2, "hair": 3}})
        model.compile(optimizer())
    x = np.arange(23 * 6).reshape(23, 6) % 20
    data = {{"sex": (x, np.arange(23) % 2), "hair": (x[:17], np.arange(17) % 3)}}
    model.fit(data, batch_size=5, epochs=2, seed=1, verbose=0)
    return model.get_weights()


embedded = {{
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "adam": keras.optimizers.Adam,
    "clipped adam": lambda: keras.optimizers.Adam(global_clipnorm=0.1),
}}
for kind, optimizer in embedded.items():
    several, one = (
        words(scope, optimizer) for scope in (strategy.scope(), contextlib.nullcontext())
    )
    report["embedding " + kind] = max(float(np.abs(a - b).max()) for a, b in zip(several, one))

with strategy.scope():
    keras.utils.set_random_seed(0)
    model = sex_and_hair(extra=[layers.BatchNormalization(momentum=0.5)], optimizer="adam")
head = [value.copy() for value in model.heads["hair"].get_weights()]
idle = lambda step: "sex" if step < 8 else "hair"
class Look(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            now = self.model.heads["hair"].get_weights()
            report["idle"] = all(np.array_equal(a, b) for a, b in zip(now, head))
folder = tempfile.mkdtemp()
model.fit(arrays(), epochs=3, steps_per_epoch=4, schedule=idle, callbacks=[Look()], verbose=0,
          seed=1, backup=folder, validation_data=arrays(), **sizes)
copies = [
    [copy.numpy() for copy in strategy.experimental_local_results(v.value)]
    for v in model.non_trainable_variables if "moving" in v.path
]
report["statistics"] = [bool(np.array_equal(*c) and np.isfinite(c).all()) for c in copies]

from _balanced import labels_of, several_tasks
from keras_mtl import balancing, schedules

for kind, data in {{
    "rows": (two_sets(23)["sex"][0], {{task: labels_of(task, 23) for task in ("age", "hair")}}),
    "sets": ({{task: (two_sets(n)["sex"][0], labels_of(task, n)) for task, n in
              {{"age": 23, "hair": 15}}.items()}},),
}}.items():
    found = []
    for scope in (strategy.scope(), contextlib.nullcontext()):
        with scope:
            sgd = keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.5)
            bloop = balancing.Bloop(main="age", rate=0.3)
            model = several_tasks(2, run_eagerly=False, optimizer=sgd, balancer=bloop)
        model.fit(*data, schedule=schedules.Joint(), batch_size=7, seed=1, verbose=0)
        remembered = model.training_state.update_rule.variables
        found.append([*model.get_weights(), *map(keras.ops.convert_to_numpy, remembered)])
    report["balanced " + kind] = max(float(np.abs(a - b).max()) for a, b in zip(*found))

from test_labels_in_part import LABELLED, TAG, TOPIC, WEIGHTS, WORDS, X

X = np.eye(WORDS)[X] * (X > 0)[..., None]


def tagged(scope, mask):
    keras.utils.set_random_seed(0)
    with scope:
        trunk = [keras.Input((None, WORDS)), layers.Masking(), layers.Dense(4)]
        heads = {{"tag": Head(3, pooling="none"), "topic": 2}}
        model = MultiTaskModel(keras.Sequential(trunk), heads)
        model.compile(keras.optimizers.SGD(0.5))
    data = {{"tag": (X, TAG, WEIGHTS["step weights"]), "topic": (X, TOPIC)}}
    given = {{"masks": {{"tag": mask}}, "batch_size": 5}}
    history = model.fit(data, epochs=2, seed=1, verbose=0, **given).history
    return model.get_weights(), {{**history, **model.evaluate(data, verbose=0, **given)}}


for kind, mask in LABELLED.items():
    (several, logs), (one, expected) = (
        tagged(scope, mask) for scope in (strategy.scope(), contextlib.nullcontext())
    )
    report[kind] = max(float(np.abs(a - b).max()) for a, b in zip(several, one))
    differences = [np.abs(np.subtract(logs[key], expected[key])).max() for key in logs]
    report[kind + " logs"] = float(max(differences))
report["moved"] = float(np.abs(copies[0][0]).max())
print("REPORT" + json.dumps(report))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What a process with two devices has found."""
    script = tmp_path_factory.mktemp("distribution") / "run.py"
    script.write_text(SCRIPT.format(paths=[str(Path(__file__).parents[1]), *sys.path]))
    ended = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env=os.environ
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.split("REPORT")[1])


def test_there_are_two_replicas(report):
    assert report["replicas"] == 2


@pytest.mark.parametrize(
    "case", ["arrays", "clipped", "rows", "steps", "balanced rows", "balanced sets"]
)
def test_weights_are_those_of_one_device_with_uneven_batches_too(report, case):
    assert report[case] < 1e-5


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "clipped adam"])
def test_an_embedding_is_trained_as_on_one_device(report, optimizer):
    assert report[f"embedding {optimizer}"] < 1e-5


@pytest.mark.parametrize(
    "case", ["arrays logs", "clipped logs", "evaluate", "rows logs", "steps logs"]
)
def test_logs_and_scores_are_those_of_one_device(report, case):
    assert report[case] < 1e-5


def test_a_saved_model_is_the_one_that_was_trained(report):
    assert report["saved"] < 1e-6


def test_an_idle_head_does_not_change(report):
    assert report["idle"] is True


def test_the_statistics_of_the_replicas_agree(report):
    assert report["statistics"] == [True, True]
    assert report["moved"] > 0
