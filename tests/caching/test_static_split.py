import keras
import pytest
from keras import layers

import _models as models
from _fitting import with_dense_layer
from _models import VARIED, zoo
from keras_mtl.caching.static_split import split_model
from keras_mtl.errors import NotStatic, UnbuiltModel, UnsupportedModel
from keras_mtl.graph.chain import with_opened_chains
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer


def last_static(model, **options):
    return split_model(model, **options).static.calls[-1].path


def plain(*stack):
    return keras.Sequential([keras.Input((8, 8, 3)), *stack])


def frozen(layer):
    layer.trainable = False
    return layer


@pytest.mark.parametrize(
    ("head", "last"),
    [
        (Head(3), "head/pooling"),
        (Head(3, hidden=[4], dropout=0.1), "head/pooling"),
        (Head(3, pooling="flatten"), "head/flatten"),
        (Head(3, pooling="none"), "trunk/relu"),
        ([layers.Flatten(name="flat"), layers.Dense(3)], "head/flat"),
        (layers.Conv2D(2, 3), "trunk/relu"),
    ],
)
def test_the_pooling_of_the_head_runs_once(head, last):
    model = transfer(models.convolutional(), "relu", head=head)
    assert last_static(model).replace(f"{model.head.name}/", "head/") == last


def test_layers_without_weights_follow_the_last_frozen_one():
    model = transfer(models.convolutional(), "flatten", freeze="norm", head=3)
    assert last_static(model) == "trunk/relu"  # then comes a live Dropout


def test_a_path_that_goes_round_a_frozen_layer_moves_the_split_back():
    base = models.residual()
    model = transfer(base, "add", head=3)
    model.trunk.get_layer("left").trainable = True
    assert last_static(model) == "trunk/stem"


def test_frozen_layers_of_a_plain_model():
    model = plain(
        frozen(layers.Conv2D(4, 3)),
        frozen(layers.BatchNormalization(name="norm")),
        layers.ReLU(name="relu"),
        frozen(layers.Dropout(0.5)),  # Keras leaves it active
        frozen(layers.Dense(3)),
        layers.Dense(2),
    )
    assert last_static(model) == "relu"


@pytest.mark.parametrize(
    "layer",
    [
        layers.GaussianNoise(0.1),
        layers.Lambda(lambda x: x),
        layers.BatchNormalization(scale=False, center=False),
        layers.SpectralNormalization(layers.Conv2D(2, 1)),
        layers.Conv2D(2, 1, activity_regularizer="l2"),
        models.Branches(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_may_change_with_the_mode_ends_the_static_part(layer):
    inputs = keras.Input((8, 8, 3))
    x = frozen(layers.Conv2D(4, 3, name="conv"))(inputs)
    x = keras.tree.flatten(layer(x))[0]
    layer.trainable = isinstance(layer, layers.BatchNormalization)
    model = keras.Model(inputs, layers.Dense(2)(x))
    assert last_static(model) == "conv"


@zoo(fast=VARIED)
def test_all_of_a_static_trunk(build):
    model = with_dense_layer(transfer(build(), 0))
    positions = [cut.position for cut in with_opened_chains(Graph.of(model).opened).legal_cuts]
    split = split_model(model)
    assert len(split.static.calls) - 1 in positions
    trained = {id(variable) for variable in model.trainable_variables}
    static = [v for call in split.static.calls for v in getattr(call.operation, "variables", [])]
    assert not trained.intersection(map(id, static))


@pytest.mark.parametrize("freeze", [False, "layer after"])
def test_nothing_frozen_in_front(freeze):
    model = transfer(models.convolutional(), "flatten", freeze=False, head=3)
    if freeze:
        model.trunk.get_layer("norm").trainable = False
    with pytest.raises(NotStatic, match=r"no frozen layer in front .* Use `model.fit`"):
        split_model(model)


def embedding():
    return frozen(layers.Embedding(4, 5, mask_zero=True, name="embedding"))


def test_a_mask_travels_beside_the_features():
    stack = [embedding(), layers.LSTM(3), layers.Dense(2)]
    assert last_static(keras.Sequential([keras.Input((5,), dtype="int32"), *stack])) == "embedding"


def test_a_tensor_that_goes_past_the_frozen_layer():
    tokens = keras.Input((5,), dtype="int32")
    mask = keras.ops.not_equal(tokens, 1)
    model = keras.Model(tokens, layers.LSTM(3)(embedding()(tokens), mask=mask))
    with pytest.raises(NotStatic, match="another tensor goes past `embedding` to the layers"):
        split_model(model)


def test_a_layer_that_may_change_is_named():
    own = layers.BatchNormalization(scale=False, center=False, name="own")
    model = plain(own, frozen(layers.Dense(3)), layers.Dense(2))
    with pytest.raises(NotStatic, match="`own` may do something else in training"):
        split_model(model)


def test_nothing_trains():
    with pytest.raises(ValueError, match="nothing to train"):
        split_model(transfer(models.convolutional(), 0))


def test_models_without_a_graph():
    with pytest.raises(UnsupportedModel, match="subclassed model"):
        split_model(models.Tower())
    with pytest.raises(UnbuiltModel, match="no graph"):
        split_model(keras.Sequential([layers.Dense(2)]))


def test_views_end_at_the_last_frozen_layer():
    model = plain(
        layers.RandomFlip(name="flip"),
        frozen(layers.Conv2D(4, 3, name="conv")),
        layers.Dropout(0.5),
        layers.Dense(2),
    )
    split = split_model(model, views=3)
    assert split.augmentation == ("flip",)
    assert split.static.calls[-1].path == "conv"
    assert split_model(plain(*model.layers[1:])).augmentation == ()
