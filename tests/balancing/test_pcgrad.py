import numpy as np
import pytest
from keras import ops

from _gradient_matrices import DTYPES, A, combined
from keras_mtl.balancing import PCGrad
from keras_mtl.balancing.random_numbers import uniform_numbers


@pytest.mark.parametrize("dtype", DTYPES)
def test_golden_case(dtype):
    expected = np.array([0.584795, 3.801170, 3.801170])
    np.testing.assert_allclose(combined(PCGrad(), A, dtype), expected, atol=1e-5)
    np.testing.assert_allclose(
        combined(PCGrad(), np.multiply(A, 1e-3), dtype), expected * 1e-3, atol=1e-8
    )


def test_projections_one_after_the_other():
    """As the paper says, in the order of the seed and the step."""
    balancer = PCGrad(seed=3).for_tasks(["a", "b", "c", "d"])
    gradients = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    state, seen = balancer.initial_state(), set()
    for step in range(4):
        numbers = uniform_numbers(3, ops.convert_to_tensor(np.int32(step)), (4, 4))
        orders = np.argsort(ops.convert_to_numpy(numbers), axis=-1)
        seen.add(orders.tobytes())
        expected = 0
        for task, row in enumerate(gradients.astype("float64")):
            for other in orders[task]:
                product = row @ gradients[other]
                if other != task and product < 0:
                    row = row - product / (gradients[other] @ gradients[other]) * gradients[other]
            expected = expected + row
        gramian = gradients @ gradients.T
        weights, state = balancer.balance(gramian, np.ones(4, "float32"), np.ones(4, bool), state)
        found = ops.convert_to_numpy(weights) @ gradients
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert len(seen) == 4
    assert int(ops.convert_to_numpy(state["step"])) == 4
