"""The first section."""

from _report_data import made_up_data, made_up_runs
from keras_mtl.report.sections.verdict import verdict


def test_sentences_and_the_best_strategy_for_each_number_of_labels():
    runs = made_up_runs({"a": (0.9, 0.5), "b": (0.2, 0.5), "c": (0.1, 0.5)}, (20, 100), 5)
    data = made_up_data(runs=runs, control="c")
    prose, tiles = verdict(data).blocks

    assert list(prose.sentences) == list(data.verdict.sentences)
    few, many = tiles.facts
    assert (few.term, few.text, few.remark) == ("20 labels", "a", "beyond the noise")
    assert few.value == data.summaries["a", 20].mean and few.number == f"{100 * few.value:.1f}%"
    assert many.remark == "a tie with 2 others" and many.text in "abc"
