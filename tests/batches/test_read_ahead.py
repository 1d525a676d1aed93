import threading
from itertools import count, islice

import pytest

from keras_mtl.batches.read_ahead import read_ahead


def test_results_come_in_the_order_of_the_items():
    assert list(read_ahead(lambda item: item**2, range(50))) == [item**2 for item in range(50)]


def test_reads_at_most_so_many_items_ahead():
    drawn = []
    items = (drawn.append(item) or item for item in count())
    results = read_ahead(lambda item: item, items, ahead=3)
    assert list(islice(results, 2)) == [0, 1]
    results.close()
    assert len(drawn) <= 2 + 3


def test_an_error_comes_where_its_result_would():
    results = read_ahead(lambda item: 1 // (3 - item), range(9))
    assert list(islice(results, 3)) == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_threads_end_with_the_iteration():
    before = threading.active_count()
    results = read_ahead(lambda item: item, count())
    next(results)
    results.close()
    assert threading.active_count() == before
