"""The arguments of `compile` by task."""

import keras
import pytest
from keras import layers

from keras_mtl import Head
from keras_mtl.errors import MissingLoss, TaskNotFound
from keras_mtl.training import task_compiling as compiling

HEADS = {"age": layers.Dense(1), "hair": Head(3)}


def test_values_for_each_task():
    tasks = list(HEADS)
    assert compiling.for_each_task("loss", None, tasks) == {}
    assert compiling.for_each_task("loss", "mse", tasks) == dict.fromkeys(tasks, "mse")
    given = {"age": "mse", "hair": None}
    assert compiling.for_each_task("loss", given, tasks) == {"age": "mse"}
    both = compiling.for_each_task("metrics", ["mae"], tasks)
    assert both == {"age": ["mae"], "hair": ["mae"]}
    with pytest.raises(TaskNotFound, match="Did you mean 'age'"):
        compiling.for_each_task("loss", {"ages": "mse"}, tasks)
    with pytest.raises(ValueError, match="`loss_weights` is a dict by task"):
        compiling.for_each_task("loss_weights", [1, 2], tasks)


def test_heads_know_their_losses_and_metrics():
    found = compiling.losses(None, HEADS, {"age": "mae"})
    assert found["age"] == "mae" and HEADS["hair"].has_loss(found["hair"])
    assert list(compiling.metrics(None, HEADS, {})) == ["hair"]
    assert compiling.metrics({"hair": ["mse"]}, HEADS, {"age": ["mae"]}) == {
        "age": ["mae"],
        "hair": ["mse"],
    }
    assert not compiling.know_losses(HEADS) and compiling.know_losses({"hair": HEADS["hair"]})
    with pytest.raises(MissingLoss, match="'age'"):
        compiling.losses(None, HEADS, {})
    known = {"loss": {"age": "mae", "hair": "mse"}, "metrics": None}
    assert compiling.of_plain_heads(known, HEADS) == {
        **{key: {} for key in compiling.PER_TASK},
        "loss": {"age": "mae"},
    }


@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"out": v}])
def test_arguments_of_a_model_of_one_task(wrap):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, name="out")])
    model.compile("sgd", wrap("mse"), loss_weights=wrap(2.0), metrics=wrap(["mae"]))

    assert compiling.arguments_of_one_task(model, "y") == {
        "loss": {"y": "mse"},
        "loss_weights": {"y": 2.0},
        "metrics": {"y": ["mae"]},
        "weighted_metrics": {},
    }
    assert compiling.copied_arguments(model) == {"loss": "mse", "metrics": ["mae"]}
    assert compiling.copied_arguments(model, "mae")["loss"] == "mae"


def test_metrics_are_copied_without_their_state():
    metric = keras.metrics.MeanAbsoluteError(name="mae")
    fresh = compiling.with_fresh_metrics({"metrics": {"age": [metric, "mse"]}, "loss": "mse"})
    copy, name = fresh["metrics"]["age"]
    assert copy is not metric and copy.name == "mae" and name == "mse" and fresh["loss"] == "mse"
