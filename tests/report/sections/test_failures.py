"""The section of the failures."""

from _report_data import failed_run, made_up_data, made_up_runs
from keras_mtl.report.sections.failures import SHOWN, failures


def test_failures_are_listed_or_denied():
    assert failures(made_up_data(runs=made_up_runs())).blocks[0].sentences == ["No run failed."]
    prose, table = failures(made_up_data()).blocks
    assert prose.sentences == ["1 of 37 runs failed; they count in no mean."]
    texts = [cell.text for cell in table.rows[0]]
    assert texts == ["fine-tuned", "500", "7", "InvalidCut: none"]

    many = [failed_run(seed=seed) for seed in range(SHOWN + 1)]
    prose, table = failures(made_up_data(runs=many)).blocks
    assert len(table.rows) == SHOWN and f"The first {SHOWN}" in prose.sentences[0]
