"""The backup of another run is refused, that of the same one is not."""

import keras
import pytest

from _helpers import draw
from _interrupted import Remembers, arrays
from _two_tasks import classes, sex_and_hair, two_sets
from keras_mtl.errors import InvalidBackup
from keras_mtl.schedules import RoundRobin


def frozen_trunk():
    model = sex_and_hair()
    model.trunk.trainable = False
    return {"model": model}


def another_model():
    return {"model": sex_and_hair({"sex": 2, "hair": 4}), "data": arrays()}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (another_model, "model"),
        (frozen_trunk, "model"),
        (lambda: {"model": sex_and_hair(optimizer="adam")}, "optimizer"),
        (
            lambda: {"model": sex_and_hair(optimizer=keras.optimizers.SGD(momentum=0.9))},
            "optimizer",
        ),
        (lambda: {"model": sex_and_hair(metrics={"sex": ["accuracy", "mse"]})}, "metrics"),
        (lambda: {"model": sex_and_hair(loss={"sex": "poisson"})}, "losses"),
        (lambda: {"model": sex_and_hair(loss_weights={"sex": 0.5})}, "losses"),
        (lambda: {"data": two_sets(24, 7)}, "data"),
        (lambda: {"data": {**arrays(), "hair": (draw(8, 4, seed=9), classes(8, 3))}}, "data"),
        (lambda: {"batch_size": 8}, "data"),
        (lambda: {"schedule": RoundRobin()}, "schedule"),
        (lambda: {"class_weight": {"hair": {2: 3.0}}}, "class_weight"),
        (lambda: {"seed": 2}, "seed"),
        (lambda: {"steps_per_epoch": 7}, "steps_per_epoch"),
    ],
)
def test_the_backup_of_another_run_is_refused(backups, tmp_path, change, named):
    arguments = change()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(InvalidBackup, match=rf"another run, which differs in: .*`{named}`"):
        backups(**arguments)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.slow
def test_models_are_known_again_whatever_number_keras_gives_them(backups):
    sex_and_hair(), sex_and_hair()

    history = backups(model=sex_and_hair(), callbacks=[Remembers()], verbose=0)

    assert history.epoch == [0, 1]
