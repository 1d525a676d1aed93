"""What a model does and holds, seen from outside: by Keras alone, without `keras_mtl`."""

import contextlib
from collections import Counter

import keras
import numpy as np


def outputs_of_calls(model, batch):
    """The outputs of every call in one eager pass in inference mode, named as cuts are."""
    seen, stack, times = {}, [], Counter()

    def watched(call):
        def watched_call(operation, *args, **kwargs):
            # `Layer.__call__` goes on to `Operation.__call__`, which is watched too.
            if stack and stack[-1] is operation:
                return call(operation, *args, **kwargs)
            stack.append(operation)
            try:
                outputs = call(operation, *args, **kwargs)
            finally:
                stack.pop()
            if stack:
                path = "/".join(outer.name for outer in [*stack[1:], operation])
                seen[f"{path}:{times[path]}" if times[path] else path] = outputs
                times[path] += 1
            return outputs

        return watched_call

    with contextlib.ExitStack() as patches:
        for kind in (keras.Operation, keras.Layer):
            original = kind.__call__
            kind.__call__ = watched(original)
            patches.callback(setattr, kind, "__call__", original)
        model(batch, training=False)
    return seen


def same_bits(first, second):
    """Whether two structures of tensors hold the same values, bit for bit, and as many of them.

    For the same program on the same batch, and for what is copied. Elsewhere use `assert_close`.
    """
    first, second = (list(map(as_numpy, keras.tree.flatten(each))) for each in (first, second))
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def assert_close(found, expected, rtol=1e-5):
    """Two structures of tensors hold the same values but for rounding.

    One function that is computed by two programs (eager and compiled, with other outputs beside it,
    in batches of another size, in another process) does not give the same bits on every processor:
    oneDNN picks its kernels by the processor and the shapes, and compilers fuse what they find side
    by side, so sums are rounded in another order. The tolerance is relative to the largest value of
    each tensor, since a sum that is nearly 0 has the rounding errors of its terms.
    """
    found, expected = (list(map(as_numpy, keras.tree.flatten(each))) for each in (found, expected))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        if not np.issubdtype(other.dtype, np.floating):
            np.testing.assert_array_equal(one, other)
            continue
        largest = np.max(np.abs(other), initial=0, where=np.isfinite(other))
        np.testing.assert_allclose(one, other, rtol, atol=rtol * float(largest))


def rounding_of(model):
    """How far two programs that compute a model may differ: as its least precise layer rounds."""
    half = any("float16" in part.compute_dtype for part in parts_of(model))  # bfloat16 too
    return 1e-2 if half else 1e-4


def as_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


@contextlib.contextmanager
def unchanged(model):
    """Assert that what happens inside leaves a model as it was, to the last byte."""
    before = state_of(model)
    yield
    assert state_of(model) == before


def state_of(model):
    """All that a change could show in: values, settings, and what the graph hangs together by."""
    return {
        "variables": [(id(v), v.path, as_numpy(v).tobytes()) for v in model.variables],
        "layers": [_state_of_layer(layer) for layer in parts_of(model)],
        "calls": [(len(op._inbound_nodes), len(op._outbound_nodes)) for op in _operations(model)],
        "losses": len(model.losses),
    }


def parts_of(layer):
    """A layer and all layers inside it."""
    return layer._flatten_layers(include_self=True, recursive=True)


def _state_of_layer(layer):
    assets = layer.get_vocabulary() if hasattr(layer, "get_vocabulary") else None
    return id(layer), layer.name, layer.trainable, layer.built, repr(layer.get_config()), assets


def _operations(model):
    parts = parts_of(model)
    graphs = [
        part for part in parts if isinstance(part, keras.Model) and hasattr(part, "operations")
    ]
    return [*parts, *(operation for graph in graphs for operation in graph.operations)]
