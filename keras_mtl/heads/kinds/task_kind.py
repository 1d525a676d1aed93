"""The contract of a kind of task: all that is said of its outputs and labels is said here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_mtl.common.label_arrays import class_indices
from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import ProbeTargets


@dataclass(frozen=True)
class LabelBounds:
    """The values that labels may have.

    Attributes:
        least: The smallest value.
        most: The largest value.
        whole: Whether they are class indices: whole numbers, of any dtype.
        rule: What is allowed, as a sentence without a full stop.
    """

    least: int
    most: int
    whole: bool
    rule: str


class TaskKind(ABC):
    """A kind of task: the last activation, the loss, the metrics and the labels of its heads.

    A subclass in a file of this folder, or registered with `KINDS.register` before it is used, is
    a kind that every part of `keras_mtl` can work with. It has no state.

    Attributes:
        name: What `Head(kind=...)` takes.
        activation: Activation of the output, unless the head gives logits.
        missing_label: The integer that stands for a label that is not known, if one does; in
            floats it is NaN.
    """

    name: str
    activation: str
    missing_label: int | None = None

    def check_units(self, units: int) -> None:  # noqa: B027 - most kinds take any number
        """Refuse numbers of outputs that this kind cannot have.

        Raises:
            ValueError: With another number, or kind, to use instead.
        """

    @abstractmethod
    def make_loss(self, *, from_logits: bool) -> keras.losses.Loss:
        """Return a new loss. It must survive saving: a registered class, no plain function."""

    def recognises(self, loss: Any, units: int) -> bool:
        """Return whether a loss shows that a layer which is no `Head` is of this kind.

        The labels of such a layer are checked as those of a `Head` of this kind. At most one kind
        may answer yes for a loss; a loss that fits several kinds of labels shows nothing.

        Args:
            loss: A loss object, or a loss function.
            units: Number of outputs of the layer.
        """
        return False

    @abstractmethod
    def make_metrics(self, *, from_logits: bool) -> list[keras.metrics.Metric]:
        """Return new metrics."""

    @abstractmethod
    def decode(self, outputs: np.ndarray, *, from_logits: bool) -> np.ndarray:
        """Return predictions in the form of labels: class indices, 0 and 1, or numbers.

        Args:
            outputs: What the head gives, of shape `(samples, ..., units)`.
            from_logits: Whether the head leaves out its activation.
        """

    def units_of_classes(self, count: int) -> int | None:
        """Return the units of a head whose classes have names; None if the kind has no classes.

        Args:
            count: Number of names.

        Raises:
            ValueError: A head of this kind cannot have so many classes.
        """
        return None

    def encode(self, indices: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return labels that were given by name as numbers, and which of them are missing.

        Args:
            indices: Indices of the names, of shape `(samples, ...)`; negative where there is no
                label (-1) or an empty text (-2).
            count: Number of classes.

        Returns:
            Whole numbers, 0 where the label is missing, and booleans of their shape.
        """
        return np.maximum(indices, 0), indices < 0

    def named(self, decoded: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        """Return what `decode` gives by the names of the classes."""
        return np.array(classes)[decoded]

    @abstractmethod
    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return the shapes that labels may have, without the samples.

        Args:
            units: Number of outputs of the head.
            places: Dimensions between samples and units, for an output at every place.
        """

    def label_bounds(self, units: int) -> LabelBounds | None:
        """Return the values that labels may have; None for any number."""
        return None

    def num_classes(self, units: int) -> int | None:
        """Return the number of classes if each row has exactly one; None otherwise."""
        return None

    @abstractmethod
    def probe_targets(self, labels: np.ndarray, samples: int) -> ProbeTargets:
        """Return labels as targets that the features of a depth are scored by.

        Args:
            labels: Real numbers with a row for each sample; units are not known.
            samples: Number of samples.

        Raises:
            InvalidLabels: They do not fit this kind or the samples, or tell nothing apart.
        """

    def check_labels(
        self, labels: np.ndarray, units: int, places: Shape, subject: str
    ) -> np.ndarray:
        """Return the labels if they fit a head; classes as integers.

        Args:
            labels: Finite numbers, one row for each sample.
            units: Number of outputs of the head.
            places: Dimensions between samples and units, for an output at every place.
            subject: What messages begin with, such as "`y`".

        Raises:
            InvalidLabels: They have the wrong shape or values.
        """
        shapes = self.label_shapes(units, places)
        if not any(fits(labels.shape, (None, *shape)) for shape in shapes):
            expected = " or ".join(str((len(labels), *shape)) for shape in shapes)
            size = f" with {units} units" if units > 1 else ""
            raise InvalidLabels(
                f"{subject} has the shape {labels.shape}; a head of kind `{self.name}`{size} "
                f"needs {expected}.{self.shape_hint(labels, units, places)}"
            )
        bounds = self.label_bounds(units)
        return labels if bounds is None else _within(bounds, labels, subject)

    def shape_hint(self, labels: np.ndarray, units: int, places: Shape) -> str:
        """Return a sentence, with a space before it, on what labels of a wrong shape may be."""
        return ""


def _within(bounds: LabelBounds, labels: np.ndarray, subject: str) -> np.ndarray:
    values: Any = class_indices(labels, subject) if bounds.whole else labels
    outside = values[(values < bounds.least) | (values > bounds.most)]
    if outside.size:
        noun = "the class " if bounds.whole else ""
        raise InvalidLabels(f"{subject} holds {noun}{outside.flat[0]}; {bounds.rule}.")
    return values
