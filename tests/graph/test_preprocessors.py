"""KerasHub tasks prepare their inputs outside their layers: kept where the class is, else said."""

import warnings

import keras
import keras_hub
import numpy as np
import pytest

from _watching import as_numpy, assert_close, unchanged
from keras_mtl import (
    MultiTaskModel,
    cut_points,
    from_scratch,
    probe_cuts,
    to_plain,
    transfer,
)

IMAGES = np.random.default_rng(0).integers(256, size=(6, 8, 8, 3)).astype("float32")
LABELS = np.arange(6) % 2


def classifier(preprocessor=True):
    backbone = keras_hub.models.VGGBackbone(
        stackwise_num_repeats=[1, 1], stackwise_num_filters=[4, 4], image_shape=(8, 8, 3)
    )
    converter = keras_hub.layers.ImageConverter(image_size=(8, 8), scale=1 / 255, offset=-0.5)
    return keras_hub.models.ImageClassifier(
        backbone,
        2,
        preprocessor=keras_hub.models.ImageClassifierPreprocessor(converter)
        if preprocessor
        else None,
        activation="softmax",
        name="classifier",
    )


WARNING = r"`classifier` \(ImageClassifier\) prepares its inputs .*`model.preprocessor\(x\)`"
VERBS = {
    "transfer": lambda model: transfer(model, 0),
    "from_model": lambda model: MultiTaskModel.from_model(model, 1, "sex", {"hair": 5}),
    "to_plain": to_plain,
    "probe_cuts": lambda model: probe_cuts(model, IMAGES, LABELS),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_reuses_the_layers_warns(verb):
    model = classifier()
    with unchanged(model), pytest.warns(UserWarning, match=WARNING):
        VERBS[verb](model)


def test_the_way_out_of_the_warning_gives_the_same_predictions():
    model = classifier()
    expected = model.predict(IMAGES, verbose=0)
    prepared = as_numpy(model.preprocessor(IMAGES))
    np.testing.assert_allclose(prepared, IMAGES / 255 - 0.5, rtol=1e-5, atol=1e-6)
    model.preprocessor = None
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trunk = transfer(model, 0)
    assert_close(trunk.predict(prepared, verbose=0), expected)


@pytest.mark.slow
def test_a_control_keeps_the_preprocessor():
    """It is of the same class, which prepares the inputs in `fit` and `predict`."""
    model = classifier()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        control = from_scratch(model, seed=1)
    assert type(control) is type(model)
    assert type(control.preprocessor) is type(model.preprocessor)
    assert control.preprocessor is not model.preprocessor
    assert_close(control.predict(IMAGES, verbose=0), as_numpy(control(IMAGES / 255 - 0.5)), 1e-4)
    assert not np.isin(control.get_weights()[0], model.get_weights()[0]).any()
    control.fit(IMAGES, LABELS, verbose=0)


TEXTS = np.array(["red green", "green blue", "blue blue red", "green"] * 2)


def text_classifier():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "green", "blue"]
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=len(words),
        num_layers=1,
        num_heads=1,
        hidden_dim=4,
        intermediate_dim=4,
        max_sequence_length=8,
    )
    tokenizer = keras_hub.models.BertTokenizer(vocabulary=words)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(tokenizer, sequence_length=6)
    return keras_hub.models.BertTextClassifier(backbone, 2, preprocessor, name="classifier")


@pytest.mark.slow
def test_a_control_of_a_text_classifier_has_the_vocabulary():
    model = text_classifier()
    control = from_scratch(model, seed=1)
    tokenizers = [each.preprocessor.tokenizer for each in (model, control)]
    assert tokenizers[0].get_vocabulary() == tokenizers[1].get_vocabulary()
    assert tokenizers[0] is not tokenizers[1]
    prepared = model.preprocessor(TEXTS)
    assert_close(control.predict(TEXTS, verbose=0), as_numpy(control(prepared)), 1e-4)


def test_other_models_do_not_warn():
    inputs = keras.Input((8, 8, 3))
    outer = keras.Model(inputs, classifier()(inputs))
    outer.preprocessor = lambda x: x
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        transfer(outer, 0)
        transfer(classifier(preprocessor=False), 0)
        cut_points(classifier())
