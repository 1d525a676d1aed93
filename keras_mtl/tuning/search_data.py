"""The data of a search, checked before the first trial and not by each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import in_memory, unpacked, unpacked_pair
from keras_mtl.batches.loaders import LoaderSource
from keras_mtl.batches.model_data import as_model_input, as_validation_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.values import dense_array
from keras_mtl.caching.fit_arguments import validation_parts
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import check_labels
from keras_mtl.keras_private.data_adapters import refuse_class_weight
from keras_mtl.probing.task_labels import probe_targets
from keras_mtl.tuning.data_identity import identity_of_data
from keras_mtl.tuning.folds import Fold, identity_of_folds, make_folds
from keras_mtl.tuning.hypermodel import CutHyperModel


@dataclass(frozen=True)
class SearchData:
    """What the trials of a search are trained on.

    Attributes:
        x: The inputs, as `fit` takes them.
        y: The labels, or None if `x` gives batches.
        fit_arguments: The other arguments of `fit`.
        identity: A text by which the data are recognised; "" for batches.
        folds: The folds of a cross-validation; empty without one.
    """

    x: Any
    y: Any
    fit_arguments: dict[str, Any]
    identity: str
    folds: Sequence[Fold] = ()


def search_data(
    hypermodel: CutHyperModel, x: Any, y: Any, fit_arguments: Mapping[str, Any], cv: Any = None
) -> SearchData:
    """Return the data of a search, if its trials can be trained on them.

    Args:
        hypermodel: The hypermodel of the search.
        x: The inputs.
        y: The labels; None if `x` gives batches.
        fit_arguments: The other arguments of `fit`.
        cv: What `check_cv` returned. With a cross-validation, inputs, labels and weights become
            arrays of which rows can be taken.

    Raises:
        InvalidFeatures: Inputs do not fit the model, or cannot be read by each trial.
        InvalidLabels: Labels do not fit the head, or those that are trained on are all equal.
        ValueError: An argument does not go with this kind of data.
    """
    x, y = unpacked(x, y) if cv is None else in_memory(x, y)
    inputs = ModelInputs.of(hypermodel.model)
    weights = fit_arguments.get("sample_weight")
    source = recognise(x, y, weights)
    if cv is not None:
        return _folded_data(hypermodel, source, fit_arguments, cv)
    taken = as_model_input(inputs, x, labelled=True)
    arguments = dict(fit_arguments)
    if "validation_data" in arguments:
        arguments["validation_data"] = unpacked_pair(arguments["validation_data"])
    _check_validation_data(inputs, hypermodel.head, arguments)
    if "validation_data" in arguments:
        held_out = as_validation_data(inputs, arguments["validation_data"], labelled=True)
        arguments["validation_data"] = held_out
    if isinstance(source, ArraySource):
        labels = _checked_labels(inputs, hypermodel.head, (x, y, weights), ("`x`", "y"))
        _check_training_labels(
            hypermodel.head,
            probed_rows(taken, labels, arguments)[1],
            "are trained on: `validation_split` takes the last rows, so shuffle sorted rows "
            "before.",
        )
        given = np.asarray(y) if isinstance(y, list | tuple) else y
        return SearchData(taken, labels, arguments, identity_of_data(taken, given))
    _check_batches(source, "`x`", "steps_per_epoch", arguments)
    _check_arguments_of_batches(source, arguments)
    return SearchData(x, None, arguments, identity_of_data(x, None))


def _folded_data(
    hypermodel: CutHyperModel, source: DataSource, fit_arguments: Mapping[str, Any], cv: Any
) -> SearchData:
    if not isinstance(source, ArraySource):
        raise InvalidFeatures(
            f"`cv` takes rows of arrays. Received: x of type `{source.kind}`. Give arrays, or "
            "leave `cv` out and give `validation_data`."
        )
    inputs, head = ModelInputs.of(hypermodel.model), hypermodel.head
    x, y, weights = source.x, source.y, source.sample_weight
    labels = _checked_labels(inputs, head, (x, y, weights), ("`x`", "y"))
    targets = probe_targets(labels, len(labels), head.kind)
    folds = make_folds(cv, targets, labels)
    for number, fold in enumerate(folds):
        _check_training_labels(
            head,
            labels[fold.training],
            f"fold {number} of `cv` trains on: shuffle sorted rows before, or pass another "
            "splitter, such as `KFold(5, shuffle=True, random_state=0)`.",
        )
    arguments = dict(fit_arguments)
    if weights is not None:
        arguments["sample_weight"] = dense_array(weights, "`sample_weight`")
    given = np.asarray(y) if isinstance(y, list | tuple) else y
    identity = f"{identity_of_data(x, given)} {identity_of_folds(folds)}"
    return SearchData(inputs.read(x, "`x`"), labels, arguments, identity, folds)


def probed_rows(x: Any, y: Any, fit_arguments: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the rows that depths are ranked by: not those that trials are compared by.

    Args:
        x: The inputs.
        y: The labels; None if `x` gives batches.
        fit_arguments: The other arguments of `fit`.
    """
    share = fit_arguments.get("validation_split")
    if y is None or not share or fit_arguments.get("validation_data") is not None:
        return x, y
    training, _ = ArraySource(x, y).split(share)
    return training.x, training.y


def _checked_labels(
    inputs: ModelInputs, head: Head, data: tuple[Any, Any, Any], names: tuple[str, str]
) -> np.ndarray:
    """Return the labels of arrays, if all rows have one and as many weights as there are rows."""
    x, y, weights = data
    if y is None:
        raise InvalidLabels(f"{names[0]} has no labels: give `(x, y)`, or batches of both.")
    rows = inputs.count_rows(x, names[0])
    labels = check_labels(head, y, argument=names[1])
    counts = {f"`{names[1]}`": len(labels)}
    for array in [] if weights is None else keras.tree.flatten(weights):
        counts["the sample weights"] = len(dense_array(array, "`sample_weight`"))
    for what, count in counts.items():
        if count != rows:
            raise InvalidLabels(f"{names[0]} has {rows} rows, and {what} {count}.")
    return labels


def _check_training_labels(head: Head, y: np.ndarray, which: str) -> None:
    """Refuse labels of rows to train on that say nothing; `which` says which rows these are."""
    try:
        probe_targets(y, len(y), head.kind)
    except InvalidLabels as error:
        raise InvalidLabels(f"{error} These are the rows that {which}") from error


def _check_validation_data(inputs: ModelInputs, head: Head, arguments: Mapping[str, Any]) -> None:
    data = arguments.get("validation_data")
    parts = validation_parts(data)
    if isinstance(data, tuple | list):
        _checked_labels(inputs, head, parts, ("`validation_data`", "validation_data[1]"))
    elif data is not None:
        _check_batches(recognise(data), "`validation_data`", "validation_steps", arguments)


def _check_batches(source: DataSource, what: str, steps: str, arguments: Mapping[str, Any]) -> None:
    """Refuse batches that cannot be read by each trial."""
    if source.is_read_once and not arguments.get(steps):
        raise InvalidFeatures(
            f"A `{source.kind}` can be read only once, but each trial reads {what}. Give arrays, "
            f"a `PyDataset` or a `tf.data.Dataset`; or `{steps}`, if it has no end."
        )
    if source.is_endless and not arguments.get(steps):
        raise InvalidFeatures(
            f"{what}, a `{source.kind}`, has no end. Leave out what repeats it, such as "
            f"`.repeat()`, or give `{steps}`."
        )


def _check_arguments_of_batches(source: DataSource, arguments: Mapping[str, Any]) -> None:
    if arguments.get("validation_split"):
        raise ValueError(
            "`validation_split` takes the last rows of arrays. Received: x of type "
            f"`{source.kind}`; give `validation_data`."
        )
    if isinstance(source.data, list):  # Keras takes it for the arrays of several inputs.
        raise InvalidFeatures(
            "`fit`, which fine-tunes, takes no list of batches. Give arrays, a `PyDataset` or a "
            "`tf.data.Dataset`."
        )
    class_weight = arguments.get("class_weight")
    if source.is_read_once:  # Keras would read the first batch to find out.
        if class_weight is not None:
            raise ValueError(
                f"`class_weight` does not go with a `{source.kind}`: let it give weights, as "
                "`(x, y, sample_weight)`."
            )
    elif class_weight is not None or isinstance(source, LoaderSource):
        refuse_class_weight(source.data, class_weight)
