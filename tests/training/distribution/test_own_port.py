"""A port at which other processes see that this one is there."""

import os
import subprocess
import sys

import pytest

from keras_mtl.training.distribution import own_port
from keras_mtl.training.distribution.own_port import OwnPort, host_towards
from keras_mtl.training.distribution.peers import is_there

FORKS = """
import os, runpy, sys
port = runpy.run_path(sys.argv[1])["OwnPort"]("127.0.0.1")
os.fork()
print(port.address, flush=True)
sys.stdin.read()
"""


def test_others_see_again_and_again_that_a_process_is_there():
    port = OwnPort("127.0.0.1")
    assert port.address.startswith("127.0.0.1:")
    assert all(is_there(port.address) for _ in range(10))
    port.close()
    assert not is_there(port.address)


def test_a_machine_is_reached_at_the_address_from_which_it_reaches_others():
    assert host_towards("127.0.0.1", 12345) == "127.0.0.1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_does_not_answer_for_its_parent():
    """It lives until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", FORKS, own_port.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        address, of_child = (parent.stdout.readline().strip() for _ in range(2))
        assert of_child == address and is_there(address)
        parent.kill()
        os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
        assert not is_there(address)
