"""The layer that a converter complains of is found in its message, or none is named."""

import pytest

from keras_mtl.common.complaints import layer_complained_of, on_one_line

OPERATIONS = [
    ("net_1/src_1/Transpose", "Transpose"),
    ("net_1/block_1/inner_1/Softplus", "Softplus"),
    ("net_1/block_1/inner_1/Shape", "Shape"),
    ("net_1/last_1/Shape", "Shape"),
]
LAYERS = {"src", "block", "inner", "last"}


@pytest.mark.parametrize(
    ("reason", "layer"),
    [
        ("no translator found for Softplus", "inner"),
        ("the Shape of Softplus", "inner"),  # The rarer one.
        ("Error in Node (Called/net_1/block_1/inner_1/Func/Tanh) : No Op registered", "inner"),
        ("loc(fused[Svd:, net_1/last_2/Svd@__inference_serve_7])", "last"),
        ("src/core/src/node.cpp:84: opset1::Transpose Transpose_40 at /src/block/model.xml", None),
        ("no reason", None),
    ],
)
def test_the_innermost_layer_around_the_first_operation_is_named(reason, layer):
    assert layer_complained_of(reason, OPERATIONS, LAYERS) == layer


def test_a_long_message_becomes_one_line_and_is_cut_off():
    assert on_one_line(ValueError(" a\n  b")) == "a b"
    assert len(on_one_line("x" * 900)) == 500
