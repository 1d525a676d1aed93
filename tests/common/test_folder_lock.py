"""One process at a time writes in a folder."""

import os
import re
import signal
import subprocess
import sys
import threading

import pytest

from keras_mtl.common.folder_lock import locked_folder
from keras_mtl.errors import FolderInUse

HOLD = """
import sys
from keras_mtl.common.folder_lock import locked_folder
with locked_folder(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """Another process, which has the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_is_held_once_and_leaves_nothing_behind(tmp_path):
    for _ in range(2):
        with locked_folder(tmp_path):
            refused = pytest.raises(FolderInUse, match=f"process {os.getpid()} on")
            with refused, locked_folder(tmp_path):
                pass
        assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_another_process_is_named_until_it_is_killed(tmp_path, other):
    message = f"`{tmp_path}` is in use by process {other.pid} on"
    with pytest.raises(FolderInUse, match=re.escape(message)), locked_folder(tmp_path):
        pass

    other.send_signal(signal.SIGKILL)
    other.wait()

    with locked_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_threads_that_come_and_go_are_never_inside_at_once(tmp_path):
    inside, most, entered = [], [], []

    def come_and_go():
        for _ in range(200):
            try:
                with locked_folder(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                entered.append(1)
            except FolderInUse:
                continue

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert entered
    assert set(most) == {1}


def test_a_folder_that_is_not_there_has_no_lock(tmp_path):
    with pytest.raises(FileNotFoundError), locked_folder(tmp_path / "missing"):
        pass
