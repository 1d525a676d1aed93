"""Files of a search that are damaged, missing, or written by an earlier version."""

import json
import random
import shutil

import keras_tuner
import pytest

from _searches import run, scores_of, search_in
from _zoo import first_ones
from keras_mtl.tuning.search_files import (
    NotWritable,
    next_trial_id,
    read_search,
    read_trials,
    write_state,
)

TRIAL = "trial_0001/trial.json"


@pytest.fixture
def searched(tmp_path, trainings, canned_probes):
    """A search of two heads that has ended."""
    trainings(lambda planned: 0.5)
    return run(search_in(tmp_path, tuned_trials=0))


def edit(path, change):
    """Change what an old file says, which has no checksum."""
    state = json.loads(path.read_text())
    del state["checksum"]
    path.write_text(json.dumps(change(state)))


@pytest.mark.slow
def test_a_truncated_list_of_trials_does_no_harm(tmp_path, trainings, canned_probes):
    log = trainings(lambda planned: 0.5)
    run(search_in(tmp_path))
    path = tmp_path / "cut_search" / "oracle.json"
    path.write_text(path.read_text()[:100])

    run(search_in(tmp_path))

    assert len(log) == 5


@pytest.mark.parametrize("name", ["tuner0.json", "trial_0001/trial.json"])
def test_a_damaged_file_is_named(name, tmp_path, trainings, canned_probes):
    trainings(lambda planned: 0.5)
    run(search_in(tmp_path, tuned_trials=0))
    path = tmp_path / "cut_search" / name
    path.write_bytes(path.read_bytes()[:10] + b"\xff")

    with pytest.raises(ValueError, match=rf"{name}.*damaged.*overwrite=True"):
        search_in(tmp_path)
    assert len(run(search_in(tmp_path, overwrite=True, tuned_trials=0)).results()) == 2


@pytest.mark.parametrize(
    "content", first_ones(["null", "{}", "", '{"search": 3}', "[]", "7", '"text"'], 4)
)
@pytest.mark.parametrize("name", ["tuner0.json", TRIAL])
def test_another_content_is_damage(name, content, searched, tmp_path):
    (tmp_path / "cut_search" / name).write_text(content)

    with pytest.raises(ValueError, match=rf"{name}` is damaged.*overwrite=True"):
        search_in(tmp_path, tuned_trials=0)


@pytest.mark.parametrize("name", ["tuner0.json", TRIAL])
def test_no_bit_changes_a_result_in_silence(name, searched, tmp_path):
    def read():
        trials = read_trials(folder, "val_accuracy")
        return read_search(folder, folder / "tuner0.json"), [one.get_state() for one in trials]

    folder = tmp_path / "cut_search"
    path = folder / name
    content, known = path.read_bytes(), read()
    for place in random.Random(0).sample(range(8 * len(content)), 300):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            assert read() == known
        except ValueError as error:
            assert "damaged" in str(error)


@pytest.mark.parametrize(
    "change",
    [
        lambda state: {**state, "trial_id": "0002"},
        lambda state: {**state, "score": None},
        lambda state: {**state, "checksun": 1},
        lambda state: {**state, "metrics": []},
        lambda state: {**state, "hyperparameters": {"space": [], "values": {}}},
        lambda state: {key: value for key, value in state.items() if key != "score"},
    ],
)
def test_an_old_trial_that_says_what_none_can_is_damaged(change, searched, tmp_path):
    edit(tmp_path / "cut_search" / TRIAL, change)

    with pytest.raises(ValueError, match=rf"{TRIAL}` is damaged.*delete it.*overwrite=True"):
        search_in(tmp_path, tuned_trials=0)


def test_a_folder_without_checksums_is_read(searched, tmp_path):
    for path in (tmp_path / "cut_search").rglob("*.json"):
        edit(path, lambda state: state)
    shutil.copytree(tmp_path / "cut_search", tmp_path / "before")

    again = run(search_in(tmp_path, tuned_trials=0))

    assert scores_of(again) == scores_of(searched)
    for path in (tmp_path / "before").rglob("*.json"):
        kept = tmp_path / "cut_search" / path.relative_to(tmp_path / "before")
        assert kept.read_bytes() == path.read_bytes()


def test_trials_without_the_file_of_their_search_are_not_replaced(searched, tmp_path):
    (tmp_path / "cut_search" / "tuner0.json").unlink()

    with pytest.raises(ValueError, match=r"holds trials, but not `tuner0\.json`.*overwrite=True"):
        search_in(tmp_path, tuned_trials=0)
    assert len(read_trials(tmp_path / "cut_search", "val_accuracy")) == 3
    search_in(tmp_path, tuned_trials=0, overwrite=True)
    assert read_trials(tmp_path / "cut_search", "val_accuracy") == []


def test_a_trial_that_wrote_its_result_before_a_kill_has_its_score(searched, tmp_path):
    edit(tmp_path / "cut_search" / TRIAL, lambda s: {**s, "status": "RUNNING", "score": None})

    again = run(search_in(tmp_path, tuned_trials=0))

    assert scores_of(again) == scores_of(searched) == [0.5, 0.5]


@pytest.mark.slow
def test_a_search_of_several_machines_goes_on_on_one(searched, tmp_path):
    folder = tmp_path / "cut_search"
    (folder / "tuner0.json").rename(folder / "chief.json")

    assert scores_of(search_in(tmp_path, tuned_trials=0)) == scores_of(searched)
    with pytest.raises(keras_tuner.errors.FatalError, match="another model"):
        search_in(tmp_path, 3, tuned_trials=0)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "0000"),
        (["trial_0000/trial.json", "trial_0001/checkpoint.weights.h5"], "0002"),
        (["trial_0007/trial.json", "trial_0003/trial.json"], "0008"),
        (["trial_0000/trial.json", "trial_0009", "trial_x/trial.json", "notes"], "0010"),
    ],
)
def test_a_new_trial_has_a_number_that_none_had(names, expected, tmp_path):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert next_trial_id(tmp_path) == expected


def test_what_cannot_be_written_ends_the_search_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(NotWritable, match=r"`.*state\.json` cannot be written: .*resumes") as error:
        write_state(tmp_path / "file" / "state.json", {})
    assert isinstance(error.value, OSError)
    assert isinstance(error.value, keras_tuner.errors.FatalError)
