"""The whole of a transfer as a scikit-learn estimator."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import keras
import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import in_memory
from keras_mtl.batches.recognise import recognise
from keras_mtl.common.arguments import one_of, whole_number, whole_number_or_none
from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.best_depth import best_depth
from keras_mtl.estimators.labels.label_form import Floats, LabelForm
from keras_mtl.estimators.model_estimator import ModelEstimator
from keras_mtl.estimators.pooled_trunk import Cut, check_cut
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.sized_model import needs_sizes
from keras_mtl.estimators.strategies.known_strategies import STRATEGIES
from keras_mtl.estimators.strategies.strategy import Fitted, Setting
from keras_mtl.estimators.strategy_choice import choose_strategy
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling, check_pooling
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.probing.probe_table import Probes

AUTO = "auto"


class TransferEstimator(ModelEstimator):
    """Cuts a trained model, trains for new labels in one of the ways, and predicts.

    See `TransferClassifier` and `TransferRegressor`.
    """

    def __init__(
        self,
        model: keras.Model,
        cut: Cut = AUTO,
        strategy: str = AUTO,
        *,
        pooling: Pooling = "auto",
        epochs: int | None = None,
        cv: int = 5,
        batch_size: int = 32,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.cut = cut
        self.strategy = strategy
        self.pooling = pooling
        self.epochs = epochs
        self.cv = cv
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train for the labels; the trained model given to the estimator stays as it is.

        Args:
            X: Array-like of shape `(samples, ...)` that fits the input of the model: numbers of
                any dtype, or text where the input is text. For several inputs a dict or a data
                frame of them by the names of the inputs, or a list in their order.
            y: The labels; left out with data of `keras_mtl.datasets`, which have them.
            sample_weight: Weights of shape `(samples,)`; samples of weight zero are left out. The
                choice of the depth by `cut="auto"` knows no other weights.

        Returns:
            The estimator.

        Raises:
            InvalidFeatures: `X` does not fit the input of the model, holds NaN or infinite values,
                or is empty; or the features are NaN or infinite.
            InvalidLabels: `y` does not fit the samples or the estimator.
            InvalidCut: The model cannot be cut at `cut`.
            LayerNotFound: No layer has the name given as `cut`.
            TypeError: `X` is sparse, a stream of batches, or no array.
            ValueError: An argument is out of its range.
        """
        self._check_arguments()
        X, y = in_memory(X, y)
        _check_arrays(X, type(self).__name__)
        inputs = self._checked(X, reset=True)
        form, values = self._read_labels(y, len(inputs[0]))
        samples = Samples(inputs, self.batch_size, self.verbose)
        data = LabelledSamples.of(samples, values, sample_weight)
        form.check(data.values)
        seed = int(check_random_state(self.random_state).randint(2**31))
        sizes = self._sizes_for(inputs)
        trunks = self._trunk_cache() if sizes is None else self._trunk_cache().sized(sizes)
        cut, probes = self._choose_cut(trunks.model, form, data, seed)
        setting = Setting(
            vectors=trunks.take(_in_order(trunks.model, cut), self.pooling).vectors,
            pooling=self.pooling,
            labels=form,
            name=f"{self.model.name}_transfer",
            epochs=self.epochs,
            verbose=self.verbose,
            seed=seed,
        )
        data.samples.warn_if_alike(setting.vectors, f"cut={cut!r}")
        strategy, results = self._choose_strategy(setting, data)
        self._fitted = STRATEGIES.find(strategy).fit(setting, data)
        self._form, self._sizes = form, sizes
        self.cut_, self.probes_ = cut, probes
        self.strategy_, self.cv_results_ = strategy, results
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return predictions in the form of the labels.

        Args:
            X: As for `fit`.

        Raises:
            NotFittedError: `fit` was not called.
            InvalidFeatures: `X` does not fit.
        """
        outputs = self._outputs(X)
        return self._form.decode(outputs)

    @property
    def model_(self) -> TransferModel:
        """The trained model: `keras_mtl.export` and `save` take it."""
        return self._fit_result.model

    @property
    def history_(self) -> dict[str, list[float]]:
        """The metrics of the training by epoch."""
        return self._fit_result.history

    @classmethod
    @abstractmethod
    def _read_labels(cls, y: Any, samples: int) -> tuple[LabelForm, np.ndarray]:
        """Return the form of the labels, and their values."""

    def _check_arguments(self) -> None:
        super()._check_arguments()
        check_pooling(self.pooling)
        whole_number("cv", self.cv, least=2)
        whole_number_or_none("epochs", self.epochs)
        one_of("strategy", self.strategy, (AUTO, *STRATEGIES.names))
        if self.cut != AUTO:
            check_cut(Graph.of(self.model), self.cut, self.pooling)

    def _outputs(self, X: Any) -> Floats:
        fitted = self._fit_result
        inputs = self._checked(in_memory(X)[0], reset=False)
        if self._sizes is not None:
            _check_sizes(inputs, self._sizes)
        return fitted.outputs(Samples(inputs, self.batch_size, self.verbose))

    @property
    def _fit_result(self) -> Fitted:
        check_is_fitted(self)
        return self._fitted

    def _sizes_for(self, inputs: list[np.ndarray]) -> list[Shape] | None:
        """Return the shapes of the samples if a head fits for these only; None otherwise."""
        graph = Graph.of(self.model)
        paths = None if self.cut == AUTO else graph.cut(self.cut)
        needed = needs_sizes(graph, paths, self.pooling)
        return [array.shape[1:] for array in inputs] if needed else None

    def _choose_cut(
        self, model: keras.Model, form: LabelForm, data: LabelledSamples, seed: int
    ) -> tuple[Cut, Probes | None]:
        """Return the cut that was asked for, or the best one and how each depth scored."""
        if self.cut != AUTO:
            return self.cut, None
        return best_depth(model, form, data, self.pooling, seed)

    def _choose_strategy(
        self, setting: Setting, data: LabelledSamples
    ) -> tuple[str, dict[str, Any] | None]:
        """Return the strategy that was asked for, or the best one and how each scored."""
        if self.strategy != AUTO:
            return self.strategy, None
        return choose_strategy(setting, data, self.cv)


def _in_order(model: keras.Model, cut: Cut) -> Cut:
    """Return the cut with several layers in the order in which a head puts their features."""
    paths = Graph.of(model).cut(cut)
    return sorted(paths) if len(paths) > 1 else cut


def _check_arrays(X: Any, estimator: str) -> None:
    """Refuse streams of batches, of which scikit-learn makes no folds."""
    source = recognise(X)
    if not isinstance(source, ArraySource):
        raise TypeError(
            f"{estimator} takes arrays. Received: `X`, a `{source.kind}`. Read it into arrays, or "
            "train with `keras_mtl.transfer` and `fit`, which take batches."
        )


def _check_sizes(inputs: list[np.ndarray], sizes: list[Shape]) -> None:
    """Refuse samples of other shapes than those seen by `fit`, for which alone the head fits."""
    received = [array.shape[1:] for array in inputs]
    for one, expected in zip(received, sizes, strict=True):
        if _without_axis_of_1(one) != _without_axis_of_1(expected):
            raise InvalidFeatures(
                f"Samples in `X` must have the shape {expected}, as in `fit`: the number of "
                f"features at the cut depends on it. Received: {one}."
            )


def _without_axis_of_1(shape: Shape) -> Shape:
    """Return a shape without a last dimension of 1, which may be left out."""
    return shape[:-1] if shape[-1:] == (1,) else shape
