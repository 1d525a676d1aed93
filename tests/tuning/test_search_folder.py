"""The folder of a search: where it may be, who may write there, and what `overwrite` deletes."""

import json
import os
import shutil
from pathlib import Path

import pytest

from _searches import run, scores_of, search_in
from _zoo import first_ones
from keras_mtl.common.locks import locked
from keras_mtl.errors import FolderInUse, SearchNotWritable
from keras_mtl.tuning.search_folder import delete_search, search_folder


def names_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", ["../p", "a/b", "/p", "..", ".", "", " ", "a\\b", "a\0b", 5, None])
def test_a_project_has_the_name_of_one_folder(name):
    with pytest.raises(ValueError, match="`project_name` is the name of one folder"):
        search_folder("searches", name)


@pytest.mark.parametrize("directory", [5, "", b"searches", "a\0b", ["a"], True])
def test_a_directory_is_a_path(directory):
    with pytest.raises(ValueError, match="`directory` is the path of a folder"):
        search_folder(directory, "p")


# What `overwrite` deletes


@pytest.fixture
def searched(tmp_path, trainings, canned_probes):
    trainings(lambda planned: 0.5)
    return run(search_in(tmp_path, tuned_trials=0))


def test_a_folder_without_a_search_is_never_emptied(tmp_path):
    (tmp_path / "cut_search" / "photos").mkdir(parents=True)
    (tmp_path / "cut_search" / "notes.json").write_text("[]")
    (tmp_path / "cut_search" / "trial_0001").mkdir()
    before = names_in(tmp_path)

    with pytest.raises(ValueError, match=r"`overwrite=True`.*only \['notes\.json'"):
        search_in(tmp_path, overwrite=True)
    assert names_in(tmp_path) == before


def test_the_search_of_another_tuner_is_not_deleted(tmp_path):
    folder = tmp_path / "cut_search"
    (folder / "trial_0").mkdir(parents=True)
    (folder / "tuner0.json").write_text("{}")
    (folder / "oracle.json").write_text("{}")
    (folder / "trial_0" / "trial.json").write_text(json.dumps({"trial_id": "0", "score": 1.0}))

    with pytest.raises(ValueError, match="none of `CutTuner`"):
        delete_search(folder)


def test_files_that_are_not_of_the_search_stay(searched, tmp_path):
    folder = tmp_path / "cut_search"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (folder / "search.png").touch()
    (folder / "trial_notes").mkdir()
    (folder / "trial_0099").symlink_to(elsewhere)

    delete_search(folder)

    assert names_in(folder) == ["search.png", "trial_notes"]
    assert names_in(elsewhere) == ["precious"]


@pytest.mark.parametrize("lost", ["tuner0.json", "oracle.json", "trial_0000", None])
def test_a_search_that_was_deleted_in_part_can_be_deleted(lost, searched, tmp_path):
    path = tmp_path / "cut_search" / (lost or "tuner0.json")
    if lost is None:
        path.write_text("nul")
    else:
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    search_in(tmp_path, overwrite=True)

    assert names_in(tmp_path / "cut_search") == []
    assert os.listdir(tmp_path / "cut_search") == []


# Two processes


@pytest.mark.slow
def test_two_searches_do_not_run_in_one_folder(tmp_path, trainings, canned_probes):
    trainings(lambda planned: 0.5)
    first, second = search_in(tmp_path), search_in(tmp_path)

    with locked(tmp_path / "cut_search" / ".lock"):
        for search in (lambda: run(first), lambda: search_in(tmp_path, overwrite=True)):
            with pytest.raises(FolderInUse, match="in use by process"):
                search()
    run(first)

    log = trainings(lambda planned: 0.1)
    log.clear()
    run(second)  # made before the first one ran
    assert log == []
    assert scores_of(second) == scores_of(first)
    assert not list((tmp_path / "cut_search").rglob(".*"))


def test_what_a_killed_process_left_is_removed(tmp_path, trainings, canned_probes):
    trainings(lambda planned: MemoryError() if planned.phase == "fine-tuned" else 0.5)
    run(search_in(tmp_path))
    folder = tmp_path / "cut_search"
    (folder / "trial_0001" / "trial.json").unlink()  # so that something is left to do
    left = [folder / ".oracle.json.1-abc.unfinished", folder / ".tuner0.json.1-abc.unfinished"]
    left += [folder / "trial_0000" / ".trial.json.1-abc.unfinished"]
    for path in left:
        path.touch()

    with pytest.warns(UserWarning, match="0001"):
        run(search_in(tmp_path))

    assert not any(path.exists() for path in left)


# A folder in which nothing can be written


@pytest.fixture
def nothing_can_be_written(monkeypatch):
    """As on a read-only disk; permissions would not stop the superuser."""

    def refuse(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    def become():
        for name in ("write_text", "write_bytes", "unlink", "replace", "rename", "touch"):
            monkeypatch.setattr(f"pathlib.Path.{name}", refuse)
        monkeypatch.setattr("keras_mtl.common.locks._opened", refuse)

    return become


def test_a_finished_search_is_read_where_nothing_can_be_written(
    searched, tmp_path, nothing_can_be_written
):
    folder = tmp_path / "cut_search"
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.rglob("*")]}
    nothing_can_be_written()

    again = run(search_in(tmp_path, tuned_trials=0))

    assert again.results().best.score == 0.5
    assert len(again.get_best_models()) == 1
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_an_unfinished_search_says_that_it_cannot_be_written(
    searched, tmp_path, nothing_can_be_written
):
    (tmp_path / "cut_search" / "trial_0001" / "trial.json").unlink()
    nothing_can_be_written()

    with pytest.raises(SearchNotWritable, match="cut_search` cannot be written: Read-only"):
        run(search_in(tmp_path, tuned_trials=0))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(SearchNotWritable, match="cut_search` cannot be written: Not a directory"):
        search_in(tmp_path / "file")


@pytest.mark.parametrize("room", first_ones([0, 3, 6, 11, 1, 2, 4, 5, 7, 8], 4))
def test_a_disk_that_is_full_ends_the_search_and_the_next_call_resumes(
    room, tmp_path, trainings, canned_probes, monkeypatch
):
    log = trainings(lambda planned: 0.5)
    tuner = search_in(tmp_path, tuned_trials=0)
    write_text, writes = Path.write_text, []

    def or_full(path, *args, **kwargs):
        writes.append(path)
        if len(writes) > room:
            raise OSError(28, "No space left on device")
        return write_text(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", or_full)
        with pytest.raises(SearchNotWritable, match="json` cannot be written: No space left"):
            run(tuner)
    run(tuner)

    assert scores_of(tuner) == [0.5, 0.5]
    assert {trial.status for trial in tuner.oracle.trials.values()} == {"COMPLETED"}
    assert {cut for _, cut in log} == {"dropout", "parity"}
    assert len(log) <= 3
