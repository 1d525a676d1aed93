import pytest

from keras_mtl.caching.storage import available_memory as module


@pytest.mark.parametrize(
    ("machine", "container", "expected"), [([8], [4], 4), ([8], [], 8), ([], [], module.UNKNOWN)]
)
def test_the_least_of_what_is_known(machine, container, expected, monkeypatch):
    monkeypatch.setattr(module, "_of_machine", lambda: machine)
    monkeypatch.setattr(module, "_of_container", lambda: container)
    assert module.available_memory() == expected


def test_this_machine_says_something():
    assert 1 << 20 < module.available_memory() < 1 << 50
