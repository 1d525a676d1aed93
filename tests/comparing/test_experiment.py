import numpy as np
import pytest

from _comparisons import experiment, named_blobs, with_test
from _estimators import network

X, Y = named_blobs()


def test_runs_in_their_order():
    keys = experiment(labels=[20, 6], seeds=[4, 2]).keys
    assert [tuple(key) for key in keys[:5]] == [
        ("means", 6, 4),
        ("means", 6, 2),
        ("means", 20, 4),
        ("means", 20, 2),
        ("others", 6, 4),
    ]


def test_strategies_get_the_same_rows():
    draws = experiment().draws
    assert set(draws) == {(labels, seed) for labels in (6, 20) for seed in (0, 1)}
    assert all(len(folds) == 5 for folds in draws.values())


def other_network():
    model = network()
    model.layers[0].kernel.assign(model.layers[0].kernel + 1)
    return model


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, set()),
        ({"labels": [20], "seeds": 7}, set()),
        ({"metric": "f1_macro"}, {"metric"}),
        ({"cut": "second"}, {"cut"}),
        ({"cut": "auto"}, {"cut"}),
        ({"pooling": "max"}, {"pooling"}),
        ({"batch_size": 8}, {"batch_size"}),
        ({"x": X + 1, "y": Y}, {"x"}),
        ({"x": X, "y": np.roll(Y, 1)}, {"y"}),
        ({"x": X, "y": np.char.upper(Y)}, {"y"}),
        ({"x": X[:40], "y": Y[:40], "test": (X[40:], Y[40:])}, {"x", "y", "test"}),
        ({"model": other_network}, {"model"}),
    ],
)
def test_what_makes_another_comparison(changed, names):
    settings = experiment().settings()
    if "model" in changed:
        changed = {"model": changed["model"]()}
    others = experiment(**changed).settings()
    assert {name for name in settings if settings[name] != others[name]} == names


def test_words():
    assert with_test().judged == "20 test rows"
    assert experiment(seeds=1).judged == "5-fold cross-validation of 60 rows"
