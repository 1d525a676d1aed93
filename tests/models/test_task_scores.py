"""The scores of several tasks: a dict that prints as a table and compares with baselines."""

import numpy as np
import pytest

from keras_mtl.models.task_scores import TaskScores, relative_changes

BY_TASK = {"sex": {"loss": 0.5, "accuracy": 0.9}, "hair": {"loss": 1.25, "accuracy": 0.4}}
CHANGES = {"sex": {"loss": -0.5, "accuracy": 0.25}, "hair": {"accuracy": -0.1}}


def test_it_is_a_dict_as_keras_returns_it():
    scores = TaskScores(BY_TASK, loss=1.75)
    assert scores == {
        "loss": 1.75,
        "sex_loss": 0.5,
        "sex_accuracy": 0.9,
        "hair_loss": 1.25,
        "hair_accuracy": 0.4,
    }
    assert scores["hair"] == scores.by_task["hair"] == BY_TASK["hair"]
    assert scores.changes == {} and scores.negative_transfer == []
    with pytest.raises(KeyError, match="hiar"):
        scores["hiar"]


def test_it_prints_as_a_table():
    lines = str(TaskScores(BY_TASK)).splitlines()
    assert lines[0].split() == ["task", "metric", "value"]
    assert lines[2].split() == ["sex", "loss", "0.5000"]
    assert len(lines) == 2 + 4


def test_changes_are_a_column_and_name_the_tasks_that_lose():
    scores = TaskScores(BY_TASK, CHANGES)
    assert scores.negative_transfer == ["hair"]  # The loss counts only where there is no metric.
    lines = str(scores).splitlines()
    assert lines[0].split() == ["task", "metric", "value", "change"]
    assert [line.split()[3:] for line in lines[2:6]] == [["-50.0%"], ["+25.0%"], [], ["-10.0%"]]
    assert lines[6] == "Negative transfer: worse than the baseline at hair."
    assert "<td" in scores._repr_html_() and lines[6] in scores._repr_html_()


def test_only_what_is_beyond_the_noise_is_negative_transfer():
    changes = {"sex": {"accuracy": -0.1, "f1": -0.2}, "hair": {"accuracy": -0.1}}
    noise = {"sex": {"accuracy": 0.05, "f1": 0.1}, "hair": {"accuracy": 0.12}}
    scores = TaskScores(BY_TASK, changes, noise=noise)
    assert (scores.negative_transfer, scores.perhaps_worse) == (["sex"], ["hair"])
    assert "-10.0% ± 5.0%" in str(scores)
    assert str(scores).splitlines()[-1] == (
        "Negative transfer: worse than the baseline at sex. "
        "Not beyond the noise of the rows: worse at hair."
    )
    unknown = TaskScores(BY_TASK, changes, noise={"sex": {"accuracy": np.inf, "f1": np.inf}})
    assert unknown.negative_transfer == ["hair"] and "inf" not in str(unknown)


def test_it_is_a_frame_with_a_row_for_each_metric():
    frame = TaskScores(BY_TASK, CHANGES).to_frame()
    assert list(frame.columns) == ["task", "metric", "value", "change", "noise"]
    assert frame["value"].tolist() == [0.5, 0.9, 1.25, 0.4]
    assert frame["change"].fillna(0).tolist() == [-0.5, 0.25, 0, -0.1]


def test_a_metric_for_each_class_prints_as_a_vector():
    shown = str(TaskScores({"hair": {"f1": np.array([0.25, 0.5])}}))
    assert "[0.25 0.5 ]" in shown


def test_changes_are_relative_and_positive_for_better():
    values = {"loss": 1.0, "accuracy": 0.5, "f1": np.zeros(2), "size": 3.0, "mae": 1.0}
    baseline = {"loss": 2.0, "accuracy": 0.4, "f1": 0.5, "size": 2.0, "mae": 0.0}
    directions = {"loss": "down", "accuracy": "up", "f1": "up", "mae": "down"}
    changes = relative_changes(values, baseline, directions)
    assert changes == pytest.approx({"loss": 0.5, "accuracy": 0.25})
