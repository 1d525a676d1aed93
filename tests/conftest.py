"""What every test relies on: one quiet backend, one thread a worker, fresh seeds."""

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]

# Read when the libraries are imported, so set before; the processes that tests start inherit them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
python_path = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
os.environ["PYTHONPATH"] = os.pathsep.join(python_path)
# Small models compile longer than they run: let XLA on CPUs do less. TensorFlow reads it too.
if os.environ["KERAS_BACKEND"] == "jax":
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ.setdefault("XLA_FLAGS", quick)
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC"):  # BLAS and torch, TF, XLA
        os.environ.setdefault(name, "1")

# The first call of a model traces it, which no deadline foresees.
hypothesis.settings.register_profile("patient", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_runtest_setup(item):
    """Skip a test whose `backend` marker does not name the backend in use."""
    for marker in item.iter_markers("backend"):
        if os.environ["KERAS_BACKEND"] not in marker.args:
            pytest.skip(f"{', '.join(marker.args)} only: {marker.kwargs['reason']}")


@pytest.fixture(autouse=True)
def fresh_keras():
    """Seed every source of randomness before a test, forget Keras's global state after it."""
    import keras  # not at the top: pytest-xdist's controller reads this file too, and runs no test

    keras.utils.set_random_seed(0)
    yield
    keras.backend.clear_session(free_memory=False)  # a full collection costs 0.2 s a test
