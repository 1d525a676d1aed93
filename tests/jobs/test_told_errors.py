from concurrent.futures import Future, ThreadPoolExecutor

import joblib
import pytest
from joblib.parallel import ParallelBackendBase

from keras_mtl.jobs.told_errors import told_errors


class DaskDistributedBackend(ParallelBackendBase):
    """Does jobs in threads, and fails where Dask would, without a callback."""

    supports_retrieve_callback = True
    supports_return_generator = True

    def effective_n_jobs(self, n_jobs):
        return 2

    def submit(self, job, callback=None):
        future = Future()

        def do():
            if job.items[0][1] == (3,):
                future.set_exception(ImportError("a package is missing in the worker"))
            else:
                future.set_result(job())
                callback(future.result())

        self.threads.submit(do)
        return future

    def configure(self, n_jobs=1, parallel=None, **options):
        self.parallel, self.threads = parallel, ThreadPoolExecutor(2)
        return 2

    def terminate(self):
        self.threads.shutdown()

    def retrieve_result_callback(self, out):
        return out

    def abort_everything(self, ensure_ready=True):
        pass


@pytest.mark.parametrize("count", [3, 6])
def test_an_error_of_the_backend_ends_the_waiting(count):
    backend = DaskDistributedBackend()
    with joblib.parallel_config(backend), told_errors():
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1)
        results = parallel(joblib.delayed(float)(number) for number in range(count))
        if count == 3:
            assert sorted(results) == [0, 1, 2]
        else:
            with pytest.raises(ImportError, match="missing in the worker"):
                list(results)
    assert not {"submit", "retrieve_result_callback"} & set(vars(backend))


def test_of_two_that_use_one_backend_the_last_to_end_puts_it_back():
    backend = DaskDistributedBackend()
    patched = {"submit", "retrieve_result_callback"}
    with joblib.parallel_config(backend):
        first, second = told_errors(), told_errors()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert patched <= set(vars(backend))
        second.__exit__(None, None, None)
    assert not patched & set(vars(backend))


def test_other_backends_stay_as_they_are():
    with joblib.parallel_config("threading", n_jobs=2), told_errors():
        assert joblib.Parallel()(joblib.delayed(abs)(number) for number in (-1, 2)) == [1, 2]
