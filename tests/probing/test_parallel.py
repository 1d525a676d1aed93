import time

import pytest
from threadpoolctl import threadpool_info

from keras_mtl.probing.parallel import in_parallel


def test_results_are_in_the_order_of_the_items():
    def late_if_first(item):
        time.sleep(0.02 if item == 0 else 0)
        return item, max((one["num_threads"] for one in blas()), default=1)

    assert in_parallel(late_if_first, range(4)) == [(item, 1) for item in range(4)]


def blas():
    return [one for one in threadpool_info() if one["user_api"] == "blas"]


def test_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda item: 1 / item, [1, 0])
