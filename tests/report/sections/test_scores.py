"""The section of the scores."""

import numpy as np
import pytest

from _report_data import COUNTS, MEANS, failed_run, made_up_data, made_up_runs
from keras_mtl.report.sections.scores import scores
from keras_mtl.results.paired_difference import paired_difference


def test_means_spreads_and_paired_differences():
    data = made_up_data()
    block, differences = scores(data).blocks

    for row in block.table.rows:
        for cell, labels in zip(row[1:], COUNTS, strict=True):
            values = [
                run.score
                for run in made_up_runs()
                if (run.strategy, run.labels) == (row[0].text, labels)
            ]
            assert cell.value == pytest.approx(np.mean(values))
            assert cell.spread == f"± {100 * np.std(values, ddof=1):.1f}"
    best = [[row[0].text for row in block.table.rows if row[n].best] for n in (1, 2, 3)]
    assert best == [["frozen"], ["fine-tuned"], ["fine-tuned"]]
    assert [row[0].text for row in differences.rows] == [name for name in MEANS][:-1]
    found = paired_difference(data.runs, "frozen", "from-scratch", 20)
    cell = differences.rows[1][1]
    assert cell.value == found.mean and cell.text == f"+{100 * found.mean:.1f}"
    assert cell.spread == f"[+{100 * found.low:.1f}, +{100 * found.high:.1f}]"
    assert "No strategy overtakes another" in block.caption and "overtakes" not in block.wide
    assert "points" in differences.caption and "interval" in differences.caption


def test_without_a_control_there_are_no_differences_and_without_scores_no_picture():
    assert len(scores(made_up_data(control="other")).blocks) == 1
    (prose,) = scores(made_up_data(runs=[failed_run()])).blocks
    assert prose.sentences == ["No run has a score."]


def test_one_seed_says_nothing_about_the_noise():
    block, differences = scores(made_up_data(runs=made_up_runs(seeds=1))).blocks
    assert "One seed" in block.caption and "interval" not in differences.caption
    assert {cell.spread for row in block.table.rows for cell in row} == {""}
