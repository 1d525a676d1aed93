"""A frozen function has no variables and calls no other one, whatever XLA was to compile."""

import numpy as np
import pytest

from keras_mtl.serving.frozen_graph import frozen, has_compiled_parts, operations_of

pytestmark = pytest.mark.backend("tensorflow", reason="it is TensorFlow's, whatever Keras runs on")


def test_what_xla_compiles_is_inlined_in_loops_too_and_still_runs():
    import tensorflow as tf

    weight = tf.Variable(2.0)
    compiled = tf.function(lambda x: x * weight + 1.0, jit_compile=True)

    def loop(x):
        body = lambda i, y: (i + 1, compiled(y))  # noqa: E731
        return compiled(tf.while_loop(lambda i, _: i < 2, body, (0, x))[1])

    x = np.arange(3, dtype="float32")
    traced = tf.function(loop, [tf.TensorSpec((None,), "float32", "x")]).get_concrete_function()
    assert has_compiled_parts(traced)
    for _ in range(2):  # Names of functions are taken in a process once.
        function = frozen(traced)
        assert not has_compiled_parts(function) and not function.captured_inputs
        kinds = {kind for _, kind in operations_of(function)}
        assert not kinds & {"PartitionedCall", "StatefulPartitionedCall", "ReadVariableOp"}
        assert kinds & {"While", "StatelessWhile"}
        np.testing.assert_array_equal(function(tf.constant(x))[0], 8 * x + 7)
    np.testing.assert_array_equal(traced(tf.constant(x)), 8 * x + 7)
