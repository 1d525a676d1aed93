"""`layerwise` on two devices of one machine trains as on one."""

import pytest

from _processes import PATHS, reports

pytestmark = [
    pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's"),
    pytest.mark.slow,
]

SCRIPT = """
import contextlib, json, sys
sys.path[:0] = {paths!r}
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
import keras_mtl
from _layers_by_hand import X, Y, transferred
from _two_tasks import sex_and_hair, two_sets

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
KINDS = {{
    "adamw": lambda: keras.optimizers.AdamW(0.05, weight_decay=0.1),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.05)),
}}
CLIPPED = lambda: keras.optimizers.Adam(0.05, global_clipnorm=0.1)


def one_task(optimizer):
    keras.utils.set_random_seed(0)
    rates = {{"low": 0.5, "mid": 0.0}}
    model = transferred(keras_mtl.layerwise(optimizer, rates, starting_point=2.0))
    model.fit(X, Y, batch_size=len(X), epochs=4, shuffle=False, verbose=0)
    return model


def several_tasks(optimizer):
    rates = keras_mtl.layerwise(optimizer, {{"trunk": 0.5, "sex": 0.0}}, starting_point=2.0)
    model = sex_and_hair(optimizer=rates)
    sizes = {{"sex": 4, "hair": 3}}
    model.fit(two_sets(8, 7), batch_size=sizes, epochs=3, seed=1, verbose=0)
    return model


def both(name, train, optimizer):
    found = []
    for scope in (strategy.scope(), contextlib.nullcontext()):
        with scope:
            model = train(optimizer())
        found.append(model.get_weights() + [v.numpy() for v in model.optimizer.variables])
    report[name] = max(float(np.abs(a - b).max()) for a, b in zip(*found, strict=True))
    return model


report = {{"replicas": strategy.num_replicas_in_sync}}
for name, optimizer in KINDS.items():
    both("one task, " + name, one_task, optimizer)
for name, optimizer in {{**KINDS, "clipped": CLIPPED}}.items():
    both("several tasks, " + name, several_tasks, optimizer)
print("REPORT" + json.dumps(report))
"""


def test_weights_and_slots_are_those_of_one_device(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(paths=PATHS))
    (report,) = reports(script, [()])
    assert report.pop("replicas") == 2
    assert len(report) == 5 and max(report.values()) < 1e-5, report
