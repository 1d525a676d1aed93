"""What every test relies on: one quiet backend that compiles quickly, one thread, fresh seeds."""

import gc
import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parents[1]

# Nothing of what is imported and collected becomes garbage: to look for some takes a fifth of it.
gc.disable()

# Read when the libraries are imported, so set before; the processes that tests start inherit them.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
python_path = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
os.environ["PYTHONPATH"] = os.pathsep.join(python_path)
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC"):  # BLAS and torch, TF, XLA
        os.environ.setdefault(name, "1")

# Small models compile longer than they run, so the compilers do less, unless FULL_COMPILATION is
# set. The programs that slow tests start compile as a user's do in any case, on TensorFlow.
QUICK_COMPILATION = "FULL_COMPILATION" not in os.environ
if QUICK_COMPILATION and os.environ["KERAS_BACKEND"] == "jax":  # TensorFlow would read it too
    quick = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    os.environ.setdefault("XLA_FLAGS", quick)

# The first call of a model traces it, which no deadline foresees.
hypothesis.settings.register_profile("patient", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_collection_finish(session):
    """Once a process has imported all that its tests need, keep its garbage collector small."""
    gc.enable()
    if not session.items or session.config.getoption("collectonly"):
        return
    if QUICK_COMPILATION and os.environ["KERAS_BACKEND"] == "tensorflow":
        import tensorflow as tf
        from tensorflow.python.eager import context

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
        # `clear_session` drops the kernels of all operations: to make them again for each test
        # takes a tenth of the time. TensorFlow 2.21 has no public way to keep them.
        context.context().clear_kernel_cache = lambda: None
    # Traces allocate much that stays. Collecting after every 700 objects, among the million of the
    # imported libraries, would cost a fifth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


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
