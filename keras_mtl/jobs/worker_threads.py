"""The threads and the memory that a worker process takes."""

from __future__ import annotations

import os
import sys

TENSORFLOW = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
SHARED_GPU = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
"""Without these the first process takes all memory of a GPU."""


def limit_threads(threads: int) -> None:
    """Let the backend of this process take some threads only; what the user has set stays.

    Backends read these variables when they compute for the first time, not at import.

    Args:
        threads: Number of threads. A worker of Dask takes as many as it was started with, if these
            are more: it does one job at a time.
    """
    threads = max(threads, _threads_of_dask())
    for name in TENSORFLOW:
        os.environ.setdefault(name, str(threads))
    for name, value in SHARED_GPU.items():
        os.environ.setdefault(name, value)
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        if "multi_thread_eigen" not in flags:
            os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    # Not imported here: it is there if it is the backend.
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)


def _threads_of_dask() -> int:
    """Return how many threads the worker of Dask has that this process is; 0 if it is none."""
    # Not imported here: it is there if Dask has started this process.
    distributed = sys.modules.get("distributed")
    try:
        return int(distributed.get_worker().state.nthreads) if distributed else 0
    except ValueError:  # This process is no worker.
        return 0
