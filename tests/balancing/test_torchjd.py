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
@pytest.mark.parametrize("name", ["UPGrad", "DualProj", "CAGrad", "FairGrad", "NashMTL"])
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
        pytest.importorskip({"CAGrad": "clarabel", "NashMTL": "ecos"}[name])
        ours, tolerance = {"CAGrad": CAGrad(0.5), "NashMTL": NashMTL()}[name], 1e-3

    for matrix in matrices(10):
        if name == "CAGrad":
            theirs = aggregation.CAGrad(c=0.5, norm_eps=0.0)
        if name == "NashMTL":  # It keeps a state, and its approximation ends too early by default.
            theirs = aggregation.NashMTL(n_tasks=len(matrix), optim_niter=200)
        expected = theirs(torch.tensor(matrix)).numpy()
        found = combined(ours, matrix, "float64")
        scale = np.linalg.norm(expected)
        if name == "NashMTL":
            found, expected = found / np.linalg.norm(found), expected / scale
            tolerance, scale = 1e-2, 1.0
        np.testing.assert_allclose(found / scale, expected / scale, atol=tolerance)
