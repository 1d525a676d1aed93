from types import SimpleNamespace

from _transfer_tasks import CLASSES, X, classes_of
from keras_mtl.comparing.strategies import strategy


def test_what_is_made_is_kept_until_the_memory_is_used_up(monkeypatch):
    monkeypatch.setattr(strategy, "MOST_BYTES", 10)
    task, _ = classes_of(X, CLASSES)
    made = []

    def kept(key, num_bytes):
        def make():
            made.append(key)
            return SimpleNamespace(num_bytes=num_bytes)

        return task.kept(key, make)

    assert task.kept("nothing", lambda: None) is None
    first = kept("a", 5)
    kept("b", 5)
    assert kept("a", 5) is first
    kept("c", 4)  # "b" was used longest ago.
    assert kept("a", 5) is first
    kept("b", 5)
    kept("larger than all", 20)
    kept("larger than all", 20)
    assert made == ["a", "b", "c", "b", "larger than all"]
