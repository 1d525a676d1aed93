"""In tables a task often has the name of an input: "sex" is given for some, asked for of others."""

import keras
import numpy as np
import pytest

from _helpers import reload
from keras_mtl import MultiTaskModel, to_plain, transfer
from keras_mtl.models.task_heads import head_name

ROWS = 12
X = {name: np.random.default_rng(index).random((ROWS, 1)) for index, name in enumerate("ab")}
X = {"age": X["a"], "sex": X["b"]}
Y = {"sex": np.arange(ROWS) % 2, "hair": np.arange(ROWS) % 3, "sex_head": np.arange(ROWS) % 2}
HEADS = {"sex": 2, "hair": 3, "sex_head": 2}


@pytest.fixture(scope="module")
def base():
    inputs = [keras.Input((1,), name=name) for name in X]
    hidden = keras.layers.Dense(4, "tanh")(keras.layers.Concatenate()(inputs))
    return keras.Model(inputs, keras.layers.Dense(2)(hidden))


@pytest.fixture(scope="module")
def model(base):
    made = MultiTaskModel(transfer(base, 1, verify=False), HEADS)
    made.compile("sgd", run_eagerly=True)
    return made


def test_heads_have_other_names_than_all_layers(model):
    assert [layer.name for layer in model.layers][:2] == ["age", "sex"]
    assert {task: head.name for task, head in model.heads.items()} == {
        "sex": "sex_head_head",
        "hair": "hair",
        "sex_head": "sex_head",
    }
    assert head_name("age", ["age", "age_head"]) == "age_head_head"


def test_data_logs_scores_and_predictions_have_the_names_of_the_tasks(model):
    for data in ((X, Y), ({task: (X, y) for task, y in Y.items()},)):
        history = model.fit(*data, verbose=0).history
        assert {"sex_loss", "sex_accuracy", "hair_loss", "sex_head_loss"} <= set(history)
        assert set(model.evaluate(*data, verbose=0).by_task) == set(Y)
    predicted = model.predict(X, verbose=0)
    assert {task: array.shape for task, array in predicted.items()} == {
        task: (ROWS, size) for task, size in HEADS.items()
    }
    np.testing.assert_allclose(model.predict(X, task="sex", verbose=0), predicted["sex"], rtol=1e-5)


@pytest.mark.slow
def test_models_made_of_it(model, base, tmp_path):
    expected = model.predict(X, verbose=0)
    copies = {
        "loaded": reload(model, tmp_path),
        "larger": model.add_task("age", 2),
        "smaller": model.remove_task("hair"),
        "plain": to_plain(model),
    }
    for name, made in copies.items():
        predicted = made.predict(X, verbose=0)
        np.testing.assert_allclose(predicted["sex"], expected["sex"], rtol=1e-5, err_msg=name)
    assert copies["loaded"].tasks == model.tasks
    assert copies["larger"].heads["age"].name == "age_head"
    alone = model.task("sex")
    np.testing.assert_allclose(alone.predict(X, verbose=0), expected["sex"], rtol=1e-5)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    grown = MultiTaskModel.from_model(base, 1, "sex", {"age": 2}, loss=loss, verify=False)
    np.testing.assert_allclose(
        grown.predict(X, verbose=0)["sex"], base.predict(X, verbose=0), rtol=1e-5
    )
