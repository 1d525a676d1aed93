"""How scores read."""

from keras_mtl.results.metric_words import MetricWords, listed


def test_accuracies_are_percentages_and_their_differences_points():
    words = MetricWords("accuracy")
    assert words.scores([0.9123]) == "91.2% accuracy"
    assert words.scores([0.5, 0.9123]) == "50.0% and 91.2% accuracy"
    assert words.difference(0.031, 0.12) == "3.1 and 12.0 points"
    assert words.numbers(-0.0004, -0.01) == ["0.0", "-1.0"]


def test_other_scores_are_numbers_with_their_names():
    assert MetricWords("r2").scores([0.9123]) == "R² 0.912"
    assert MetricWords("r2").difference(0.031) == "0.031"
    assert MetricWords("f1_macro").scores([0.5, 0.25]) == "f1_macro 0.500 and 0.250"


def test_the_highest_score_is_known_where_it_is():
    metrics = ["accuracy", "r2", "f1_macro", "neg_log_loss", "my_score"]
    assert [MetricWords(metric).highest for metric in metrics] == [1, 1, 1, 0, None]


def test_names_are_listed_as_in_a_sentence():
    assert [listed(list("abc")[:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
