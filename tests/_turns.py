"""Training two tasks in turn, and the same by a reference."""

from _two_tasks import (
    SEED,
    Reference,
    batches_of,
    two_data_sets,
)
from keras_mtl import schedules

ONLY_AGE = schedules.Blocks({"age": 1})


FAST = {"batch_size": 8, "seed": SEED, "verbose": 0}


TURNS = schedules.RoundRobin()


def train(model, steps=6, schedule=TURNS, data=None, **options):
    data = data or two_data_sets()
    return model.fit(data, schedule=schedule, steps_per_epoch=steps, **{**FAST, **options})


def reference_of(model, make_optimizer, steps=6, clip=None, tasks=("age", "hair")):
    """The reference after `steps` turns."""
    reference = Reference(model, make_optimizer)
    feeds = {task: batches_of(task, own, 8) for task, own in two_data_sets().items()}
    for step in range(steps):
        task = tasks[step % len(tasks)]
        reference.step({task: next(feeds[task])}, clip)
    return reference


def slots_of(model, task):
    """The variables of the optimizer of one part."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return optimizer._parts.inner[task].variables
