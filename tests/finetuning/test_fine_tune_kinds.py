"""Kinds of models, heads and data: both phases run, and what is static stays so."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables
from _models import WORDS, random_batch, zoo
from _tuning import EAGER, WIDTH, X, Y, to_tune
from _watching import as_numpy
from keras_mtl import Head, Phase, fine_tune, predict_classes, transfer
from keras_mtl.caching import default_training
from keras_mtl.errors import InvalidLabels

ROWS = 18
QUIET = {"verbose": 0, "seed": 1, "batch_size": 6}


def rows_of(model):
    """As many rows as a batch of the zoo repeated gives."""
    batches = [keras.tree.map_structure(as_numpy, random_batch(model, seed)) for seed in range(9)]
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *batches)


def tuned(model, x, y, **arguments):
    """Both automatic phases; the second one is run whatever the first one gives."""
    model.run_eagerly = EAGER
    with moved_variables(model) as moved:
        history = fine_tune(
            model, x, y, validation_data=(x, y), epochs=1, **{**QUIET, **arguments}
        ).history
    assert history["phase"] == [1, 2]
    assert {len(values) for values in history.values()} == {2}
    assert np.isfinite(history["loss"]).all() and moved
    return history


@zoo("dicts", "masked_lstm", "strings", "residual", "nested_twice", "siamese", fast=("residual",))
def test_models_of_many_kinds(build):
    source = build()
    model = transfer(source, cut=2 if len(source.outputs) > 1 else 1, head=2)
    tuned(model, rows_of(source), np.arange(ROWS) % 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "y"),
    [
        (Head(1, "regression"), draw(24, 1, seed=3)),
        (Head(1, "binary"), np.arange(24) % 2),
        (Head(3, "multilabel"), np.eye(3)[Y]),
        (Head(3, hidden=[4], dropout=0.2), Y),
        (Head(classes=["cat", "dog", "owl"]), np.array(["cat", "dog", "owl"])[Y]),
    ],
    ids=["regression", "binary", "multilabel", "hidden", "names"],
)
def test_heads_of_all_kinds(head, y, monkeypatch):
    model = to_tune(head=head)
    monkeypatch.setattr(default_training, "STEPS", 40)  # of a head with hidden layers
    tuned(model, X, y, sample_weight=np.linspace(0.5, 1.5, 24))
    if head.classes:
        assert set(predict_classes(model, X)) <= set(head.classes)


@pytest.mark.slow
def test_mixed_precision():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = to_tune()
        tuned(model, X, Y)
    finally:
        keras.config.set_dtype_policy("float32")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="`tf.data` is TensorFlow's")
def test_a_dataset():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    model = to_tune(run_eagerly=False)
    with pytest.raises(ValueError, match=r"A stream without an end .* Leave out what repeats it"):
        fine_tune(model, data.repeat(), verbose=0)
    history = fine_tune(model, data, validation_data=data, epochs=2, verbose=0, seed=1).history
    assert history["phase"] == [1, 2, 2]
    assert fine_tune(model, data, epochs=1, verbose=0).history["phase"] == [1, 2]
    phases = [Phase("head", epochs=1), Phase("all", steps=6)]
    assert fine_tune(model, data, phases=phases, verbose=0).history["phase"] == [1, 2]


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="`tf.data` is TensorFlow's")
def test_a_dataset_of_names_without_end():
    import tensorflow as tf

    names = np.array(["ant", "bee", "cat"])
    head = Head(classes=names.tolist())
    ended = tf.data.Dataset.from_tensor_slices((X, names[Y])).batch(8)
    by_name, by_number = to_tune(head=head), to_tune(head=head)
    phases = [Phase("all", steps=4)]
    numbers = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).repeat()
    options = {"phases": phases, "verbose": 0, "seed": 1, "validation_data": ended}
    history = fine_tune(by_name, ended.repeat(), **options).history
    assert history == fine_tune(by_number, numbers, **options).history
    wrong = ended.map(lambda x, y: (x, tf.strings.join([y, "s"])))
    with pytest.raises(InvalidLabels, match="unknown class"):
        fine_tune(by_name, wrong, **options)


@pytest.mark.slow
def test_random_layers_in_front_draw_in_the_second_phase_only():
    source = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.RandomFlip(seed=0, name="flip"),
            layers.Conv2D(3, 3, name="conv"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model = transfer(source, cut=1, head=2, augment=True)
    flip = model.trunk.get_layer("flip")
    tuned(model, draw(12, 8, 8, 1), np.arange(12) % 2)
    assert flip.trainable


@pytest.mark.slow
def test_an_application():
    source = keras.applications.MobileNetV2((32, 32, 3), weights=None, classes=4)
    model = transfer(source, cut=1, head=2)
    x, y = draw(12, 32, 32, 3), np.arange(12) % 2
    norm = model.trunk.get_layer("bn_Conv1")
    before = as_numpy(norm.moving_mean).copy()
    phases = [Phase("head", epochs=1), Phase("block_16_expand", epochs=1), Phase(epochs=1)]
    history = fine_tune(model, x, y, phases=phases, **QUIET)
    assert history.history["phase"] == [1, 2, 3]
    np.testing.assert_array_equal(as_numpy(norm.moving_mean), before)
    assert model.trunk.get_layer("Conv1").trainable and not norm.trainable


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="text is looked up in TensorFlow")
def test_text_of_any_kind_can_be_held_out():
    """Rows are taken out of texts too, which are objects and not tensors."""
    vocabulary = [*WORDS]
    words = layers.StringLookup(vocabulary=vocabulary, output_mode="one_hot", name="words")
    inputs = keras.Input((WIDTH,), dtype="string")
    x = layers.Flatten()(words(inputs))
    hidden = layers.Dense(4, "tanh", name="hidden")(x)
    model = transfer(keras.Model(inputs, layers.Dense(2)(hidden)), cut=1, head=2)
    texts = np.random.default_rng(0).choice(np.array(WORDS, object), (12, WIDTH))
    y = (texts[:, 0] == WORDS[0]).astype(int)
    history = fine_tune(model, texts, y, epochs=1, **QUIET).history
    assert history["phase"][0] == 1 and np.isfinite(history["loss"]).all()
