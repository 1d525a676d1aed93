"""Checks of the labels of a stream of batches that Keras's own loop reads."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.batches.derived_pydataset import DerivedPyDataset
from keras_mtl.heads.class_names import text_labels
from keras_mtl.heads.labels import LabelRule, labels_like


@dataclass(frozen=True)
class LabelCheck:
    """Refuses batches whose labels do not fit a head, and reads labels that are given by name.

    Attributes:
        rule: What the labels must be.
        argument: What messages call the labels.
    """

    rule: LabelRule
    argument: str = "y"

    def labels(self, y: Any) -> Any:
        """Return labels as they are, those that are given by name as numbers.

        Raises:
            InvalidLabels: They do not fit the head.
        """
        numbers = self.rule.check(y, argument=self.argument)
        return numbers if self.rule.are_names(y) else y

    def batch(self, batch: Any) -> Any:
        """Return a batch whose labels fit; one without labels of its own is Keras's."""
        if not has_labels(batch):
            return batch
        labels = self.labels(batch[1])
        return batch if labels is batch[1] else (batch[0], labels, *batch[2:])

    def spec(self, spec: Any) -> None:
        """Refuse labels whose known shape or dtype does not fit.

        Args:
            spec: The labels in the `element_spec` of a `tf.data.Dataset`.
        """
        if spec.shape.rank is None or None in tuple(spec.shape)[1:]:
            return
        self.labels(labels_like(spec, self.rule.classes))


class CheckedPyDataset(DerivedPyDataset):
    """A `PyDataset` whose labels are checked when a batch is read.

    Args:
        dataset: The data set.
        check: The check.
    """

    def __init__(self, dataset: keras.utils.PyDataset, check: LabelCheck) -> None:
        super().__init__(dataset)
        self._check = check

    def __getitem__(self, index: int) -> Any:
        return self._check.batch(self._dataset[index])


@dataclass(frozen=True)
class CheckedCollation:
    """The `collate_fn` of a loader, with a check of what it makes."""

    collate: Callable[[Any], Any]
    check: LabelCheck

    def __call__(self, samples: Any) -> Any:
        """Return a batch whose labels fit."""
        return self.check.batch(self.collate(samples))


def checked_generator(batches: Iterator[Any], check: LabelCheck) -> Iterator[Any]:
    """Yield the batches of a generator whose labels fit."""
    for batch in batches:
        yield check.batch(batch)


def checked_loader(loader: Any, check: LabelCheck) -> Any:
    """Return a copy of a torch `DataLoader` that checks the labels of its batches."""
    checked = copy.copy(loader)
    checked.collate_fn = CheckedCollation(loader.collate_fn, check)
    return checked


def has_labels(batch: Any) -> bool:
    """Return whether a batch, or the `element_spec` of a data set, is `(x, y)` or with weights."""
    if not isinstance(batch, tuple | list) or not 2 <= len(batch) <= 3:
        return False
    # A loader of torch makes a list or a tuple of texts.
    is_array = hasattr(batch[1], "shape") or text_labels(batch[1]) is not None
    return is_array and not isinstance(batch[1], Mapping)
