"""Checks of the labels that Keras's own loop trains on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.batches.label_check import LabelCheck
from keras_mtl.batches.recognise import recognise
from keras_mtl.keras_private.data_adapters import is_tf_dataset, is_torch_loader


def checked_stream(data: Any, check: LabelCheck) -> Any:
    """Return a stream of batches whose labels are checked; arrays as they are.

    What is known of a `tf.data.Dataset` is checked at once, and its values in its own graph as
    they are read; the labels of a `PyDataset`, a generator and a torch `DataLoader` as well.

    Raises:
        InvalidLabels: The known shape or dtype of the labels does not fit the head.
    """
    checked = recognise(data).checked(check)
    if is_tf_dataset(checked):
        from keras_mtl.training.steps.tf_checks import with_checked_labels

        return with_checked_labels(checked, check)
    if is_torch_loader(checked) and check.rule.classes is not None:
        from keras_mtl.training.steps.torch_labels import with_tensors

        return with_tensors(checked)
    return checked


@contextmanager
def label_errors(*streams: Any) -> Iterator[None]:
    """Raise the errors of labels that TensorFlow has wrapped by their name.

    Its backend reads other streams through a `tf.data.Dataset`, too.
    """
    if keras.config.backend() != "tensorflow" and not any(map(is_tf_dataset, streams)):
        yield
        return
    from keras_mtl.training.steps.tf_checks import unwrapped_errors

    with unwrapped_errors():
        yield
