import html
import re

import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

import keras_mtl
from _comparisons import CHEAP, Failing, Majority, named_blobs
from _estimators import network

X, Y = named_blobs()
ARGUMENTS = {"cut": "first", "labels": [6, 20], "seeds": 2, "verbose": 0}


@pytest.fixture(scope="module")
def comparison():
    with pytest.warns(UserWarning, match="`Failing` failed in 2 of 4 runs"):
        return keras_mtl.compare(
            network(),
            X[:40],
            Y[:40],
            test=(X[40:], Y[40:]),
            strategies=["frozen", CHEAP[0], Failing()],
            **ARGUMENTS,
        )


@pytest.fixture(scope="module")
def cross_validated():
    return keras_mtl.compare(network(), X, Y, strategies={"from-scratch": CHEAP[0]}, **ARGUMENTS)


def test_the_table_is_that_of_the_runs(comparison):
    frozen = [run.score for run in comparison.runs if (run.strategy, run.labels) == ("frozen", 20)]
    (row,) = (row for row in comparison if (row.strategy, row.labels) == ("frozen", 20))
    assert row.score == pytest.approx(np.mean(frozen))
    text = repr(comparison)
    assert text.startswith("Ways to use `old_task`: accuracy, 20 test rows\n")
    assert "`Failing` failed: RuntimeError: too many for me" in text
    assert re.search(rf"20 +frozen +{row.score:.3f}", text)
    assert "against scratch" not in text
    assert "too many for me" in html.unescape(comparison._repr_html_())
    frame = comparison.to_frame()
    assert frame.score.tolist()[:5] == [one.score for one in comparison][:5]


def test_the_best(comparison):
    for labels in (6, 20):
        row = comparison.best(labels)
        scores = [one.score for one in comparison if one.labels == labels and one.runs]
        assert row.score == max(scores)
    assert comparison.best() == comparison.best(20)
    with pytest.raises(ValueError, match=r"`labels` is one of \[6, 20\]. Received: 7"):
        comparison.best(7)


@pytest.mark.slow
def test_the_best_model_is_trained_on_all_labels(comparison):
    only = keras_mtl.compare(
        network(), X[:40], Y[:40], strategies="frozen", test=(X[40:], Y[40:]), **ARGUMENTS
    )
    model = only.best_model()
    expected = keras_mtl.TransferClassifier(network(), "first", "frozen").fit(X[:40], Y[:40])
    outputs = model.predict(X, verbose=0)
    np.testing.assert_allclose(outputs, expected.predict_proba(X), rtol=1e-3, atol=1e-5)
    assert only.classes == ("ash", "bay", "cob")
    predicted = np.array(only.classes)[outputs[40:].argmax(axis=1)]
    assert only.explain().accuracy == pytest.approx(accuracy_score(Y[40:], predicted))


@pytest.mark.slow
def test_classes_by_number_are_explained_by_number():
    numbers = np.array([3, 5, 9])[np.unique(Y, return_inverse=True)[1]]
    for strategy in ("frozen", "features+knn"):
        comparison = keras_mtl.compare(
            network(),
            X[:40],
            numbers[:40],
            strategies=strategy,
            test=(X[40:], numbers[40:]),
            **ARGUMENTS,
        )
        assert comparison.classes == (3, 5, 9)
        explanation = comparison.explain()
        assert list(explanation.classes) == ["3", "5", "9"]
        assert explanation.accuracy > 0.7


def test_cross_validation_is_said(cross_validated):
    assert "5-fold cross-validation of 60 rows, repeated 2 times" in repr(cross_validated)
    with pytest.raises(ValueError, match=r"had no `test`. Pass `compare\(test=\(x, y\)\)`"):
        cross_validated.explain()


def test_the_verdict(comparison, cross_validated):
    assert comparison.verdict().best[20] == comparison.best().strategy
    assert "cross-validation" in str(cross_validated.verdict())


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_pictures(comparison, tmp_path, ending):
    path = comparison.plot(tmp_path / f"scores.{ending}")
    assert path.stat().st_size > 1000
    (axes,) = comparison.plot().axes
    lines = {line.get_label(): line.get_ydata() for line in axes.lines}
    expected = [one.score for one in comparison if one.strategy == "frozen"]
    assert list(lines["frozen"]) == pytest.approx(expected)


def test_the_report(comparison, cross_validated, tmp_path):
    page = comparison.report(tmp_path / "report.html").read_text()
    assert "too many for me" in page
    assert "20 test rows" in page
    assert "5-fold" in cross_validated.report(tmp_path / "cv.html").read_text()


@pytest.mark.slow
def test_an_object_of_the_user_is_its_own_model():
    only = keras_mtl.compare(network(), X, Y, strategies=Majority(), **ARGUMENTS)
    model = only.best_model()
    assert isinstance(model, Majority)
    assert model.label == "ash"
    assert not isinstance(model, keras.Model)
