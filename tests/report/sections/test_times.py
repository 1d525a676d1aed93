"""The section of the times."""

import pytest

from _report_data import failed_run, made_up_data, made_up_runs
from keras_mtl.report.sections.times import times
from keras_mtl.results.run import Run


def test_medians_and_sizes():
    odd = Run("frozen", 20, 9, None, 0.5, seconds=1000.0, parameters=100)
    (section,) = times(made_up_data(runs=[*made_up_runs(), odd, failed_run()]))
    rows = {row[0].text: row for row in section.blocks[0].table.rows}
    assert rows["frozen"][2].value == pytest.approx(1.115)  # Of 1.1, 1.11, 1.12 and 1,000 seconds.
    assert rows["frozen"][1].text == "100" and rows["from-scratch"][1].text == "300"


def test_sizes_may_differ_and_nothing_may_have_succeeded():
    other = Run("frozen", 7, 0, None, 0.5, seconds=0.0, parameters=5000)
    (section,) = times(made_up_data(runs=[*made_up_runs(), other]))
    rows = {row[0].text: row for row in section.blocks[0].table.rows}
    assert rows["frozen"][1].text == "100 to 5,000" and rows["features+knn"][2].value is None
    assert times(made_up_data(runs=[failed_run()])) == []
