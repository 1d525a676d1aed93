"""The average of gradients that is the worst case for an update near their mean."""

from __future__ import annotations

from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.nonnegative_minimum import REGULARISATION, solved_among
from keras_mtl.balancing.same_type import larger, matrix_product, smaller
from keras_mtl.balancing.shortest_combination import shortest_combination
from keras_mtl.balancing.unit_rows import UnitRows

CONVERGED = {"float32": 1e-5, "float64": 1e-11}
"""Above what the regularisation changes of the slope: steps would go on beside the solution."""
LARGEST = {"float32": 1e8, "float64": 1e12}
MOST_STEPS = 40


def conflict_averse_addition(
    gramian: Tensor, rows: UnitRows, mean: Tensor, present: Tensor, c: float
) -> Tensor:
    """Return the weights of what is added to the mean gradient.

    The average `w` of gradients with the least `mean @ G @ w + radius * |average|` is the worst
    case, and `radius` times the unit vector of its direction is added. The average `w(t)` nearest
    to `-mean / sqrt(t)` is the worst case for the `t` with `t * |average|^2 = radius^2`. That is a
    rising function of `t`, and a linear one for as long as the same weights are positive, so
    Newton's method, kept in a bracket, ends after about as many steps as this set changes.

    Where an average of gradients is zero, `t` may have no such value. Then the mean plus
    `sqrt(t) * average` is the projection of the mean on the updates without conflict, which is less
    than `radius` away, and as good as any update.

    Args:
        gramian: The Gram matrix of the gradients, the largest of which has about the length 1,
            float `(..., tasks, tasks)`.
        rows: The cosines of the gradients.
        mean: The weights of the mean gradient, float `(..., tasks)`.
        present: Which tasks take part, booleans `(..., tasks)`.
        c: The radius in lengths of the mean.

    Returns:
        Weights of at least 0, float `(..., tasks)`.
    """
    dtype = ops.dtype(gramian)
    products = _times(gramian, mean)
    square = larger(ops.sum(products * mean, axis=-1, keepdims=True), 0)
    wanted = c * c * square
    eye = ops.eye(gramian.shape[-1], dtype=dtype)
    regular = rows.cosines + REGULARISATION[dtype] * eye
    norms = ops.sqrt(ops.diagonal(gramian, axis1=-2, axis2=-1))
    inverse_norms = 1 / ops.where(present, norms, ops.ones_like(norms))

    def at(t: Tensor, guess: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        root = ops.sqrt(t)
        crossed = (products[..., :, None] + products[..., None, :]) / root[..., None]
        moved = gramian + crossed + (square / t)[..., None]
        w = shortest_combination(moved, present, guess)
        found = larger(ops.sum(w * _times(gramian, w), axis=-1, keepdims=True), 0)
        # The square of the distance of zero to all sums, with weights of any sign that add up to 1,
        # of the gradients with a positive weight: the slope of the linear function.
        chosen = w > 0
        part = ops.where(chosen, inverse_norms, ops.zeros_like(w))
        total = ops.sum(part * solved_among(regular, part, chosen), axis=-1, keepdims=True)
        return w, found, 1 / larger(total, 1 / LARGEST[dtype])

    def unfinished(t: Tensor, low: Tensor, high: Tensor, reached: Tensor, *last: Tensor) -> Tensor:
        del t, last
        inexact = ops.abs(reached - wanted) > CONVERGED[dtype] * wanted
        return ops.any(inexact & (wanted > 0) & (low < high))

    def improved(
        t: Tensor, low: Tensor, high: Tensor, reached: Tensor, last_t: Tensor, w: Tensor
    ) -> tuple[Tensor, ...]:
        del last_t
        w, found, slope = at(t, w > 0)  # Near the solution the same weights stay positive.
        reached = t * found
        low, high = ops.where(reached < wanted, t, low), ops.where(reached < wanted, high, t)
        intercept = larger(t * (found - slope), 0)
        newton = (wanted - intercept) / slope
        inside = (newton > low) & (newton < high)
        # The end of the bracket is tried once: where an average is zero, there may be no solution.
        beyond = (newton >= high) & (t < high) & (high >= LARGEST[dtype])
        other = ops.where(beyond, high, ops.sqrt(low * high))
        return ops.where(inside, newton, other), low, high, reached, t, w

    low = larger(wanted, 1 / LARGEST[dtype]) * 0.99
    high = ops.full_like(low, LARGEST[dtype])
    start = larger(low * 1.01, c * c)
    state = (start, low, high, -ops.ones_like(low), start, mean)
    *_, t, w = ops.while_loop(unfinished, improved, state, maximum_iterations=MOST_STEPS)
    length = ops.sqrt(larger(ops.sum(w * _times(gramian, w), axis=-1, keepdims=True), 0))
    radius = ops.sqrt(wanted)
    reachable = radius / ops.where(length > 0, length, ops.ones_like(length))
    return ops.where(length > 0, smaller(ops.sqrt(t), reachable), ops.sqrt(t)) * w


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return ops.squeeze(matrix_product(matrix, vector[..., None]), -1)
