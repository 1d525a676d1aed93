"""Training of models with frozen first layers, which run once, while the rest is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from os import PathLike
from typing import Any

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import unpacked, unpacked_pair
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.pydatasets import PyDatasetSource
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.caching.default_training import (
    warn_of_few_steps,
)
from keras_mtl.caching.fit_arguments import (
    check_fit_arguments,
    check_views_by_keras,
    checked_frequency,
    validation_parts,
)
from keras_mtl.caching.gradient_training import train_on_features
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.caching.pass_data import PassData, pass_data
from keras_mtl.caching.replica_training import (
    check_same_data,
    runs_on_replicas,
    train_on_replicas,
)
from keras_mtl.caching.solved_head import is_affordable, solve_head
from keras_mtl.caching.solvers import head_to_solve
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import Cache, FolderCache, make_cache
from keras_mtl.common.arguments import whole_number_or_none
from keras_mtl.engines.known_engines import checked_engine
from keras_mtl.errors import UnsupportedModel
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged
from keras_mtl.keras_private.retracing import expected_to_trace
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.own_training import own_steps
from keras_mtl.training.distribution.model_workers import workers_of


def fit_cached(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    batch_size: int | None = None,
    epochs: int | None = None,
    verbose: str | int = "auto",
    callbacks: Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    cache: str | PathLike[str] = "auto",
    views: int | None = None,
    solver: str = "auto",
    engine: str = "keras",
) -> keras.callbacks.History:
    """Train a model with frozen first layers, running these only once; this changes `model`.

    Use it instead of `model.fit` wherever the first layers are frozen, such as after
    `transfer(..., freeze=True)`: what they compute is the same in each epoch. It goes through
    them once, up to the pooling of the head, and trains the rest on the result. It warns if the
    features hardly differ between samples.

    With `epochs` it learns, with the same seed, what `fit` learns. Without, a head of a single
    linear layer gets at once the weights to which training would lead: multinomial or binary
    logistic regression for cross-entropies, ridge regression for the mean squared error, on
    standardised features, with an L2 penalty of the kernel that takes the place of Dropout. The
    strength of the penalty is that of the smallest loss on the validation data, or else in
    cross-validation. Other models train by gradient steps, as many as suit the number of labels.

    Args:
        model: A compiled Functional or Sequential model. In a trunk of `transfer` all frozen
            layers count; elsewhere those that Keras runs in training as in inference.
        x: What `fit` takes. Of a `tf.data.Dataset`, a `PyDataset`, a torch `DataLoader` or a
            generator the batches are replayed in each epoch as they came in one pass; those of a
            `PyDataset` in a new order if `shuffle` is True.
        y: As for `fit`: labels or other targets; None with streams.
        batch_size: Samples in a batch, in the pass and in training; 32 by default. For arrays.
        epochs: As for `fit`: the number of the last epoch. With None, the default, a head that can
            be solved for is; otherwise training goes on for 20 epochs and at least 1000 steps.
        verbose: As for `fit`; a line and a progress bar show the pass as well.
        callbacks: As for `fit`. They see the whole model, of which they must not change the frozen
            layers, nor compile it anew.
        validation_split: As for `fit`: the part of the arrays, from their end, to validate on.
        validation_data: As for `fit`. Its features are computed once as well.
        shuffle: As for `fit`.
        class_weight: As for `fit`.
        sample_weight: As for `fit`.
        initial_epoch: As for `fit`.
        steps_per_epoch: As for `fit`. Of a stream that does not end, the number of batches whose
            features are computed.
        validation_steps: The same for `validation_data`.
        validation_batch_size: As for `fit`; `batch_size` by default.
        validation_freq: As for `fit`; with neither `epochs` nor `callbacks`, 20 times in all.
        cache: Where the features are kept: `"memory"`; a path, of a folder in which later calls
            find them again, as long as the frozen layers, their weights and the data are the
            same (what is there is never deleted, so remove it when it is of no more use), and in
            which shards of `compute_features` are found, also of all rows where `validation_split`
            takes some; or
            `"auto"`, the default: memory as long as they fit into a quarter of what is
            available, else temporary files.
        views: With random augmentation in front of the frozen layers, how many draws of it to
            compute; the epochs take turns with them. Validation data are not augmented. None if
            there is no such augmentation.
        solver: `"exact"` solves for the head. `"gradient"` trains as `fit` does; without `epochs`
            a new `Head` that `transfer` has compiled starts at a learning rate of 0.01, which
            falls to 0. `"auto"`, the default, is exact where that is possible and affordable, and
            no argument asks for gradient steps (`epochs`, `initial_epoch`, `steps_per_epoch`,
            `callbacks`, `validation_steps`, `validation_freq`, `views`).
        engine: What runs the frozen layers. `"keras"`, the default; `"openvino"` or
            `"onnxruntime"`, on the processor and in 32-bit floats, after a conversion that takes
            seconds; or `"auto"`: the first of these that is installed, where the time that it
            saves is more than a conversion takes, judged by the first batches and their number,
            and Keras otherwise. Features of the first batch are compared with Keras's and may
            differ by 1e-4 of the largest number. On TensorFlow only, and not for `views`.

    Returns:
        The `History` that `fit` would return; of one epoch for a head that is solved for. `model`
        has the weights learnt, and its optimizer and metrics the state that they have after `fit`;
        an optimizer that took no step stays as it was. A class without labels gets a logit below
        that of the likeliest class wherever the features lie.

    Raises:
        NotStatic: No frozen layer comes before all that trains, or random augmentation does and
            `views` is None.
        InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do not
            fit its kind.
        InvalidFeatures: Arrays or batches do not fit the model's inputs, there are none, or they,
            or what the frozen layers make of them, are NaN or infinite.
        NotSolvable: `solver` is "exact", and what trains is not one linear layer with a loss whose
            minimum can be computed, or an argument asks for gradient steps; or the weights found
            are too large for the precision of the layer.
        CacheError: Features cannot be written to or read from `cache`, or shards of them are
            missing there.
        MissingExtra: `engine` is not installed.
        NotConvertible: `engine` lacks something that the frozen layers compute (a layer is named),
            or cannot run a batch after the first one.
        EngineMismatch: What `engine` gives differs from what Keras gives.
        UnsupportedBackend: `engine` cannot read the graphs of the Keras backend in use.
        UnsupportedModel: `model` is a subclassed model, has a training step of its own, or is no
            model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
        RuntimeError: A callback compiles the model anew.
        TypeError: `cache` is no path.
        ValueError: The model is not compiled, nothing in it trains, `x` and `y` differ in length,
            or an argument is out of its range or does not go with this kind of data.

    Source:
        Wager, Wang and Liang, "Dropout training as adaptive regularization", 2013 (the penalty that
        Dropout in front of a linear layer amounts to).

    A process that builds and trains many models frees what Keras keeps of them with
    `keras.utils.clear_session()`.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, freeze=True, head=3)
        >>> x, y = np.zeros((12, 8, 8, 1)), np.arange(12) % 3
        >>> history = keras_mtl.fit_cached(model, x, y, verbose=0)  # solved
        >>> history = keras_mtl.fit_cached(model, x, y, epochs=5, verbose=0)
        >>> len(history.history["loss"])
        5
    """
    check_fit_arguments(
        epochs=epochs,
        verbose=verbose,
        callbacks=callbacks,
        validation_split=validation_split,
        shuffle=shuffle,
        class_weight=class_weight,
        initial_epoch=initial_epoch,
        solver=solver,
    )
    engine = checked_engine(engine)
    batch_size = whole_number_or_none("batch_size", batch_size)
    validation_batch_size = whole_number_or_none("validation_batch_size", validation_batch_size)
    steps_per_epoch = whole_number_or_none("steps_per_epoch", steps_per_epoch)
    validation_steps = whole_number_or_none("validation_steps", validation_steps)
    validation_freq = checked_frequency(validation_freq)
    x, y = unpacked(x, y)
    validation_data = unpacked_pair(validation_data)
    validation_parts(validation_data)
    split = split_model(model, views)
    check_views_by_keras(engine, views)
    _check_training(model)
    head = head_to_solve(
        model,
        split,
        solver,
        given=_for_gradient_steps(
            epochs=epochs,
            initial_epoch=initial_epoch,
            steps_per_epoch=steps_per_epoch,
            callbacks=callbacks,
            validation_steps=validation_steps,
            validation_freq=validation_freq != 1,
            views=views,
        ),
    )
    if isinstance(model, TransferModel):
        y, validation_data = model.checked_labels(y, validation_data)
    source = _source(model, x, y, sample_weight)
    validation_source = None
    if validation_data is not None:
        validation_source = _source(model, *validation_parts(validation_data))
    elif validation_split:
        source, validation_source = _split(source, validation_split)
    _check_arrays(
        model, source, "`x`", "`y` is missing: give the labels of `x`, or batches of both."
    )
    options = {"class_weight": class_weight, "shuffle": shuffle, "steps": steps_per_epoch}
    training = pass_data(model, source, batch_size=batch_size, **options)
    validation = None
    if validation_source is not None:
        _check_arrays(
            model,
            validation_source,
            "`validation_data`",
            "`validation_data` has no labels: give a tuple `(x, y)`.",
        )
        size = validation_batch_size or batch_size
        validation = pass_data(model, validation_source, batch_size=size, steps=validation_steps)
    # All checks come before: from here on work is done. The temporary files of the cache are
    # deleted when training ends, however it ends.
    with closing(make_cache(cache)) as kept, expected_to_trace(), workers_of(model).watched():
        check_same_data(model, x=source, validation_data=validation_source)
        _check_read_once(training, views, kept)
        features = StaticPass(model, split, kept, verbose, engine)
        part = TrainedPart(model, split)
        stored = features.store(training, views)
        held_out = None
        if validation is not None:
            held_out = validation, features.store(validation, what="the validation data")
        if head is not None:
            ordered = training.in_order(stored)
            # Together, as it depends on the free memory of the machine.
            affordable = solver == "exact" or is_affordable(head, ordered)
            if all(workers_of(model).exchanged(affordable)):
                others = held_out and held_out[0].in_order(held_out[1])
                return solve_head(part, head, ordered, others, verbose=verbose)
        length: dict[str, Any] = {
            "epochs": epochs,
            "verbose": verbose,
            "initial_epoch": initial_epoch,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_freq": validation_freq,
        }
        if runs_on_replicas(model, views):
            return train_on_replicas(
                part,
                training.in_order(stored),
                callbacks,
                validation=held_out and held_out[0].in_order(held_out[1]),
                batch_size=batch_size,
                validation_batch_size=validation_batch_size,
                # As in `fit`, which shuffles rows, and the batches of a `PyDataset`.
                shuffle=shuffle and isinstance(source, ArraySource | PyDatasetSource),
                **length,
            )
        data = training.replay(stored, views or 1)
        if epochs is not None and solver == "auto" and verbose:
            batches = steps_per_epoch or data.num_batches
            warn_of_few_steps(model, (epochs - initial_epoch) * batches)
        validation_replay = held_out and held_out[0].replay(held_out[1], 1)
        return train_on_features(part, data, callbacks, validation_data=validation_replay, **length)


def _for_gradient_steps(**arguments: Any) -> list[str]:
    """Return the names of the arguments that are given."""
    return [name for name, value in arguments.items() if value]


def _source(model: keras.Model, x: Any, y: Any, sample_weight: Any) -> DataSource:
    """Return the data as Keras's adapters take them; a data frame by columns for named inputs."""
    source = recognise(x, y, sample_weight)
    if not isinstance(source, ArraySource):
        return source
    inputs = ModelInputs.of(model)
    return source.as_arrays(inputs, y_by_column=isinstance(checked_functional(model).output, dict))


def _split(source: DataSource, share: float) -> tuple[DataSource, DataSource]:
    if isinstance(source, ArraySource):
        return source.split(share)
    raise ValueError(
        "`validation_split` takes the last rows of arrays. Received: x of type "
        f"`{source.kind}`; give `validation_data`."
    )


def _check_arrays(model: keras.Model, source: DataSource, what: str, missing: str) -> None:
    """Refuse arrays without labels, or that do not fit the model, before any work is done."""
    if not isinstance(source, ArraySource):
        return
    if source.y is None and model.loss is not None:
        raise ValueError(missing)
    if not any(map(is_sparse_or_ragged, keras.tree.flatten(source.x))):
        ModelInputs.of(model).count_rows(source.x, what)


def _check_training(model: keras.Model) -> None:
    """Refuse a model without a loss, or with its own training step, which would need inputs."""
    own = own_steps(model)
    if own:
        raise UnsupportedModel(
            f"{type(model).__name__} has a `{own[0]}` of its own, which `fit_cached` would leave "
            "out: it trains on features instead of inputs. Use `model.fit`."
        )
    if not model.compiled:
        raise ValueError(
            f"`{model.name}` is not compiled, so it has no loss to train with. Call "
            "`model.compile(...)` first."
        )


def _check_read_once(data: PassData, views: int | None, cache: Cache) -> None:
    """Refuse a generator for several views or a fingerprint: it can be read only once."""
    if data.is_read_once and ((views or 1) > 1 or isinstance(cache, FolderCache)):
        raise ValueError(
            "A generator can be read only once, so it can have neither several `views` nor a "
            "folder as `cache`. Give the data as a `keras.utils.PyDataset` or as arrays."
        )
