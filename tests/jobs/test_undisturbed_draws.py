import random
import sys
import types

import pytest

from keras_mtl.jobs.undisturbed_draws import keep_dask_apart


def test_what_dask_draws_changes_no_global_generator(monkeypatch):
    sizes = types.ModuleType("dask.sizeof")
    exec("import random\ndef few(): return random.sample([1, 2, 3], 2)", vars(sizes))
    monkeypatch.setitem(sys.modules, "dask.sizeof", sizes)
    random.seed(0)
    before = random.getstate()
    keep_dask_apart()
    assert len(sizes.few()) == 2
    assert random.getstate() == before


@pytest.mark.slow
def test_dask_draws_where_it_is_expected_to():
    sizes = pytest.importorskip("dask.sizeof")
    random.seed(0)
    before = random.getstate()
    sizes.sizeof(list(range(100)))
    assert random.getstate() != before, "see jobs/undisturbed_draws.py: it may not be needed"
    keep_dask_apart()
    before = random.getstate()
    sizes.sizeof(list(range(100)))
    assert random.getstate() == before
