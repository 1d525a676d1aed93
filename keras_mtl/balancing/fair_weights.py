"""Weights that share the gain of a step among tasks: the solution of `G w = w ** -power`."""

from __future__ import annotations

from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.linear_systems import solved
from keras_mtl.balancing.same_type import larger, matrix_product
from keras_mtl.balancing.unit_rows import UnitRows

REGULARISATION = {"float32": 1e-6, "float64": 1e-13}
"""Added to the cosines' diagonal: opposite gradients have no solution, their weights only grow."""
CONVERGED = {"float32": 1e-4, "float64": 1e-7}
"""The relative step of Newton's method after which the next one would be rounding."""
LARGEST_FULL_STEP = 0.25
"""The relative decrease of a length above which Newton's step is damped."""
SMALLEST = {"float32": 1e-30, "float64": 1e-280}
"""The smallest length: with a small power, a solution can be smaller than any float."""
MOST_STEPS = 60


def fair_lengths(rows: UnitRows, power: float) -> Tensor:
    """Return the lengths of the weighted gradients `w * norms` for `G w = w ** -power`.

    In lengths `x` the equations are `C x = norms ** (power - 1) * x ** -power` with the cosines C,
    which no difference of scales between the tasks makes inexact. The solution is the minimum of a
    convex function, found by a damped Newton's method.

    Args:
        rows: Norms, the largest about 1, and cosines of the gradients.
        power: Positive.

    Returns:
        Positive floats `(..., tasks)`.
    """
    eye = ops.eye(rows.cosines.shape[-1], dtype=rows.cosines.dtype)
    matrix = rows.cosines + REGULARISATION[ops.dtype(eye)] * eye
    converged = CONVERGED[ops.dtype(eye)]
    logs = ops.log(rows.norms)

    def wanted(x: Tensor) -> Tensor:
        # In logarithms: powers of very different norms leave the range of floats.
        return ops.exp((power - 1) * logs - power * ops.log(x))

    def unfinished(x: Tensor, step: Tensor) -> Tensor:
        del x
        return ops.any(step > converged)

    def newton(x: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
        aim = wanted(x)
        curvature = matrix + eye * (power * aim / x)[..., None, :]
        excess = matrix_product(matrix, x[..., None]) - aim[..., None]
        change = ops.squeeze(solved(curvature, excess), -1)
        relative = change / x
        step = ops.max(ops.abs(relative), axis=-1, keepdims=True)
        # By the largest decrease: no length becomes negative, and increases cannot go too far.
        fall = ops.max(relative, axis=-1, keepdims=True)
        damping = ops.where(fall > LARGEST_FULL_STEP, 1 / (1 + fall), ops.ones_like(fall))
        return larger(x - damping * change, SMALLEST[ops.dtype(x)]), step

    x = ops.exp(logs * ((power - 1) / (power + 1)))
    product = ops.sum(
        x * ops.squeeze(matrix_product(matrix, x[..., None]), -1), axis=-1, keepdims=True
    )
    gain = ops.sum(wanted(x) * x, axis=-1, keepdims=True)
    x = x * (gain / product) ** (1 / (1 + power))
    x, _ = ops.while_loop(
        unfinished, newton, (x, ops.ones_like(gain)), maximum_iterations=MOST_STEPS
    )
    return x
