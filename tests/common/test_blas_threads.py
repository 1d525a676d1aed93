import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from keras_mtl.common.blas_threads import one_blas_thread
from keras_mtl.scores.h_score import h_score
from keras_mtl.scores.logme import logme


def threads():
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_the_number_of_threads_is_put_back():
    with threadpool_limits(2, "blas"):
        before = threads()
        with one_blas_thread():
            assert set(threads()) <= {1}
        assert threads() == before


@pytest.mark.parametrize(
    ("score", "decomposition"), [(logme, "maximum_evidence"), (h_score, "spectrum")]
)
def test_scores_decompose_with_one_thread(score, decomposition, monkeypatch):
    """Several were thirty to ninety times slower on a machine with other work."""
    module = sys.modules[score.__module__]
    original, seen = getattr(module, decomposition), []
    monkeypatch.setattr(module, decomposition, lambda *a: seen.extend(threads()) or original(*a))

    with threadpool_limits(2, "blas"):
        score(np.arange(12.0).reshape(6, 2) ** 2, [0, 1, 0, 1, 0, 1])

    assert seen
    assert set(seen) == {1}
