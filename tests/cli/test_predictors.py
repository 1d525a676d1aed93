"""Models that answer, whatever they are."""

import numpy as np
import pytest

import keras_mtl
from keras_mtl.cli.failures import CommandFailed, ExitCode
from keras_mtl.cli.model_files import read_model
from keras_mtl.cli.predictors import predictor_of

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


@pytest.mark.slow
def test_a_model_of_several_tasks(folder, tmp_path):
    heads = {
        "hair": keras_mtl.Head(classes=["black", "brown", "grey"]),
        "bald": keras_mtl.Head(1, "binary"),
        "age": keras_mtl.Head(1, "regression"),
    }
    trunk = keras_mtl.transfer(read_model(folder / "sex.keras"), 1)
    model = keras_mtl.MultiTaskModel(trunk, heads)
    model.save(tmp_path / "tasks.keras")
    predictor = predictor_of(tmp_path / "tasks.keras", allow_unsafe=False)
    answers = {one.task: one for one in predictor.answers({predictor.inputs[0].name: X}, None, 4)}
    expected = model.predict(X, verbose=0)
    assert {task: one.output for task, one in answers.items()} == {
        task: pytest.approx(output, abs=1e-5) for task, output in expected.items()
    }
    assert answers["age"].labels is None
    decoded = keras_mtl.predict_classes(model, X, task="hair", verbose=0)
    assert list(answers["hair"].labels) == list(decoded)
    assert answers["hair"].probability(0) == pytest.approx(expected["hair"][0].max(), abs=1e-5)
    assert answers["bald"].probability(1) >= 0.5
    (only,) = predictor.answers({predictor.inputs[0].name: X}, "age", 4)
    assert only.task == "age"
    with pytest.raises(CommandFailed, match=r"hair.*Received: 'sex'") as caught:
        predictor.answers({predictor.inputs[0].name: X}, "sex", 4)
    assert caught.value.code is ExitCode.USAGE


def test_folders_that_are_no_export(tmp_path):
    with pytest.raises(CommandFailed, match="manifest") as caught:
        predictor_of(tmp_path, allow_unsafe=False)
    assert caught.value.code is ExitCode.BAD_MODEL
