import re

import keras
import pytest
from keras import layers

from _models import VARIED, ZOO, zoo
from _watching import same_bits
from keras_mtl import CutPoint, CutPoints, cut_points, transfer
from keras_mtl.errors import UnbuiltModel, UnsupportedModel


def build(name):
    return ZOO[name].values[0]()


def names(points):
    return [point.layer for point in points]


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


@zoo(fast=VARIED)
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


def called_twice():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="inner")
    inputs = keras.Input((3,))
    return keras.Model(inputs, inner(inner(inputs)))


def beside_another_path():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="inner")
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Add()([inner(inputs), inputs]))


@pytest.mark.parametrize("make", [called_twice, beside_another_path])
def test_no_table_is_promised_where_no_cut_is_inside(make):
    model = make()
    assert not any("/" in point.layer for point in cut_points(model, nested=True))
    assert "nested=True" not in repr(cut_points(model))


def test_only_the_models_with_cuts_inside_are_named():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="last")
    twice = called_twice()
    model = keras.Model(twice.inputs, inner(twice.outputs[0]))
    assert repr(cut_points(model)).endswith("Inside `last`: cut_points(model, nested=True)")


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
