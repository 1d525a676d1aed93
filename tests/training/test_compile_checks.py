"""What `fit` could not use is refused by `compile`, which then changes nothing."""

import keras
import numpy as np
import pytest

from _two_tasks import joint_data, two_tasks
from keras_mtl.training.task_optimizer import TaskOptimizer

BY_TASK = {"trunk": "sgd", "age": "sgd", "hair": "sgd"}
NOT_FINITE = (float("inf"), float("nan"), -0.1)
CASES = [  # The arguments of `compile`, and the error.
    ({"loss": {"age": "msee"}}, r"The `loss` of `age` is .*Received: 'msee'.* Did you mean 'mse'"),
    ({"loss": {"age": 5}}, r"The `loss` of `age` is the name of a loss.*Received: 5"),
    ({"loss": {"age": keras.metrics.Mean()}}, r"The `loss` of `age` is .*Received a metric"),
    ({"loss": {"age": ["mse", "mae"]}}, r"The `loss` of `age` is .*Received: \['mse', 'mae'\]"),
    (
        {"metrics": {"hair": ["acuracy"]}},
        r"`hair` in `metrics`.*'acuracy'.* mean 'accuracy'",
    ),
    ({"metrics": {"hair": [{"class_name": "AUC", "config": {}}]}}, r"metric of `hair` .*a name"),
    *(
        ({"loss": {"hair": nothing}}, r"`loss` of `hair` is the name of a loss.*Received")
        for nothing in ("", 0, False, [], {})
    ),
    ({"metrics": {"hair": 5}}, r"metric of `hair` in `metrics` is a name.*Received: 5"),
    ({"weighted_metrics": {"age": [["mae"], "no"]}}, r"of `age` in `weighted_metrics`.*'no'"),
    ({"loss_weights": {"age": "2"}}, r"weight of `age` in `loss_weights`.*Received: '2'"),
    ({"loss_weights": {"age": float("inf")}}, r"weight of `age`.*is a finite number.*inf"),
    ({"loss_weights": {"age": np.ones(2)}}, r"weight of `age` in `loss_weights`"),
    ({"loss_weights": {"age": True}}, r"weight of `age` in `loss_weights`.*Received: True"),
    *(
        ({"steps_per_execution": value}, r"`steps_per_execution` is a positive whole number")
        for value in (0, -1, 1.5, "2", None)
    ),
    ({"jit_compile": "x"}, r"`jit_compile` is one of .*Received: 'x'"),
    ({"run_eagerly": "no"}, r"`run_eagerly` is one of .*Received: 'no'"),
    ({"auto_scale_loss": "no"}, r"`auto_scale_loss` is one of"),
    ({"optimizer": None}, r"`optimizer` is the name of an optimizer, an opt.*Received: None"),
    ({"optimizer": 0.1}, r"`optimizer` is the name of an optimizer, an opt.*Received: 0\.1"),
    ({"optimizer": "adm"}, r"`optimizer` is .*Received: 'adm'.* Did you mean 'adam'"),
    ({"optimizer": {**BY_TASK, "age": None}}, r"`optimizer` of `age` is .*Received: None"),
    *(
        ({"optimizer": keras.optimizers.SGD(rate)}, r"`learning_rate` is a number, at least 0")
        for rate in NOT_FINITE
    ),
    ({"optimizer": {**BY_TASK, "age": keras.optimizers.Adam(np.inf)}}, r"`learning_rate` is"),
]


@pytest.fixture(scope="module")
def model():
    return two_tasks(run_eagerly=True)


@pytest.mark.parametrize(("arguments", "message"), CASES)
def test_what_cannot_be_used_is_refused(model, arguments, message):
    state, optimizer = model.training_state, model.optimizer
    with pytest.raises(ValueError, match=message):
        model.compile(**arguments)
    assert model.training_state is state and model.optimizer is optimizer


def test_what_can_be_used_trains():
    """Losses and metrics by name, as objects, functions, classes and in lists."""
    model = two_tasks()
    model.compile(
        "SGD",
        loss={"age": keras.losses.MeanAbsoluteError, "hair": "crossentropy"},
        loss_weights={"age": np.float32(0.5), "hair": keras.Variable(-2.0)},
        metrics={
            "age": [
                "mae",
                keras.metrics.MeanMetricWrapper(keras.losses.huber, "own"),
                lambda y, p: y,
            ],
            "hair": "acc",
        },
        weighted_metrics={"age": keras.metrics.MeanSquaredError},
        run_eagerly=True,
        jit_compile=False,
    )
    logs = model.fit(*joint_data(8), verbose=0).history
    assert {"age_mae", "age_own", "hair_acc"} <= set(logs)


def test_a_task_optimizer_needs_one():
    for arguments in ({}, {"optimizers": {}}, {"optimizer": None, "optimizers": None}):
        with pytest.raises(ValueError, match="needs `optimizer`, which all parts get a copy of"):
            TaskOptimizer(**arguments)
