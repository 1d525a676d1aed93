import os
import signal
import threading
from pathlib import Path

import pytest

from keras_mtl.common import owned_paths as module
from keras_mtl.common.owned_paths import delete, is_abandoned, owned, owner_name


def folder_in(tmp_path, name=None):
    folder = tmp_path / f"start-{name or owner_name()}.end"
    folder.mkdir()
    (folder / "file").write_text("")
    return folder


def test_a_folder_is_in_use_as_long_as_its_process_says(tmp_path):
    folder = folder_in(tmp_path)
    assert is_abandoned(folder)
    with owned(folder):
        assert not is_abandoned(folder)
    assert is_abandoned(folder)


def test_a_folder_has_one_owner_however_its_path_is_spelled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    folder = folder_in(tmp_path)
    for spelled in (Path(folder.name), tmp_path / "link" / folder.name):
        with owned(spelled):
            assert not is_abandoned(folder)
        with owned(folder):
            assert not is_abandoned(spelled)


def test_processes_of_other_users_are_running(tmp_path, monkeypatch):
    folder = folder_in(tmp_path, owner_name().replace(f"-{os.getpid()}-", "-1-"))

    def refuse(process, number):
        raise PermissionError

    assert not is_abandoned(folder)
    monkeypatch.setattr(os, "kill", refuse)
    assert not is_abandoned(folder)


def test_a_number_that_no_process_can_have(tmp_path):
    name = owner_name().replace(f"-{os.getpid()}-", f"-{10**30}-")
    assert is_abandoned(folder_in(tmp_path, name))


@pytest.fixture
def sent(monkeypatch):
    """The signals that the process has sent itself."""
    before, numbers = signal.getsignal(signal.SIGTERM), []
    monkeypatch.setattr(os, "kill", lambda process, number: numbers.append(number))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_a_terminated_process_deletes_its_folders_and_ends(tmp_path, sent, monkeypatch):
    mine, of_parent, other = (folder_in(tmp_path) for _ in range(3))
    with owned(mine), owned(of_parent):
        monkeypatch.setitem(module._owners, module._key(of_parent), os.getpid() + 1)
        signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert sent == [signal.SIGTERM]
    assert [folder.exists() for folder in (mine, of_parent, other)] == [False, True, True]


def test_the_handler_is_there_as_long_as_there_are_folders(tmp_path, sent):
    with owned(tmp_path):
        with owned(tmp_path / "inner"):
            pass
        assert signal.getsignal(signal.SIGTERM) is module._delete_and_end
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_handlers_of_others_stay(tmp_path, sent):
    def handler(number, frame):
        sent.append("handled")

    signal.signal(signal.SIGTERM, handler)
    with owned(tmp_path):
        signal.raise_signal(signal.SIGTERM)
    assert sent == ["handled"]
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with owned(tmp_path):
        signal.signal(signal.SIGTERM, handler)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_threads_set_no_handler(tmp_path, sent):
    def use():
        with owned(tmp_path):
            sent.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert sent == [signal.SIG_DFL]


def test_links_are_deleted_and_not_followed(tmp_path):
    folder = folder_in(tmp_path)
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(folder)
    file.write_text("")
    for path in (link, file, tmp_path / "missing"):
        delete(path)
    assert list(tmp_path.iterdir()) == [folder]
    delete(folder)
    assert list(tmp_path.iterdir()) == []
