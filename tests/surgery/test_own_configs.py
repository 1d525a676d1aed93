"""Models that rebuild themselves, while their layers do not: KerasHub's, and a user's own."""

import re

import keras
import keras_hub
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables, paths, reload
from _watching import as_numpy, assert_close, outputs_of_calls, same_bits, unchanged
from _zoo import first_ones
from keras_mtl import (
    FeatureExtractor,
    Head,
    MultiTaskModel,
    Trunk,
    cut_points,
    from_scratch,
    probe_cuts,
    to_plain,
    transfer,
)
from keras_mtl.errors import CloneError, InvalidCut
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.own_configs import Origin, loads_unbuilt, rebuilds_itself, rebuilt_model

IMAGES = draw(4, 16, 16, 3)
TOKENS = {
    "token_ids": np.arange(20).reshape(4, 5) % 7 + 1,
    "padding_mask": np.array([[1, 1, 1, 1, 0]] * 4),
}
LABELS = np.arange(4) % 2
SMALL = {"num_layers": 2, "num_heads": 2, "hidden_dim": 8}


def vit():
    return keras_hub.models.ViTBackbone(
        image_shape=(16, 16, 3), patch_size=8, mlp_dim=8, name="backbone", **SMALL
    )


def deit():
    return keras_hub.models.DeiTBackbone(
        image_shape=(16, 16, 3), patch_size=8, intermediate_dim=8, name="backbone", **SMALL
    )


def mit():
    return keras_hub.models.MiTBackbone(
        layerwise_depths=[1, 1],
        num_layers=2,
        layerwise_num_heads=[1, 2],
        layerwise_sr_ratios=[2, 1],
        layerwise_patch_sizes=[7, 3],
        layerwise_strides=[4, 2],
        hidden_dims=[4, 8],
        max_drop_path_rate=0.1,
        image_shape=(16, 16, 3),
        name="backbone",
    )


def llama():
    return keras_hub.models.LlamaBackbone(
        vocabulary_size=10,
        num_layers=2,
        num_query_heads=2,
        num_key_value_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        dropout=0.1,
        name="backbone",
    )


def deberta():
    return keras_hub.models.DebertaV3Backbone(
        vocabulary_size=10,
        intermediate_dim=8,
        max_sequence_length=8,
        bucket_size=4,
        name="backbone",
        **SMALL,
    )


class Knobs(keras.Layer):
    """Its config does not give back what its constructor takes."""

    def __init__(self, units, gain, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(units, name="dense")
        self.dropout = layers.Dropout(0.5)
        self.gain = gain

    def build(self, shape):
        self.dense.build(shape)

    def call(self, x, training=None):
        return self.dropout(self.gain * self.dense(x), training=training)

    def get_config(self):
        return {**super().get_config(), "knobs": [self.dense.units, self.gain]}


@keras.saving.register_keras_serializable("tests")
class OwnBackbone(keras.Model):
    """A user's model that makes its layers: one by one these cannot be copied."""

    def __init__(self, units=4, name=None, **kwargs):
        inputs = keras.Input((16, 16, 3), name="pixels")
        x = Knobs(units, 3.0, name="first")(inputs)
        stack = [keras.Input(x.shape[1:]), layers.Conv2D(units, 3, name="conv")]
        inner = keras.Sequential(stack, name="inner")
        x = Knobs(units, 2.0, name="second")(inner(x))
        super().__init__(inputs, keras.ops.tanh(x), name=name, **kwargs)
        self.units = units

    def get_config(self):
        return {"name": self.name, "units": self.units}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def own():
    return OwnBackbone(name="backbone")


BACKBONES = [own, llama, vit, deberta, deit, mit]
every_backbone = pytest.mark.parametrize("build", first_ones(BACKBONES, 1))
two_backbones = pytest.mark.parametrize("build", first_ones(BACKBONES[:2], 1))


def data_of(model):
    text = "token_ids" in [tensor.name for tensor in model.inputs]
    return TOKENS if text else IMAGES


def depth_of(model):
    """The name of a legal cut inside the model, and not at its end."""
    return cut_points(model)[0].layer


@pytest.mark.parametrize("build", first_ones(BACKBONES, 1))
def test_every_trunk_computes_what_the_backbone_computes(build):
    model = build()
    x = data_of(model)
    expected = outputs_of_calls(model, x)
    with moved_variables(model) as moved:
        for point in cut_points(model):
            trunk = transfer(model, point.layer)
            used = keras.tree.flatten(expected[point.layer])[0]  # DeiT's encoder gives more
            assert same_bits(trunk(x, training=True), used), point.layer
            assert trunk.trainable_variables == []
    assert moved == []


def kinds(variables):
    """The paths of variables without the numbers with which Keras counts the layers inside."""
    return [re.sub(r"_\d+/", "/", path) for path in paths(variables)]


@pytest.mark.slow
@pytest.mark.parametrize("build", [own, llama, mit])
def test_files_are_loaded(build, tmp_path):
    """The whole and a part, static and partly static; other copies are as the originals."""
    model = build()
    x = data_of(model)
    name = depth_of(model)
    for cut, freeze in ((0, True), (0, name), (name, False)):
        trunk = transfer(model, cut, freeze)
        loaded = reload(trunk, tmp_path)
        assert type(loaded) is Trunk
        assert same_bits(loaded(x, training=False), trunk(x, training=False))
        assert kinds(loaded.trainable_variables) == kinds(trunk.trainable_variables)
        names = [call.path for call in Graph.of(trunk).opened.calls]
        assert [call.path for call in Graph.of(loaded).opened.calls] == names
        again = transfer(loaded, 0, freeze is True)
        assert same_bits(reload(again, tmp_path)(x, training=False), trunk(x, training=False))


def around(backbone):
    """A model of the user that calls the backbone."""
    inputs = keras.tree.map_structure(
        lambda tensor: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name),
        backbone.input,
    )
    features = keras.tree.flatten(backbone(inputs))[-1]
    vectors = keras.ops.mean(features, (1, 2)) if len(features.shape) == 4 else features[:, 0]
    x = layers.Dense(5, "relu", name="after")(vectors)
    return keras.Model(inputs, layers.Dense(2, "softmax", name="last")(x))


@pytest.mark.slow
@two_backbones
def test_nested_in_a_model_it_is_cut_and_trained(build, tmp_path):
    model = around(build())
    x = data_of(model)
    inside = f"backbone/{depth_of(model.get_layer('backbone'))}"
    expected = outputs_of_calls(model, x)
    for cut in ("after", inside):
        joined = transfer(model, cut, head=Head(2))
        joined.run_eagerly = True
        assert same_bits(joined.trunk(x, training=True), expected[cut])
        joined.fit(x, LABELS, verbose=0)
        assert same_bits(joined.trunk(x, training=True), expected[cut])
        loaded = reload(joined, tmp_path)
        assert same_bits(loaded(x, training=False), joined(x, training=False))
        assert same_bits(loaded.trunk(x, training=True), expected[cut])


def test_several_cuts_at_once(tmp_path):
    model = own()
    names = ["first", "inner/conv", "second"]
    trunk = transfer(around(model), [f"backbone/{name}" for name in names])
    expected = outputs_of_calls(model, IMAGES)
    for each in (trunk, reload(trunk, tmp_path)):
        found = each(IMAGES)
        for name in names:
            assert same_bits(found[f"backbone/{name}"], expected[name])


@pytest.mark.slow
@two_backbones
def test_other_verbs(build, tmp_path):
    model = build()
    x = data_of(model)
    features = as_numpy(keras.tree.flatten(model(x, training=False))[-1])

    plain = to_plain(model)
    assert type(plain) is type(model)
    assert_close(plain(x, training=False), model(x, training=False))
    assert_close(reload(plain, tmp_path)(x), model(x, training=False))

    heads = {"sex": Head(2), "hair": Head(3)}
    several = MultiTaskModel(transfer(model, 0), heads)
    assert same_bits(reload(several, tmp_path)(x), several(x, training=False))

    table = probe_cuts(model, x, LABELS, folds=2)
    assert [probe.layer for probe in table] == [point.layer for point in cut_points(model)]
    pooled = FeatureExtractor(model, cut=0, pooling="flatten").fit_transform(x)
    assert_close(pooled, features.reshape(4, -1), 1e-4)


@two_backbones
def test_a_control_has_fresh_weights(build):
    model = around(build())
    x = data_of(model)
    with moved_variables(model) as moved:
        controls = [from_scratch(model, seed) for seed in (1, 1, 2)]
    assert moved == []
    first, second, other = ([as_numpy(w) for w in control.weights] for control in controls)
    assert same_bits(first, second)
    assert not same_bits(first, other) and not same_bits(first, model.weights)
    assert len(controls[0].trainable_variables) == len(model.trainable_variables)
    assert controls[0](x).shape == (4, 2)


@two_backbones
def test_the_last_layers_alone_are_refused(build):
    """They could not be loaded; at the end of the backbone the rest is the user's own."""
    model = around(build())
    x = data_of(model)
    model.compile("sgd", "sparse_categorical_crossentropy")
    inside = f"backbone/{depth_of(model.get_layer('backbone'))}"
    with pytest.raises(InvalidCut, match=r"`backbone` \(.*Backbone\) after .* cannot be a head"):
        MultiTaskModel.from_model(model, inside, "sex", {"hair": 2})
    grown = MultiTaskModel.from_model(model, "after", "sex", {"hair": 2})
    assert_close(grown(x)["sex"], model(x, training=False))


# What decides


@pytest.mark.slow
def test_which_models_rebuild_themselves():
    assert rebuilds_itself(own())
    assert not rebuilds_itself(around(own()))
    assert not rebuilds_itself(keras.Sequential([keras.Input((2,))]))
    assert rebuilds_itself(transfer(own(), 0))
    assert not rebuilds_itself(transfer(around(own()), 0))


def test_layers_that_keras_loads_unbuilt():
    deberta_layers = [layer.name for layer in deberta().layers if loads_unbuilt(layer)]
    assert deberta_layers == ["rel_embedding"]
    assert not any(map(loads_unbuilt, around(own()).layers))


def test_places_are_found_again():
    model = around(own())
    part = Graph.of(model).part(["backbone/second"])
    origin = Origin.of(part)
    assert [call.path for call in origin.graph().calls] == [call.path for call in part.calls]


class Changing(OwnBackbone):
    """Its config says something else than how it was made."""

    def get_config(self):
        return {"name": self.name, "units": self.units + 1}


class Growing(Changing):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config(cls, config):
        return keras.Model(inputs := keras.Input((16, 16, 3)), inputs, name=config["name"])


def test_a_model_that_comes_back_as_another_one_is_named():
    model = Changing(name="changing")
    message = r"`first` \(Knobs\) cannot be copied.*`changing` \(Changing\) cannot be copied"
    with unchanged(model), pytest.raises(CloneError, match=f"(?s){message}.*other layers"):
        transfer(model, 0)
    with pytest.raises(CloneError, match=r"`growing` \(Growing\) cannot be copied.*other layers"):
        rebuilt_model(Growing(name="growing"))
