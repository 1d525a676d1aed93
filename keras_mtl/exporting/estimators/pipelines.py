"""A fitted pipeline that begins with a `FeatureExtractor`, as one Keras model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from keras_mtl.errors import UnsupportedModel
from keras_mtl.estimators.feature_extractor import FeatureExtractor
from keras_mtl.estimators.pooled_trunk import PooledTrunk
from keras_mtl.exporting.estimators.predictors import PREDICTORS, Predicting
from keras_mtl.exporting.estimators.transformers import TRANSFORMERS

OUTPUT = "head"
"""The name of the output, as of a model that `transfer` returns."""


@dataclass(frozen=True)
class PipelineModel:
    """A pipeline as a Keras model.

    Attributes:
        model: From the inputs of the trained model to what the last step gives.
        predicting: What that is.
        pipeline: The pipeline.
    """

    model: keras.Model
    predicting: Predicting
    pipeline: Pipeline

    def expected(self, inputs: list[np.ndarray]) -> np.ndarray:
        """Return what scikit-learn gives for inputs, `(samples, ...)` with a last dimension."""
        X = inputs[0] if len(inputs) == 1 else inputs
        values = np.asarray(getattr(self.pipeline, self.predicting.method)(X))
        return values[:, None] if values.ndim == 1 else values


def pipeline_model(pipeline: Pipeline) -> PipelineModel:
    """Return the model of a fitted pipeline.

    Raises:
        UnsupportedModel: It is not fitted, or a step cannot become a layer.
    """
    steps = [step for _, step in pipeline.steps if step not in ("passthrough", None)]
    if not isinstance(steps[0], FeatureExtractor):
        raise UnsupportedModel(
            "A pipeline that is exported begins with a `keras_mtl.FeatureExtractor`. Received: "
            f"`{type(steps[0]).__name__}` as its first step."
        )
    *transformers, last = steps[1:] or [None]
    layers = [layer for step in transformers for layer in _layers(step)]
    predicting = _predicting(last)
    extractor = steps[0]
    trunk = PooledTrunk(extractor.model, extractor.cut, extractor.pooling).vectors.model
    vectors = keras.tree.flatten(trunk.output)
    x = vectors[0] if len(vectors) == 1 else keras.layers.Concatenate()(vectors)
    x = keras.layers.Activation("linear", dtype="float32")(x)
    for layer in layers:
        x = layer(x)
    predicting.layer.name = OUTPUT
    model = keras.Model(trunk.input, predicting.layer(x), name=f"{extractor.model.name}_pipeline")
    return PipelineModel(model, predicting, pipeline)


def _layers(step: Any) -> list[keras.layers.Layer]:
    make = TRANSFORMERS.get(type(step))
    if make is None:
        raise _unsupported(step, TRANSFORMERS, "between the features and the last step")
    return _made(make, step)


def _predicting(step: Any) -> Predicting:
    make = PREDICTORS.get(type(step))
    if make is None:
        raise _unsupported(step, PREDICTORS, "as the last step")
    return _made(make, step)


def _made(make: Any, step: Any) -> Any:
    try:
        check_is_fitted(step)
        return make(step)
    except NotFittedError as error:
        raise UnsupportedModel(
            f"`{type(step).__name__}` is not fitted yet: call `fit` of the pipeline first."
        ) from error
    except ValueError as error:
        raise UnsupportedModel(f"The pipeline cannot become one graph. {error}") from error


def _unsupported(step: Any, known: dict[type, Any], where: str) -> UnsupportedModel:
    names = ", ".join(sorted(one.__name__ for one in known))
    return UnsupportedModel(
        f"`{type(step).__name__}` cannot become a part of an exported graph {where}. Received a "
        f"pipeline with it; what can: {names}."
    )
