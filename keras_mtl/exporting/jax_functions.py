"""The functions of an export as TensorFlow runs them, from a model on the JAX backend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras

from keras_mtl.errors import UnsupportedBackend
from keras_mtl.exporting.class_outputs import with_labels
from keras_mtl.exporting.served import DEFAULT_SIGNATURE, FEATURES, Served
from keras_mtl.exporting.tensor_functions import input_specs, prepared
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.serving.manifest import ExportedOutput

VIA_TENSORFLOW = (
    'save the model with `model.save("model.keras")`, load it in a process started with '
    "KERAS_BACKEND=tensorflow, and export it there."
)
_PLATFORMS = ("cpu", "cuda", "tpu")


def jax_functions(served: Served) -> Iterator[tuple[str, Any]]:
    """Yield the function of each signature, of TensorFlow's copies of the variables.

    Keras can convert them too, but its functions assign every frozen variable anew at each call,
    and pass an option to JAX that is deprecated (Keras 3.15).

    Raises:
        UnsupportedBackend: JAX cannot express the model for inputs of any size.
    """
    import tensorflow as tf

    variables = served.model.variables
    stored = [tf.Variable(variable.value) for variable in variables]
    specs = input_specs(served)
    for name, (function, described) in _signatures(served).items():
        converted = _to_tensorflow(partial(_run, served, function), variables, specs)
        serve = partial(_with_labels, converted, stored, described)
        traced = tf.function(serve, [specs], autograph=False)
        try:
            traced.get_concrete_function()
        except Exception as error:  # JAX's errors of shapes and dtypes have no common class.
            raise UnsupportedBackend(
                f"JAX cannot express `{served.model.name}` for inputs of any size; "
                f"{VIA_TENSORFLOW} JAX says: {error}"
            ) from error
        yield name, traced


Signature = tuple[Callable[[Any], dict[str, Any]], tuple[ExportedOutput, ...]]


def _signatures(served: Served) -> dict[str, Signature]:
    """Return for each signature what runs, and what its outputs mean."""
    signatures: dict[str, Signature] = {}
    parts = served.parts
    if parts is not None and FEATURES not in parts.heads:
        signatures[FEATURES] = (_named(parts.trunk, parts.feature_names), ())
    if isinstance(served.model, MultiTaskModel):
        for output in served.outputs:
            graph = served.model.training_state.graphs.of_task(output.name)
            signatures[output.name] = (_named(graph, [output.name]), (output,))
    names = [output.name for output in served.outputs]
    signatures[DEFAULT_SIGNATURE] = (_named(served.model, names), served.outputs)
    return signatures


def _named(model: keras.Model, names: list[str]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that gives the outputs of the model in inference mode, by name."""

    def serve(inputs: Any) -> dict[str, Any]:
        # Passed explicitly: without it some layers, such as RandomFlip, draw random numbers.
        outputs = model(inputs, training=False)
        return dict(zip(names, keras.tree.flatten(outputs), strict=True))

    return serve


def _run(served: Served, function: Callable[[Any], dict[str, Any]], inputs: Any) -> dict[str, Any]:
    return function(prepared(served, inputs))


def _with_labels(
    converted: Callable[[Any, Any], dict[str, Any]],
    stored: list[Any],
    described: tuple[ExportedOutput, ...],
    inputs: Any,
) -> dict[str, Any]:
    return with_labels(converted(stored, inputs), described)


def _to_tensorflow(
    serve: Callable[[Any], dict[str, Any]], variables: list[keras.Variable], specs: Any
) -> Callable[[Any, Any], dict[str, Any]]:
    """Return `serve` as a TensorFlow function of the values of the variables and the inputs."""
    from jax.experimental import jax2tf

    def stateless(values: Any, inputs: Any) -> dict[str, Any]:
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return serve(inputs)

    return jax2tf.convert(
        stateless,
        polymorphic_shapes=[None, _symbolic_shapes(specs)],
        with_gradient=False,
        # The model may be served on another kind of device than it was trained on.
        native_serialization_platforms=_PLATFORMS,
    )


def _symbolic_shapes(specs: Any) -> Any:
    """Return shapes as `jax.export` writes them.

    All inputs share one batch size; every other unknown dimension gets a name of its own.
    """
    sizes = (f"size_{index}" for index in itertools.count())

    def symbolic(spec: Any) -> str:
        batch, *others = spec.shape
        dims = ["batch" if batch is None else batch]
        dims += [next(sizes) if dim is None else dim for dim in others]
        return f"({', '.join(map(str, dims))})"

    return keras.tree.map_structure(symbolic, specs)
