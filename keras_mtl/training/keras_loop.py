"""When a model of one task trains in Keras's own loop: the one place that decides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.tf_datasets import TfDatasetSource
from keras_mtl.errors import UnsupportedBackend
from keras_mtl.keras_private.compiled import compiled_metrics, loss_tracker
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged
from keras_mtl.surgery.own_training import STEPS, own_methods
from keras_mtl.training.distribution.model_workers import workers_of

METHODS = (
    *STEPS,
    *("make_test_function", "evaluate", "reset_metrics", "get_metrics_result", "metrics"),
    *("stateless_compute_loss", "jit_compile", "run_eagerly"),
)
"""Methods that Keras's loop calls."""
LARGE = 2**30
"""Bytes of arrays that our loop does not copy to a GPU as a whole, as it does with fewer."""


def reason_for_keras_fit(
    model: keras.Model, x: Any, y: Any, arguments: Mapping[str, Any]
) -> str | None:
    """Return why a call of `fit` runs in Keras's own loop; None if it runs in ours.

    Args:
        model: A model of one task.
        x: The inputs, or batches, as Keras takes them.
        y: The labels.
        arguments: The other arguments of `fit` by name, those that only ours has among them.

    Returns:
        A clause to be put after "because".
    """
    # A run with a position to come back to, or with several workers or devices of JAX, needs our
    # loop, even where Keras's is as fast.
    exact = arguments["seed"] is not None or arguments["backup"] is not None
    exact = exact or workers_of(model).replicas > 1
    return next(
        chain(_of_model(model, exact), _of_call(arguments), _of_fit_data(x, y, arguments, exact)),
        None,
    )


def reason_of_model(model: keras.Model) -> str | None:
    """Return why a model trains in Keras's own loop whatever the data; None if it need not."""
    return next(_of_model(model, exact=True), None)


def refuse_several_workers(reason: str) -> None:
    """Refuse what Keras's own loop trains, which does not train on several workers.

    Args:
        reason: Why it does.

    Raises:
        UnsupportedBackend: Always.
    """
    raise UnsupportedBackend(
        f"Keras's own loop trains and scores this model because {reason}, and it does not do so on "
        "several workers. Change that, or train in one process."
    )


def reason_for_keras_evaluate(
    model: keras.Model, x: Any, y: Any, arguments: Mapping[str, Any]
) -> str | None:
    """Return why a call of `evaluate` runs in Keras's own loop; None if it runs in ours.

    Args:
        model: A model of one task.
        x: The inputs, or batches, as Keras takes them.
        y: The labels.
        arguments: The arguments `batch_size`, `sample_weight` and `steps`.
    """
    data = _Given(
        "`x`", x, y, arguments["sample_weight"], arguments["batch_size"], arguments["steps"]
    )
    any_stream = workers_of(model).replicas > 1
    return next(chain(_of_model(model), _of_scoring(any_stream), _of_pass(data, any_stream)), None)


def refuse_without_own_loop(reason: str, arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that only our loop has.

    Args:
        reason: Why Keras's loop trains the model.
        arguments: The arguments by name; None where one is not given.

    Raises:
        ValueError: One is given.
    """
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` is not for what trains in Keras's own loop, as this model does because "
                f"{reason}."
            )


def _of_model(model: keras.Model, exact: bool = False) -> Iterator[str]:
    if not model.compiled:
        yield "it is not compiled"
        return
    own = own_methods(model, METHODS)
    if own:
        yield f"`{type(model).__name__}` has a `{own[0]}` of its own"
    if len(model.outputs) != 1 or isinstance(model.output, dict | list | tuple):
        yield "its output is not a single tensor"
    if model.optimizer is None:
        yield "it is compiled without an optimizer"
    if len(keras.tree.flatten(model.loss)) != 1 or model.loss is None:
        yield "it is not compiled with a single loss"
    if model.run_eagerly:
        yield "it is compiled with `run_eagerly=True`"
    known = (loss_tracker(model), compiled_metrics(model))
    if any(metric not in known for metric in model.metrics):
        yield "layers have metrics of their own"
    yield from _of_backend(model, exact)


def _of_backend(model: keras.Model, exact: bool) -> Iterator[str]:
    backend = keras.config.backend()
    if backend != "jax" and model.jit_compile:  # On JAX steps are compiled in any case.
        yield "it is compiled with `jit_compile=True`"
    if backend == "torch" and not exact:
        yield "torch runs each step by itself in any loop"
    if keras.distribution.distribution() is not None and workers_of(model).replicas == 1:
        yield "a `keras.distribution` is set"
    if backend == "tensorflow":
        strategy = type(model.distribute_strategy).__name__
        if strategy.startswith(("TPU", "ParameterServer", "CentralStorage")):
            yield f"it is distributed by a `{strategy}`"


def _of_scoring(any_stream: bool) -> Iterator[str]:
    if keras.config.backend() == "jax" and not any_stream:
        yield "JAX scores each batch by itself in any loop"


def _of_call(arguments: Mapping[str, Any]) -> Iterator[str]:
    if keras.config.max_epochs() or keras.config.max_steps_per_epoch():
        yield "epochs or steps are limited by `keras.config`"
    if not isinstance(arguments["shuffle"], bool):
        yield f"`shuffle={arguments['shuffle']!r}` is given"


def _of_fit_data(x: Any, y: Any, arguments: Mapping[str, Any], any_stream: bool) -> Iterator[str]:
    held_out, size = arguments["validation_data"], arguments["batch_size"]
    weights, steps = arguments["sample_weight"], arguments["steps_per_epoch"]
    kept = 1 - arguments["validation_split"] if held_out is None else 1.0
    data = _Given("`x`", x, y, weights, size, steps, kept)
    yield from _of_data(data, any_stream)
    if steps and (data.num_batches or 0) % steps:
        yield "`steps_per_epoch` does not divide the number of batches"
    if arguments["class_weight"] is not None and (y is None or weights is not None):
        yield "`class_weight` goes with arrays and without `sample_weight`"
    if held_out is None:
        return
    parts = held_out if isinstance(held_out, tuple | list) else (held_out,)
    if not 1 <= len(parts) <= 3:
        yield "`validation_data` has an unknown form"
        return
    size, steps = arguments["validation_batch_size"] or size, arguments["validation_steps"]
    x, y, weights = (*parts, None, None)[:3]
    yield from _of_pass(_Given("`validation_data`", x, y, weights, size, steps), any_stream)


def _of_pass(data: _Given, any_stream: bool = False) -> Iterator[str]:
    """Yield why Keras scores the data."""
    yield from _of_data(data, any_stream)
    if data.steps and data.num_batches and data.steps > data.num_batches:
        yield f"{data.what} has fewer batches than steps"


class _Given(NamedTuple):
    """Data as a call was given them.

    Attributes:
        what: What messages call them.
        kept: The share of the rows that is used.
    """

    what: str
    x: Any
    y: Any
    weights: Any
    batch_size: int | None
    steps: int | None
    kept: float = 1.0

    @property
    def num_batches(self) -> int | None:
        """The number of batches in a pass; None where it is not known, or without an end."""
        if self.y is None and isinstance(self.x, IndexedRows):
            return -(-int(len(self.x) * self.kept) // self.x.batch_size)
        if self.y is None:
            return recognise(self.x).num_batches
        rows = int(len(self.y) * self.kept)
        return -(-rows // (self.batch_size or default_batch_size(rows, self.steps)))


def default_batch_size(rows: int, steps: int | None) -> int:
    """Return the rows of a batch where none are asked for, as in Keras."""
    return -(-rows // steps) if steps else BATCH_SIZE


def _of_data(data: _Given, any_stream: bool) -> Iterator[str]:
    if data.x is None:
        yield f"{data.what} is missing"
        return
    source = recognise(data.x)
    if isinstance(source, ArraySource):
        yield from _of_arrays(data)
    elif data.y is not None or data.weights is not None:
        yield f"{data.what} are batches, which hold the labels and weights themselves"
    elif isinstance(source, TfDatasetSource) and keras.config.backend() == "tensorflow":
        yield from _of_tf_dataset(source, data)
    elif not any_stream or source.is_read_once:
        yield f"{data.what} are batches of a `{source.kind}`, which Python reads"
    elif source.num_batches is None and not data.steps:
        yield f"the length of {data.what} is not known"


def _of_arrays(data: _Given) -> Iterator[str]:
    if data.y is None:
        yield f"{data.what} has no labels"
        return
    leaves = [leaf for leaf in keras.tree.flatten(tuple(data[1:4])) if leaf is not None]
    if not all(hasattr(one, "shape") for one in (data.y, data.weights) if one is not None):
        yield f"the labels or weights of {data.what} are not single arrays"
        return
    if any(map(is_sparse_or_ragged, leaves)):
        yield f"{data.what} holds sparse or ragged arrays"
    large = sum(getattr(leaf, "nbytes", 0) for leaf in leaves) > LARGE
    if large and keras.config.backend() == "tensorflow" and keras.distribution.list_devices("gpu"):
        yield f"{data.what} is too large to be copied to a GPU as a whole"


def _of_tf_dataset(source: TfDatasetSource, data: _Given) -> Iterator[str]:
    spec = source.data.element_spec
    form = isinstance(spec, tuple) and 2 <= len(spec) <= 3 and not any(map(_is_nested, spec[1:]))
    if not form or not all(map(_is_dense, keras.tree.flatten(spec))):
        yield f"the batches of {data.what} are not dense arrays `(x, y)` of known ranks"
    if source.num_batches is None and not (source.is_endless and data.steps):
        yield f"the length of {data.what} is not known"


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def _is_dense(spec: Any) -> bool:
    # By its name: without TensorFlow nothing can be imported to compare with.
    return type(spec).__name__ == "TensorSpec" and spec.shape.rank is not None
