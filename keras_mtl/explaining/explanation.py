"""What all explanations have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from keras_mtl.common.arguments import whole_number
from keras_mtl.common.records import Records
from keras_mtl.explaining.kept_rows import KEPT, KeptRows
from keras_mtl.explaining.sheet_of_rows import (
    RowPicture,
    WorstRow,
    are_pictures,
    draw_sheet,
    pictures_of,
)
from keras_mtl.pictures.drawing import Picture, drawn, saved


class Explanation(ABC):
    """What a model gets right and wrong on some labelled rows: what `explain` returns.

    It prints as tables, in notebooks too. A `ClassExplanation` is of classes, a
    `NumberExplanation` of measured numbers.

    Args:
        model_name: Name of the model.
        confidence: Confidence level of all intervals.
        unlabelled: Number of rows that were left out because they have no label.
        kept: The inputs of the worst rows.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> x = np.eye(4, dtype="float32")
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Softmax()])
        >>> isinstance(keras_mtl.explain(model, x, [0, 1, 2, 0], verbose=0), keras_mtl.Explanation)
        True
    """

    scores: Records[Any]

    def __init__(
        self, model_name: str, confidence: float, unlabelled: int, kept: KeptRows | None
    ) -> None:
        self.model_name = model_name
        self.confidence = confidence
        self.unlabelled = unlabelled
        self._kept = kept

    @abstractmethod
    def mistakes(self, n: int = 10) -> Any:
        """Return the worst rows, the worst one first."""

    def to_frame(self) -> Any:
        """Return the scores as a `pandas.DataFrame`, indexed by the names of classes or numbers.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return self.scores.to_frame()

    def plot(self, path: str | Path | None = None) -> Any:
        """Draw the errors.

        Of classes that is the confusion matrix, and accuracy against probability; of numbers the
        predicted ones against the true ones, and the residuals.

        Args:
            path: Where to save the picture; the ending says the format, such as `.png`.

        Returns:
            The path; a matplotlib figure if `path` is None.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        picture = self._picture()
        if path is None:
            return drawn(picture.draw, *picture.size)
        return saved(picture.draw, *picture.size, path)

    @abstractmethod
    def _picture(self) -> Picture:
        """Return the picture of the errors."""

    def contact_sheet(self, path: str | Path, n: int = 12) -> Path:
        """Save pictures of the worst rows, with what the model looked at laid over them.

        A layer that keeps places is needed for this (see `keras_mtl.grad_cam`); without one the
        pictures are shown as they are.

        Args:
            path: Where to save the sheet; the ending says the format, such as `.png`.
            n: Number of pictures, 48 at most.

        Raises:
            ValueError: Nothing is wrong, or the inputs are no pictures.
            MissingExtra: matplotlib is not installed.
        """
        return draw_sheet(path, self._kept, self._worst_rows(whole_number("n", n)))

    def pictures(self, n: int = 12) -> list[RowPicture]:
        """Return pictures of the worst rows, and what the model looked at on each.

        Args:
            n: Number of pictures at most.

        Returns:
            The pictures, the worst row first; none if the inputs are no pictures.

        Raises:
            ValueError: `n` is no positive whole number.
        """
        rows = self._worst_rows(min(whole_number("n", n), KEPT))
        return pictures_of(self._kept, rows) if are_pictures(self._kept) else []

    @abstractmethod
    def _worst_rows(self, n: int) -> list[WorstRow]:
        """Return the worst rows of which pictures are shown."""

    @property
    def _left_out(self) -> str:
        """A part of a sentence on rows without a label."""
        if not self.unlabelled:
            return ""
        return f"; {self.unlabelled} rows without a label are left out"
