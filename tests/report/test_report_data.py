"""What a report is made from."""

from _report_data import COUNTS, MEANS, failed_run, made_up_data, made_up_runs


def test_strategies_counts_and_summaries_come_from_the_runs():
    runs = [failed_run("mine", 7), *reversed(made_up_runs())]
    data = made_up_data(runs=runs)

    assert data.strategies == ["mine", *reversed(MEANS)] == list(data.styles)
    assert data.counts == [7, *COUNTS]
    assert ("mine", 7) not in data.summaries and len(data.summaries) == len(MEANS) * len(COUNTS)
    assert data.styles["from-scratch"].dashes == "--"
    assert data.words.is_share
