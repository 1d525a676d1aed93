"""`explain`: what a model gets right and wrong on labelled rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.indexed_rows import unpacked
from keras_mtl.common.arguments import (
    is_number,
    one_of,
    whole_number,
    whole_number_or_none,
)
from keras_mtl.errors import InvalidFeatures, InvalidLabels, UnsupportedModel
from keras_mtl.explaining.estimator_predictor import EstimatorPredictor, Predicts
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.kept_rows import KeptRows, WorstRows
from keras_mtl.explaining.keras_predictor import KerasPredictor
from keras_mtl.explaining.labelled_batches import check_count, labels_of_task
from keras_mtl.explaining.predictor import Answered, Predictor
from keras_mtl.explaining.reading_choice import AUTO, KINDS_EXPLAINED, choose_reading
from keras_mtl.explaining.task_reading import Labels, TaskReading
from keras_mtl.heads.class_names import checked_classes


def explain(
    model: keras.Model | Predicts,
    x: Any,
    y: Any = None,
    *,
    task: str | None = None,
    kind: str = AUTO,
    classes: Any = None,
    bins: int = 15,
    confidence: float = 0.95,
    batch_size: int | None = None,
    verbose: str | int = "auto",
) -> Explanation:
    """Return what a model gets right and wrong on rows whose labels are known.

    Use rows that the model was not trained on. Of classes: scores of each class and the accuracy
    with confidence intervals, which class is taken for which, the most confident mistakes, and
    whether probabilities say how often the model is right. Of measured numbers: R², errors with
    confidence intervals, and the rows that are most wrong. The model is not changed.

    Args:
        model: A Keras model, compiled or not: classes by softmax, sigmoid or logits, or measured
            numbers. Or a fitted object with `predict`, and `predict_proba` if it has one, such as
            a `TransferClassifier` or what `compare(...).best_model()` returns.
        x: Its inputs, of shape `(samples, ...)`: arrays, text, data frames, a list or dict of
            several. Or batches `(x, y)`: a `tf.data.Dataset`, a `PyDataset`, a loader, a
            generator, which are read once, in their order; sample weights are left out.
        y: Labels of shape `(samples,)`: classes by number or by name, one-hot labels of shape
            `(samples, classes)`, or measured numbers. Rows without a label (NaN, None, and -1 for
            classes by number) are left out. Leave `y` out if `x` gives batches.
        task: The task of a `MultiTaskModel`, or the output of another model with several.
        kind: `"classification"`, `"binary"` or `"regression"` where the model does not tell;
            `"auto"`, the default, to find out.
        classes: Names of the classes, in the order of the outputs. By default those of the `Head`
            or of the estimator, else their numbers.
        bins: Number of bins of probabilities for the calibration, 15 by default, as in the paper.
        confidence: Confidence level of all intervals, 0.95 by default.
        batch_size: Rows of a batch of arrays, 32 by default.
        verbose: As in `predict`: 0 hides the progress bar.

    Returns:
        A `ClassExplanation` or a `NumberExplanation`. It prints as tables; `.scores`,
        `.confusion`, `.calibration`, `.mistakes(n)` and `.to_frame()` give the numbers,
        `.plot(path)` and `.contact_sheet(path)` pictures.

    Raises:
        InvalidLabels: Labels do not fit the outputs, are of classes that the model does not have,
            or are missing for all rows.
        InvalidFeatures: Inputs do not fit the model, are NaN or infinite, have no end, or the
            outputs are NaN or infinite.
        TaskNotFound: There is no such task.
        UnsupportedModel: `model` is neither a Keras model nor an object with `predict`.
        ValueError: The kind cannot be told, or an argument is out of its range.

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference", 1927. Guo
        et al., "On calibration of modern neural networks", 2017.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(16, 3, activation="relu"),
        ...     keras.layers.Flatten(),
        ...     keras.layers.Dense(2, activation="softmax"),
        ... ])
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 100})["digit"]
        >>> model = keras_mtl.transfer(trained, cut=1, head=10)
        >>> history = keras_mtl.fit_cached(model, x, y, verbose=0)
        >>> explanation = keras_mtl.explain(model, x, y, verbose=0)
        >>> explanation.accuracy
        1.0
        >>> explanation.confusion.counts.shape
        (10, 10)
    """
    x, y = unpacked(x, y)
    options = {
        "bins": whole_number("bins", bins),
        "confidence": _checked_confidence(confidence),
    }
    one_of("kind", kind, (AUTO, *KINDS_EXPLAINED))
    one_of("verbose", verbose, ("auto", 0, 1, 2))
    names = checked_classes(classes)
    size = whole_number_or_none("batch_size", batch_size)
    predictor = _predictor_of(model, task, size, verbose)
    labels_of_all = None if y is None else labels_of_task(y, task)
    seen = _Seen(predictor, kind, names, labels_of_all)
    for answered in predictor.answers(x, labels_of_all):
        seen.add(answered)
    return seen.explanation(options)


class _Seen:
    """What has been read so far: labels, predictions, the inputs of the worst rows."""

    def __init__(
        self, predictor: Predictor, kind: str, classes: tuple[str, ...] | None, y: Any
    ) -> None:
        self.predictor = predictor
        self.kind = kind
        self.classes = classes
        self.y = y
        self.rows = 0
        self.worst = WorstRows()
        self.reading: TaskReading | None = None
        self._whole: Labels | None = None
        self.labels: list[Labels] = []
        self.predictions: list[np.ndarray] = []

    def add(self, answered: Answered) -> None:
        """Read the next rows."""
        _check_finite(answered.outputs, self.rows, self.predictor.name)
        y = self.y if answered.labels is None else answered.labels
        if self.reading is None:
            self.reading = choose_reading(
                self.predictor.meaning, self.kind, self.classes, answered.outputs, y
            )
        labels = self._labels(answered)
        predictions = self.reading.predictions(answered.outputs)
        self.worst.add(self.rows, self.reading.badness(labels, predictions), answered.inputs)
        self.labels.append(labels)
        self.predictions.append(predictions)
        self.rows += len(predictions)

    def explanation(self, options: Mapping[str, Any]) -> Explanation:
        """Return what all rows say."""
        assert self.reading is not None  # A predictor gives some rows, or raises an error.
        labels = Labels(*map(np.concatenate, zip(*self.labels, strict=True)))
        if not labels.present.any():
            raise InvalidLabels(f"None of the {self.rows} rows has a label.")
        kept = KeptRows(self.worst.inputs, self.predictor.heat)
        predictions = np.concatenate(self.predictions)
        name = self.predictor.name
        return self.reading.explanation(name, labels, predictions, kept=kept, **options)

    def _labels(self, answered: Answered) -> Labels:
        assert self.reading is not None
        rows = len(answered.outputs)
        if answered.labels is None:
            if self._whole is None:  # All at once, so that messages name the row.
                self._whole = self.reading.labels(self.y)
            return self._whole.rows(self.rows, self.rows + rows)
        labels = self.reading.labels(answered.labels)
        check_count(rows, labels.present, "A batch")
        return labels


def _predictor_of(
    model: keras.Model | Predicts, task: str | None, batch_size: int | None, verbose: str | int
) -> Predictor:
    if isinstance(model, keras.Model):
        return KerasPredictor(model, task, batch_size, verbose)
    if callable(getattr(model, "predict", None)) and not isinstance(model, type):
        return EstimatorPredictor(model, task)
    raise UnsupportedModel(
        "`explain` takes a Keras model, or a fitted object with `predict`, as scikit-learn's have "
        f"it. Received: {model!r} of type `{type(model).__name__}`."
    )


def _checked_confidence(value: Any) -> float:
    if not is_number(value) or not 0 < value < 1:
        raise ValueError(f"`confidence` is a number between 0 and 1. Received: {value!r}.")
    return float(value)


def _check_finite(outputs: np.ndarray, start: int, name: str) -> None:
    """Refuse outputs that are NaN or infinite: no class is the likeliest of them."""
    if outputs.dtype.kind not in "fV":
        return
    wrong = ~np.isfinite(outputs.astype(np.float64)).reshape(len(outputs), -1).all(axis=1)
    if wrong.any():
        raise InvalidFeatures(
            f"`{name}` gives NaN or infinite outputs for {int(wrong.sum())} of {len(outputs)} "
            f"rows, the first of them row {start + int(wrong.argmax())}. Look for such values in "
            "`x` first, then in the weights."
        )
