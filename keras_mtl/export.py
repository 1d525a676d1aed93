"""Trained models as files that need neither `keras_mtl` nor Keras."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.errors import ExportError, UnsupportedBackend
from keras_mtl.export_path import checked_path, written_whole_export
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.heads.head import Head
from keras_mtl.keras_private.graphs import producer
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.models.multi_task_model import MultiTaskModel

DEFAULT_ENDPOINT = "serving_default"
"""The endpoint that TensorFlow Serving calls when a request names none."""
KERAS_ENDPOINT = "serve"
"""The endpoint that `keras.layers.TFSMLayer` calls, and that `keras.Model.export` writes."""

CLASS_NAMES = Path("assets.extra", "classes.json")
"""The file with the names of classes, in the folder of a SavedModel for files of its users."""

_VIA_TENSORFLOW = (
    'save the model with `model.save("model.keras")`, load it in a process started with '
    "KERAS_BACKEND=tensorflow, and export it there."
)
_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]+")
_JAX_PLATFORMS = ("cpu", "cuda", "tpu")


def export(model: keras.Model, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a model as a TensorFlow SavedModel, for use without `keras_mtl` and without Keras.

    Use it to put a trained model into service: TensorFlow Serving, `tf.saved_model.load` and
    the converters of TensorFlow read it. To train on, save it with `model.save` instead.

    The signatures `"serving_default"` and `"serve"`, which is that of `keras.Model.export` and what
    `keras.layers.TFSMLayer` calls, are the model in inference mode. Its inputs are named
    after the input layers of the model, and have their dtypes and shapes (None stays None).
    Its outputs are named after the layers that make them, `"head"` for a model with a `Head`; the
    outputs of a model that returns a dict keep their keys. Of two equal names the second becomes
    `"name_1"`, and in the name of an input what is no letter from a to z, digit or `_` becomes `_`.
    A `MultiTaskModel` has a signature under the name of each task as well, which runs the trunk
    and that head only; the variables are stored once.

    If the classes of a `Head` have names, the file `assets.extra/classes.json` holds them under the
    name of its output, in the order of their numbers: `{"head": ["cat", "dog"]}`. TensorFlow keeps
    such files beside a model and reads none of them.

    A process that is killed leaves the old model or the new one; where it was killed between
    putting one away and the other in its place, the next call for `path` puts the old one back.

    Args:
        model: A Functional or built Sequential model, such as `transfer` returns. It is not
            changed.
        path: The folder to write, in a folder that exists. It is written whole or not at all.
        overwrite: Whether a SavedModel that is already there is replaced. Anything else that is
            there is refused.

    Returns:
        `path`, as a `pathlib.Path`.

    Raises:
        ExportError: Nothing can be written at `path`, or TensorFlow takes a name of a layer not. If
            something is there already, or comes there before the model is written, it is also a
            `FileExistsError`, if the folder around it cannot be written in a `PermissionError`.
        UnsupportedBackend: Keras does not run on TensorFlow or JAX, or JAX cannot express the
            model for inputs of any size.
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.

    Example:
        >>> import keras, keras_mtl
        >>> import tensorflow as tf
        >>> trained = keras.Sequential([
        ...     keras.Input((4,), name="measurements"), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=2)
        >>> path = keras_mtl.export(model, "exported")
        >>> serve = tf.saved_model.load(path).signatures["serving_default"]
        >>> serve(measurements=tf.ones((5, 4)))["head"].shape
        TensorShape([5, 2])
    """
    checked_functional(model)
    _check_backend()
    _check_names(model)
    path = checked_path(path, overwrite=overwrite)
    endpoints = {DEFAULT_ENDPOINT: model}
    if isinstance(model, MultiTaskModel):
        endpoints = {
            task: model.training_state.graphs.of_task(task) for task in model.tasks
        } | endpoints
    with written_whole_export(path, overwrite=overwrite) as folder:
        _write_saved_model(model, endpoints, folder)
        _write_class_names(model, folder)
    return path


def _check_backend() -> None:
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise UnsupportedBackend(
            f"A SavedModel cannot be written with the Keras backend `{backend}`: {_VIA_TENSORFLOW}"
        )


def _check_names(model: keras.Model) -> None:
    """Refuse names that TensorFlow, where it is the backend, takes for no scope of operations."""
    if keras.backend.backend() != "tensorflow":
        return
    parts = [part for part in sublayers(model) if not isinstance(part, keras.layers.InputLayer)]
    for name in [*(part.name for part in parts), *(v.path for v in model.variables)]:
        if not _SCOPE.fullmatch(name):
            raise ExportError(
                f"TensorFlow takes no layer or variable named `{name}`, only letters from a to z, "
                "digits, `_`, `.` and `-`. Give the layer another name where the model is made; or "
                "set `layer.name` and export a copy, `keras_mtl.to_plain(model)`."
            )


def _write_saved_model(model: keras.Model, endpoints: dict[str, keras.Model], folder: Path) -> None:
    """Write models that share the variables of `model`, which are stored once."""
    archive = keras.export.ExportArchive()
    functions: dict[str, Any] = {}
    if keras.backend.backend() == "jax":
        for name, function in _jax_functions(model, endpoints):
            functions[name] = archive.add_endpoint(name, function)
    else:
        archive.track(_holder_of(model))
        for name, endpoint in endpoints.items():
            functions[name] = archive.add_endpoint(
                name, _serving(endpoint), [_input_specs(endpoint)]
            )
    if KERAS_ENDPOINT not in endpoints:  # A task may have this name.
        archive.add_endpoint(KERAS_ENDPOINT, functions[DEFAULT_ENDPOINT])
    _write_out(archive, folder)


def _write_out(archive: keras.export.ExportArchive, folder: Path) -> None:
    import tensorflow as tf

    try:
        archive.write_out(folder, verbose=False)
    except tf.errors.OpError as error:  # Such as a full disk.
        raise OSError(error.message) from error


def _write_class_names(model: keras.Model, folder: Path) -> None:
    """Write the names of classes by output, if there are any, where TensorFlow leaves room."""
    layers = map(producer, checked_functional(model).outputs)
    named = {
        output: list(layer.classes)
        for output, layer in zip(_output_names(model), layers, strict=True)
        if isinstance(layer, Head) and layer.classes is not None
    }
    if named:
        (folder / CLASS_NAMES).parent.mkdir()
        text = json.dumps(named, ensure_ascii=False, indent=2)
        (folder / CLASS_NAMES).write_text(f"{text}\n", encoding="utf-8")


def _holder_of(model: keras.Model) -> Any:
    """Return an object that leads the archive to the model's lookup tables, and is no layer.

    A layer's variables are stored twice (Keras 3.15): once as Keras's, once as TensorFlow's, which
    the archive finds without help.
    """
    import tensorflow as tf

    holder = tf.Module()
    holder.model = model
    return holder


def _serving(model: keras.Model) -> Callable[[Any], dict[str, Any]]:
    """Return a function that gives the outputs of the model in inference mode, by name."""
    names = _output_names(model)

    def serve(inputs: Any) -> dict[str, Any]:
        # Passed explicitly: without it some layers, such as RandomFlip, draw random numbers.
        outputs = model(inputs, training=False)
        return dict(zip(names, keras.tree.flatten(outputs), strict=True))

    return serve


def _input_specs(model: keras.Model) -> Any:
    """Return a `tf.TensorSpec` for each input, in the structure in which the model takes them."""
    import tensorflow as tf

    functional = checked_functional(model)
    names = _distinct(_input_name(tensor) for tensor in functional.inputs)
    specs = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name)
        for tensor, name in zip(functional.inputs, names, strict=True)
    ]
    return keras.tree.pack_sequence_as(unwrap_single(functional.input), specs)


def _input_name(tensor: Any) -> str:
    """Return the name of the input layer, changed as TensorFlow changes names of arguments."""
    name = re.sub(r"[^A-Za-z0-9_]", "_", _layer_name(tensor))
    if name[0].isdigit():
        return f"arg_{name}"
    return f"input{name}" if name[0] == "_" else name


def _output_names(model: keras.Model) -> list[str]:
    """Return one name for each output, in the order in which Keras flattens them."""
    structure = unwrap_single(checked_functional(model).output)
    return _distinct(
        "_".join(map(str, path)) if any(isinstance(key, str) for key in path) else _layer_name(t)
        for path, t in keras.tree.flatten_with_path(structure)
    )


def _layer_name(tensor: Any) -> str:
    return producer(tensor).name


def _distinct(names: Iterable[str]) -> list[str]:
    """Return the names without duplicates; the second of two equal ones becomes `"name_1"`."""
    taken: list[str] = []
    for name in names:
        candidates = itertools.chain([name], (f"{name}_{i}" for i in itertools.count(1)))
        taken.append(next(candidate for candidate in candidates if candidate not in taken))
    return taken


def _jax_functions(
    model: keras.Model, endpoints: dict[str, keras.Model]
) -> Iterator[tuple[str, Any]]:
    """Yield the endpoints as TensorFlow functions of TensorFlow's copies of the variables.

    Keras can convert them too, but its functions assign every frozen variable anew at each call,
    and pass an option to JAX that is deprecated (Keras 3.15).
    """
    import tensorflow as tf

    stored = [tf.Variable(variable.value) for variable in model.variables]
    for name, endpoint in endpoints.items():
        specs = _input_specs(endpoint)
        converted = _jax_to_tensorflow(_serving(endpoint), model.variables, specs)
        function = tf.function(partial(converted, stored), [specs], autograph=False)
        try:
            function.get_concrete_function()
        except Exception as error:  # JAX's errors of shapes and dtypes have no common class.
            raise UnsupportedBackend(
                f"JAX cannot express `{endpoint.name}` for inputs of any size; "
                f"{_VIA_TENSORFLOW} JAX says: {error}"
            ) from error
        yield name, function


def _jax_to_tensorflow(
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
        native_serialization_platforms=_JAX_PLATFORMS,
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
