"""The weight of helpers' losses is chosen by short runs that leave the model as it was."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _transfer_tasks import assert_traced_no_more, counted_traces
from _two_tasks import bits, classes, sex_and_hair
from _watching import as_numpy
from keras_mtl import Head, MultiTaskModel, balancing, tune_loss_weights
from keras_mtl.errors import InvalidTaskData, NonFiniteLoss
from keras_mtl.schedules import Joint, RoundRobin
from keras_mtl.weighing.tune_loss_weights import _best

X = draw(36, 4)
Y = {"sex": classes(36, 2), "hair": classes(36, 3)}
HELD_OUT = {"hair": (draw(12, 4, seed=5), classes(12, 3))}
QUICK = {"main": "hair", "metric": "loss", "steps": 4, "batch_size": 12, "verbose": 0}


def by_hand(model, weight, seed=0, **fit):
    """The score of one run, of a model made anew."""
    weights = {"sex": weight}
    model.compile("sgd", loss_weights=weights, run_eagerly=True)
    settings = {"batch_size": 12, "steps_per_epoch": 4, "seed": seed, "verbose": 0} | fit
    return model.fit(X, Y, validation_data=HELD_OUT, **settings).history["val_hair_loss"][-1]


def everything(model):
    state = model.training_state
    return bits([*model.variables, *model.optimizer.variables, *state.update_rule.variables])


def test_each_weight_scores_as_a_run_by_hand_and_the_model_stays():
    model = sex_and_hair(loss_weights={"sex": 2.0})
    model.fit(X, Y, batch_size=12, verbose=0)
    start = model.get_weights()
    before, history = everything(model), model.history
    random = np.random.get_state()[1].copy()

    trials = tune_loss_weights(model, X, Y, weights=[3, 0.5], validation_data=HELD_OUT, **QUICK)

    assert everything(model) == before and model.history is history
    np.testing.assert_array_equal(np.random.get_state()[1], random)
    assert [trial.weight for trial in trials] == [0.5, 3.0]
    fresh = sex_and_hair()  # The second run: all that the first one changed was put back.
    fresh.set_weights(start)
    assert trials[1].score == pytest.approx(by_hand(fresh, 3), rel=1e-5)
    best = min(trials, key=lambda trial: trial.score)
    assert trials.best is best and best.chosen
    assert trials.loss_weights == {"sex": best.weight}
    assert model.training_state.loss_weight("sex") == best.weight
    assert model.get_compile_config()["loss_weights"] == {"sex": best.weight}


@pytest.mark.slow
def test_the_next_fit_trains_with_the_chosen_weight():
    model, other = sex_and_hair(), sex_and_hair(loss_weights={"sex": 0.25})
    model.fit(X, Y, verbose=0, epochs=1, seed=0)
    model.set_weights(other.get_weights())
    tune_loss_weights(model, X, Y, weights=[0.25], validation_split=0.5, **QUICK)
    for one in (model, other):
        one.fit(X, Y, batch_size=12, seed=1, verbose=0)
    for value, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6)


def test_weight_0_is_the_main_task_alone_whatever_the_schedule():
    """Momentum would move the trunk in steps whose loss is multiplied with 0."""
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01)
    model = sex_and_hair(optimizer=optimizer)
    data = {"sex": (X, Y["sex"]), "hair": (X, Y["hair"])}
    found = tune_loss_weights(
        model, data, weights=[0], schedule=RoundRobin(), validation_data=HELD_OUT, **QUICK
    )
    alone = MultiTaskModel(model.trunk, {"hair": Head(3)})
    alone.heads["hair"].set_weights(model.heads["hair"].get_weights())
    alone.compile(keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01), run_eagerly=True)
    expected = alone.fit(
        {"hair": data["hair"]},
        batch_size=12,
        steps_per_epoch=2,
        seed=0,
        validation_data=HELD_OUT,
        verbose=0,
    ).history["val_hair_loss"][-1]
    assert found[0].score == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_metric_that_is_better_when_larger_and_several_seeds():
    model = sex_and_hair(extra=[keras.layers.Dropout(0.5)])
    trials = tune_loss_weights(
        model,
        X,
        Y,
        weights=np.array([0.1, 10.0]),
        seeds=2,
        validation_data=HELD_OUT,
        **QUICK | {"metric": None},
    )
    assert trials.best.score == max(trial.score for trial in trials)
    assert trials.search.metric == "val_hair_accuracy"
    assert all(trial.spread is not None for trial in trials)


def test_of_equal_scores_the_smaller_loss_decides():
    scores, losses = np.array([0.5, 0.75, 0.75, np.nan]), np.array([1.0, 3.0, 2.0, np.nan])
    assert _best(scores, losses, upwards=True) == 2
    assert _best(scores, losses, upwards=False) == 0


@pytest.mark.slow
def test_a_weight_that_diverges_is_not_chosen():
    model = sex_and_hair({"sex": Head(1, "regression"), "hair": 3})
    data = {"sex": (X, 100 * draw(36, 1)), "hair": (X, Y["hair"])}
    given = {**QUICK, "steps": 20, "schedule": Joint(), "validation_data": HELD_OUT}
    trials = tune_loss_weights(model, data, weights=[0, 1e30], **given)
    assert np.isnan(trials[1].score) and trials.best.weight == 0
    with pytest.raises(NonFiniteLoss, match="with each weight"):
        tune_loss_weights(model, data, weights=[1e30], **given)
    assert model.training_state.loss_weight("sex") == 0


@pytest.mark.slow
@pytest.mark.parametrize("balancer", [None, balancing.Bloop("hair", 0.5)])
def test_later_weights_trace_nothing(balancer):
    """What a balancer remembers is put back too: the same weight scores the same."""
    model = sex_and_hair(run_eagerly=False, balancer=balancer)
    before = everything(model)
    given = {**QUICK, "validation_data": HELD_OUT}
    with counted_traces() as traces:
        tune_loss_weights(model, X, Y, weights=[1], **given)
        once = len(traces)
    with counted_traces() as traces:
        trials = tune_loss_weights(model, X, Y, weights=[1, 2, 3], seeds=2, **given)
        assert_traced_no_more(traces, once)
    assert everything(model) == before
    assert len({trial.score for trial in trials}) == 3
    (again,) = tune_loss_weights(model, X, Y, weights=[1], seeds=2, **given)
    assert again.score == pytest.approx(trials[0].score, rel=1e-5)


@pytest.mark.slow
def test_a_weight_given_as_a_variable_is_assigned():
    weight = keras.Variable(1.0, trainable=False)
    model = sex_and_hair(loss_weights={"sex": weight})
    tune_loss_weights(model, X, Y, weights=[0.5], validation_split=0.5, **QUICK)
    assert float(as_numpy(weight)) == 0.5


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"helpers": ["sex", "hair"]}, ValueError, r"beside the main task `hair`: \['sex'\]"),
        ({"helpers": 1}, TypeError, r"name of a task, or a list\. Received: 1"),
        ({"helpers": []}, ValueError, r"Received: \[\]"),
        ({"weights": [1, -1]}, ValueError, r"at least 0.*Received: \[1, -1\]"),
        ({"metric": "acuracy"}, ValueError, r"metrics of `hair`.* Did you mean 'accuracy'"),
        ({"validation_data": {"sex": (X, Y["sex"])}}, InvalidTaskData, "add data of `hair`"),
        ({"x": iter([(X, Y)]), "y": None}, InvalidTaskData, "a generator, which can be read only"),
    ],
)
def test_what_is_refused_before_any_step(given, error, message):
    model = sex_and_hair()
    with pytest.raises(error, match=message):
        tune_loss_weights(
            **{"model": model, "x": X, "y": Y, "validation_data": HELD_OUT, **QUICK, **given}
        )
    assert model.training_state.arguments["loss_weights"] == {}
