import keras
import pytest
from keras import layers

from _models import ZOO
from _watching import unchanged
from keras_mtl import transfer
from keras_mtl.errors import InvalidCut, LayerNotFound


def build(name):
    return ZOO[name].values[0]()


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


def skipping():
    """A nested model with a path around it."""
    inner = keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, name="first"), layers.Dense(6, name="second")],
        name="inner",
    )
    inputs = keras.Input((6,), name="inputs")
    stem = layers.Dense(6, name="stem")(inputs)
    x = layers.Add(name="add")([stem, inner(stem)])
    return keras.Model(inputs, layers.Dense(3, name="logits")(x), name="skipping")


@pytest.mark.parametrize(
    ("build", "cut", "second", "ways"),
    [
        (lambda: build("residual"), "left", "`add` takes the output of `stem`", [["left", "stem"]]),
        (lambda: build("residual"), 2, "`add` takes the output of `stem`", [["left", "stem"]]),
        (
            lambda: build("dicts"),
            "sex",
            "`age` takes the output of `trunk_dense`",
            [["sex", "trunk_dense"]],
        ),
        (lambda: build("attention"), "attention", "`add` takes the output of `inputs`", []),
        (
            lambda: build("dict_backbone"),
            "backbone/coarse",
            "`fusion` takes the output of `backbone/fine`",
            [["backbone/coarse", "backbone/fine"]],
        ),
        (
            skipping,
            "inner/first",
            "`add` takes the output of `stem`",
            [["inner/first", "stem"], ("inner", "first")],
        ),
    ],
    ids=["branch", "number", "outputs", "input", "inside", "nested"],
)
def test_the_second_tensor_and_the_ways_out_are_named(build, cut, second, ways):
    model = build()
    with pytest.raises(InvalidCut) as caught:
        transfer(model, cut)
    message = str(caught.value)
    assert second in message
    assert ("`cut=[" in message) == any(isinstance(way, list) for way in ways)
    assert ("transfer(model" in message) == any(isinstance(way, tuple) for way in ways)
    for way in ways:  # What the message says works.
        if isinstance(way, list):
            assert f"`cut={way}`".replace("'", '"') in message
            assert sorted(transfer(model, way).output) == sorted(way)
        else:
            outer, inner = way
            assert f'`transfer(model.get_layer("{outer}"), "{inner}")`' in message
            transfer(model.get_layer(outer), inner)


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
