import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables, paths, reload
from _models import QuietBlock
from _watching import parts_of, same_bits
from keras_mtl import cut_points, errors, freeze, transfer, unfreeze

X, Y = draw(12, 4), np.arange(12) % 2
WEIGHTS = ("kernel", "bias", "gamma", "beta")


def residual(name="residual"):
    inputs = keras.Input((4,))
    x = layers.Dense(4, "tanh", name="stem")(inputs)
    for block in ("a", "b"):
        inner = layers.Dense(4, "tanh", name=f"{block}_dense")(x)
        inner = layers.BatchNormalization(name=f"{block}_norm")(inner)
        inner = layers.Dropout(0.5, name=f"{block}_dropout")(inner)
        x = layers.Add(name=f"{block}_add")([x, inner])
    return keras.Model(inputs, layers.Dense(2, name="logits")(x), name=name)


def transferred(source=None, *, cut=1, freeze=True, head=2, **options):
    return transfer(source or residual(), cut=cut, freeze=freeze, head=head, **options)


def training_layers(model):
    """The layers of the trunk with variables that train, in order."""
    return list(dict.fromkeys(v.path.split("/")[-2] for v in model.trunk.trainable_variables))


def flags(model):
    """Whether each layer and each variable trains, in order."""
    return [part.trainable for part in (*parts_of(model), *model.variables)]


# What trains


BLOCKS = [
    (["b_add", "b_dropout", "b_norm", "b_dense"], ["b_dense"]),
    (["a_add", "a_dropout", "a_norm", "a_dense"], ["a_dense", "b_dense"]),
    (["stem"], ["stem", "a_dense", "b_dense"]),
]
FROM_THE_END = [(layer, trained) for block, trained in BLOCKS for layer in block]


@pytest.mark.parametrize("last, trained", list(enumerate([t for _, t in FROM_THE_END], start=1)))
def test_last_counts_layers_and_keeps_blocks_whole(last, trained):
    assert training_layers(unfreeze(transferred(), last=np.int64(last))) == trained


@pytest.mark.parametrize("start, trained", FROM_THE_END)
def test_start_names_the_first_layer_and_keeps_blocks_whole(start, trained):
    assert training_layers(unfreeze(transferred(), start=start)) == trained


def test_everything_trains_without_last_or_start():
    assert training_layers(unfreeze(transferred())) == ["stem", "a_dense", "b_dense"]


@pytest.mark.parametrize(
    "upto, trained", [("stem", ["a_dense", "b_dense"]), ("a_add", ["b_dense"]), (None, [])]
)
def test_freeze_leaves_the_layers_after_it_as_they_are(upto, trained):
    model = transferred(freeze=False)
    assert training_layers(freeze(model, upto)) == trained
    assert training_layers(freeze(model, "stem")) == trained


def test_unfreeze_leaves_the_layers_before_as_they_are():
    model = transferred(freeze="stem")
    assert training_layers(unfreeze(model, last=1)) == ["a_dense", "b_dense"]


@pytest.mark.parametrize(
    "last", [60, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 20, 100))]
)
def test_last_counts_inside_a_nested_base(mobile_net, last):
    """What stays static ends at a legal cut, and no later cut would have kept it out."""
    trunk = unfreeze(freeze(mobile_net), last=last, batchnorm="train")
    legal = [point.layer for point in cut_points(trunk, nested=True)]
    base = trunk.get_layer("base")
    inner = [layer for layer in base.layers if not isinstance(layer, layers.InputLayer)]
    trained = [layer for layer in inner if layer.trainable]
    static = inner[: -len(trained)]
    assert trained == inner[-len(trained) :]
    assert last <= len(trained)
    assert f"base/{static[-1].name}" in legal
    assert not any(f"base/{layer.name}" in legal for layer in trained[: len(trained) - last])
    assert base.trainable and trunk.trainable


@pytest.fixture(scope="module")
def mobile_net():
    base = keras.applications.MobileNetV2(
        weights=None, input_shape=(32, 32, 3), include_top=False, alpha=0.35, name="base"
    )
    source = keras.Sequential([keras.Input((32, 32, 3)), base, layers.Flatten(), layers.Dense(2)])
    return transfer(source, cut=2, verify=False)


def test_start_inside_a_nested_base(mobile_net):
    trunk = unfreeze(freeze(mobile_net), start="base/block_16_expand", batchnorm="train")
    first = trunk.trainable_variables[0]
    assert first.path.endswith("block_16_expand/kernel")
    assert not trunk.get_layer("base").get_layer("block_15_project_BN").trainable


def test_a_layer_on_both_sides_of_the_boundary_stays_static():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    x = layers.Dense(4, name="between")(shared(inputs))
    model = transferred(keras.Model(inputs, shared(x)), cut=0)
    assert training_layers(unfreeze(model, last=1)) == ["between"]


@pytest.mark.parametrize("batchnorm, norms", [("frozen", []), ("train", ["b_norm"])])
def test_batchnorm_policy(batchnorm, norms):
    model = unfreeze(transferred(), last=1, batchnorm=batchnorm)
    assert training_layers(model) == ["b_dense", *norms]
    trunk = model.trunk
    with moved_variables(trunk) as moved:
        trunk(X, training=True)
    assert {path.split("/")[0] for path in paths(moved) if "moving" in path} == set(norms)


def test_freeze_keeps_the_batchnorm_policy():
    model = transferred(freeze=False, batchnorm="train")
    assert training_layers(freeze(model, "a_add")) == ["b_dense", "b_norm"]
    model = transferred(freeze=False, batchnorm="frozen")
    assert training_layers(freeze(model, "a_add")) == ["b_dense"]


# In place, in `fit`, after loading


@pytest.mark.slow
@pytest.mark.parametrize("loaded", [False, True], ids=["made", "loaded"])
def test_fit_moves_exactly_the_trainable_variables_after_every_switch(loaded, tmp_path):
    model = transferred()
    for switch, options in [
        (unfreeze, {"last": 1}),
        (unfreeze, {"batchnorm": "train"}),
        (freeze, {"upto": "a_add"}),
        (freeze, {}),
    ]:
        assert switch(model, **options) is model
        if loaded:
            model = reload(model, tmp_path)
            model.run_eagerly = True  # it is the same `fit` once it is loaded
        with moved_variables(model) as moved:
            model.fit(X, Y, verbose=0)
        weights = [variable for variable in moved if variable.path.endswith(WEIGHTS)]
        assert paths(weights) == paths(model.trainable_variables)


@pytest.mark.slow
def test_flags_survive_leaf_by_leaf(tmp_path):
    wrapped = layers.Bidirectional(layers.SimpleRNN(3))
    stack = [
        residual("inner"),
        QuietBlock(4, name="quiet"),
        layers.Reshape((2, 2)),
        wrapped,
        layers.Dense(2),
    ]
    source = keras.Sequential([keras.Input((4,)), *stack])
    model = transferred(source, freeze=False, batchnorm="train")
    switches = {
        "none": unfreeze,
        "up to": lambda model: freeze(model, "quiet"),
        "all": freeze,
        "from": lambda model: unfreeze(freeze(model), start="inner/b_norm"),
        "from, with batchnorm": lambda model: unfreeze(
            freeze(model), start="inner/b_norm", batchnorm="train"
        ),
    }
    seen = set()
    for name, switch in switches.items():
        switch(model)
        with keras.saving.custom_object_scope({"QuietBlock": QuietBlock}):
            copies = reload(model, tmp_path), keras.models.clone_model(model)
        for copy in copies:
            assert flags(copy) == flags(model), name
        seen.add(tuple(flags(model)))
    assert len(seen) == len(switches)


def test_frozen_in_place_is_static():
    model = transferred(freeze=False)
    trunk = model.trunk
    assert not same_bits(trunk(X, training=True), trunk(X, training=False))
    freeze(model)
    assert model.trunk is trunk
    assert same_bits(trunk(X, training=True), trunk(X, training=False))


def test_the_trunk_alone_can_be_frozen():
    trunk = transfer(residual(), cut=1, freeze=False)
    assert freeze(trunk) is trunk
    assert trunk.trainable_variables == []
    assert not trunk.compiled


# Bad input


@pytest.mark.parametrize("verb", [freeze, unfreeze])
def test_a_plain_model_is_refused(verb):
    message = rf"`{verb.__name__}` works on .*Functional.*`keras_mtl.transfer\(model, cut=0\)`"
    with pytest.raises(errors.UnsupportedModel, match=message):
        verb(residual())


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        *[
            ({"last": last}, ValueError, f"from 1 to the 9 of the trunk. Received: {last!r}")
            for last in (0, -1, 10, True, 1.0, "b_add")
        ],
        ({"last": 1, "start": "stem"}, ValueError, "not both. Received: last=1, start='stem'"),
        ({"start": "b_dens"}, errors.LayerNotFound, "Did you mean `b_dense`"),
        ({"start": "input_layer"}, errors.InvalidCut, "is an input layer"),
        ({"start": 2}, errors.LayerNotFound, r"by its name. Received: 2 \(of type `int`\)"),
        ({"batchnorm": "thaw"}, ValueError, "Received: 'thaw'"),
    ],
)
def test_unfreeze_refuses(arguments, error, message):
    model = transferred()
    before, optimizer = flags(model), model.optimizer
    with pytest.raises(error, match=message):
        unfreeze(model, **arguments)
    assert flags(model) == before
    assert model.optimizer is optimizer


@pytest.mark.parametrize(
    "upto, error, message",
    [
        ("b_dens", errors.LayerNotFound, "Did you mean `b_dense`"),
        ("b_dense", errors.InvalidCut, "nearest legal cuts are `a_add` and `b_add`"),
        (True, errors.LayerNotFound, r"by its name. Received: True \(of type `bool`\)"),
    ],
)
def test_freeze_refuses(upto, error, message):
    model = transferred(freeze=False)
    before = flags(model)
    with pytest.raises(error, match=message):
        freeze(model, upto)
    assert flags(model) == before


def test_a_layer_that_cannot_be_static_leaves_all_as_it_was():
    rnn = layers.SimpleRNN(3, stateful=True, name="rnn")
    stack = [keras.Input(batch_shape=(2, 5, 4)), layers.Dense(4), rnn, layers.Dense(2)]
    model = transferred(keras.Sequential(stack), freeze=False, head=2)
    before, optimizer = flags(model), model.optimizer
    with pytest.raises(errors.NotStatic, match="`rnn` is a stateful RNN"):
        freeze(model)
    assert flags(model) == before
    assert model.optimizer is optimizer
