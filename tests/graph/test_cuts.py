import re

import keras
import numpy as np
import pytest
from keras import layers

from _models import ZOO, inputs_of, random_batch, zoo
from _watching import outputs_of_calls, same_bits, unchanged
from keras_mtl import CutPoint, CutPoints, cut_points, transfer
from keras_mtl.errors import InvalidCut, LayerNotFound, UnbuiltModel, UnsupportedModel


def build(name):
    return ZOO[name].values[0]()


def names(points):
    return [point.layer for point in points]


def kept(model, cut):
    """The layers of the trunk, its inputs left out."""
    trunk = transfer(model, cut, verify=False)
    return [layer.name for layer in trunk.layers if not isinstance(layer, layers.InputLayer)]


# Records


def test_records_by_hand():
    maps = (None, 6, 6, 4)
    assert list(cut_points(build("convolutional"))) == [
        CutPoint("conv", 6, maps, params=108, weighted=True),
        CutPoint("norm", 5, maps, params=124, weighted=True),
        CutPoint("relu", 4, maps, params=124, weighted=False),
        CutPoint("dropout", 3, maps, params=124, weighted=False),
        CutPoint("pool", 2, (None, 3, 3, 4), params=124, weighted=False),
        CutPoint("flatten", 1, (None, 36), params=124, weighted=False),
        CutPoint("dense", 0, (None, 5), params=309, weighted=True),
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("residual", {"stem": 3, "add": 1, "logits": 0}),
        # "between" stands between the two calls of a layer, so neither number is exact there.
        ("shared_in_chain", {"shared": None, "between": None, "shared:1": 1, "last": 0}),
        ("nested_twice", {"stem": 2, "middle": 1, "logits": 0}),
        ("dict_backbone", {"fusion": 2, "pool": 1, "logits": 0}),
        # Both heads go before their common trunk, so nothing legal has 0 or 1.
        ("dicts", {"both": 3, "trunk_dense": 2}),
        # The mask of the tokens travels beside their features.
        ("masked_lstm", {"embedding": 3, "steps": 2, "summary": 1, "logits": 0}),
        # The operations after a layer have no number, but the last of all keeps everything.
        ("siamese", {"subtract": 1, "absolute": None, "same": 0}),
        ("fixed_batch", {"dense": 1, "reshape": None, "flatten": 0}),
    ],
)
def test_numbers_of_layers_removed(name, expected):
    assert {point.layer: point.cut for point in cut_points(build(name))} == expected


def test_the_last_operation_keeps_everything():
    *_, logits, softmax = cut_points(build("operations"))
    assert (logits.cut, softmax.cut) == (None, 0)


def test_operations_before_all_layers_have_no_number():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, layers.Dense(2)(inputs * 2.0))
    assert [point.cut for point in cut_points(model)] == [None, 0]


def test_nested_layers_have_paths_and_no_number():
    points = cut_points(build("nested_twice"), nested=True)
    inside = ["middle/innermost/dense", "middle/innermost/norm", "middle/innermost/relu"]
    inside += ["middle/dropout", "middle/dense"]
    assert names(points) == ["stem", *inside, "logits"]
    assert [point.cut for point in points] == [2, *[None] * len(inside), 0]


@zoo()
def test_a_record_describes_the_trunk_that_its_number_and_its_name_give(build):
    model = build()
    for point in cut_points(model, nested=True):
        by_name = transfer(model, point.layer, verify=False)
        assert (by_name.count_params(), by_name.output.shape) == (point.params, point.shape)
        if point.cut is not None:
            by_number = transfer(model, point.cut, verify=False)
            assert repr(by_number.get_config()) == repr(by_name.get_config())
            assert same_bits(by_number.get_weights(), by_name.get_weights())


# The sequence


def test_a_sequence_of_records():
    points = cut_points(build("convolutional"))
    assert len(points) == 7
    assert points[-1] == list(points)[-1]
    assert isinstance(points[1:3], CutPoints)
    assert names(points[1:3]) == ["norm", "relu"]
    with pytest.raises(IndexError):
        points[7]


def test_prints_as_an_aligned_table():
    title, header, line, *rows = repr(cut_points(build("convolutional"))).splitlines()
    assert title == "Legal cuts of `convolutional`"
    assert set(line) == {"─"}
    assert rows[0].split() == ["conv", "6", "(None,", "6,", "6,", "4)", "108", "yes"]
    assert rows[2].split() == ["relu", "4", "(None,", "6,", "6,", "4)", "124"]
    starts = {row.index("(") for row in rows}
    ends = {re.search(r"\d{3}(?= |$)", row).end() for row in rows}
    assert starts == {header.index("shape")}
    assert ends == {header.index("params kept") + len("params kept")}


def test_a_slice_prints_its_own_rows():
    *_, row = repr(cut_points(build("convolutional"))[:1]).splitlines()
    assert row.startswith("conv ")


def test_the_table_says_what_is_hidden():
    model = build("nested_twice")
    note = "Inside `middle`: cut_points(model, nested=True)"
    assert repr(cut_points(model)).endswith(note)
    assert note not in repr(cut_points(model, nested=True))
    assert note not in repr(cut_points(build("residual")))


# The forms of `cut`


@pytest.mark.parametrize(
    ("cut", "last"),
    [(0, "dense"), (1, "flatten"), (5, "norm"), (6, "conv"), (np.int64(1), "flatten")],
)
def test_a_number_removes_the_last_layers(cut, last):
    model = build("convolutional")
    everything = [layer.name for layer in model.layers]
    assert kept(model, cut) == everything[: everything.index(last) + 1]


def test_zero_keeps_all_outputs():
    trunk = transfer(build("dicts"), 0, verify=False)
    assert {name: tensor.shape for name, tensor in trunk.output.items()} == {
        "sex": (None, 2),
        "age": (None, 1),
    }


def test_a_nested_model_is_one_layer():
    assert kept(build("nested_twice"), 1) == ["stem", "middle"]


def test_the_operations_after_the_kept_layer_go_too():
    trunk = transfer(build("operations"), 1, verify=False)
    assert [operation.name for operation in trunk.operations] == ["inputs", "dense"]


@pytest.mark.parametrize(
    ("name", "cut", "expected"),
    [
        ("residual", "add", ["stem", "left", "add"]),
        ("shared_in_chain", "shared", ["shared"]),
        ("shared_in_chain", "shared:0", ["shared"]),
        ("shared_in_chain", "shared:1", ["shared", "between"]),
        ("nested_twice", "middle/dropout", ["stem", "middle"]),
        ("unused_input", "dense", ["dense"]),
    ],
)
def test_a_name_is_the_last_layer_kept(name, cut, expected):
    assert kept(build(name), cut) == expected


def test_a_path_cuts_inside_nested_models():
    trunk = transfer(build("nested_twice"), "middle/innermost/norm", verify=False)
    innermost = trunk.get_layer("middle").get_layer("innermost")
    assert innermost.layers[-1].name == "norm"
    assert trunk.get_layer("middle").layers[-1].name == "innermost"


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("residual", ["stem", "left"]),
        ("dict_backbone", ("backbone/fine", "backbone/coarse", "pool")),
        ("nested_twice", ["middle/innermost/norm", "middle", "stem"]),
        ("shared_in_chain", ["shared:1", "shared"]),
    ],
)
def test_a_list_of_names_gives_a_dict_of_outputs(name, cut):
    """Several outputs together carry more than one: they need not be legal one by one."""
    model = build(name)
    batch = random_batch(model)
    expected = outputs_of_calls(model, batch)
    outputs = transfer(model, cut)(batch, training=False)
    assert outputs.keys() == set(cut)
    for path in cut:
        assert same_bits(outputs[path], expected[path])


def test_repeated_names_are_one_output():
    trunk = transfer(build("residual"), ["stem", "left", "stem:0"], verify=False)
    assert list(trunk.output) == ["stem", "left"]


@zoo("dicts", "siamese", "unused_input", "fixed_batch", "strings")
def test_the_inputs_stay_as_they_are(build):
    model = build()
    trunk = transfer(model, cut_points(model)[0].layer, verify=False)

    def described(tensor):
        return tensor.name, tensor.shape, tensor.dtype

    expected = keras.tree.map_structure(described, inputs_of(model))
    assert keras.tree.map_structure(described, trunk.input) == expected


# Bad input


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("residual", True, r"`cut` is the number.*Received: True \(of type `bool`\)"),
        ("residual", 1.0, r"Received: 1\.0 \(of type `float`\)"),
        ("residual", None, r"Received: None"),
        ("residual", {"stem": 1}, r"Received: \{'stem': 1\} \(of type `dict`\)"),
        ("residual", -1, r"`cut=-1` is not possible.*4 layers.*from 0 .* to 3"),
        ("residual", 4, r"`cut=4` is not possible.*4 layers.*from 0 .* to 3"),
        ("residual", [], r"`cut` is an empty list"),
        ("residual", ["stem", 2], r"A list of cuts holds names.*Received: 2 \(of type `int`\)"),
        ("residual", [["stem"]], r"A list of cuts holds names.*Received: \['stem'\]"),
        ("residual", "inputs", r"`inputs` is an input layer.*first legal cut is `stem`"),
        ("residual", ["stem", "inputs"], r"`inputs` is an input layer"),
        ("residual", "left", r"cannot be cut at `left`.*nearest legal cuts are `stem` and `add`\."),
        ("residual", 2, r"after `left` \(`cut=2`\).*`cut=3` \(`stem`\) and `cut=1` \(`add`\)"),
        ("attention", "attention", r"`add` takes the output of `inputs` as well\..* are `add`\."),
        ("dicts", "sex", r"The nearest legal cuts are `trunk_dense`\."),
        ("dicts", 1, r"The nearest legal cuts are `cut=2` \(`trunk_dense`\)"),
        ("dict_backbone", "backbone/coarse", r"are `backbone/fine` and `fusion`\."),
        ("dict_backbone", "backbone", r"uses more than one of its outputs.*`fusion`\."),
        ("dict_backbone", ["backbone", "pool"], r"`backbone` has 2 outputs that the model uses"),
    ],
)
def test_impossible_cuts_are_refused(name, cut, message):
    model = build(name)
    with unchanged(model), pytest.raises(InvalidCut, match=message):
        transfer(model, cut)


@pytest.mark.parametrize(
    ("name", "cut", "message"),
    [
        ("residual", "steem", r"`residual` has no layer or operation named `steem`.*`stem`\?"),
        ("residual", ["stem", "lefft"], r"named `lefft`\. Did you mean `left`\?"),
        ("residual", "stem:1", r"named `stem:1`\. Did you mean `stem`\?"),
        ("residual", "stem/inner", r"named `stem/inner`"),
        ("residual", "zzz", r"named `zzz`\. `cut_points\(model\)` lists the names"),
        ("residual", "", r"named ``\. `cut_points\(model\)` lists the names"),
        ("nested_twice", "relu", r"Did you mean `middle/innermost/relu`\?"),
        ("nested_twice", "middle/droput", r"Did you mean `middle/dropout`"),
        ("siamese", "tower/dense", r"`tower` is called more than once: cut at `tower` itself or"),
    ],
)
def test_unknown_names_are_refused(name, cut, message):
    model = build(name)
    with unchanged(model), pytest.raises(LayerNotFound, match=message):
        transfer(model, cut)


class Subclassed(keras.Model):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: keras.Sequential([layers.Dense(2)]), UnbuiltModel),
        (Subclassed, UnsupportedModel),
        (lambda: layers.Dense(2), UnsupportedModel),
        (lambda: None, UnsupportedModel),
    ],
    ids=["unbuilt", "subclassed", "layer", "none"],
)
@pytest.mark.parametrize("use", [cut_points, lambda model: transfer(model, 0)])
def test_what_is_no_graph_of_layers_is_refused(make, error, use):
    with pytest.raises(error):
        use(make())
