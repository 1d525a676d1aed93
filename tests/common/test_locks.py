"""A lock belongs to one owner, and ends with its process."""

import errno
import os
import subprocess
import sys
import threading

import pytest

from keras_mtl.common.locks import AlreadyLocked, locked

HOLD = """
import sys
from keras_mtl.common.locks import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def other(path):
    """Another process, which holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("left", [None, "", "process 1 on nova"])
def test_a_file_that_was_left_behind_is_taken_over(path, left):
    if left is not None:
        path.write_text(left)
    with locked(path):
        assert path.exists()
    assert not path.exists()


def test_a_process_holds_a_lock_once(path):
    with locked(path):
        with pytest.raises(AlreadyLocked, match=f"process {os.getpid()} on"), locked(path):
            pass
        with pytest.raises(AlreadyLocked), locked(path):  # the first try has not opened it
            pass
    with locked(path):
        pass


@pytest.mark.slow
def test_another_process_is_kept_out_until_the_first_one_ends(path, other):
    for _ in range(2):
        with pytest.raises(AlreadyLocked, match=f"process {other.pid} on"), locked(path):
            pass
    other.kill()
    other.wait()
    assert path.exists()
    with locked(path):
        pass


def test_threads_that_come_and_go_are_never_inside_at_once(path):
    inside, most, entered = [], [], []

    def come_and_go():
        for _ in range(200):
            try:
                with locked(path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                entered.append(1)
            except AlreadyLocked:
                continue

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entered and set(most) == {1}


def test_a_folder_that_is_not_there_has_no_lock(path):
    with pytest.raises(FileNotFoundError), locked(path / "missing" / "lock"):
        pass


def test_a_lock_ends_with_an_error_too(path):
    with pytest.raises(KeyError), locked(path):
        raise KeyError
    with locked(path):
        pass


def test_a_file_that_its_owner_deletes_meanwhile_is_made_anew(path, monkeypatch):
    from keras_mtl.common import locks

    lock, tries = locks._lock, []

    def slow(file):
        if not tries:
            path.unlink()
        tries.append(file)
        return lock(file)

    monkeypatch.setattr(locks, "_lock", slow)
    with locked(path):
        assert path.exists() and len(tries) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="the lock is that of POSIX")
def test_a_file_system_without_locks_says_so(path, monkeypatch):
    import fcntl

    def unknown(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", unknown)
    with pytest.raises(OSError, match="No locks"), locked(path):
        pass
