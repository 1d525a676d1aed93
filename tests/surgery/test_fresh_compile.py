"""Models are compiled as others were, with nothing left of their training."""

import keras
import numpy as np
from keras import layers, optimizers

from keras_mtl.keras_private.optimizers import exclusions_from_decay
from keras_mtl.surgery.fresh_compile import (
    compile_like,
    fresh_optimizer,
    inner_optimizer,
    slot_holders,
)


def test_a_copy_has_the_current_rate_and_the_exclusions_and_no_state():
    optimizer = optimizers.LossScaleOptimizer(optimizers.AdamW(0.5), initial_scale=8.0)
    optimizer.inner_optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.build([keras.Variable(np.ones(2, "float32"))])
    optimizer.learning_rate = 0.25
    fresh = fresh_optimizer(optimizer)

    assert fresh.initial_scale == 8.0 and float(fresh.learning_rate) == 0.25 and not fresh.built
    inner = inner_optimizer(fresh)
    assert isinstance(inner, optimizers.AdamW) and inner_optimizer(inner) is inner
    assert exclusions_from_decay(inner) == exclusions_from_decay(optimizer.inner_optimizer)
    assert float(fresh_optimizer(optimizers.SGD(0.5), rate=0.125).learning_rate) == 0.125


def test_the_optimizers_that_hold_slots():
    adam, sgd = optimizers.Adam(), optimizers.SGD()
    several = optimizers.MultiOptimizer(optimizers.OptimizerMap(adam, {"a": sgd}))
    assert slot_holders(several) == [sgd, adam]
    assert slot_holders(optimizers.LossScaleOptimizer(adam)) == [adam]


def test_loss_and_metrics_are_those_of_the_source():
    models = [keras.Sequential([keras.Input((2,)), layers.Dense(1)]) for _ in range(2)]
    metric = keras.metrics.MeanAbsoluteError(name="off")
    models[0].compile(optimizers.SGD(0.5), "mse", metrics=[metric, "mse"])
    compile_like(models[1], models[0])
    assert models[1].loss == "mse" and models[1].optimizer is not models[0].optimizer
    copy, name = models[1].get_compile_config()["metrics"]
    assert copy["config"]["name"] == "off" and name == "mse"
