"""The table of scores."""

import statistics

from keras_mtl.report.score_table import score_table


def test_the_table_has_a_row_a_strategy_and_a_column_a_label_count():
    lines = score_table({"frozen": {100: [0.5, 0.6, 0.9], 20: [0.3]}, "kNN": {20: [0.4]}})
    header, _, frozen, knn = lines.splitlines()

    assert header.split() == ["strategy", "20", "labels", "100", "labels"]
    spread = f"{statistics.stdev([0.5, 0.6, 0.9]):.3f}"
    assert frozen.split() == ["frozen", "0.300", "0.667", "±", spread]
    assert knn.split() == ["kNN", "0.400", "-"]
