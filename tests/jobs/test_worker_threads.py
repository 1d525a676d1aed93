import os
import subprocess
import sys
from unittest import mock

import pytest

from keras_mtl.jobs.worker_threads import SHARED_GPU, TENSORFLOW, limit_threads


@mock.patch.dict(os.environ)
def test_what_the_user_has_set_stays(monkeypatch):
    for name in (*TENSORFLOW, *SHARED_GPU):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(TENSORFLOW[0], "7")
    monkeypatch.setenv("XLA_FLAGS", "--some_flag")
    limit_threads(1)
    assert [os.environ[name] for name in TENSORFLOW] == ["7", "1"]
    assert os.environ["XLA_FLAGS"] == "--some_flag --xla_cpu_multi_thread_eigen=false"
    assert {name: os.environ[name] for name in SHARED_GPU} == SHARED_GPU


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="it reads the variables")
def test_it_comes_in_time_after_the_import():
    code = (
        "import keras_mtl, os; from keras_mtl.jobs.worker_threads import limit_threads;"
        "limit_threads(1); before = len(os.listdir('/proc/self/task'));"
        "import tensorflow as tf; tf.random.normal((3000, 3000)) @ tf.random.normal((3000, 3000));"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    counts = [
        int(
            subprocess.run(
                [sys.executable, "-c", code.replace("limit_threads(1)", f"limit_threads({one})")],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for one in (1, 9)
    ]
    assert counts[1] - counts[0] >= 8
