"""The search: few trials, no loser's weights, and nothing twice after a kill."""

import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.trial import Trial

from _searches import Eager, data, network, run, scores_of, search_in, trials_of
from _zoo import first_ones
from keras_mtl.heads.head import Head
from keras_mtl.tuning import trial_runner
from keras_mtl.tuning.fold_training import fold_file, fold_metrics
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.tuner import CutTuner

layers = keras.layers

# A search from end to end


def test_probes_then_trains_heads_then_fine_tunes(finished):
    phases = [(phase, epochs) for phase, _, epochs in trials_of(finished)]
    frozen = {cut for phase, cut, _ in trials_of(finished) if phase == "frozen"}

    assert phases == [("frozen", 2)] * 2 + [("fine-tuned", 1)] * 2 + [("fine-tuned", 2)]
    assert frozen <= {"conv", "flatten", "parity"}  # after the Dropout the features are the same


@pytest.mark.slow
def test_only_the_best_model_keeps_its_weights(finished):
    best = finished.results().best
    x, y = data()

    kept = [path.parent.name for path in Path(finished.project_dir).rglob("*.weights.h5")]
    sums = [path.parent.name for path in Path(finished.project_dir).rglob("checkpoint.json")]
    model = finished.get_best_models()[0]

    assert kept == sums == [f"trial_{best.trial_id}"]
    assert model.evaluate(x[-10:], y[-10:], verbose=0)[1] == pytest.approx(best.score)
    with pytest.raises(ValueError, match="saved_models=2"):
        finished.get_best_models(2)


def test_results_are_a_table_a_frame_and_a_picture(finished, tmp_path, capsys):
    results = finished.results()

    finished.results_summary(2)

    said = capsys.readouterr().out
    assert "val_accuracy" in said
    assert repr(results.ranking[:2]) in said
    assert "fine-tuned" in repr(results)
    assert list(results.to_frame()["score"]) == [trial.score for trial in results]
    assert results.plot(tmp_path / "depths.png").stat().st_size > 1000
    assert isinstance(results[:2], type(results))


def test_trials_survive_the_way_between_machines(finished):
    for trial in finished.oracle.trials.values():
        received = Trial.from_proto(trial.to_proto())
        assert received.hyperparameters.values == trial.hyperparameters.values


def test_begun_again_a_finished_search_trains_nothing(finished, trainings):
    log = trainings(lambda planned: 0.5)
    again = search_in(finished.directory, seed=0)

    run(again)

    assert log == []
    assert scores_of(again) == scores_of(finished)
    assert again.oracle.seed == 0


@pytest.mark.parametrize(
    ("head", "objective", "labels", "count"),
    [
        (Head(1, "regression"), "val_mae", lambda y: y.astype("float32"), 2),
        pytest.param(*(Head(1, "binary"), "val_loss", lambda y: y % 2, 1), marks=pytest.mark.slow),
        pytest.param(
            *(Head(2, "multilabel"), "loss", lambda y: np.stack([y > 4, y % 2], 1).astype(int), 1),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_other_heads_and_objectives_to_minimise(
    head, objective, labels, count, tmp_path, monkeypatch
):
    monkeypatch.setattr("gc.collect", lambda *args: 0)
    tuner = search_in(
        tmp_path, head, objective=objective, frozen_trials=count, tuned_trials=0, epochs=1
    )
    x, y = data()

    tuner.search(x, labels(y), validation_split=0.25, verbose=0)

    assert len(scores_of(tuner)) == count
    assert tuner.results().best.score == min(scores_of(tuner))
    assert tuner.oracle.get_best_trials()[0].score == min(scores_of(tuner))


@pytest.mark.usefixtures("canned_probes")
def test_a_hypermodel_that_only_freezes_is_not_fine_tuned(tmp_path, trainings):
    log = trainings(lambda planned: 0.5)
    run(CutTuner(Eager(network(), 10, freeze=[True]), directory=tmp_path))

    assert {phase for phase, _ in log} == {"frozen"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of keras-tuner's server
def test_a_chief_and_a_worker_search_as_one_machine_does(
    tmp_path, trainings, canned_probes, monkeypatch
):
    from keras_tuner.src.distribute.oracle_chief import start_server

    scores = {"conv": 0.2, "flatten": 0.9, "parity": 0.4}
    log = trainings(lambda planned: scores[planned.cut] + 0.01 * planned.rung)
    alone = run(search_in(tmp_path / "alone"))
    expected, log[:] = list(log), []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", str(port))
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    chief = search_in(tmp_path / "shared")
    chief.save()
    server = threading.Thread(target=start_server, args=(chief.oracle,), daemon=True)
    server.start()
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker0")

    worker = run(search_in(tmp_path / "shared"))

    assert log == expected
    assert scores_of(worker) == scores_of(alone)
    server.join(timeout=60)
    assert chief.oracle.get_best_trials()[0].score == alone.results().best.score


# Cross-validation

TRAINED = {"count": 0, "stop_at": (0,)}


class Interrupted(keras.callbacks.Callback):
    """Interrupts the process when a training of a certain number has done its first epoch."""

    def on_train_begin(self, logs=None):
        TRAINED["count"] += 1

    def on_epoch_end(self, epoch, logs=None):
        if TRAINED["count"] in TRAINED["stop_at"]:
            raise KeyboardInterrupt


def folded_search(folder, stop_at=()):
    """Resumed as often as it is interrupted; the tuner, and the number of trainings."""
    TRAINED.update(count=0, stop_at=stop_at)
    while True:
        tuner = search_in(folder, cv=2, frozen_trials=1, tuned_trials=1)
        try:
            tuner.search(*data(), verbose=0, callbacks=[Interrupted()])
        except KeyboardInterrupt:
            continue
        return tuner, TRAINED["count"]


@pytest.mark.slow
@pytest.mark.usefixtures("canned_probes")
def test_a_search_over_folds_trains_folds_from_folds_and_then_all_rows(tmp_path, monkeypatch):
    trained = []

    def on_folds(training, hp, model, attempt, start, **arguments):
        trained.append((arguments["epochs"], start and start.name))
        for number in range(3):
            (attempt.folder / fold_file(number)).touch()
        curves = [{0: 0.25 + 0.01 * len(trained)}, {0: 0.5}, {0: 0.75}]
        return fold_metrics(curves, training.objective)

    def on_all_rows(hypermodel, build, stages, path, attempt, **arguments):
        trained.append([stage.trial_id for stage in stages])
        path.touch()

    monkeypatch.setattr(trial_runner.FoldTraining, "run", on_folds)
    monkeypatch.setattr(trial_runner, "train_on_all_rows", on_all_rows)
    monkeypatch.setattr(Eager, "build", lambda hypermodel, hp: None)
    tuner = search_in(tmp_path, cv=3, saved_models=2)
    tuner.search(*data(), verbose=0)

    tuned = [(1, "trial_0002"), (1, "trial_0001"), (2, "trial_0004")]
    assert trained[:5] == [(2, None), (2, None), *tuned]
    assert trained[5:] == [["0001", "0004", "0005"], ["0001", "0004"]]
    assert [trial.phase for trial in tuner.results()].count("refit") == 0
    assert tuner.results().best.fold_scores == (0.3, 0.5, 0.75)
    assert len(list(tmp_path.rglob("*.h5"))) == 2  # of all rows


@pytest.mark.slow
def test_a_search_over_folds_resumes_at_the_fold_and_trains_the_best_on_all_rows(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("gc.collect", lambda *args: 0)
    whole, trainings = folded_search(tmp_path / "whole")
    # In the second folds, after the first one of fine-tuning, and in both stages of the last.
    pieces, resumed = folded_search(tmp_path / "pieces", stop_at=(2, 4, 7, 9))
    (head, tuned) = pieces.results()

    stages = 2 if whole.results().best.phase == "fine-tuned" else 1
    assert trainings == 2 + 2 + stages  # two folds of a head, of a fine-tuning, then all rows
    assert resumed == trainings + 3 + 2 * (stages - 1)  # the second stage begins with the first
    assert list(pieces.results()) == list(whole.results())
    assert (head.phase, tuned.phase) == ("frozen", "fine-tuned")
    assert head.score == pytest.approx(np.mean(head.fold_scores))
    assert head.spread == pytest.approx(np.std(head.fold_scores, ddof=1) / 2**0.5)
    for one, other in zip(best_weights(whole), best_weights(pieces), strict=True):
        np.testing.assert_array_equal(one, other)
    kept = {path.name for path in tmp_path.rglob("*.h5")}
    assert kept == {"checkpoint.weights.h5"}
    assert folded_search(tmp_path / "pieces")[1] == 0
    for cv, match in ((None, "differs in `cv`"), (4, "other folds")):
        with pytest.raises(keras_tuner.errors.FatalError, match=match):
            search_in(tmp_path / "pieces", cv=cv).search(*data(), verbose=0)


def best_weights(tuner):
    return tuner.get_best_models()[0].get_weights()


# What is said on the console


@pytest.mark.usefixtures("canned_probes")
def test_the_console_tells_trials_and_scores_and_nothing_of_the_machinery(
    tmp_path, trainings, capsys
):
    trainings(lambda planned: 0.25 if planned.phase == "frozen" else MemoryError("no memory left"))

    run(search_in(tmp_path, epochs=1), verbose=1)

    said = capsys.readouterr().out
    names = [line.partition(":")[0] for line in said.splitlines()]
    # a probe, two heads, two fine-tunings that fail, and so no third one
    assert names[:7] == [f"Trial {number} of 6" for number in (1, 1, 2, 2, 3, 3, 4)]
    assert names[-1] == "Trial 5 of 5"
    assert len(names) == 10
    assert "val_accuracy 0.2500 (best so far 0.2500, `parity`)" in said
    assert "failed (MemoryError: no memory left)" in said
    assert not [word for word in ("rung", "inf", "?", "nan", "None") if word in said]


@pytest.mark.usefixtures("canned_probes")
def test_a_silent_search_says_nothing(tmp_path, trainings, capsys):
    trainings(lambda planned: 0.5)
    run(search_in(tmp_path), verbose=0)
    assert capsys.readouterr().out == ""


# Interruptions

SCRIPT = """
import os, signal, sys
import keras
sys.path.insert(0, {here!r})
from _searches import run, search_in

class Kill(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        with open({log!r}, "a") as log:
            print("train", file=log)
        with open({log!r}) as log:
            if len(log.readlines()) == 3:
                os.kill(os.getpid(), signal.SIGKILL)

run(search_in({folder!r}, tuned_trials=1, epochs=2), callbacks=[Kill()])
"""


@pytest.mark.slow
def test_a_killed_search_goes_on_and_repeats_nothing(tmp_path, finished):
    log, folder = tmp_path / "log", tmp_path / "search"
    script = SCRIPT.format(here=str(Path(__file__).parents[1]), log=str(log), folder=str(folder))

    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    ended = {p: p.read_bytes() for p in folder.rglob("trial.json") if "COMPLETED" in p.read_text()}
    resumed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert resumed.returncode == 0, resumed.stderr
    assert len(ended) == 3  # the probe and two heads; the kill came in the third training
    assert all(path.read_bytes() == content for path, content in ended.items())
    assert log.read_text().count("train") == 3 + 1  # three trials, one of them begun twice
    tuner = search_in(folder, tuned_trials=1)
    assert [phase for phase, _, _ in trials_of(tuner)] == ["frozen", "frozen", "fine-tuned"]
    assert scores_of(tuner)[:2] == scores_of(finished)[:2]


@pytest.mark.slow
@pytest.mark.usefixtures("canned_probes")
def test_the_search_of_another_model_is_refused(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    run(search_in(tmp_path, Head(10), tuned_trials=0))

    source = network()
    relu = keras.Model(source.inputs, layers.ReLU(name="relu")(source.outputs[0]))

    search_in(tmp_path, Head(10))  # whose name Keras has counted on
    for other in (network(seed=1), relu):
        with pytest.raises(keras_tuner.errors.FatalError, match="another model"):
            CutTuner(CutHyperModel(other, 10), directory=tmp_path)
    with pytest.raises(keras_tuner.errors.FatalError, match="objective"):
        search_in(tmp_path, Head(10), objective="val_loss")
    CutTuner(CutHyperModel(network(seed=1), 10), directory=tmp_path, overwrite=True)


# Failures


@pytest.mark.usefixtures("canned_probes")
def test_a_trial_without_memory_does_not_end_the_search(tmp_path, trainings):
    log = trainings(lambda planned: MemoryError() if planned.phase == "fine-tuned" else 0.5)

    tuner = run(search_in(tmp_path, frozen_trials=3, tuned_trials=3))

    assert len(log) == 6  # three failures in a row would end a search of keras-tuner
    assert scores_of(tuner) == [0.5] * 3 + [None] * 3
    assert tuner.results().best.phase == "frozen"
    assert len(list(tmp_path.rglob("*.weights.h5"))) == 1


@pytest.mark.usefixtures("canned_probes")
def test_a_search_without_a_model_raises(tmp_path, trainings):
    trainings(lambda planned: MemoryError("no memory left"))

    with pytest.raises(keras_tuner.errors.FatalError, match=r"(?s)All trials failed.*no memory"):
        run(search_in(tmp_path))


def test_labels_that_do_not_fit_end_the_search(tmp_path):
    with pytest.raises(keras_tuner.errors.FatalError, match="one class"):
        search_in(tmp_path).search(data()[0], np.zeros(40, int), validation_split=0.25, verbose=0)


def test_weights_of_the_samples(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    run(search_in(tmp_path), sample_weight=np.ones(40))


def test_a_list_of_inputs_of_different_shapes_and_a_callback_alone(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    inputs = [keras.Input((4,)), keras.Input((3,))]
    model = keras.Model(inputs, layers.Dense(2, name="last")(layers.Concatenate()(inputs)))
    tuner = CutTuner(CutHyperModel(model, 10, cuts=["last"]), directory=tmp_path)
    x = [np.random.default_rng(0).random((40, width)) for width in (4, 3)]
    tuner.search(
        x, data()[1], validation_split=0.25, verbose=0, callbacks=keras.callbacks.History()
    )


@pytest.mark.slow
@pytest.mark.usefixtures("canned_probes")
def test_a_search_of_which_all_trials_failed_is_run_again(tmp_path, trainings):
    trainings(lambda planned: ValueError("mistaken"))
    with pytest.raises(keras_tuner.errors.FatalError, match="last error: ValueError: mistaken"):
        run(search_in(tmp_path))
    trainings(lambda planned: 0.5)

    tuner = run(search_in(tmp_path))

    assert set(scores_of(tuner)) == {0.5}
    assert [phase for phase, *_ in trials_of(tuner)].count("frozen") == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", first_ones([{}, {"tuned_trials": 0}, {"freeze": [True]}], 1), ids=str
)
def test_a_probe_that_failed_once_runs_again(options, tmp_path, trainings, monkeypatch):
    trainings(lambda planned: 0.5)
    freeze = options.pop("freeze", [True, False])

    def tuner():
        return CutTuner(Eager(network(), 10, freeze=freeze), directory=tmp_path, **options)

    def fail(*args, **kwargs):
        raise MemoryError("no memory left")

    with monkeypatch.context() as patched:
        patched.setattr(trial_runner, "probe_cuts", fail)
        for _ in range(2):
            with pytest.raises(keras_tuner.errors.FatalError, match="no memory left"):
                run(tuner())

    assert set(scores_of(run(tuner()))) == {0.5}


@pytest.mark.usefixtures("canned_probes")
def test_a_search_that_lost_a_trial_runs_it_again_and_keeps_the_others(tmp_path, trainings):
    log = trainings(lambda planned: 0.5)
    before = run(search_in(tmp_path, tuned_trials=0)).results()
    (tmp_path / "cut_search" / "trial_0001" / "trial.json").unlink()
    log.clear()

    tuner = search_in(tmp_path, tuned_trials=0)
    with pytest.warns(UserWarning, match="0001"):
        run(tuner)

    assert log == [("frozen", before[0].cut)]
    assert tuner.results()[0] == before[1]
    assert [trial.trial_id for trial in tuner.results()] == ["0002", "0003"]


@pytest.mark.slow
@pytest.mark.usefixtures("canned_probes")
def test_a_search_on_other_data_is_refused(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    run(search_in(tmp_path))
    x, y = data()

    run(search_in(tmp_path))
    with pytest.raises(keras_tuner.errors.FatalError, match="other data"):
        search_in(tmp_path).search(x + 1, y, validation_split=0.25)


def test_results_before_the_search_are_empty(tmp_path):
    results = search_in(tmp_path).results()

    assert list(results) == []
    with pytest.raises(ValueError, match="search"):
        _ = results.best
