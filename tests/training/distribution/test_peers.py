"""A worker that is busy notices that another one has ended."""

import signal
import socket
import time

import pytest

from keras_mtl.training.distribution.peers import PeerWatch


@pytest.fixture
def peer():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


@pytest.fixture
def gone():
    """Its port is taken and nobody listens, so no other process can be found there."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        yield silent


def watching(*peers):
    ports = [peer.getsockname()[1] for peer in peers]
    return PeerWatch({3 + i: f"127.0.0.1:{port}" for i, port in enumerate(ports)}, every=0.01)


def run_on():
    """Wait for 20 seconds, outside of Python."""
    time.sleep(20)


HANDLERS = [signal.default_int_handler, signal.SIG_IGN, signal.SIG_DFL]


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_main_thread_is_interrupted_when_a_worker_is_gone(gone, handler):
    before = signal.signal(signal.SIGINT, handler)
    watch = watching(gone)
    try:
        watch.start()
        with pytest.raises(KeyboardInterrupt):
            run_on()
        watch.stop()
        assert watch.lost == 3 and signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_errors_of_the_interruption_are_told_from_others(gone):
    of_c = RuntimeError("ORIGINAL UnavailableError REPLACED BY KeyboardInterrupt: <EMPTY MESSAGE>")
    others = [RuntimeError("wrong shape"), ValueError("a label that is not there")]
    watch = watching(gone)
    assert not any(map(watch.caused, [KeyboardInterrupt(), of_c, *others]))
    watch.lost = 3
    assert [watch.caused(one) for one in [KeyboardInterrupt(), of_c, *others]] == [1, 1, 0, 0]


def test_an_ignored_signal_is_ignored_while_all_are_there(peer):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        watch = watching(peer)
        watch.start()
        signal.raise_signal(signal.SIGINT)
        watch.stop()
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interruption_on_its_way_ends_with_the_watch(gone):
    watch = watching(gone)
    watch.start()
    try:
        watch.stop()
    finally:
        watch.stop()
    time.sleep(0.1)


def test_workers_that_are_there_are_left_alone(peer):
    watch = watching(peer)
    watch.start()
    time.sleep(0.1)
    watch.stop()
    assert watch.lost is None
