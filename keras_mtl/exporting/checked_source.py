"""What is exported: a model, or an estimator whose parts become one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import keras
import numpy as np
from sklearn.pipeline import Pipeline

from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.estimators.transfer_classifier import TransferClassifier
from keras_mtl.estimators.transfer_estimator import TransferEstimator
from keras_mtl.exporting.estimators.pipelines import pipeline_model
from keras_mtl.exporting.model_outputs import inputs_of_model, outputs_of_model
from keras_mtl.exporting.output_meanings import (
    described_outputs,
    with_known_classes,
    with_named_classes,
)
from keras_mtl.exporting.preprocessing import checked_preprocessing
from keras_mtl.exporting.served import Served, input_names, output_names
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.serving.manifest import ExportedInput

Arrays = Mapping[str, np.ndarray]
Exportable: TypeAlias = keras.Model | TransferEstimator | Pipeline


@dataclass(frozen=True)
class Source:
    """What is exported.

    Attributes:
        served: The model, with its inputs and outputs by name.
        expected: What the outputs are for some inputs, by name.
    """

    served: Served
    expected: Callable[[Arrays], dict[str, np.ndarray]]


def checked_source(model: Exportable, preprocess: Any, classes: Any) -> Source:
    """Return what is exported.

    Raises:
        UnsupportedModel: It is neither a model whose layers form a graph nor one of the estimators.
        UnbuiltModel: It is a Sequential model without an input shape.
        ValueError: `preprocess` or `classes` do not fit.
    """
    if isinstance(model, Pipeline):
        return _of_pipeline(model, preprocess, classes)
    known = None
    if isinstance(model, TransferEstimator):
        known = model.classes_.tolist() if isinstance(model, TransferClassifier) else None
        model = model.model_
    served = _served(model, preprocess, classes)
    if known is not None and classes is None:
        (output,) = served.outputs
        served = replace(served, outputs=(with_known_classes(output, known),))
    return Source(served, partial(outputs_of_model, served))


def _of_pipeline(pipeline: Pipeline, preprocess: Any, classes: Any) -> Source:
    made = pipeline_model(pipeline)
    served = _served(made.model, preprocess, None)
    (output,) = served.outputs
    predicting = made.predicting
    output = replace(
        output,
        kind=predicting.kind,
        decoding=predicting.decoding,
        threshold=predicting.threshold,
    )
    if classes is not None:
        output = with_named_classes(output, classes)
    elif predicting.classes is not None:
        output = with_known_classes(output, predicting.classes.tolist())
    served = replace(served, outputs=(output,))

    def expected(sample: Arrays) -> dict[str, np.ndarray]:
        return {output.name: made.expected(inputs_of_model(served, sample))}

    return Source(served, expected)


def _served(model: keras.Model, preprocess: Any, classes: Any) -> Served:
    tensors = checked_functional(model).inputs
    given_names = ModelInputs.of(model).keys
    steps = checked_preprocessing(preprocess, tensors, given_names)
    inputs = tuple(
        ExportedInput(name, given, one.shape, one.dtype)
        for name, given, one in zip(input_names(model), given_names, steps, strict=True)
    )
    outputs = described_outputs(model, output_names(model), classes)
    return Served(model, inputs, outputs, steps)
