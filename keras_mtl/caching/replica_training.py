"""Training on features on several devices, which runs in our loop rather than in Keras's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_rows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.caching.default_training import length_of_training
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.caching.replays import ClassWeighted, StoredBatches
from keras_mtl.keras_private.compiled import loss_tracker
from keras_mtl.keras_private.data_adapters import DataAdapter, PyDatasetAdapter
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.agreement import check_same, versions
from keras_mtl.training.distribution.model_workers import num_devices, workers_of
from keras_mtl.training.distribution.shard_policies import check_same_batches
from keras_mtl.training.fit import fit_one_task
from keras_mtl.training.keras_loop import reason_of_model, refuse_several_workers
from keras_mtl.training.one_task_scoring import evaluate_one_task
from keras_mtl.training.run_callbacks import callback_list
from keras_mtl.training.settings import Settings
from keras_mtl.training.task_graphs import OneTaskGraph


class PartGraph(OneTaskGraph):
    """The part of a model that trains on features.

    Args:
        part: The part.
        features: Features of some rows, as the part takes them.
    """

    def __init__(self, part: TrainedPart, features: dict[str, np.ndarray]) -> None:
        (output,) = part.whole.outputs
        inputs = {
            name: keras.KerasTensor((None, *values.shape[1:]), str(values.dtype), name=name)
            for name, values in features.items()
        }
        super().__init__(part, output, inputs)


class PartState(CompiledState):
    """What training keeps of a part of a model, compiled as the model is.

    Args:
        part: The part.
        features: Features of some rows, as the part takes them.
    """

    trains_on_features = True

    def __init__(self, part: TrainedPart, features: dict[str, np.ndarray]) -> None:
        super().__init__(part, PartGraph(part, features), compiled=part.whole)

    def is_of(self, model: keras.Model) -> bool:
        """Return whether the whole model is still compiled as it was then."""
        return self.mean_of_steps is loss_tracker(self.model.whole)


def runs_on_replicas(model: keras.Model, views: int | None) -> bool:
    """Return whether a model trains on features in our loop, as its strategy has several devices.

    Raises:
        UnsupportedBackend: Several workers would train in Keras's loop, which cannot.
    """
    if num_devices(model) == 1:
        return False
    reason = "`views` is given" if views else reason_of_model(model)
    if reason is None:
        return True
    if workers_of(model).size > 1:
        refuse_several_workers(reason)
    return False


def check_same_data(model: keras.Model, **sources: DataSource | None) -> None:
    """Refuse data of which some workers were given other ones.

    Args:
        model: The model.
        sources: Data by the names of their arguments; only arrays can be compared.

    Raises:
        InvalidTaskData: The `auto_shard_policy` of a data set gives workers other batches.
        WorkersDiffer: Some differ.
    """
    workers = workers_of(model)
    for name, source in sources.items():
        check_same_batches(workers, source, f"`{name}`", "fit_cached")
    if workers.size > 1:
        hashes = {f"`{name}`": [_digest(source)] for name, source in sources.items()}
        check_same(workers, "fit_cached", {**versions(), **hashes})


def _digest(source: DataSource | None) -> str:
    """Return the hash of some rows of arrays and of all labels; of other data, their length."""
    if not isinstance(source, ArraySource):
        return "none" if source is None else f"{source.kind} {source.num_batches}"
    if source.y is None:
        return source.kind
    whole = Batch(source.x, source.y, source.sample_weight)
    arrays = [leaf for leaf in keras.tree.flatten(whole) if leaf is not None]
    if not all(isinstance(leaf, np.ndarray) for leaf in arrays):
        return source.kind
    return digest_of_rows(whole, [])


def train_on_replicas(
    part: TrainedPart,
    data: DataAdapter,
    callbacks: Any,
    *,
    validation: DataAdapter | None,
    batch_size: int | None,
    epochs: int | None,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_freq: int | Sequence[int],
    verbose: str | int,
    **settings: Any,
) -> keras.callbacks.History:
    """Train the part after the features as `fit_cached` does.

    Args:
        part: The part.
        data: Features and labels in their order.
        callbacks: The callbacks of the user.
        validation: The same of the validation data.
        batch_size: As for `fit`.
        epochs: As for `fit_cached`.
        initial_epoch: As for `fit`.
        steps_per_epoch: As for `fit`.
        validation_freq: As for `fit`.
        verbose: As for `fit`.
        settings: The other arguments of `fit`.
    """
    x, y, sample_weight = _given(data)
    steps = steps_per_epoch or recognise(x, y).num_batches
    if steps is None:
        steps = -(-len(y) // (batch_size or BATCH_SIZE))
    rates, epochs, validation_freq = length_of_training(
        part.whole,
        callbacks,
        steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_freq=validation_freq,
    )
    given = Settings(
        batch_size=batch_size,
        epochs=epochs,
        verbose=verbose,
        callbacks=callback_list(
            part.whole,
            [*rates, *keras.tree.flatten(getattr(callbacks, "callbacks", callbacks) or [])],
            verbose=verbose,
            epochs=epochs,
            steps=steps,
            workers=workers_of(part.whole),
        ),
        sample_weight=sample_weight,
        validation_data=None if validation is None else _for_validation(validation),
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        validation_freq=validation_freq,
        **settings,
    )
    return fit_one_task(PartState(part, _first(x)), x, y, given)


def evaluate_on_replicas(part: TrainedPart, data: DataAdapter) -> dict[str, float]:
    """Return the loss and the metrics of the part on features."""
    x, y, sample_weight = _given(data)
    return evaluate_one_task(
        PartState(part, _first(x)),
        x,
        y,
        batch_size=None,
        verbose=0,
        sample_weight=sample_weight,
        steps=None,
        callbacks=None,
    )


def _given(data: DataAdapter) -> tuple[Any, Any, Any]:
    """Return inputs, labels and weights of arrays; of a stream the stream alone."""
    if _is_stream(data):
        batches, class_weight = data.py_dataset, data.class_weight
        return ClassWeighted(batches, class_weight) if class_weight else batches, None, None
    batches = [keras.utils.unpack_x_y_sample_weight(one) for one in data.get_numpy_iterator()]
    joined = keras.tree.map_structure(lambda *parts: _joined(parts), *batches)
    x, y, sample_weight = joined
    return x, y, sample_weight


def _for_validation(data: DataAdapter) -> Any:
    x, *targets = _given(data)
    return x if _is_stream(data) else (x, *targets)


def _is_stream(data: DataAdapter) -> TypeGuard[PyDatasetAdapter]:
    """Return whether data are stored batches rather than rows, in memory or in files."""
    return isinstance(data, PyDatasetAdapter) and isinstance(data.py_dataset, StoredBatches)


def _joined(parts: tuple[Any, ...]) -> Any:
    return None if parts[0] is None else np.concatenate([np.asarray(part) for part in parts])


def _first(x: Any) -> dict[str, np.ndarray]:
    """Return the features of some rows."""
    features: dict[str, np.ndarray] = x[0][0] if isinstance(x, keras.utils.PyDataset) else x
    return features
