"""Reading the data of a run of one task as `keras.Model.fit` does."""

from __future__ import annotations

import random
from typing import Any

import keras

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.as_given import AsGiven, RowsInOrderOfFit
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE, Order
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.class_weights import weights_of_rows
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.keras_loop import default_batch_size
from keras_mtl.training.plan import make_plan
from keras_mtl.training.run_setup import Run
from keras_mtl.training.settings import Settings
from keras_mtl.training.task_data import Data, hold_out


def set_up_one_task(
    state: CompiledState, x: Any, y: Any, settings: Settings, seed: int | None
) -> Run:
    """Read and check everything that a run needs.

    Args:
        state: What training keeps of the model.
        x: Inputs as arrays, or batches.
        y: Labels, where `x` are arrays.
        settings: The other arguments of `fit`.
        seed: The seed of the run; None for rows in the order in which `keras.Model.fit` draws them,
            or a seed that is drawn now if there are backups, for which an order must come back.
    """
    if seed is None and settings.backup is not None:
        seed = random.randrange(2**31)
    data, validation = _read(state, x, y, settings, seed)
    plan = make_plan(
        None,
        data,
        seed=seed or 0,
        steps_per_epoch=settings.steps_per_epoch,
        epoch="all",
    )
    run = Run(state, settings, plan, validation, {}, skips_earlier_epochs=seed is not None)
    plan.first_epoch = 0 if run.skips_earlier_epochs else settings.initial_epoch
    return run


def read_pass(
    state: CompiledState,
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_size: int | None,
    steps: int | None,
) -> Data:
    """Read the data of one pass in their order, as `keras.Model.evaluate` does."""
    return _data(state, _held_out(_reader(state), (x, y, sample_weight), batch_size, steps))


def _read(
    state: CompiledState, x: Any, y: Any, settings: Settings, seed: int | None
) -> tuple[Data, Data | None]:
    """Return the data to train on, and the data to validate on."""
    reader = _reader(state)
    held_out: TaskData | None = None
    if y is None:
        source = recognise(x)
        rows = x.batch_size if isinstance(x, IndexedRows) else BATCH_SIZE
        training = source.task_data(reader, Order(rows, settings.shuffle, seed or 0))
        if settings.validation_split:
            both = _data(state, training)
            return hold_out(both, settings.validation_split, settings.validation_batch_size)
    else:
        whole = reader.read((x, y, settings.sample_weight))
        if settings.validation_split:
            size: Any = settings.validation_batch_size or settings.batch_size
            every = ArrayData(reader.name, whole, shuffle=False)
            kept, held_out = every.split(settings.validation_split, size)
            whole = kept.whole
        training = _rows(state, _with_class_weights(whole, settings.class_weight), settings, seed)
    if settings.validation_data is not None:
        size = settings.validation_batch_size or settings.batch_size
        given = settings.validation_data
        parts = given if isinstance(given, tuple | list) else (given, None, None)
        held_out = _held_out(reader, (*parts, None, None)[:3], size, settings.validation_steps)
    return _data(state, training), None if held_out is None else _data(state, held_out)


def _rows(state: CompiledState, whole: Batch, settings: Settings, seed: int | None) -> ArrayData:
    """Return rows in memory in the order of the run."""
    (task,) = state.tasks
    size: Any = settings.batch_size or default_batch_size(whole.num_rows, settings.steps_per_epoch)
    if settings.shuffle and seed is None:
        # On these backends `fit` reads a batch of a model that it has not trained yet.
        peeked = keras.config.backend() != "tensorflow" and not state.is_built_by_keras()
        agreed = state.workers.from_chief
        return RowsInOrderOfFit(task, whole, batch_size=size, peeked=peeked, agreed=agreed)
    return ArrayData(task, whole, batch_size=size, shuffle=settings.shuffle, seed=seed or 0)


def _held_out(reader: AsGiven, parts: tuple[Any, Any, Any], size: Any, steps: Any) -> TaskData:
    """Return data to score, in their order."""
    x, y, sample_weight = parts
    if y is None:
        return recognise(x).task_data(reader, Order(BATCH_SIZE, False, 0))
    whole = reader.read((x, y, sample_weight))
    rows = size or default_batch_size(whole.num_rows, steps)
    return ArrayData(reader.name, whole, batch_size=rows, shuffle=False)


def _with_class_weights(whole: Batch, class_weight: Any) -> Batch:
    """Return rows whose weights are those of their classes."""
    if class_weight is None:
        return whole
    return whole._replace(sample_weight=weights_of_rows(whole.y, class_weight))


def _reader(state: CompiledState) -> AsGiven:
    (task,) = state.tasks
    return AsGiven(task, None, ModelInputs(state.graphs.inputs))


def _data(state: CompiledState, data: TaskData) -> Data:
    return Data({data.name: data}, state.tasks, joint=False)
