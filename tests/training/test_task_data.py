"""What `fit` takes as the data of the tasks, and what it refuses."""

import keras
import numpy as np
import pytest

import keras_mtl
from _helpers import draw
from _two_tasks import bits, classes, sex_and_hair, two_sets
from _watching import assert_close
from keras_mtl import Head
from keras_mtl.errors import InvalidFeatures, InvalidLabels, InvalidTaskData, TaskNotFound
from keras_mtl.schedules import RoundRobin

FITTED = {"batch_size": 4, "verbose": 0, "seed": 1}


@pytest.fixture(scope="module")
def model():
    return sex_and_hair()


def sex(**parts):
    """Good data of `sex`, and of `hair` what is given."""
    return {"sex": two_sets()["sex"], **parts}


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (sex(), InvalidTaskData, r"\['hair'\] have no data"),
        ({}, InvalidTaskData, "have no data"),
        (sex(hiar=two_sets()["hair"]), TaskNotFound, "Did you mean 'hair'"),
        ({"train": sex(), "test": sex()}, InvalidTaskData, r"are parts.*`data\['train'\]`"),
        (sex(hair=(draw(0, 4), classes(0, 3))), InvalidTaskData, "`hair` are empty"),
        (sex(hair=(draw(4, 5), classes(4, 3))), InvalidFeatures, r"\(None, 4\).*\(4, 5\)"),
        (sex(hair=(draw(4, 4), classes(5, 3))), InvalidTaskData, "same number of rows"),
        (sex(hair=(draw(4, 4), None)), InvalidTaskData, "no labels"),
        (sex(hair=(draw(4, 4), np.full(4, 3))), InvalidLabels, "`hair`"),
        (sex(hair=(draw(4, 4), ["a", "b", "c", "d"])), InvalidLabels, "LabelEncoder"),
        (sex(hair=(draw(4, 4), np.full(4, -1))), InvalidTaskData, "all of them are missing"),
        (sex(hair=draw(4, 4)), InvalidTaskData, r"tuple `\(x, y\)`"),
        (draw(4, 4), InvalidTaskData, "tuple"),
        ((draw(4, 4), classes(4, 3)), InvalidTaskData, "dict by the tasks' names"),
        ((draw(4, 4), {"sex": classes(4, 2)}), InvalidTaskData, "lack the task 'hair'"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before_training(model, data, error, words):
    before = bits(model)

    with pytest.raises(error, match=words):
        model.fit(data, **FITTED)
    assert bits(model) == before


@pytest.mark.parametrize("loss", ["binary_crossentropy", keras.losses.BinaryCrossentropy()])
def test_labels_of_a_tail_with_a_loss_for_yes_or_no(loss):
    trained = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(1, "sigmoid")]
    )
    trained.compile("sgd", loss)
    model = keras_mtl.MultiTaskModel.from_model(trained, 1, "sex", {"hair": 3})

    with pytest.raises(InvalidLabels, match="`sex`"):
        model.fit({"sex": (draw(4, 4), np.array([0, 1, -1, 1])), "hair": two_sets()["hair"]})


def test_labels_as_the_loss_that_was_given_wants_them():
    model = sex_and_hair(loss={"hair": "categorical_crossentropy"}, metrics={"hair": []})
    data = sex(hair=(draw(4, 4), np.eye(3)[classes(4, 3)]))
    assert model.fit(data, **FITTED).history["hair_loss"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"batch_size": {"sex": 2, "hiar": 2}}, "`batch_size`.*'hair'"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"sample_weight": np.ones(24)}, "`sample_weight` is a dict by task"),
        ({"masks": {"hiar": np.ones(10, bool)}}, "`masks`.*'hair'"),
        ({"validation_data": {"hiar": two_sets()["hair"]}}, "'hair'"),
        ({"validation_data": two_sets(), "validation_split": 0.2}, "exclude each other"),
        ({"validation_split": 20}, "`validation_split` is a number in"),
        ({"validation_split": 0.99}, "24 rows of `sex`.* none"),
        (
            {"validation_split": 0.5, "masks": {"hair": np.arange(10) < 5}},
            "labels of `hair` on",
        ),
        ({"validation_split": 0.5, "validation_batch_size": -1}, "`validation_batch_size`"),
        ({"validation_data": two_sets(), "validation_batch_size": {"sex": 0}}, "`validation_batch"),
    ],
)
def test_what_goes_with_the_data_is_checked(model, arguments, words):
    with pytest.raises(ValueError, match=words):
        model.fit(two_sets(), **{**FITTED, **arguments})


def test_joint_data_have_one_size_of_batches(model):
    labels = {"sex": classes(8, 2), "hair": classes(8, 3)}

    with pytest.raises(ValueError, match="`batch_size` is one number"):
        model.fit(draw(8, 4), labels, batch_size={"sex": 2, "hair": 4}, verbose=0)


def test_joint_data_can_be_trained_on_in_turn():
    x, labels = draw(12, 4), {"sex": classes(12, 2), "hair": classes(12, 3)}
    joint, apart = sex_and_hair(), sex_and_hair()

    joint.fit(x, labels, schedule=RoundRobin(), **FITTED)
    apart.fit({task: (x, y) for task, y in labels.items()}, schedule=RoundRobin(), **FITTED)

    assert_close(joint.get_weights(), apart.get_weights())


@pytest.mark.parametrize("joint", [False, True])
def test_the_last_rows_can_be_held_out(joint):
    there = np.arange(20) % 3 > 0
    weights = np.linspace(1, 2, 20)
    x, labels = draw(20, 4), {"sex": classes(20, 2), "hair": classes(20, 3)}

    def rows(part):
        own = {task: (x[part], y[part], weights[part]) for task, y in labels.items()}
        given = {"masks": {"hair": there[part]}}
        if joint:
            by_task = {task: y[part] for task, y in labels.items()}
            return (x[part], by_task, dict.fromkeys(labels, weights[part])), given
        return own, given

    split, told = sex_and_hair(), sex_and_hair()
    data, given = rows(slice(None))
    history = split.fit(
        data, validation_split=0.25, validation_batch_size=2, **given, **FITTED
    ).history
    data, given = rows(slice(15))
    expected = told.fit(data, **given, **FITTED).history
    data, given = rows(slice(15, None))
    scores = told.evaluate(data, batch_size=2, verbose=0, **given)

    assert_close(split.get_weights(), told.get_weights())
    expected |= {f"val_{name}": [scores[name]] for name in scores}
    assert history.keys() == expected.keys()
    assert all(history[name] == pytest.approx(expected[name], rel=1e-5) for name in expected)


def test_only_rows_in_memory_can_be_held_out(model):
    batches = iter([two_sets()["hair"]])
    with pytest.raises(InvalidTaskData, match=r"`hair` are not\. Give `validation_data`"):
        model.fit(sex(hair=batches), steps_per_epoch=2, validation_split=0.2, **FITTED)


def test_validation_data_of_some_tasks_are_enough(model):
    for data in (
        {"hair": two_sets()["hair"]},
        (draw(6, 4), {"hair": classes(6, 3)}),
    ):
        history = model.fit(two_sets(), validation_data=data, **FITTED).history
        assert {name for name in history if name.startswith("val_")} == {
            *("val_loss", "val_hair_loss", "val_hair_accuracy")
        }


@pytest.mark.slow
def test_labels_may_have_one_dimension_or_two_and_change_it():
    model = sex_and_hair()
    flat, column = two_sets(), {}
    column = {task: (x, y[:, None]) for task, (x, y) in flat.items()}
    mixed = {"sex": flat["sex"], "hair": column["hair"]}

    for data in (mixed, flat, column, {"sex": column["sex"], "hair": flat["hair"]}):
        history = model.fit(data, validation_data=data, **FITTED).history
        assert all(np.isfinite(values).all() for values in history.values())


def test_labels_of_another_head_may_change_their_rank_too():
    heads = {"sex": Head(1, "binary"), "age": Head(1, "regression")}
    model, other = sex_and_hair(heads), sex_and_hair(heads)
    x = draw(8, 4)
    for fitted, shape in ((model, (8,)), (other, (8, 1))):
        data = {
            "sex": (x, classes(8, 2).reshape(shape)),
            "age": (x, draw(8, seed=2).reshape(shape)),
        }
        fitted.fit(data, **FITTED)

    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, same, rtol=1e-5, atol=1e-7)
    model.fit(data, **FITTED)  # two dimensions after one


def test_pandas_objects_are_data():
    pandas = pytest.importorskip("pandas")
    frames, arrays = sex_and_hair(), sex_and_hair()
    data = two_sets()

    frames.fit(
        {task: (pandas.DataFrame(x), pandas.Series(y)) for task, (x, y) in data.items()}, **FITTED
    )
    arrays.fit(data, **FITTED)

    assert bits(frames) == bits(arrays)


def test_kinds_of_data_may_differ_from_task_to_task():
    x, y = two_sets()["hair"]
    batches = iter([(x[:4], y[:4]), (x[4:8], y[4:8])])
    mixed, arrays = sex_and_hair(), sex_and_hair()
    given = {"schedule": RoundRobin(), "steps_per_epoch": 4, "shuffle": False, **FITTED}

    mixed.fit({**two_sets(), "hair": batches}, **given)
    arrays.fit(two_sets(), **given)

    for one, same in zip(mixed.get_weights(), arrays.get_weights(), strict=True):
        np.testing.assert_allclose(one, same, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="its loop reads `tf.data` itself")
def test_a_dataset_is_iterated_again_as_it_is():
    import tensorflow as tf

    own = tf.data.Dataset.from_tensor_slices
    data = two_sets(8, 4)
    sets = {task: own(one).batch(4) for task, one in data.items()}
    streamed, arrays = sex_and_hair(), sex_and_hair()

    streamed.fit(sets, epochs=3, **FITTED)
    arrays.fit(data, epochs=3, shuffle=False, **FITTED)

    assert_close(streamed.get_weights(), arrays.get_weights())


def test_a_model_that_is_not_compiled_is_refused():
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = keras_mtl.MultiTaskModel(trunk, {"sex": keras.layers.Dense(2)})

    with pytest.raises(ValueError, match="not compiled: call `compile`"):
        model.fit({"sex": two_sets()["sex"]}, verbose=0)
