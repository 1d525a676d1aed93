import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score

from keras_mtl.comparing.metric import find_metric
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.number_form import NumberForm

RNG = np.random.default_rng(0)
NAMES = np.array(["ash", "bay", "cob"])
TRUE, PREDICTED = NAMES[RNG.integers(3, size=50)], NAMES[RNG.integers(3, size=50)]
CLASSES = ClassForm.read(TRUE, 50)
COLUMNS = RNG.normal(size=(50, 2)) * [1, 50]
GUESSED = COLUMNS + RNG.normal(size=(50, 2)) * [0.3, 30]


@pytest.mark.parametrize("name", ["auto", "accuracy"])
def test_accuracy(name):
    score, gains = find_metric(name, *CLASSES).judge(*CLASSES, PREDICTED)
    assert score == pytest.approx(accuracy_score(TRUE, PREDICTED))
    assert gains.tolist() == (TRUE == PREDICTED).tolist()


@pytest.mark.parametrize("columns", [slice(None), 0])
def test_r2(columns):
    form, values = NumberForm.read(COLUMNS[:, columns], 50)
    score, gains = find_metric("auto", form, values).judge(form, values, GUESSED[:, columns])
    assert score == pytest.approx(r2_score(COLUMNS[:, columns], GUESSED[:, columns]))
    assert gains.mean() == pytest.approx(score, rel=1e-5)


def test_scorers_of_scikit_learn():
    score, gains = find_metric("f1_macro", *CLASSES).judge(*CLASSES, PREDICTED)
    assert (score, gains) == (pytest.approx(f1_score(TRUE, PREDICTED, average="macro")), None)

    form, values = NumberForm.read(COLUMNS[:, 0], 50)
    metric = find_metric("neg_mean_absolute_error", form, values)
    score, _ = metric.judge(form, values, GUESSED[:, 0])
    assert score == pytest.approx(-mean_absolute_error(COLUMNS[:, 0], GUESSED[:, 0]))


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("acuracy", "Did you mean 'accuracy'"),
        ("mean_absolute_error", "Did you mean 'neg_mean_absolute_error'"),
        (accuracy_score, "name of a scorer"),
        ("roc_auc_ovr", "cannot judge predicted labels"),
        ("neg_log_loss", "cannot judge predicted labels"),
        ("r2", "cannot judge predicted labels"),
        ("f1", "cannot judge predicted labels"),
    ],
)
def test_metrics_that_are_refused(metric, message):
    with pytest.raises(ValueError, match=message):
        find_metric(metric, *CLASSES)


def test_labels_of_another_type_are_wrong():
    score, _ = find_metric("auto", *CLASSES).judge(*CLASSES, np.arange(50))
    assert score == 0
