"""The states of the global random generators, and seeding them for a while."""

import json
import random

import numpy as np
import pytest

from keras_mtl.common.global_random import global_states, seeded, set_global_states


def drawn():
    return random.random(), random.gauss(0, 1), np.random.normal(size=3).tolist()


@pytest.fixture(params=["MT19937", "PCG64", "Philox", "SFC64"])
def any_kind_of_generator(request):
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(getattr(np.random, request.param)(0))
    yield
    np.random.set_bit_generator(before)


def test_states_come_back_through_json(any_kind_of_generator):
    drawn()  # Both generators hold back the second of two normal numbers.
    states = json.loads(json.dumps(global_states()))
    expected = drawn()
    drawn()
    set_global_states(states)
    assert drawn() == expected


def test_a_backup_of_an_earlier_version_has_no_states():
    before = global_states()
    set_global_states({})
    assert global_states() == before


def test_what_is_drawn_inside_depends_on_the_seed_alone(any_kind_of_generator):
    def inside(seed):
        with seeded(np.random.SeedSequence(seed)):
            return drawn()

    first = inside([0, 1])
    drawn()
    assert inside([0, 1]) == first
    assert inside([0, 2]) != first


def test_the_code_around_draws_as_if_nothing_had_been_drawn_inside(any_kind_of_generator):
    drawn()
    states = global_states()
    with pytest.raises(KeyError), seeded(np.random.SeedSequence(0)):
        drawn()
        raise KeyError
    assert global_states() == states


@pytest.mark.backend("torch", reason="torch may not be installed")
def test_the_generator_of_torch_is_seeded_too():
    import torch

    before = torch.get_rng_state()
    with seeded(np.random.SeedSequence(0)):
        first = torch.rand(3)
    with seeded(np.random.SeedSequence(0)):
        torch.testing.assert_close(torch.rand(3), first)
    assert (torch.get_rng_state() == before).all()
