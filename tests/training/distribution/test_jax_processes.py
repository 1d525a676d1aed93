"""What several JAX processes cannot train together is refused."""

import keras
import pytest

from _two_tasks import bits, sex_and_hair, two_sets
from keras_mtl.errors import InvalidCluster, UnsupportedBackend

pytestmark = pytest.mark.backend("jax", reason="the processes are those of JAX")


@pytest.fixture
def two_processes(monkeypatch):
    import jax

    monkeypatch.setattr(jax, "process_count", lambda *_: 2)


def shared_out():
    return keras.distribution.DataParallel(auto_shard_dataset=False)


def model_parallel():
    mesh = keras.distribution.DeviceMesh(
        (1, 1), ["batch", "model"], keras.distribution.list_devices()[:1]
    )
    layout = keras.distribution.LayoutMap(mesh)
    return keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
@pytest.mark.parametrize("distribution", [shared_out, model_parallel])
def test_other_distributions_are_refused_before_training(
    monkeypatch, two_processes, verb, distribution
):
    model = sex_and_hair()
    before = bits(model)
    made = distribution()
    monkeypatch.setattr(keras.distribution, "distribution", lambda: made)
    words = f"2 JAX processes is not synchronised under this `{type(made).__name__}`.*DataParallel"
    with pytest.raises(UnsupportedBackend, match=words):
        getattr(model, verb)(two_sets(), verbose=0)
    assert bits(model) == before


def test_processes_without_a_distribution_train_models_of_their_own(two_processes):
    sex_and_hair().fit(two_sets(), verbose=0)


def refused(monkeypatch, **step):
    from types import SimpleNamespace

    from keras_mtl.training.distribution import jax_processes

    distribution = keras.distribution.DataParallel()
    monkeypatch.setattr(keras.distribution, "distribution", lambda: distribution)
    model = SimpleNamespace(name="mine", run_eagerly=step.pop("run_eagerly", False))
    steps = [SimpleNamespace(shared=step, state=SimpleNamespace(model=model))]
    with pytest.raises(UnsupportedBackend) as error:
        jax_processes.refuse_several_processes(steps)
    return str(error.value)


def test_data_that_are_shared_out_and_eager_steps_are_refused(monkeypatch, two_processes):
    assert "`hair` is shared out already" in refused(monkeypatch, hair=True)
    assert "`mine` is compiled with `run_eagerly=True`" in refused(monkeypatch, run_eagerly=True)


def test_a_model_made_before_the_distribution_is_refused(monkeypatch, two_processes):
    model = sex_and_hair()
    distribution = keras.distribution.DataParallel()
    monkeypatch.setattr(keras.distribution, "distribution", lambda: distribution)
    with pytest.raises(InvalidCluster, match=r"after `keras.distribution.set_dist"):
        model.fit(two_sets(), verbose=0)
