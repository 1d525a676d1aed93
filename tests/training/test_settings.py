"""The arguments of `fit` are checked before anything is read."""

import pytest

from keras_mtl.training.settings import Settings


@pytest.mark.parametrize(
    "arguments",
    [
        {"initial_epoch": -1},
        {"epochs": 0},
        {"epochs": True},
        {"validation_freq": 0},
        {"steps_per_epoch": 0},
        {"steps_per_execution": 1.5},
        {"backup_every": 0, "backup": "folder"},
        {"backup_every": 5},
        {"validation_batch_size": {"sex": 0}},
        {"validation_split": 1.0},
        {"validation_data": (), "validation_split": 0.5},
        {"verbose": 3},
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`"):
        Settings(**arguments)


def test_the_defaults_are_accepted():
    assert Settings().epochs == 1 and Settings(steps_per_epoch=10**30).steps_per_epoch == 10**30
