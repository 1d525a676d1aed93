"""How many jobs are done at once."""

from __future__ import annotations

from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import (
    LokyBackend,
    MultiprocessingBackend,
    SequentialBackend,
    ThreadingBackend,
    get_active_backend,
)

from keras_mtl.common.arguments import is_whole_number

ON_THIS_MACHINE = (LokyBackend, MultiprocessingBackend, SequentialBackend, ThreadingBackend)
"""The backends of `joblib` that start workers only for several jobs."""


def check_jobs(n_jobs: Any) -> int | None:
    """Return the number of jobs as `joblib` takes it.

    Raises:
        ValueError: It is 0, no whole number and not None.
    """
    if n_jobs is not None and (not is_whole_number(n_jobs) or n_jobs == 0):
        raise ValueError(
            "`n_jobs` is a number of processes, -1 for one for each core, or None for what "
            f"`joblib.parallel_config` says. Received: {n_jobs!r}."
        )
    return None if n_jobs is None else int(n_jobs)


def job_count(n_jobs: int | None) -> int:
    """Return how many jobs are done at once.

    Args:
        n_jobs: What `check_jobs` has returned.

    Raises:
        ValueError: The backend of `joblib` would fork this process.
    """
    if n_jobs == 1:
        return 1
    jobs = int(effective_n_jobs(n_jobs))
    # Its subclasses, such as the backend of Ray, start processes of their own.
    if jobs > 1 and type(get_active_backend()[0]) is MultiprocessingBackend:
        raise ValueError(
            'The backend "multiprocessing" of `joblib` forks this process, and the threads of the '
            'Keras backend hang in the copies. Use `parallel_config(backend="loky")`.'
        )
    return jobs


def sends_jobs(n_jobs: int | None) -> bool:
    """Return whether jobs are done by workers; a single worker of Dask or Ray is one too."""
    return n_jobs != 1 and (
        job_count(n_jobs) > 1 or type(get_active_backend()[0]) not in ON_THIS_MACHINE
    )
