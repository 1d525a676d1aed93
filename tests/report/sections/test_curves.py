"""The section of the training curves."""

from _report_data import made_up_data, made_up_runs
from keras_mtl.report.sections.curves import curves
from keras_mtl.results.run import Run


def run(strategy, seed, **history):
    return Run(strategy, 20, seed, None, 0.5, 1.0, 1, history=history)


def test_strategies_that_train_by_steps_have_a_panel():
    (section,) = curves(made_up_data(runs=made_up_runs()))
    (block,) = section.blocks
    assert {row[0].text for row in block.table.rows} == {"fine-tuned", "from-scratch"}
    texts = [cell.text for cell in block.table.rows[0][1:]]
    assert texts == ["20", "3", "0.500", "1.500"] and "dotted" in block.caption


def test_runs_may_differ_in_length_and_need_no_held_out_labels():
    runs = [
        run("a", 0, loss=[3.0, 1.0]),
        run("a", 1, loss=[3.0, 2.0, 0.0]),
        run("b", 0, loss=[1.0]),
    ]
    (section,) = curves(made_up_data(runs=runs))
    (row,) = section.blocks[0].table.rows
    assert [cell.text for cell in row[:4]] == ["a", "20", "2 to 3", "0.500"]
    assert "dotted" not in section.blocks[0].caption
    assert curves(made_up_data(runs=runs[2:])) == []
