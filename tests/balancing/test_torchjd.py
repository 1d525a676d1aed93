"""The rules against TorchJD, where it is exact: a total norm of about 1, norms up to 1 : 10."""

import numpy as np
import pytest

from _gradient_matrices import SHAPES, combined
from keras_mtl.balancing import CAGrad, DualProj, FairGrad, NashMTL, UPGrad


def matrices(count):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        for _ in range(count):
            matrix = rng.normal(size=shape) * 10 ** rng.uniform(0, 1, size=(shape[0], 1))
            matrix -= rng.uniform() * matrix.mean(0)
            yield matrix / np.linalg.norm(matrix)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["UPGrad", "DualProj", "CAGrad", "FairGrad"])
def test_equal_to_torchjd(name):
    torch = pytest.importorskip("torch")
    aggregation = pytest.importorskip("torchjd.aggregation")
    if name in ("UPGrad", "DualProj"):
        pytest.importorskip("quadprog")
        pytest.importorskip("qpsolvers")
        from torchjd._linalg import QuadprogProjector

        exact = QuadprogProjector(norm_eps=0.0, reg_eps=1e-12)
        ours = {"UPGrad": UPGrad(), "DualProj": DualProj()}[name]
        theirs, tolerance = getattr(aggregation, name)(projector=exact), 1e-6
    elif name == "FairGrad":
        ours, theirs, tolerance = FairGrad(2), aggregation.FairGrad(2.0), 1e-3
    else:
        pytest.importorskip("cvxpy")
        pytest.importorskip("clarabel")
        ours, tolerance = CAGrad(0.5), 1e-3

    for matrix in matrices(10):
        if name == "CAGrad":
            theirs = aggregation.CAGrad(c=0.5, norm_eps=0.0)
        expected = theirs(torch.tensor(matrix)).numpy()
        found = combined(ours, matrix, "float64")
        scale = np.linalg.norm(expected)
        np.testing.assert_allclose(found / scale, expected / scale, atol=tolerance)


def fairness(matrix, update):
    """1 if `update` solves the equations of Nash: the weight of each task times its gain is equal.

    Source: Navon et al., "Multi-Task Learning as a Bargaining Game", 2022, equation 2.
    """
    weights = np.linalg.lstsq(matrix.T, update, rcond=None)[0]
    shares = weights * (matrix @ update)
    return shares.min() / shares.max()


@pytest.mark.slow
def test_nash_is_equal_to_torchjd_where_its_solver_ends():
    """In a part of the cases it gives weights that do not solve the equations, without a word."""
    torch = pytest.importorskip("torch")
    aggregation = pytest.importorskip("torchjd.aggregation")
    pytest.importorskip("cvxpy")
    pytest.importorskip("ecos")
    solved = 0
    for matrix in matrices(5):
        # It keeps a state.
        theirs = aggregation.NashMTL(n_tasks=len(matrix))(torch.tensor(matrix)).numpy()
        found = combined(NashMTL(), matrix, "float64")
        assert fairness(matrix, found) > 1 - 1e-8
        if fairness(matrix, theirs) > 0.999:
            solved += 1
            directions = [one / np.linalg.norm(one) for one in (found, theirs)]
            np.testing.assert_allclose(*directions, atol=1e-6)
    assert solved >= 5
