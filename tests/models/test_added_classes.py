"""`add_classes`: a trained model with further classes is otherwise the model that it was."""

import keras
import numpy as np
import pytest

from _helpers import draw
from keras_mtl import Head, MultiTaskModel, add_classes, errors, predict_classes, transfer
from keras_mtl.keras_private.optimizers import slots_of

X, Y = draw(32, 6), np.arange(32) % 2
CLASSES = ["cat", "dog"]


def trained():
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "tanh", name="first"),
            keras.layers.Dropout(0.5, name="dropout"),
            keras.layers.Dense(8, "tanh", name="second"),
        ]
    )


def model_with(head=None, freeze="first"):
    head = head or Head(classes=CLASSES, hidden=[5], dropout=0.2, from_logits=True)
    return transfer(trained(), cut=0, head=head, freeze=freeze)


def fitted():
    model = model_with()
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def two_tasks():
    model = MultiTaskModel(trained(), {"animal": Head(classes=CLASSES), "plain": 2})
    model.compile("adam")
    return model


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assert_equal(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def assert_first_columns(head, larger):
    old, new = values(head.weights), values(larger.weights)
    assert_equal(old[:-2], new[:-2])
    assert_equal(old[-2:], [one[..., : head.units] for one in new[-2:]])


@pytest.mark.slow
def test_old_classes_are_bit_equal_and_the_new_ones_are_drawn():
    model = fitted()
    before = values(model.variables)
    larger = add_classes(model, ["owl", "elk"])
    assert type(larger) is type(model)
    assert larger.head.classes == (*CLASSES, "owl", "elk")
    assert_equal(values(larger.trunk.variables), values(model.trunk.variables))
    assert_first_columns(model.head, larger.head)
    kernel = values(larger.head.weights)[-2]
    assert (kernel[:, 2:] != 0).all()
    logits, old = (one.predict(X, verbose=0) for one in (larger, model))
    assert logits.shape == (32, 4)
    np.testing.assert_allclose(logits[:, :2], old, rtol=1e-6, atol=1e-7)
    assert_equal(values(model.variables), before)


def test_flags_and_settings_stay():
    model = model_with()
    model.compile(keras.optimizers.RMSprop(0.02, clipnorm=1.0), model.loss, metrics=["accuracy"])
    larger = add_classes(model, ["owl"])
    flags = [[layer.trainable for layer in one.trunk.layers] for one in (model, larger)]
    assert flags[0] == flags[1]
    assert len(set(flags[0])) == 2
    assert larger.optimizer.get_config() == model.optimizer.get_config()
    assert larger.head.has_loss(larger.loss)
    assert larger.name == model.name
    assert larger.head.name == model.head.name


@pytest.mark.slow
def test_slots_are_kept_where_shapes_allow():
    model = fitted()
    larger = add_classes(model, ["owl"])
    pairs = list(zip(model.trainable_variables, larger.trainable_variables, strict=True))
    for old, new in pairs[:-2]:
        assert_equal(
            values(slots_of(model.optimizer, old).values()),
            values(slots_of(larger.optimizer, new).values()),
        )
        assert any(slot.any() for slot in values(slots_of(larger.optimizer, new).values()))
    for _, new in pairs[-2:]:
        assert not any(slot.any() for slot in values(slots_of(larger.optimizer, new).values()))


@pytest.mark.slow
def test_it_learns_the_new_class_by_name_and_is_saved(tmp_path):
    larger = add_classes(fitted(), ["owl"])
    x = np.concatenate([X, X[:8] + 9])
    names = [*np.array(CLASSES)[Y], *["owl"] * 8]
    larger.optimizer.learning_rate = 0.05
    larger.fit(x, names, epochs=15, verbose=0)
    predicted = predict_classes(larger, x, verbose=0)
    assert predicted[-8:].tolist() == ["owl"] * 8
    larger.save(tmp_path / "larger.keras")
    loaded = keras.models.load_model(tmp_path / "larger.keras")
    assert predict_classes(loaded, x, verbose=0).tolist() == predicted.tolist()


@pytest.mark.slow
def test_one_of_several_tasks():
    model = two_tasks()
    model.fit({"animal": (X, Y), "plain": (X, Y)}, epochs=1, verbose=0)
    larger = add_classes(model, ["owl"], task="animal")
    assert larger.tasks == model.tasks
    assert larger.heads["animal"].classes == (*CLASSES, "owl")
    assert_first_columns(model.heads["animal"], larger.heads["animal"])
    assert_equal(values(larger.heads["plain"].weights), values(model.heads["plain"].weights))
    assert_equal(values(larger.trunk.weights), values(model.trunk.weights))
    trunks = [one.optimizer.part_optimizers[0] for one in (model, larger)]
    for old, new in zip(model.trunk.weights, larger.trunk.weights, strict=True):
        old_slots, new_slots = slots_of(trunks[0], old), slots_of(trunks[1], new)
        assert_equal(values(old_slots.values()), values(new_slots.values()))
    data = {"animal": (X, ["owl", "cat"] * 16), "plain": (X, Y)}
    larger.fit(data, epochs=1, verbose=0)


@pytest.mark.slow
def test_classes_without_names_are_counted():
    model = model_with(Head(2), freeze=True)
    assert add_classes(model, 3).head.units == 5
    labels = Head(kind="multilabel", classes=CLASSES)
    assert labels.extend(["owl"]).units == 3


def test_a_model_that_is_not_compiled_stays_so():
    inputs = keras.Input((6,))
    model = keras.Model(inputs, Head(classes=CLASSES)(inputs))
    assert not add_classes(model, ["owl"]).compiled


@pytest.mark.parametrize(
    ("build", "classes", "task", "message"),
    [
        (model_with, ["dog"], None, r"has classes named \['dog'\] already"),
        (model_with, ["owl", "owl"], None, r"\['owl'\] are repeated"),
        (model_with, 2, None, "is a list of names"),
        (model_with, None, None, "Give the names of the new classes"),
        (lambda: model_with(Head(2)), ["owl"], None, "have no names: give the number"),
        (lambda: transfer(trained(), 0, head=Head(1, "regression")), 1, None, "has no classes"),
        (
            lambda: transfer(trained(), 0, head=Head(kind="binary", classes=CLASSES)),
            ["owl"],
            None,
            "A binary head has two classes",
        ),
        (two_tasks, ["owl"], None, "name one by `task`"),
        (two_tasks, ["owl"], "anmal", "Did you mean 'animal'"),
        (trained, ["owl"], None, "needs a `keras_mtl"),
    ],
)
def test_what_cannot_be_added_is_refused(build, classes, task, message):
    with pytest.raises(ValueError, match=message):
        add_classes(build(), classes, task=task)


def test_models_with_a_step_of_their_own_are_refused():
    class Own(keras.Model):
        def train_step(self, data):
            return {}

    inputs = keras.Input((6,))
    with pytest.raises(errors.UnsupportedModel, match="`train_step` of its own"):
        add_classes(Own(inputs, Head(2)(inputs)), 1)


def test_an_output_with_lora_is_refused():
    head = model_with(freeze=False).head
    head.parts[-1].trainable = False
    assert not head.extend(["owl"]).parts[-1].trainable
    head.parts[-1].enable_lora(1)
    with pytest.raises(ValueError, match="quantized or has LoRA"):
        head.extend(["owl"])
