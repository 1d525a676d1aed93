"""What can be wrong with the files of a backup."""

import os
import shutil
import warnings

import keras
import numpy as np
import pytest

from _interrupted import (
    arrays,
)
from _two_tasks import bits, same_logs, sex_and_hair
from keras_mtl.errors import BackupNotWritable, FolderInUse, InvalidBackup
from keras_mtl.training.distribution.workers import Workers
from keras_mtl.training.resume.backup import BEFORE, NEWEST, Backup, Position, SavedRun, opened


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


def test_no_damage_of_the_directory_of_the_file_is_taken_for_another_run(tmp_path):
    """Zip has no checksum of its directory: an array under a wrong name would be missing."""
    numbers = {f"model-{index}": float(index) for index in range(4)}
    variables = {name: keras.Variable(value) for name, value in numbers.items()}
    for epoch in (1, 2):
        Backup(tmp_path).save(SavedRun(Position(epoch, 0), {}, {}), variables)
    newest = tmp_path / NEWEST
    whole = newest.read_bytes()
    places = range(whole.index(b"PK\x01\x02"), len(whole) - 18)
    for place in [*places[46:57], *places[-22:]]:  # a name, and the end of the directory
        for bit in (0, 3, 6):
            flipped = bytes([whole[place] ^ 1 << bit])
            newest.write_bytes(whole[:place] + flipped + whole[place + 1 :])
            for variable in variables.values():
                variable.assign(9.0)
            with pytest.warns(UserWarning, match="The one before it is used"):
                found = Backup(tmp_path)
            found.restore(variables)
            assert found.saved.position == Position(1, 0)
            assert {name: float(one.value) for name, one in variables.items()} == numbers


def test_a_backup_of_an_earlier_version_has_no_checksum(backups, interrupted_run, tmp_path):
    _, expected, _ = interrupted_run
    for name in (NEWEST, BEFORE):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-18])

    assert same_logs(backups(), expected)


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


# Two runs in one folder


class Fits(keras.callbacks.Callback):
    """Begins another run in the middle of a run."""

    def __init__(self, fit):
        super().__init__()
        self.fit = fit

    def on_epoch_begin(self, epoch, logs=None):
        with pytest.raises(FolderInUse, match=r"has not ended \(process \d+.*another folder"):
            self.fit()


def test_a_second_run_in_the_folder_of_a_run_is_refused(backups, interrupted_run, tmp_path):
    _, expected, _ = interrupted_run
    other = sex_and_hair(seed=3)
    before = bits(other)

    history = backups(callbacks=[Fits(lambda: other.fit(arrays(), backup=tmp_path, verbose=0))])

    assert bits(other) == before
    assert same_logs(history, expected)
    assert not os.listdir(tmp_path)


def test_the_folder_is_free_after_a_run_that_failed(backups, tmp_path):
    with pytest.raises(InvalidBackup, match="of another run"):
        backups(seed=5)
    assert sorted(os.listdir(tmp_path)) == sorted([NEWEST, BEFORE])
    backups()


def test_of_several_processes_that_train_together_one_writes(tmp_path):
    variables = {"model-0": keras.Variable([1.0])}
    saved = SavedRun(Position(1, 0), {}, {})
    other = Workers()
    other.index = 1
    with opened(tmp_path) as first, opened(tmp_path, other) as second:
        second.save(saved, variables)
        assert not (tmp_path / NEWEST).exists()
        first.save(saved, variables)
        second.remove()
        assert (tmp_path / NEWEST).exists()
        first.remove()
        assert not (tmp_path / NEWEST).exists()


def test_a_file_system_without_locks_is_warned_of(tmp_path, monkeypatch):
    def unknown(path):
        raise OSError("No locks available")

    monkeypatch.setattr("keras_mtl.training.resume.backup.locked", unknown)
    with pytest.warns(UserWarning, match="cannot be locked"), opened(tmp_path) as backup:
        assert backup.saved is None
