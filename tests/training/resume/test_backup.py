"""What can be wrong with the files of a backup."""

import os
import shutil
import warnings

import numpy as np
import pytest

from _interrupted import (
    arrays,
)
from _two_tasks import bits, same_logs, sex_and_hair
from keras_mtl.errors import BackupNotWritable, InvalidBackup
from keras_mtl.training.resume.backup import BEFORE, NEWEST, Backup


def damage(path, content=None):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"\x93NUMPY", b"PK\x03\x04"])
def test_the_backup_before_a_damaged_one_is_found(backups, tmp_path, content):
    before = Backup(tmp_path).saved
    shutil.copy(tmp_path / BEFORE, tmp_path / NEWEST)
    expected = Backup(tmp_path).saved
    damage(tmp_path / NEWEST, content)

    with pytest.warns(UserWarning, match=r"backup\.npz' is damaged.*one before it is used"):
        found = Backup(tmp_path).saved

    assert found.position == expected.position != before.position
    assert found.notes == expected.notes


def test_a_run_goes_on_from_the_backup_before_a_damaged_one(backups, interrupted_run, tmp_path):
    _, expected, _ = interrupted_run
    damage(tmp_path / NEWEST)

    with pytest.warns(UserWarning, match=r"backup\.npz' is damaged.*one before it is used"):
        history = backups()

    assert same_logs(history, expected)


@pytest.mark.parametrize("left", [[NEWEST, BEFORE], [NEWEST], [BEFORE]])
def test_damaged_backups_are_never_begun_anew_silently(backups, tmp_path, left):
    for name in (NEWEST, BEFORE):
        damage(tmp_path / name)
        if name not in left:
            (tmp_path / name).unlink()

    with pytest.raises(InvalidBackup, match=r"All backups in .* damaged.*another folder"):
        backups()
    assert sorted(os.listdir(tmp_path)) == sorted(left)


def test_no_flipped_byte_is_taken_for_a_backup(backups, tmp_path):
    newest, before = tmp_path / NEWEST, tmp_path / BEFORE
    whole = newest.read_bytes()
    shutil.copy(newest, before)
    places = np.random.default_rng(0).integers(0, len(whole), 150)
    expected = Backup(tmp_path).saved
    for place in places:
        flipped = bytes([whole[place] ^ 0xFF])
        newest.write_bytes(whole[:place] + flipped + whole[place + 1 :])
        with warnings.catch_warnings(action="ignore"):
            found = Backup(tmp_path).saved
        assert found.notes == expected.notes and found.position == expected.position


def test_an_older_format_is_refused(backups, monkeypatch):
    monkeypatch.setattr("keras_mtl.training.resume.backup.VERSION", 2)

    with pytest.raises(InvalidBackup, match="format 1; this version"):
        backups()


def test_a_folder_that_cannot_be_written_is_refused_before_training(tmp_path, monkeypatch):
    model = sex_and_hair()
    before = bits(model)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(BackupNotWritable, match="file"):
        model.fit(arrays(), backup=file, verbose=0)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(BackupNotWritable, match="Nothing can be written"):
        model.fit(arrays(), backup=tmp_path / "folder", verbose=0)
    assert bits(model) == before


def test_a_backup_is_written_whole_or_not_at_all(backups, tmp_path, monkeypatch):
    newest = (tmp_path / NEWEST).read_bytes()

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackupNotWritable, match="No space left"):
        backups()

    assert (tmp_path / NEWEST).read_bytes() == newest
    assert sorted(os.listdir(tmp_path)) == sorted([NEWEST, BEFORE])


def test_files_of_runs_that_were_killed_are_removed_at_the_end(tmp_path):
    backup = Backup(tmp_path)
    for left in (".new-123.npz", ".backup.npz.123-abc.unfinished"):
        (tmp_path / left).touch()
    (tmp_path / "notes.txt").touch()
    backup.remove()
    assert os.listdir(tmp_path) == ["notes.txt"]
