"""Fine-tuning: the head first, then deeper, at smaller rates."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Literal

import keras

from keras_mtl.batches.indexed_rows import unpacked, unpacked_pair
from keras_mtl.common.arguments import folder_path
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.tuning_setup import AUTO, TuningArguments, set_up_tuning
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.static_flags import BatchNormPolicy
from keras_mtl.training.distribution.model_workers import workers_of
from keras_mtl.training.label_checks import label_errors
from keras_mtl.training.resume.backup import opened


def fine_tune(
    model: TransferModel,
    x: Any,
    y: Any = None,
    *,
    validation_data: Any = None,
    phases: Literal["auto"] | Sequence[Phase] = AUTO,
    epochs: int | None = None,
    batch_size: int | None = None,
    callbacks: Any = None,
    verbose: str | int = "auto",
    batchnorm: BatchNormPolicy = "frozen",
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | None = None,
    seed: int | None = None,
    backup: str | os.PathLike[str] | None = None,
    backup_every: int | None = None,
) -> keras.callbacks.History:
    """Train the head first, then the trunk with it, at smaller rates; this changes `model`.

    Use it where `fit` of a model with a trained trunk would begin with a random head, whose
    gradients spoil the features. By default there are two phases. In the first one the head is
    trained on the features of the static trunk, until it is solved. In the second one all of the
    trunk trains too. Its rates decay by depth, rise in the first tenth of the steps and fall to
    zero as a cosine; the number of steps suits the number of labels. With `validation_data` the
    better phase is kept. Without, both train on all rows: from a solved head on, the second phase
    is seldom worse than the head alone, and never by much, with 10 labels as with thousands.

    Args:
        model: A compiled model that `transfer` returned with a head.
        x: Inputs of any kind that `fit` takes, except generators.
        y: Labels, one for each row; None with streams.
        validation_data: As for `fit`; of each class that `y` has there must be a row. Where it is
            given, the model gets the weights of the best phase, and in the second phase of
            `"auto"` those of the best epoch.
        phases: `"auto"`, or a list of `Phase`, each of which trains what the one before it trains
            and more.
        epochs: The epochs of the second phase of `"auto"`, and of each phase in a list that has no
            length of its own. By default `"auto"` takes 20 passes over the data, and at least 300
            steps. Its highest rate is that of the compiled optimizer, times
            (rows / 1000) ** 0.25 if there are fewer than 1,000 rows.
        batch_size: Rows of a batch of arrays, 32 by default.
        callbacks: As for `fit`. They see one training, whose epochs are numbered through; the first
            phase of `"auto"` is one epoch of it. A callback that stops it ends all phases.
            One that sets the learning rate needs phases with an `optimizer` whose rate is a number.
        verbose: As for `fit`; a line tells which phase begins.
        batchnorm: `"frozen"` keeps the statistics, gamma and beta of each BatchNormalization of the
            trunk; `"train"` trains them like other layers.
        sample_weight: As for `fit`.
        class_weight: As for `fit`.
        seed: Seed of the order of the rows; drawn if None.
        backup: A folder for backups, from which the same call goes on exactly where it was killed,
            in the same phase. They are deleted when training ends.
        backup_every: Steps from one backup to the next; an epoch by default.

    Returns:
        The history of all phases, with the number of the phase of each epoch under `"phase"`. The
        layers that train in the phase that was kept can be trained further: `model` is compiled as
        before, with a fresh optimizer.

    Raises:
        UnsupportedModel: `model` is none that `transfer` returned with a head.
        InvalidLabels: The labels do not fit the head, or the validation data lack a class.
        InvalidFeatures: The inputs do not fit the model.
        LayerNotFound: A phase names a layer that does not exist.
        InvalidBackup: The backup is of another run.
        FolderInUse: Another run makes its backups there.
        ValueError: An argument is out of its range, a phase unfreezes nothing or freezes layers
            again, has no length or a monitor that is not logged, or the model is not compiled.

    References:
        Kumar et al., Fine-tuning can distort pretrained features and underperform
        out-of-distribution, 2022. Howard and Ruder, Universal language model fine-tuning for text
        classification, 2018.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=1, head=2)
        >>> x = np.random.default_rng(0).normal(size=(40, 4))
        >>> phases = [keras_mtl.Phase("head", epochs=2), keras_mtl.Phase("all", epochs=3)]
        >>> history = keras_mtl.fine_tune(model, x, x[:, 0] > 0, phases=phases, verbose=0)
        >>> history.history["phase"]
        [1, 1, 2, 2, 2]
    """
    x, y = unpacked(x, y)
    validation_data = unpacked_pair(validation_data)
    arguments = TuningArguments(
        validation_data=validation_data,
        phases=phases,
        epochs=epochs,
        batch_size=batch_size,
        callbacks=callbacks,
        verbose=verbose,
        batchnorm=batchnorm,
        sample_weight=sample_weight,
        class_weight=class_weight,
        seed=seed,
        backup_every=backup_every,
        folder=None if backup is None else folder_path("backup", backup),
    )
    arguments.check_model(model)
    folder = arguments.folder
    workers = workers_of(model)
    kept_open = nullcontext() if folder is None else opened(folder, workers)
    with workers.watched(folder), kept_open as kept, label_errors(x, validation_data):
        return set_up_tuning(model, x, y, arguments, kept).run()
