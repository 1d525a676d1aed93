"""A trained model's features for scikit-learn."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.caching.finite_features import FiniteFeatures
from keras_mtl.caching.varying_features import warn_if_alike
from keras_mtl.engines.known_engines import checked_engine
from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.input_arrays import check_inputs
from keras_mtl.estimators.model_estimator import ModelEstimator
from keras_mtl.estimators.pooled_trunk import Cut, PooledTrunk, check_cut
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling


class FeatureExtractor(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ModelEstimator):
    """Give a trained model's features to scikit-learn: one vector a sample.

    Use it with a handful of labels: nearest neighbours or a linear model on the features of a
    static trunk need no training of the network. It is a transformer for pipelines,
    cross-validation and searches over `cut`, and needs no `fit`. A pickle of it holds the model
    as a `.keras` file, which is loaded in Keras's safe mode and not compiled.

    Args:
        model: A trained Functional or built Sequential model. It is not changed, and
            `sklearn.base.clone` shares it. Train it further, and the features are those of its
            new weights (but a vocabulary that it adapts anew needs a new extractor).
        cut: Where the features are taken: what `transfer` takes, 1 by default: all but the last
            layer. The features of a list of names stand side by side, in its order.
        pooling: How features of more than one dimension become a vector: `"auto"`, the default,
            averages over space, and over the unmasked steps of a sequence; `"avg"`, `"max"`,
            `"flatten"`, or `"none"` where they are vectors.
        batch_size: Number of samples that go through the trunk at once, 32 by default.
        verbose: 1 or 2 to show the progress of `transform` as Keras does, 0 by default.
        engine: What runs the trunk: `"keras"`, the default, `"openvino"`, `"onnxruntime"` or
            `"auto"`, as in `fit_cached`. A conversion serves later calls and clones too.

    Attributes:
        n_features_in_: The second dimension of the `X` seen by `fit`, if `X` is one array.
        feature_names_in_: The columns of the `X` seen by `fit`, if it is a data frame.

    Example:
        >>> import keras, keras_mtl
        >>> from sklearn.neighbors import KNeighborsClassifier
        >>> from sklearn.pipeline import make_pipeline
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 50})["digit"]
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(16, 3, activation="relu", name="conv"),
        ...     keras.layers.Flatten(),
        ...     keras.layers.Dense(2, activation="softmax"),
        ... ])
        >>> extractor = keras_mtl.FeatureExtractor(trained, cut="conv")
        >>> extractor.transform(x).shape
        (50, 16)
        >>> neighbours = make_pipeline(extractor, KNeighborsClassifier(3)).fit(x, y)
        >>> neighbours.predict(x).shape
        (50,)
    """

    def __init__(
        self,
        model: keras.Model,
        cut: Cut = 1,
        *,
        pooling: Pooling = "auto",
        batch_size: int = 32,
        verbose: int = 0,
        engine: str = "keras",
    ) -> None:
        self.model = model
        self.cut = cut
        self.pooling = pooling
        self.batch_size = batch_size
        self.verbose = verbose
        self.engine = engine

    def _check_arguments(self) -> None:
        super()._check_arguments()
        checked_engine(self.engine)

    def fit(self, X: Any, y: Any = None) -> FeatureExtractor:
        """Check the arguments and the data, and do nothing else; `transform` needs no `fit`.

        Args:
            X: As for `transform`.
            y: Not used.

        Raises:
            InvalidFeatures: As for `transform`.
        """
        self._check_arguments()
        check_cut(Graph.of(self.model), self.cut, self.pooling)
        source = recognise(X)
        if not isinstance(source, ArraySource):
            source.check_form(ModelInputs.of(self.model), "`X`")
            return self
        inputs = self._checked(X, reset=True)
        self._input_shapes = [array.shape[1:] for array in inputs]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the features of the samples; warn if they hardly differ between samples.

        Args:
            X: Array-like of shape `(samples, ...)` that fits the input of the model, of any
                numeric dtype, or of text where the input is text. For several inputs a dict or a
                data frame of them by the names of the inputs, or a list in their order. Or a
                `tf.data.Dataset`, or any other stream of batches `x`, `(x, y)`.

        Returns:
            The features, float32 of shape `(samples, features)`.

        Raises:
            InvalidFeatures: `X` does not fit the input of the model, holds NaN or infinite
                values, or is empty; or the features are NaN or infinite.
            InvalidCut: The model cannot be cut at `cut`, or `pooling` gives no vectors there.
            LayerNotFound: No layer has the name given as `cut`.
            UnsupportedModel: `model` is a subclassed model, or no model.
            UnbuiltModel: `model` is a Sequential model without an input shape.
            CloneError: A layer cannot be copied faithfully.
            NotStatic: A layer draws random numbers in inference.
            MissingExtra: `engine` is not installed.
            NotConvertible: `engine` lacks something that the trunk computes (a layer is named), or
                cannot run a batch after the first one.
            EngineMismatch: What `engine` gives differs from what Keras gives.
            UnsupportedBackend: `engine` cannot read the graphs of the Keras backend in use.
            TypeError: `X` is sparse, or no array.
            ValueError: `pooling`, `batch_size`, `verbose` or `engine` is out of its range.
        """
        self._check_arguments()
        source = recognise(X)
        if not isinstance(source, ArraySource):
            return self._features_of_stream(source)
        inputs = self._checked(X, reset=False)
        features = self._trunk().features(inputs, self.batch_size, self.verbose, self.engine)
        FiniteFeatures().check(features)
        return self._looked_at(features, inputs)

    def _features_of_stream(self, source: DataSource) -> np.ndarray:
        """Return the features of a stream, read batch by batch: it may not fit into memory."""
        source.check_form(ModelInputs.of(self.model), "`X`")
        if source.is_endless:
            raise InvalidFeatures(
                f"`X`, a `{source.kind}`, has no end, so it cannot be read through. Leave out what "
                "repeats it, such as `.repeat()`."
            )
        trunk: PooledTrunk | None = None
        finite = FiniteFeatures()
        parts: list[np.ndarray] = []
        for batch in source.batches():
            x, *_ = keras.utils.unpack_x_y_sample_weight(batch)
            inputs = check_inputs(self.model, x, "a batch of `X`", batched=True)
            trunk = trunk or self._trunk()  # Made once the first batch is known to fit.
            features = trunk.features(inputs, self.batch_size, engine=self.engine)
            finite.check(features)
            parts.append(features if parts else self._looked_at(features, inputs))
        if not parts:
            raise InvalidFeatures(f"`X`, a `{source.kind}`, gives no batches.")
        return np.concatenate(parts)

    def _looked_at(self, features: np.ndarray, inputs: list[np.ndarray]) -> np.ndarray:
        """Return the features, after a warning if they hardly differ between the samples."""
        warn_if_alike([features], [f"cut={self.cut!r}"], inputs)
        return features

    def _trunk(self) -> PooledTrunk:
        return self._trunk_cache().take(self.cut, self.pooling)

    @property
    def _n_features_out(self) -> int:
        """The number of features, from which scikit-learn makes their names."""
        width = self._trunk().width(vars(self).get("_input_shapes"))
        if width is None:
            raise AttributeError("The number of features depends on `X`: call `fit` first.")
        return width

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
