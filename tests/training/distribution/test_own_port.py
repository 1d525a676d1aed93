"""A port at which other processes see that this one is there."""

from keras_mtl.training.distribution.own_port import OwnPort, host_towards
from keras_mtl.training.distribution.peers import is_there


def test_others_see_again_and_again_that_a_process_is_there():
    port = OwnPort("127.0.0.1")
    assert port.address.startswith("127.0.0.1:")
    assert all(is_there(port.address) for _ in range(10))


def test_a_machine_is_reached_at_the_address_from_which_it_reaches_others():
    assert host_towards("127.0.0.1", 12345) == "127.0.0.1"
