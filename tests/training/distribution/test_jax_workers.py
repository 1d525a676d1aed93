"""Training on several devices of JAX, of several processes or of one."""

import re
import time

import keras
import numpy as np
import pytest

import _training_calls
import keras_mtl
from _processes import PATHS, free_ports, reports
from _two_tasks import sex_and_hair, two_sets
from keras_mtl import schedules

pytestmark = pytest.mark.backend("jax", reason="the devices are those of JAX")

SCRIPT = """
import json, os, sys, time
sys.path[:0] = {paths!r}
index, port = sys.argv[1:]
if index == "devices":
    flag = "--xla_force_host_platform_device_count=2"
    os.environ["XLA_FLAGS"] = f"{{os.environ.get('XLA_FLAGS', '')}} {{flag}}"
import jax

if index != "devices":
    address = f"localhost:{{port}}"
    jax.distributed.initialize(address, 2, int(index), heartbeat_timeout_seconds=600)
import keras
import numpy as np
from keras_mtl.training.distribution.assigning import assign
from test_jax_workers import SET, Interrupts, model_with_statistics, served, trained
from _two_tasks import sex_and_hair, two_sets


def tell():
    print("REPORT" + json.dumps(report), flush=True)


before = sex_and_hair()
distribution = keras.distribution.DataParallel()
keras.distribution.set_distribution(distribution)
if index == "devices":
    report = {{"devices": jax.device_count(), **trained(), **served()}}
    tell()
    sys.exit()
folder = os.path.dirname(sys.argv[0])
logger = keras.callbacks.CSVLogger(f"{{folder}}/of_{{index}}.csv")
report = trained(callbacks=[logger], backup=f"{{folder}}/backup_{{index}}")
report["written"] = sorted(os.listdir(folder))


def refusal(call):
    try:
        call()
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"


def backup(name):  # The folder is that of the chief.
    return f"{{folder}}/{{name}}" if index == "0" else f"{{folder}}/of_{{index}}"


report["resumed"] = trained(backup=backup("begun"))
report["left"] = refusal(lambda: trained(callbacks=[Interrupts()], backup=backup("left")))
model = model_with_statistics()
kernel, values = model.trunk.layers[0].kernel, np.asarray(model.trunk.layers[0].kernel)
assign(kernel, np.full_like(values, np.nan))
report["a NaN"] = bool(np.isnan(np.asarray(kernel.value)).all())
assign(kernel, values)
report["other seeds"] = refusal(lambda: model.fit(two_sets(8, 8), seed=int(index), **SET))
report["made before"] = refusal(lambda: before.fit(two_sets(8, 8), **SET))
keras.distribution.set_distribution(None)
report["none set"] = refusal(lambda: model.fit(two_sets(8, 8), **SET))
alone = before.fit(two_sets(8, 8), **SET)  # Each process has a model of its own.
keras.distribution.set_distribution(distribution)


class Ends(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1 and index == "1":
            tell()
            sys.exit()  # JAX would wait for the other one here.


fitted = {{"callbacks": [Ends()], "epochs": 10**4, "verbose": 0, "backup": backup("lost")}}
report["lost"] = refusal(lambda: model.fit(two_sets(8, 8), **fitted))
report["ends at"] = time.time()
tell()
"""
SET = {"verbose": 0, "epochs": 1}


class Interrupts(keras.callbacks.Callback):
    """Ends a run after its first epoch, for which there is a backup then."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise InterruptedError


def model_with_statistics():
    keras.utils.set_random_seed(0)
    norm = keras.layers.BatchNormalization(momentum=0.5)
    return sex_and_hair(extra=[norm], optimizer="sgd")


def trained(**options):
    """What training, scores and predictions give; a batch has three rows for two devices."""
    model, data = model_with_statistics(), two_sets(9, 6)
    x, hair = data["hair"]
    hair[[1, 5]] = -1
    history = model.fit(
        data,
        batch_size=3,
        schedule=schedules.RoundRobin(),
        class_weight={"hair": {0: 3.0}},
        validation_data=two_sets(3, 3),
        epochs=2,
        seed=1,
        verbose=0,
        **options,
    )
    outputs = model.predict(x, batch_size=3, verbose=0)
    return listed(
        {
            **{f"weight {i}": np.asarray(w) for i, w in enumerate(model.get_weights())},
            **{f"log {name}": values for name, values in history.history.items()},
            **{f"output {name}": values for name, values in outputs.items()},
        }
    )


def served():
    """What calls for one task give, whose batches no two devices divide."""
    x, y = _training_calls.rows(7), np.arange(7) % 3
    network = _training_calls.network(keras.layers.Dense(2))
    found = {
        **_training_calls.one_task(),
        "solved": _training_calls.solved()["log loss"],
        "probes": [one.score for one in keras_mtl.probe_cuts(network, x, y, verbose=0)],
        "features": keras_mtl.FeatureExtractor(network, cut=1).transform(x),
    }
    return listed({f"served {name}": value for name, value in found.items()})


def listed(values):
    return {name: np.asarray(value).tolist() for name, value in values.items()}


def assert_close(found, expected):
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)


@pytest.mark.parametrize(
    ("message", "is_lost"),
    [
        ("UNKNOWN: Gloo AllGather failed: [pair.cc:547] Connection closed by peer [::1]:1", True),
        ("INTERNAL: error dispatching:\n Gloo all-reduce failed: Connection reset by peer", True),
        ("UNAVAILABLE: Socket closed", True),
        ("RESOURCE_EXHAUSTED: Out of memory while a collective was compiled", False),
        ("INTERNAL: Failed to allocate 8 bytes", False),
        ("The socket has 3 labels: expected 2", False),
    ],
)
def test_the_errors_of_a_process_that_is_gone_are_known(message, is_lost):
    from keras_mtl.training.distribution.jax_workers import SIGNS

    assert bool(SIGNS.match(message)) == is_lost


def test_several_devices_give_what_one_gives(tmp_path):
    """Of two processes, and of one: they are started once for all that is asked of them."""
    with pytest.raises(InterruptedError):
        trained(callbacks=[Interrupts()], backup=tmp_path / "begun")
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(paths=[__file__.rpartition("/")[0], *PATHS]))
    (port,) = free_ports(1)
    found, other, devices = reports(script, [(0, port), (1, port), ("devices", port)], timeout=600)
    ended = time.time()
    expected = trained()
    assert_close(found, expected)
    assert {name: found[name] for name in expected} == {name: other[name] for name in expected}
    check_devices(devices, expected)
    assert found["a NaN"] and other["a NaN"]
    check_files(other["written"])
    check_refusals(found)
    check_resumed(found, expected, tmp_path / "left")
    check_lost(found, ended)


def check_devices(found, expected):
    assert found["devices"] == 2
    assert_close(found, {**expected, **served()})


def check_files(written):
    """Only the first process writes."""
    assert "of_0.csv" in written and "of_1.csv" not in written
    assert "backup_1" not in written


def check_refusals(found):
    words = "WorkersDiffer.*process 1 differs from the chief, process 0.*the seed .1 instead of 0"
    assert re.search(words, found["other seeds"])
    assert "was made before the `keras.distribution`" in found["made before"]
    assert "none is set: call `keras.distribution.set_distribution` again" in found["none set"]


def check_resumed(found, expected, left):
    """One process goes on with the run of two, and two with the run of one."""
    assert_close(found["resumed"], expected)
    assert found["left"].startswith("InterruptedError") and list(left.glob("*.npz"))
    assert_close(trained(backup=left), expected)


def check_lost(found, ended):
    """The other process says so in one sentence, and ends before JAX notices: in 600 seconds."""
    words = "WorkerLost: Process 1 has ended or cannot be reached: start all workers again with the"
    assert found["lost"].startswith(words)
    assert ended - found["ends at"] < 60
