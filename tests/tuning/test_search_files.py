"""Files of a search that are damaged."""

import pytest

from _searches import run, search_in


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
