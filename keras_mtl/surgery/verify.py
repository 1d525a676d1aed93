"""Proof on one batch that a copy computes what its source computes, and that static is static."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import CloneError, NotStatic
from keras_mtl.graph.cuts import kept_tensor
from keras_mtl.graph.layer_graph import Call, Graph, checked_functional, graph_of
from keras_mtl.surgery.trunk import Trunk, is_static

BATCH_SIZE = 2
SIZES = (32, 128, 256, 8)
"""What is tried for input dimensions of any size; the last is for short sequences."""
TOLERANCE = 1e-5
"""Largest difference relative to the largest value; where kernels are deterministic it is 0."""

_LOOKUPS = (
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
    keras.layers.TextVectorization,
)

Batch = dict[str, Any]


def verify_copy(source: keras.Model, copy: keras.Model, paths: tuple[str, ...]) -> None:
    """Compare a copy with its source on one batch, in inference mode; change neither.

    A copy with static layers runs in training mode as well, so that these prove to be static.
    The batch is drawn to each input's dtype: standard normal numbers (seeded), zeros for
    integers, empty strings; where a layer looks the input up in a vocabulary, a word of it.

    Raises:
        CloneError: The outputs differ; the message names the first layer that diverges.
        NotStatic: A static layer changes a variable or draws random numbers.
    """
    kept, copied = _matching_tensors(source, copy, paths)
    whole, copied_graph = graph_of(source, nested=True), graph_of(copy, nested=True)
    graph = whole.leading_to(frozenset(whole.key(tensor) for tensor in kept))
    batch, final = _batch_that_runs(source, graph)
    expected = [final[graph.key(tensor)] for tensor in kept]

    static = [call for call in copied_graph.calls if is_static(call.operation)]
    checks_static = isinstance(copy, Trunk) and static
    trained = _checked_in_training(copy, static, batch, copied) if checks_static else None
    if trained is not None and not copy.trainable and all(map(_same, expected, trained)):
        return
    final = _final(copied_graph, batch)
    actual = [final[copied_graph.key(tensor)] for tensor in copied]
    if trained is not None and not copy.trainable:
        _check_deterministic(trained, actual)
    if not all(map(_same, expected, actual)):
        raise CloneError(_first_difference(graph, copied_graph, batch))


def _checked_in_training(
    copy: keras.Model, static: list[Call], batch: Batch, outputs: list[Any]
) -> list[Any]:
    """What the copy gives in training mode, if its static layers keep their variables."""
    inputs = keras.tree.map_structure(lambda tensor: batch[_input_name(tensor)], copy.input)
    with keras.StatelessScope(collect_losses=True) as scope:
        trained = keras.tree.flatten(copy(inputs, training=True))
        # What moved may be the seed of all layers that have none of their own.
        repeats = scope.state_mapping and not copy.trainable
        again = keras.tree.flatten(copy(inputs, training=True)) if repeats else trained
    for call in static:
        changed = [v for v in call.operation.variables if _is_changed(v, scope)]
        if changed:
            raise NotStatic(
                f"`{call.path}` cannot be static: it changes its variable `{changed[0].path}` in "
                "inference mode too. Let its `call` change it only if `training` is true, or pass "
                "`freeze=False`."
            )
    _check_deterministic(trained, again)
    by_tensor = {id(tensor): value for tensor, value in zip(copy.outputs, trained, strict=True)}
    return [by_tensor[id(tensor)] for tensor in outputs]


def _is_changed(variable: keras.Variable, scope: keras.StatelessScope) -> bool:
    value = scope.get_current_value(variable)
    return value is not None and not np.array_equal(_array(value), _array(variable.value))


def _check_deterministic(outputs: list[Any], others: list[Any]) -> None:
    if not all(map(_same, outputs, others)):
        raise NotStatic(
            "The trunk cannot be static: one input gives two outputs in inference mode. A layer "
            "draws random numbers whatever `training` is; cut before it, or pass `freeze=False`."
        )


def _first_difference(graph: Graph, copied_graph: Graph, batch: Batch) -> str:
    after = {call.path: outputs for call, outputs in _run(copied_graph, batch)}
    different = (
        f"`{call.path}` ({type(call.operation).__name__})"
        for call, outputs in _run(graph, batch)
        if not all(map(_same, outputs, after.get(call.path, outputs)))
    )
    return (
        f"The copy of {next(different, 'the model')} does not compute what the original computes: "
        "a part of its state or behaviour is not in its `get_config`, `save_own_variables` or "
        "`save_assets`. `verify=False` skips this check."
    )


def _matching_tensors(
    source: keras.Model, copy: keras.Model, paths: tuple[str, ...]
) -> tuple[list[Any], list[Any]]:
    """The kept tensors of the source, and the outputs of the copy in the same order."""
    if not paths:
        return checked_functional(source).outputs, copy.outputs
    kept = [kept_tensor(source, path) for path in paths]
    return kept, copy.outputs if len(paths) == 1 else [copy.output[path] for path in paths]


def _batch_that_runs(model: keras.Model, graph: Graph) -> tuple[Batch, dict[int, Any]]:
    """A batch that the graph accepts, and the final values for it."""
    inputs = checked_functional(model).inputs
    words = _known_words(graph)
    open_ended = any(None in tensor.shape[1:] for tensor in inputs)
    for size in SIZES if open_ended else SIZES[:1]:
        generator = np.random.default_rng(0)
        batch = {
            _input_name(tensor): _draw(tensor, size, generator, words.get(graph.key(tensor)))
            for tensor in inputs
        }
        try:
            final = _final(graph, batch)
        except Exception as error:  # Layers may refuse a size; the next one may fit.
            failure = error
        else:
            # Another size may give more to compare, where a size is open; no text has no words.
            if not open_ended or all(0 not in value.shape for value in final.values()):
                return batch, final
            failure = ValueError(f"Its output is empty for inputs of size {size}.")
    raise CloneError(
        f"`{model.name}` does not run on a batch drawn to check its copy; `verify=False` skips "
        f"the check. The reason: {failure}"
    ) from failure


def _final(graph: Graph, batch: Batch) -> dict[int, Any]:
    """The values of the graph's outputs."""
    final: dict[int, Any] = {}
    for call, outputs in _run(graph, batch):
        pairs = zip(call.outputs, outputs, strict=True)
        final |= {key: value for key, value in pairs if key in graph.outputs}
    return final


def _run(graph: Graph, batch: Batch) -> Iterator[tuple[Call, list[Any]]]:
    """The outputs of each call in inference mode; no variable of any layer is changed."""
    uses = graph.last_uses()
    values: dict[int, Any] = {}
    for position, call in enumerate(graph.calls):
        outputs = [batch[call.operation.name]] if call.is_input else _outputs(call, values)
        yield call, outputs
        values |= zip(call.outputs, outputs, strict=True)
        for key in {*call.inputs, *call.outputs}:
            if uses.get(key, position) <= position:
                values.pop(key)


def _outputs(call: Call, values: dict[int, Any]) -> list[Any]:
    known = {
        id(tensor): values[key]
        for tensor, key in zip(call.node.input_tensors, call.inputs, strict=True)
    }
    args, kwargs = call.node.arguments.fill_in(known)
    if isinstance(call.operation, keras.Layer):
        kwargs = {**kwargs, "training": False}
    with keras.StatelessScope(collect_losses=True):
        return keras.tree.flatten(call.operation(*args, **kwargs))


def _input_name(tensor: Any) -> str:
    return tensor._keras_history.operation.name


def _known_words(graph: Graph) -> dict[int, Any]:
    """For each tensor that is looked up in a vocabulary, the last word there: others may fail."""
    words: dict[int, Any] = {}
    for call in graph.calls:
        if isinstance(call.operation, _LOOKUPS):
            vocabulary = call.operation.get_vocabulary(include_special_tokens=False)
            words |= dict.fromkeys(call.inputs, vocabulary[-1]) if len(vocabulary) else {}
    return words


def _draw(tensor: Any, size: int, generator: np.random.Generator, word: Any) -> Any:
    """One batch for an input: of a word, if one is given."""
    first, *others = tensor.shape
    shape = (first or BATCH_SIZE, *(dim or size for dim in others))
    if tensor.dtype == "string":
        texts = np.full(shape, "" if word is None else word, dtype=object)
        return keras.ops.convert_to_tensor(texts, dtype="string")
    normal = word is None and "float" in tensor.dtype
    values = generator.standard_normal(shape) if normal else np.full(shape, word or 0)
    return keras.ops.convert_to_tensor(values, dtype=tensor.dtype)


def _same(first: Any, second: Any) -> bool:
    first, second = _array(first), _array(second)
    if first.shape != second.shape:
        return False
    if not np.issubdtype(first.dtype, np.floating):
        return np.array_equal(first, second)
    scale = np.max(np.abs(first), initial=0.0, where=np.isfinite(first))
    return np.allclose(first, second, rtol=0, atol=TOLERANCE * scale, equal_nan=True)


def _array(value: Any) -> np.ndarray:
    """As NumPy; half-precision types that NumPy does not know become float32."""
    value = keras.ops.convert_to_numpy(value)
    return value.astype("float32") if value.dtype.kind == "V" or value.dtype.itemsize < 4 else value
