"""A check on one batch that a copy computes what its source does, and that static layers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import CloneError, NotStatic
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional, operation_fn
from keras_mtl.surgery.cloner import Copy
from keras_mtl.surgery.trunk import Trunk, is_static

BATCH_SIZE = 2
"""Two rows, since one would hide a layer that mixes rows or squeezes the batch away."""
SIZES = (32, 128, 256, 8)
"""Sizes to try, in this order, for input dimensions of any size.

32 is cheap, and enough for most; deep convolutional networks reduce it to nothing, so larger ones
follow; a model with learned positions may take no sequence longer than 8.
"""
TOLERANCE = 1e-5
"""Largest difference relative to the largest value; where kernels are deterministic it is 0."""

_LOOKUPS = (
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
    keras.layers.TextVectorization,
)

Batch = list[Any]
"""One tensor for each input of a model, in their order."""


def verify_copy(graph: Graph, copy: Copy) -> None:
    """Compare a copy with its source on one batch, in inference mode; change neither.

    The calls of the source run one by one; the copy runs as the model that it is. A copy with
    static layers runs in training mode as well, which shows whether they are static.
    The batch is drawn to each input's dtype: standard normal numbers (seeded), zeros for
    integers, empty strings; where a layer looks the input up in a vocabulary, a word of it.

    Args:
        graph: What was copied: the graph of the source, or a part of it.
        copy: The copy.

    Raises:
        CloneError: The outputs differ; the message names the first layer that diverges.
        NotStatic: A static layer changes a variable or draws random numbers.
    """
    batch, expected = _batch_that_runs(graph)
    model = copy.model
    static = {
        call.path: copy.of(call.operation)
        for call in graph.opened.calls
        if not call.is_input and is_static(copy.of(call.operation))
    }
    trained = None
    if isinstance(model, Trunk) and static:
        trained = _checked_in_training(model, static, batch)
        # A wholly static trunk computes the same in both modes: one run is enough.
        if not model.trainable and all(map(_same, expected, trained)):
            return
    actual = _outputs_of([model], batch)
    if trained is not None and not model.trainable:
        _check_deterministic(trained, actual)
    if not all(map(_same, expected, actual)):
        raise CloneError(_first_difference(graph, copy, batch))


def verify_chain(graph: Graph, first: Copy, last: Copy) -> None:
    """Compare two copies, the last one on what the first one gives, with what both are copies of.

    Raises:
        CloneError: The outputs differ; the message names the first layer that diverges.
    """
    batch, expected = _batch_that_runs(graph)
    actual = _outputs_of([first.model, last.model], batch)
    if not all(map(_same, expected, actual)):
        both = Copy(last.model, {**last.operations, **first.operations})
        raise CloneError(_first_difference(graph, both, batch))


def _outputs_of(models: list[keras.Model], batch: Batch) -> list[Any]:
    """Return what models give in inference mode, each on what the one before gives."""
    values = keras.tree.pack_sequence_as(models[0].input, batch)
    with keras.StatelessScope(collect_losses=True):
        for model in models:
            values = model(values, training=False)
    return keras.tree.flatten(values)


def _checked_in_training(
    copy: Functional, static: dict[str, keras.Layer], batch: Batch
) -> list[Any]:
    """Return what the copy gives in training mode, if its static layers keep their variables."""
    inputs = keras.tree.pack_sequence_as(copy.input, batch)
    with keras.StatelessScope(collect_losses=True) as scope:
        trained = keras.tree.flatten(copy(inputs, training=True))
        # A variable that moved may be the global seed, which no layer owns: only a second run shows
        # whether the outputs depend on it.
        repeats = scope.state_mapping and not copy.trainable
        again = keras.tree.flatten(copy(inputs, training=True)) if repeats else trained
    for path, layer in static.items():
        changed = [variable for variable in layer.variables if _is_changed(variable, scope)]
        if changed:
            raise NotStatic(
                f"`{path}` cannot be static: it changes its variable `{changed[0].path}` in "
                "inference mode too. Let its `call` change it only if `training` is true, or pass "
                "`freeze=False`."
            )
    _check_deterministic(trained, again)
    return trained


def _is_changed(variable: keras.Variable, scope: keras.StatelessScope) -> bool:
    value = scope.get_current_value(variable)
    return value is not None and not np.array_equal(as_numbers(value), as_numbers(variable.value))


def _check_deterministic(outputs: list[Any], others: list[Any]) -> None:
    if not all(map(_same, outputs, others)):
        raise NotStatic(
            "The trunk cannot be static: one input gives two outputs in inference mode. A layer "
            "draws random numbers whatever `training` is; cut before it, or pass `freeze=False`."
        )


def _first_difference(graph: Graph, copy: Copy, batch: Batch) -> str:
    """Return a message that names the first call whose copy gives something else.

    The copies of the operations run in the graph of the source, call by call.
    """
    # The outputs of each call are compared while the second run goes on, so that the outputs of
    # the first one are all that is kept in memory.
    values = dict(zip(graph.inputs, batch, strict=True))
    expected: dict[str, list[Any]] = {}
    different: list[str] = []

    def keep(call: Call, outputs: list[Any]) -> None:
        expected[call.path] = outputs

    def compare(call: Call, outputs: list[Any]) -> None:
        if not all(map(_same, expected.pop(call.path), outputs)):
            different.append(f"`{call.path}` ({type(call.operation).__name__})")

    graph.opened.run(values, lambda call: _watched(call, call.operation, keep))
    graph.opened.run(values, lambda call: _watched(call, copy.of(call.operation), compare))
    return (
        f"The copy of {(different or ['the model'])[0]} does not compute what the original "
        "computes: a part of its state or behaviour is not in its `get_config`, "
        "`save_own_variables` or `save_assets`. `verify=False` skips this check."
    )


def _watched(
    call: Call, operation: Any, watch: Callable[[Call, list[Any]], None]
) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        outputs = _in_inference(operation)(*args, **kwargs)
        watch(call, keras.tree.flatten(outputs))
        return outputs

    return run


def _in_inference(operation: Any) -> Callable[..., Any]:
    """Return the operation in inference mode; no variable of any layer is changed."""

    def run(*args: Any, **kwargs: Any) -> Any:
        with keras.StatelessScope(collect_losses=True):
            return operation_fn(operation, training=False)(*args, **kwargs)

    return run


def _batch_that_runs(graph: Graph) -> tuple[Batch, list[Any]]:
    """Return a batch that the graph accepts, and its outputs."""
    tensors = graph.functional.inputs
    words = _known_words(graph)
    open_ended = any(None in tensor.shape[1:] for tensor in tensors)
    for size in SIZES if open_ended else SIZES[:1]:
        generator = np.random.default_rng(0)
        batch = [_draw(tensor, size, generator, words.get(id(tensor))) for tensor in tensors]
        values = dict(zip(graph.inputs, batch, strict=True))
        try:
            outputs = graph.opened.run(values, lambda call: _in_inference(call.operation))
        except Exception as error:  # Layers may refuse a size; the next one may fit.
            failure = error
        else:
            outputs = keras.tree.flatten(outputs)
            # Another size may give more to compare, where a size is open; no text has no words.
            if not open_ended or all(0 not in value.shape for value in outputs):
                return batch, outputs
            failure = ValueError(f"Its output is empty for inputs of size {size}.")
    raise CloneError(
        f"`{graph.model.name}` does not run on a batch drawn to check its copy; `verify=False` "
        f"skips the check. The reason: {failure}"
    ) from failure


def _known_words(graph: Graph) -> dict[int, Any]:
    """Return for each tensor that is looked up the last word of the vocabulary: others may fail."""
    words: dict[int, Any] = {}
    for call in graph.opened.calls:
        if isinstance(call.operation, _LOOKUPS):
            vocabulary = call.operation.get_vocabulary(include_special_tokens=False)
            words |= dict.fromkeys(call.inputs, vocabulary[-1]) if len(vocabulary) else {}
    return words


def _draw(tensor: Any, size: int, generator: np.random.Generator, word: Any) -> Any:
    """Return one batch for an input: of a word, if one is given."""
    first, *others = tensor.shape
    shape = (first or BATCH_SIZE, *(dim or size for dim in others))
    if tensor.dtype == "string":
        texts = np.full(shape, "" if word is None else word, dtype=object)
        return keras.ops.convert_to_tensor(texts, dtype="string")
    normal = word is None and "float" in tensor.dtype
    values = generator.standard_normal(shape) if normal else np.full(shape, word or 0)
    return keras.ops.convert_to_tensor(values, dtype=tensor.dtype)


def _same(first: Any, second: Any) -> bool:
    first, second = as_numbers(first), as_numbers(second)
    if first.shape != second.shape:
        return False
    if not np.issubdtype(first.dtype, np.floating):
        return np.array_equal(first, second)
    scale = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    return np.allclose(first, second, rtol=0, atol=TOLERANCE * scale, equal_nan=True)


def as_numbers(value: Any) -> np.ndarray:
    """Return a value as NumPy; half-precision types that NumPy does not know become float32."""
    value = keras.ops.convert_to_numpy(value)
    return value.astype("float32") if value.dtype.kind == "V" or value.dtype.itemsize < 4 else value
