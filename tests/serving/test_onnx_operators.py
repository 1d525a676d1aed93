"""Operators that ONNX lacks are named, but for those that it can express by other ones."""

import pytest

from keras_mtl.errors import NotConvertible
from keras_mtl.serving.onnx_operators import check_operators

pytest.importorskip("onnx")


def test_operators_that_onnx_lacks_are_named_in_bodies_of_loops_too():
    from onnx.helper import make_graph, make_model, make_node

    def model(kind):
        body = make_graph(
            [make_node(kind, ["a"], ["b"], name="net/spectrum/first")], "body", [], []
        )
        nodes = [make_node("Relu", ["a"], ["c"]), make_node("Loop", ["", ""], ["d"], body=body)]
        return make_model(make_graph([*nodes, make_node(kind, ["c"], ["e"])], "net", [], []))

    check_operators(model("Tanh"))
    with pytest.raises(NotConvertible, match=r"TensorFlow calls `Svd` \(`net/spectrum/first`\)\.$"):
        check_operators(model("Svd"))
