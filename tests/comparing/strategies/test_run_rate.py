import keras
import numpy as np
import pytest

from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.finetuning.stages import cosine_with_warm_up


@pytest.mark.parametrize(("rate", "steps"), [(1e-3, 30), (0.2, 7), (0.5, 1)])
def test_it_is_the_cosine_with_a_warm_up(rate, steps):
    run = RunRate()
    run.bind(keras.optimizers.Adam(run))
    run.set(1.0, 5)
    run.set(rate, steps)
    expected = cosine_with_warm_up(rate, steps)
    for step in range(steps + 2):
        found = keras.ops.convert_to_numpy(run(step))
        wanted = keras.ops.convert_to_numpy(expected(step))
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7 * rate)


def test_a_step_on_jax_finds_its_variables_among_those_of_the_optimizer():
    run = RunRate()
    optimizer = keras.optimizers.Adam(run)
    run.bind(optimizer)
    names = [variable.name for variable in optimizer.variables]
    assert {"peak", "rising", "steps"} <= set(names)
