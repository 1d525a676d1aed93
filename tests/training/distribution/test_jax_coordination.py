"""The coordination service of JAX, of which private parts are used."""

import pytest

pytestmark = pytest.mark.backend("jax", reason="the service is that of JAX")


@pytest.fixture
def state(monkeypatch):
    from jax._src import distributed

    for name in ("client", "service", "preemption_sync_manager", "coordinator_address"):
        monkeypatch.setattr(distributed.global_state, name, getattr(distributed.global_state, name))
    return distributed.global_state


@pytest.mark.parametrize(("process", "host"), [(0, "localhost"), (1, "127.0.0.1")])
def test_a_process_is_reached_where_it_reaches_the_service(state, monkeypatch, process, host):
    from keras_mtl.training.distribution.jax_coordination import own_host

    assert own_host() is None
    state.coordinator_address = "localhost:12345"
    monkeypatch.setattr(state, "process_id", process)
    assert own_host() in {host, "::1" if process else host}


def test_a_process_that_leaves_has_nothing_to_shut_down(state):
    import jax

    from keras_mtl.training.distribution.jax_coordination import leave_at_once

    leave_at_once()  # Without the service there is nothing to leave.
    state.client = object()
    assert jax.distributed.is_initialized()
    leave_at_once()
    assert not jax.distributed.is_initialized()
