"""Training on several JAX processes is refused, because it would not be synchronised."""

import keras
import pytest

from _processes import PATHS, free_ports, reports
from _two_tasks import bits, sex_and_hair, two_sets
from keras_mtl.errors import UnsupportedBackend

pytestmark = pytest.mark.backend("jax", reason="the processes are those of JAX")
WORDS = "Under `DataParallel` training on JAX is not synchronised.*2.*one process, or TensorFlow"

SCRIPT = """
import json, sys
sys.path[:0] = {paths!r}
import jax

jax.distributed.initialize(f"localhost:{{sys.argv[2]}}", 2, int(sys.argv[1]))
import keras
from _two_tasks import sex_and_hair, two_sets

alone = sex_and_hair().fit(two_sets(), verbose=0)  # without a distribution
keras.distribution.set_distribution(keras.distribution.DataParallel())
try:
    sex_and_hair().fit(two_sets(), verbose=0)
except NotImplementedError as error:
    print("REPORT" + json.dumps(str(error)))
"""


@pytest.fixture
def two_processes(monkeypatch):
    import jax

    monkeypatch.setattr(jax, "process_count", lambda *_: 2)


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_several_processes_are_refused_before_training(monkeypatch, two_processes, verb):
    model = sex_and_hair()
    before = bits(model)
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    monkeypatch.setattr(keras.distribution, "distribution", lambda: distribution)
    with pytest.raises(UnsupportedBackend, match=WORDS):
        getattr(model, verb)(two_sets(), verbose=0)
    assert bits(model) == before


def test_processes_without_a_distribution_train_models_of_their_own(two_processes):
    sex_and_hair().fit(two_sets(), verbose=0)


@pytest.mark.slow
def test_two_real_processes_are_refused(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(paths=PATHS))
    (port,) = free_ports(1)
    refused = reports(script, [(0, port), (1, port)])
    assert all(error.startswith("Under `DataParallel`") for error in refused)
