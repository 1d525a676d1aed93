"""Plans of the steps of two small tasks."""

import numpy as np

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.training.plan import make_plan
from keras_mtl.training.task_data import JOINT_DATA, Data

SIZES = {"sex": 12, "hair": 5}


def rows(name, count, y):
    return ArrayData(name, Batch(np.zeros((count, 1)), y), batch_size=1)


def by_task():
    sets = {name: rows(name, size, np.zeros(size)) for name, size in SIZES.items()}
    return Data(sets, tuple(sets), joint=False)


def joint():
    labels = {name: np.zeros(6) for name in SIZES}
    return Data({JOINT_DATA: rows("joint", 6, labels)}, tuple(SIZES), joint=True)


def plan(given=None, data=None, steps_per_epoch=None):
    return make_plan(given, data or by_task(), seed=0, steps_per_epoch=steps_per_epoch, epoch="all")
