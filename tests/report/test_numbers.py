"""Numbers as a report shows them."""

import math

from keras_mtl.report.numbers import (
    NONE,
    counted,
    difference_text,
    number_text,
    score_text,
    seconds_text,
)
from keras_mtl.results.metric_words import MetricWords

SHARE, NUMBER = MetricWords("accuracy"), MetricWords("neg_mean_absolute_error")


def test_times_have_the_unit_that_suits_them():
    seconds = [0, 0.0004, 0.099, 0.1, 9.96, 99.4, 100, 3000, 36000, math.nan]
    texts = [
        "0.0 ms",
        "0.4 ms",
        "99 ms",
        "0.1 s",
        "10 s",
        "99 s",
        "1.7 min",
        "50 min",
        "10 h",
        NONE,
    ]
    assert [seconds_text(one) for one in seconds] == texts


def test_large_numbers_have_fewer_decimals():
    values, texts = [0.1236, 99.9, 123.45, math.inf], ["0.124", "99.900", "123.5", NONE]
    assert [number_text(value) for value in values] == texts
    assert number_text(-54321.9) == "\N{MINUS SIGN}54,322"


def test_shares_are_percentages_and_their_differences_points():
    assert score_text(0.9, SHARE) == "90.0%" and score_text(-0.9, NUMBER) == "\N{MINUS SIGN}0.900"
    assert difference_text(0.012, SHARE, signed=True) == "+1.2"
    assert difference_text(-0.012, SHARE, signed=True) == "\N{MINUS SIGN}1.2"
    assert difference_text(0.012, NUMBER) == "0.012"
    assert score_text(math.nan, SHARE) == difference_text(math.nan, SHARE) == NONE
    assert counted(2, "strategy", "strategies") == "2 strategies"
