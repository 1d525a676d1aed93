"""Augmentation inside the cut model stays on while the rest of the trunk is static."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables, paths, reload
from _models import randomised
from _watching import as_numpy, assert_close, same_bits
from keras_mtl import FeatureExtractor, MultiTaskModel, fit_cached, transfer, unfreeze
from keras_mtl.errors import NotStatic

IMAGES, LABELS = draw(12, 6, 6, 1), np.arange(12) % 3


def trained(seed=7):
    aug = [keras.Input((6, 6, 1)), layers.RandomFlip(seed=seed, name="flip")]
    stack = [
        keras.Input((6, 6, 1)),
        keras.Sequential(aug, name="aug"),
        layers.Conv2D(3, 3, activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.5, name="dropout"),
        layers.Conv2D(4, 2, activation="relu", name="deep"),
        layers.GlobalAveragePooling2D(name="pool"),
        layers.Dense(2, name="old"),
    ]
    return randomised(keras.Sequential(stack, name="trained"))


def by_hand(source, images, upto="pool", seed=7):
    """The features of flipped images, all layers after the flip in inference mode."""
    flipped = layers.RandomFlip(seed=seed)(images, training=True)
    conv = source.get_layer("conv")
    rest = keras.Input(conv.input.shape[1:])
    x = rest
    names = [layer.name for layer in source.layers]
    for name in names[names.index("conv") : names.index(upto) + 1]:
        x = source.get_layer(name)(x, training=False)
    return keras.Model(rest, x)(flipped, training=False)


def test_the_features_are_those_of_augmented_images():
    source = trained()
    trunk = transfer(source, cut=1, augment=True)
    drawn = trunk(IMAGES, training=True)
    assert_close(drawn, by_hand(source, IMAGES))
    assert not same_bits(trunk(IMAGES, training=True), drawn)
    plain = transfer(source, cut=1)
    assert same_bits(trunk(IMAGES, training=False), plain(IMAGES, training=True))
    assert not np.allclose(as_numpy(drawn), as_numpy(plain(IMAGES)))
    assert not trunk.trainable_variables


def test_training_learns_what_is_learned_on_augmented_images_by_hand():
    source = trained()
    model = transfer(source, cut=1, head=3, augment=True)
    head = keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])
    head.set_weights(model.head.get_weights())
    for one in (model, head):
        one.compile("sgd", "sparse_categorical_crossentropy")
    with moved_variables(model) as moved:
        model.train_on_batch(IMAGES, LABELS)
    head.train_on_batch(by_hand(source, IMAGES), LABELS)
    assert_close(model.head.get_weights(), head.get_weights(), rtol=1e-4)
    assert [path for path in paths(moved) if "seed" not in path] == paths(model.head.variables)


def test_it_stays_on_when_saved_copied_and_unfrozen(tmp_path):
    model = transfer(trained(), cut=1, head=3, augment=True)
    loaded = reload(model, tmp_path)
    copied = keras.models.clone_model(model).trunk
    unfrozen = unfreeze(transfer(trained(), cut=1, head=3, augment=True), start="deep").trunk
    for trunk in (loaded.trunk, copied, unfrozen):
        assert not same_bits(trunk(IMAGES, training=True), trunk(IMAGES, training=True))
        assert trunk.get_layer("aug").get_layer("flip").trainable
    assert {v.path.split("/")[-2] for v in unfrozen.trainable_variables} == {"deep"}
    assert not loaded.trunk.get_layer("dropout").trainable


def test_a_part_of_the_trunk_trains():
    model = transfer(trained(), cut=1, freeze="conv", head=3, augment=True)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with moved_variables(model) as moved:
        model.train_on_batch(IMAGES, LABELS)
    trunk = {path.split("/")[-2] for path in paths(moved) if "seed" not in path}
    assert trunk == {"deep", "output"}
    assert any("flip" in path or "seed" in path for path in paths(moved))


@pytest.mark.slow
def test_several_tasks_share_it():
    trunk = transfer(trained(), cut=1, augment=True)
    model = MultiTaskModel(trunk, {"digit": 3})
    with moved_variables(trunk) as moved:
        model.fit({"digit": (IMAGES, LABELS)}, verbose=0)
    assert moved and all("seed" in path for path in paths(moved))


def test_one_draw_is_not_cached():
    model = transfer(trained(), cut=1, head=3, augment=True)
    with pytest.raises(NotStatic, match="Give `views=n`"):
        fit_cached(model, IMAGES, LABELS, verbose=0)


@pytest.mark.slow
def test_what_reads_features_once():
    source = trained()
    model = transfer(source, cut=1, head=3, augment=True)
    fit_cached(model, IMAGES, LABELS, epochs=2, views=2, verbose=0)
    plain = FeatureExtractor(source, cut=1).transform(IMAGES)
    assert_close(FeatureExtractor(model.trunk, cut=0).transform(IMAGES), plain)


def test_a_model_without_augmentation_is_refused():
    source = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3), layers.Dropout(0.5), layers.Dense(2)]
    )
    with pytest.raises(ValueError, match=r"`augment=True`: .* no random layer"):
        transfer(source, cut=1, augment=True)
