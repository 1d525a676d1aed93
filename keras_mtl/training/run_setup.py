"""Reading the data of a run and planning its steps, before anything is trained."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.training.class_weights import class_weights
from keras_mtl.training.few_steps import warn_of_few_steps
from keras_mtl.training.idle_balancer import warn_of_idle_balancer
from keras_mtl.training.own_share import read_in_batches
from keras_mtl.training.plan import Plan, make_plan
from keras_mtl.training.settings import NEWEST_DEFAULTS, Settings
from keras_mtl.training.state import TrainingState
from keras_mtl.training.task_data import Data, RowOptions, hold_out, read_data


@dataclass(frozen=True)
class Run:
    """What one call of `fit` trains on, read and checked.

    Attributes:
        state: What training keeps of the model.
        settings: The arguments of `fit`.
        plan: The steps, and the data that they train on.
        validation: The data to validate on, or None.
        class_weights: By task the weights of the rows of each class.
        skips_earlier_epochs: Whether a run that begins with a later epoch passes over the batches
            of those before it, so that it trains on what they would have left.
    """

    state: TrainingState
    settings: Settings
    plan: Plan
    validation: Data | None
    class_weights: dict[str, np.ndarray]
    skips_earlier_epochs: bool = True

    @property
    def data(self) -> Data:
        """The data to train on."""
        return self.plan.data


def set_up(
    state: TrainingState,
    x: Any,
    y: Any,
    settings: Settings,
    seed: int | None,
    defaults: int = NEWEST_DEFAULTS,
) -> Run:
    """Read and check everything that a run needs.

    Args:
        state: What training keeps of the model.
        x: The data, as `fit` takes them.
        y: The labels, as `fit` takes them.
        settings: The other arguments of `fit`.
        seed: The seed of the run; None to draw one.
        defaults: The version of the defaults of `fit`.
    """
    if seed is None:
        # Drawn as Keras draws the seeds of layers, so that `keras.utils.set_random_seed` sets it.
        seed = random.randrange(2**31)
    data, validation = _read(state, x, y, settings, int(seed))
    weights = class_weights(settings.class_weight, state)
    plan = make_plan(
        settings.schedule,
        data,
        seed=int(seed),
        steps_per_epoch=settings.steps_per_epoch,
        epoch=settings.epoch,
        defaults=defaults,
    )
    warn_of_few_steps(plan, settings.epochs)
    warn_of_idle_balancer(state, plan, settings.epochs)
    return Run(state, settings, plan, validation, weights)


def _read(
    state: TrainingState, x: Any, y: Any, settings: Settings, seed: int
) -> tuple[Data, Data | None]:
    """Read the data to train on, and the data to validate on."""
    options = RowOptions(
        settings.batch_size, settings.sample_weight, settings.masks, settings.shuffle, seed
    )
    data = read_data(state, read_in_batches(state.workers, x), y, options)
    if settings.validation_split:
        return hold_out(data, settings.validation_split, settings.validation_batch_size)
    return data, _read_validation(state, settings, seed)


def _read_validation(state: TrainingState, settings: Settings, seed: int) -> Data | None:
    if settings.validation_data is None:
        return None
    options = RowOptions(settings.validation_batch_size or settings.batch_size, seed=seed)
    given = read_in_batches(state.workers, settings.validation_data)
    data = read_data(state, given, None, options, every_task=False)
    passes = settings.validations(settings.initial_epoch, settings.epochs)
    for one in data.sets.values():
        one.check_passes(len(passes))
    return data
