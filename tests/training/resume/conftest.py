"""An interrupted run and its two backups."""

import os
import shutil

import pytest

from _interrupted import (
    FITTED,
    KillAt,
    Killed,
    arrays,
    compiled_tasks,
    kill_by_error,
    put,
    values,
)
from keras_mtl.training.resume.backup import BEFORE, NEWEST


@pytest.fixture(scope="module")
def interrupted_run(tmp_path_factory):
    """A model, the history of its run, and the folder of the run that was killed."""
    folder = tmp_path_factory.mktemp("interrupted")
    model = compiled_tasks()
    untrained = values(model)
    whole = model.fit(arrays(), backup=folder, **FITTED)
    put(model, untrained)
    with pytest.raises(Killed):
        model.fit(arrays(), backup=folder, callbacks=[KillAt(6, kill_by_error)], **FITTED)
    assert sorted(os.listdir(folder)) == sorted([NEWEST, BEFORE])
    return model, whole, folder


@pytest.fixture
def backups(interrupted_run, tmp_path):
    """What continues the run from its two backups, which are in `tmp_path`."""
    model, _, folder = interrupted_run
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)

    def go_on(**arguments):
        data = arguments.pop("data", arrays())
        own = arguments.pop("model", model)
        return own.fit(data, backup=tmp_path, **{**FITTED, **arguments})

    return go_on
