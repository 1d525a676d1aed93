"""Training in several JAX processes, over whose devices Keras distributes a model."""

import re

import keras
import numpy as np
import pytest

from _processes import PATHS, free_ports, reports
from _two_tasks import sex_and_hair, two_sets
from keras_mtl import schedules

pytestmark = pytest.mark.backend("jax", reason="the processes are those of JAX")

SCRIPT = """
import json, os, sys
sys.path[:0] = {paths!r}
import jax

index, port = sys.argv[1:]
jax.distributed.initialize(f"localhost:{{port}}", 2, int(index), heartbeat_timeout_seconds=600)
import keras
from test_jax_workers import SET, model_with_statistics, trained
from _two_tasks import sex_and_hair, two_sets

before = sex_and_hair()
keras.distribution.set_distribution(keras.distribution.DataParallel())
folder = os.path.dirname(sys.argv[0])
logger = keras.callbacks.CSVLogger(f"{{folder}}/of_{{index}}.csv")
report = trained(callbacks=[logger], backup=f"{{folder}}/backup_{{index}}")
report["written"] = sorted(os.listdir(folder))


def refusal(call):
    try:
        call()
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"


model = model_with_statistics()
report["other seeds"] = refusal(lambda: model.fit(two_sets(8, 8), seed=int(index), **SET))
report["made before"] = refusal(lambda: before.fit(two_sets(8, 8), **SET))
keras.distribution.set_distribution(None)
report["none set"] = refusal(lambda: model.fit(two_sets(8, 8), **SET))
alone = before.fit(two_sets(8, 8), **SET)  # Each process has a model of its own.
print("REPORT" + json.dumps(report))
"""
SET = {"verbose": 0, "epochs": 1}


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
    values = {
        **{f"weight {i}": np.asarray(w) for i, w in enumerate(model.get_weights())},
        **{f"log {name}": values for name, values in history.history.items()},
        **{f"output {name}": values for name, values in outputs.items()},
    }
    return {name: np.asarray(value).tolist() for name, value in values.items()}


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What two processes have found."""
    script = tmp_path_factory.mktemp("processes") / "run.py"
    paths = [__file__.rpartition("/")[0], *PATHS]
    script.write_text(SCRIPT.format(paths=paths))
    (port,) = free_ports(1)
    return reports(script, [(0, port), (1, port)], timeout=600)


def test_two_processes_give_what_one_gives_and_the_same(processes):
    """Moving statistics too, as a step is one program over all devices."""
    found, other = processes
    assert {**found, "written": 0} == {**other, "written": 0}
    for name, expected in trained().items():
        np.testing.assert_allclose(found[name], expected, atol=1e-5, err_msg=name)


def test_only_the_first_process_writes(processes):
    written = processes[1]["written"]
    assert "of_0.csv" in written and "of_1.csv" not in written
    assert "backup_1" not in written


def test_what_cannot_be_meant_is_refused(processes):
    found = processes[0]
    words = "WorkersDiffer.*process 1 differs from the chief, process 0.*the seed .1 instead of 0"
    assert re.search(words, found["other seeds"])
    assert "was made before the `keras.distribution`" in found["made before"]
    assert "none is set: call `keras.distribution.set_distribution` again" in found["none set"]
