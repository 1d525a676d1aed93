"""Of several workers only the chief has callbacks that write files."""

import keras
import pytest

import keras_mtl
from _told_workers import ToldWorkers, same
from _two_tasks import sex_and_hair, two_sets
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.chief_writes import callbacks_of_pass, without_writing
from keras_mtl.training.distribution.workers import ALONE
from keras_mtl.training.one_task_scoring import evaluate_one_task

WORKERS = {True: ToldWorkers(same), False: ToldWorkers(same, index=1)}


class OwnCheckpoint(keras.callbacks.ModelCheckpoint):
    """A subclass writes as well."""


def test_the_others_keep_the_callbacks_that_act_on_the_training(tmp_path):
    acting = [keras.callbacks.EarlyStopping("loss"), keras.callbacks.History()]
    writing = [
        OwnCheckpoint(tmp_path / "model.keras"),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TensorBoard(tmp_path),
        keras.callbacks.BackupAndRestore(tmp_path),
    ]
    given = [*writing, *acting]
    assert without_writing(ToldWorkers(same, index=1), given) == acting
    assert without_writing(ToldWorkers(same), given) == given
    assert without_writing(ALONE, given) == given


@pytest.mark.parametrize("is_chief", WORKERS)
@pytest.mark.parametrize("listed", [True, False])
def test_the_chief_alone_shows_a_pass_and_writes_about_it(tmp_path, is_chief, listed):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    given = [keras.callbacks.CSVLogger(tmp_path / "log.csv"), keras.callbacks.LambdaCallback()]
    one = keras.callbacks.CallbackList(given, model=model) if listed else given
    found = callbacks_of_pass(WORKERS[is_chief], one, model, verbose="auto", steps=3)
    kinds = [type(callback).__name__ for callback in found.callbacks]
    bar = ["ProgbarLogger"] if is_chief and not listed else []
    assert kinds == ["CSVLogger"] * is_chief + ["LambdaCallback"] + bar


@pytest.mark.parametrize("is_chief", WORKERS)
def test_evaluation_writes_on_the_chief_alone(tmp_path, is_chief, monkeypatch):
    scored = {}
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    of_task = keras_mtl.transfer(trained, cut=0, head=2, verify=False)
    model = sex_and_hair()
    module = "keras_mtl.training.one_task_scoring.score"
    monkeypatch.setattr(module, lambda s, d, shown, **_: scored.update(one=shown) or {})
    module = "keras_mtl.models.evaluation.score"
    monkeypatch.setattr(
        module, lambda s, d, shown, **_: scored.update(several=shown) or {"": {"loss": 0}}
    )
    monkeypatch.setattr("keras_mtl.training.state.workers_of", lambda model: WORKERS[is_chief])
    given = {"verbose": 0, "callbacks": [keras.callbacks.TensorBoard(tmp_path)]}
    options = {"batch_size": None, "sample_weight": None, "steps": None}
    model.evaluate(two_sets(), **given)
    evaluate_one_task(CompiledState(of_task), *two_sets()["sex"], **given, **options)
    assert {len(one.callbacks) for one in scored.values()} == {int(is_chief)}
