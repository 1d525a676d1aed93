import joblib
import numpy as np
import pytest

from keras_mtl.jobs.job_count import check_jobs, job_count, sends_jobs


def test_numbers_of_jobs():
    assert [check_jobs(number) for number in (1, -1, None, np.int64(2))] == [1, -1, None, 2]
    for wrong in (0, 1.5, True, "all", np.ones(2)):
        with pytest.raises(ValueError, match="`n_jobs` is a number of processes"):
            check_jobs(wrong)


class OneWorker(joblib.parallel.ThreadingBackend):
    """Stands for a cluster with one worker."""

    def effective_n_jobs(self, n_jobs):
        return 1


def test_the_configuration_of_joblib_decides():
    assert (job_count(None), sends_jobs(None), sends_jobs(1), sends_jobs(2)) == (1, False, 0, True)
    with joblib.parallel_config("threading", n_jobs=3):
        assert (job_count(None), job_count(2), job_count(1)) == (3, 2, 1)
        assert sends_jobs(None)
        assert not sends_jobs(1)
    with joblib.parallel_config(OneWorker()):
        assert sends_jobs(None)


def test_a_backend_that_forks_is_refused():
    with joblib.parallel_config("multiprocessing"):
        with pytest.raises(ValueError, match=r'Use `parallel_config\(backend="loky"\)`'):
            job_count(2)
        assert job_count(1) == 1
