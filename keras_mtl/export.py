"""Trained models as files that need neither `keras_mtl` nor Keras."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import keras

from keras_mtl.common.atomic_files import written_whole_folder
from keras_mtl.common.structures import unwrap_single
from keras_mtl.errors import (
    ExportError,
    ExportPathExists,
    ExportPathNotWritable,
    UnsupportedBackend,
)
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.graphs import producer
from keras_mtl.models.multi_task_model import MultiTaskModel

DEFAULT_ENDPOINT = "serving_default"
"""The endpoint that TensorFlow Serving calls when a request names none."""

_VIA_TENSORFLOW = (
    'save the model with `model.save("model.keras")`, load it in a process started with '
    "KERAS_BACKEND=tensorflow, and export it there."
)
_JAX_PLATFORMS = ("cpu", "cuda", "tpu")


def export(model: keras.Model, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a model as a TensorFlow SavedModel, for use without `keras_mtl` and without Keras.

    Use it to put a trained model into service: TensorFlow Serving, `tf.saved_model.load` and
    the converters of TensorFlow read it. To train on, save it with `model.save` instead.

    The signature `"serving_default"` is the model in inference mode. Its inputs are named
    after the input layers of the model, and have their dtypes and shapes (None stays None).
    Its outputs are named after the layers that make them, `"head"` for a model with a `Head`; the
    outputs of a model that returns a dict keep their keys. Of two equal names the second becomes
    `"name_1"`, and a character that TensorFlow refuses in the name of an input becomes `"_"`.
    A `MultiTaskModel` has a signature under the name of each task as well, which runs the trunk
    and that head only; the variables are stored once.

    Args:
        model: A Functional or built Sequential model, such as `transfer` returns. It is not
            changed.
        path: The folder to write, in a folder that exists. It is written whole or not at all.
        overwrite: Whether a SavedModel that is already there is replaced. Anything else that is
            there is refused.

    Returns:
        `path`, as a `pathlib.Path`.

    Raises:
        ExportError: Nothing can be written at `path`. If something is there already it is also a
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
    path = _checked_path(path, overwrite=overwrite)
    endpoints = {DEFAULT_ENDPOINT: model}
    if isinstance(model, MultiTaskModel):
        endpoints = {
            task: model.training_state.graphs.of_task(task) for task in model.tasks
        } | endpoints
    with _written_whole(path, overwrite=overwrite) as folder:
        _write_saved_model(model, endpoints, folder)
    return path


def _check_backend() -> None:
    backend = keras.backend.backend()
    if backend not in ("tensorflow", "jax"):
        raise UnsupportedBackend(
            f"A SavedModel cannot be written with the Keras backend `{backend}`: {_VIA_TENSORFLOW}"
        )


def _checked_path(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    path = Path(path)
    if os.path.lexists(path):
        if not overwrite:
            raise ExportPathExists(
                f"`{path}` exists. Give another path, or replace an exported model with "
                "`overwrite=True`."
            )
        if not (path / "saved_model.pb").is_file():
            raise ExportPathExists(
                f"`{path}` is not an exported model, so it is not overwritten. Give another path."
            )
    if not path.parent.is_dir():
        raise ExportError(
            f"`{path}` cannot be written: `{path.parent}` is not a folder. Create it first, or "
            "give another path."
        )
    return path


@contextmanager
def _written_whole(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give an empty folder to write in, which becomes `path` if all goes well."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(written_whole_folder(path, overwrite=overwrite))
        except OSError as error:
            raise ExportPathNotWritable(
                f"`{path}` cannot be written: {error}. Give a path in a folder that you can write "
                "in."
            ) from error
        yield folder


def _write_saved_model(model: keras.Model, endpoints: dict[str, keras.Model], folder: Path) -> None:
    """Write models that share the variables of `model`, which are stored once."""
    archive = keras.export.ExportArchive()
    if keras.backend.backend() == "jax":
        for name, function in _jax_functions(model, endpoints):
            archive.add_endpoint(name, function)
    else:
        archive.track(_holder_of(model))
        for name, endpoint in endpoints.items():
            archive.add_endpoint(name, _serving(endpoint), [_input_specs(endpoint)])
    archive.write_out(folder, verbose=False)


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
    """Return the name of the input layer, changed so that TensorFlow takes it for a node."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", _layer_name(tensor))
    return name if name[0].isalnum() else f"input{name}"


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
