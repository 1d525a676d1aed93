import os

import pytest

from keras_mtl.comparing.planned_run import RunKey
from keras_mtl.comparing.run_log import ALL, RunLog, begun_runs, join_logs, read_runs
from keras_mtl.errors import ComparisonNotWritable
from keras_mtl.results.run import Run


def run(seed):
    return Run("frozen", 20, seed, None, 0.7, 1.0, 1)


def test_runs_of_several_processes(tmp_path):
    RunLog(tmp_path, ALL).write(run(0))
    worker = RunLog(tmp_path)
    for record in (RunKey("frozen", 20, 1), run(1), RunKey("frozen", 20, 2)):
        worker.write(record)
    assert [one.seed for one in read_runs(tmp_path).values()] == [0, 1]
    assert begun_runs(tmp_path) == [RunKey("frozen", 20, 2)]

    join_logs(tmp_path, read_runs(tmp_path).values())
    assert os.listdir(tmp_path) == [ALL]
    assert len(read_runs(tmp_path)) == 2


def test_half_a_line_is_dropped_and_a_damaged_one_is_told(tmp_path):
    log = RunLog(tmp_path, ALL)
    for seed in range(3):
        log.write(run(seed))
    path = tmp_path / ALL
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert [key.seed for key in read_runs(tmp_path)] == [0, 1]

    path.write_bytes(whole.replace(b'"seed": 1', b'"seed": 9'))
    with pytest.warns(UserWarning, match="Line 2 of .* is damaged"):
        assert [key.seed for key in read_runs(tmp_path)] == [0, 2]


def test_after_half_a_line_the_next_one_is_whole(tmp_path):
    log = RunLog(tmp_path, ALL)
    log.write(run(0))
    (tmp_path / ALL).write_bytes((tmp_path / ALL).read_bytes()[:-5])
    join_logs(tmp_path, read_runs(tmp_path).values())
    log.write(run(1))
    assert [key.seed for key in read_runs(tmp_path)] == [1]


def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(ComparisonNotWritable, match=r"cannot be written.*goes on"):
        RunLog(tmp_path / "gone").write(run(0))
