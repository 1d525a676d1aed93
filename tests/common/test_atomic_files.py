"""Files and folders are the old ones or the new ones, never something in between."""

import os
from pathlib import Path

import pytest

from keras_mtl.common.atomic_files import (
    left_unfinished,
    read_json,
    write_json,
    written_whole_file,
    written_whole_folder,
)


class Killed(BaseException):
    """The process ends."""


def anything(path):
    return True


def content(folder):
    return {path.name: path.read_text() for path in Path(folder).rglob("*") if path.is_file()}


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path):
    path = tmp_path / "state.txt"
    path.write_text("old")
    with pytest.raises(Killed), written_whole_file(path) as unfinished:
        unfinished.write_text("half")
        assert left_unfinished(path) == [unfinished]
        assert str(os.getpid()) in unfinished.name
        assert path.read_text() == "old"
        raise Killed
    assert content(tmp_path) == {"state.txt": "old"}
    with written_whole_file(path) as unfinished:
        unfinished.write_text("new")
    assert content(tmp_path) == {"state.txt": "new"}
    assert left_unfinished(path) == []


def test_the_file_that_is_replaced_can_be_kept(tmp_path):
    path, before = tmp_path / "state.txt", tmp_path / "before.txt"
    for text in ("first", "second", "third"):
        with written_whole_file(path, keep=before) as unfinished:
            unfinished.write_text(text)
    with pytest.raises(Killed), written_whole_file(path, keep=before) as unfinished:
        raise Killed
    assert content(tmp_path) == {"state.txt": "third", "before.txt": "second"}


def test_a_folder_is_there_only_when_it_is_whole(tmp_path):
    path = tmp_path / "export"
    with pytest.raises(Killed), written_whole_folder(path) as unfinished:
        (unfinished / "half").touch()
        assert left_unfinished(path) == [unfinished] and not path.exists()
        raise Killed
    assert list(tmp_path.iterdir()) == []
    with written_whole_folder(path) as unfinished:
        (unfinished / "part").write_text("old")
    assert content(path) == {"part": "old"}


def test_a_folder_of_another_name_is_not_waited_for(tmp_path, monkeypatch):
    path, partial = tmp_path / "entry", tmp_path / "entry.123.partial"
    monkeypatch.setattr("os.fsync", lambda file: pytest.fail("flushed"))
    with pytest.raises(Killed), written_whole_folder(path, unfinished=partial) as unfinished:
        assert unfinished == partial
        raise Killed
    assert list(tmp_path.iterdir()) == []
    with written_whole_folder(path, unfinished=partial, flush=False):
        (partial / "part").write_text("new")
    assert [found.name for found in tmp_path.iterdir()] == ["entry"]
    assert content(path) == {"part": "new"}


def test_a_folder_is_replaced_where_that_is_asked_for(tmp_path):
    path = tmp_path / "export"
    path.mkdir()
    (path / "part").write_text("old")
    with pytest.raises(OSError), written_whole_folder(path) as unfinished:
        (unfinished / "part").write_text("new")
    assert content(tmp_path) == {"part": "old"}
    with written_whole_folder(path, replaces=anything) as unfinished:
        (unfinished / "part").write_text("new")
    assert content(tmp_path) == {"part": "new"}


def test_a_folder_comes_back_if_the_new_one_cannot_be_put_in_its_place(tmp_path, monkeypatch):
    path = tmp_path / "export"
    path.mkdir()
    (path / "part").write_text("old")
    rename = Path.rename

    def fail_for_the_new_one(source, target):
        if (source / "new").exists():
            raise Killed
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new_one)
    with pytest.raises(Killed), written_whole_folder(path, replaces=anything) as unfinished:
        (unfinished / "new").touch()
    assert content(tmp_path) == {"part": "old"}


def test_two_writers_do_not_meet(tmp_path):
    path = tmp_path / "state.json"
    with written_whole_file(path) as one, written_whole_file(path) as other:
        assert one != other
        one.touch()
        other.touch()


def test_json_that_is_damaged_is_named(tmp_path):
    path = tmp_path / "state.json"
    write_json(path, {"trials": [1, 2]})
    assert read_json(path) == {"trials": [1, 2]}
    for damaged in (b'{"tri', b"\xff"):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"state\.json.*damaged.*killed process cannot"):
            read_json(path)
