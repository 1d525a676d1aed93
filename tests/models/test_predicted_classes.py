"""`predict_classes`: what `predict` gives, as classes."""

import keras
import numpy as np
import pytest

from _helpers import draw
from keras_mtl import Head, MultiTaskModel, errors, predict_classes, to_plain, transfer

CLASSES = ["cat", "dog", "owl"]
X = draw(12, 3)
HEADS = {
    "named": Head(classes=CLASSES),
    "numbered": Head(3),
    "yes_or_no": Head(kind="binary", classes=["no", "yes"], from_logits=True),
    "several": Head(kind="multilabel", classes=CLASSES),
    "size": Head(1, "regression"),
}


def trained():
    keras.utils.set_random_seed(3)
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(8, "tanh")])


def by_hand(name, outputs):
    if name == "named":
        return [CLASSES[row.argmax()] for row in outputs]
    if name == "numbered":
        return [int(row.argmax()) for row in outputs]
    if name == "yes_or_no":
        return ["yes" if row[0] > 0 else "no" for row in outputs]
    return [tuple(c for c, p in zip(CLASSES, row, strict=True) if p > 0.5) for row in outputs]


@pytest.mark.parametrize("name", list(HEADS)[:4])
def test_one_head(name):
    model = transfer(trained(), cut=0, head=HEADS[name])
    classes = predict_classes(model, X, verbose=0)
    assert classes.tolist() == by_hand(name, model.predict(X, verbose=0))
    assert len(set(classes.tolist())) > 1


@pytest.mark.slow
def test_several_tasks():
    model = MultiTaskModel(trained(), HEADS)
    outputs = model.predict(X, verbose=0)
    classes = predict_classes(model, X, verbose=0)
    assert list(classes) == list(HEADS)[:4]
    for name, one in classes.items():
        assert one.tolist() == by_hand(name, outputs[name])
        assert predict_classes(model, X, task=name, verbose=0).tolist() == one.tolist()


def test_a_plain_keras_model_with_a_head():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Head(classes=CLASSES)(keras.layers.Dense(4)(inputs)))
    classes = predict_classes(model, X, batch_size=5, verbose=0)
    assert classes.tolist() == by_hand("named", model.predict(X, verbose=0))


def test_plain_layers_give_the_numbers_of_the_names():
    model = transfer(trained(), cut=0, head=HEADS["named"])
    numbers = to_plain(model).predict(X, verbose=0).argmax(-1)
    names = predict_classes(model, X, verbose=0)
    assert np.array(model.head.classes)[numbers].tolist() == names.tolist()
    with pytest.raises(ValueError, match="needs a `keras_mtl"):
        predict_classes(to_plain(model), X, verbose=0)


def test_what_has_no_classes_is_refused():
    number = transfer(trained(), cut=0, head=HEADS["size"])
    with pytest.raises(ValueError, match="is a head of kind `regression`, which has no cla"):
        predict_classes(number, X)
    numbers = MultiTaskModel(trained(), {"size": HEADS["size"]})
    with pytest.raises(ValueError, match="has no task with classes"):
        predict_classes(numbers, X)
    with pytest.raises(errors.TaskNotFound, match="Did you mean 'size'"):
        predict_classes(numbers, X, task="sise")
    with pytest.raises(errors.UnsupportedModel):
        predict_classes("model", X)
