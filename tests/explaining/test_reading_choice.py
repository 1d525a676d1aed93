import numpy as np
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.output_meaning import OutputMeaning
from keras_mtl.explaining.reading_choice import choose_reading

ONE, THREE = np.full((4, 1), 0.3), np.eye(3)[[0, 1, 2, 0]]
NUMBERS = [0.5, 1.5, 2.0, np.nan]


def kind_of(outputs, y, kind="auto", function=None, loss_kind=None, **others):
    found = choose_reading(OutputMeaning(loss_kind, function, **others), kind, None, outputs, y)
    if type(found).__name__ == "NumberReading":
        return "regression"
    return "binary" if found.is_binary else "classification"


@pytest.mark.parametrize(
    ("outputs", "y", "known", "kind"),
    [
        (THREE, [0, 1, 2, 2], {}, "classification"),
        (THREE, [0.0, 1.0, np.nan, 2.0], {}, "classification"),
        (THREE, ["a", "b", "a", "a"], {"classes": tuple("abc")}, "classification"),
        (THREE, np.eye(3)[[0, 0, 1, 2]], {"function": "linear"}, "classification"),
        (THREE, np.random.default_rng(0).normal(size=(4, 3)), {"function": "linear"}, "regression"),
        (THREE, [[2, 3, 4]] * 4, {"function": "linear"}, "regression"),
        (THREE, [[0, 1, 1]] * 4, {"kind": "regression", "is_certain": True}, "regression"),
        (ONE, [0, 1, 1, 0], {"function": "sigmoid"}, "binary"),
        (ONE, [0, 1, 1, 0], {}, "binary"),
        (ONE, [0, 1, 1, 0], {"function": "linear", "kind": "binary"}, "binary"),
        (ONE, [0, 1, 1, 0], {"function": "linear", "kind": "regression"}, "regression"),
        (ONE, [0, 1, 1, 0], {"function": "sigmoid", "kind": "regression"}, "binary"),
        (ONE, ["a", "b", "b", "a"], {"classes": ("a", "b")}, "binary"),
        (ONE, [3, 4, 0, 1], {"function": "linear"}, "regression"),
        (ONE, NUMBERS, {"function": "linear"}, "regression"),
        (ONE, NUMBERS, {"function": "sigmoid"}, "regression"),
    ],
)
def test_the_kind_is_told_by_the_model_or_by_the_labels(outputs, y, known, kind):
    known = dict(known)
    assert kind_of(outputs, y, loss_kind=known.pop("kind", None), **known) == kind


def test_the_kind_that_is_given_decides():
    linear = {"function": "linear"}
    assert kind_of(ONE, [0, 1, 1, 0], "binary", **linear) == "binary"
    assert kind_of(ONE, [0, 1, 1, 0], "regression", **linear) == "regression"
    with pytest.raises(ValueError, match="`classification` task has several outputs"):
        kind_of(ONE, [0, 1, 1, 0], "classification")
    with pytest.raises(ValueError, match="`binary` task has one output"):
        kind_of(THREE, [0, 1, 1, 0], "binary")


def test_what_cannot_be_told():
    with pytest.raises(ValueError, match='Pass `kind="binary"`'):
        kind_of(ONE, [0, 1, 1, 0], function="linear")
    with pytest.raises(ValueError, match="kind `multilabel`"):
        kind_of(THREE, [[0, 1, 1], [0, 0, 0]], function="sigmoid")
    with pytest.raises(InvalidLabels, match=r"3 outputs.*not whole"):
        kind_of(THREE, NUMBERS)


def test_classes_that_do_not_fit():
    meaning = OutputMeaning()
    with pytest.raises(ValueError, match=r"3 of them\. Received: 2"):
        choose_reading(meaning, "auto", ("a", "b"), THREE, [0, 1, 2, 0])
    with pytest.raises(ValueError, match=r"2 of them\. Received: 3"):
        choose_reading(OutputMeaning(values=np.arange(2)), "auto", tuple("abc"), ONE, [0, 1, 0, 1])
    with pytest.raises(ValueError, match="`classes` names classes"):
        choose_reading(meaning, "regression", ("a",), ONE, NUMBERS)


def test_predicted_labels():
    labels = OutputMeaning(are_labels=True)
    reading = choose_reading(labels, "auto", None, np.array([2, 5, 2]), [5, 5, 7])
    assert reading.names == ("2", "5", "7")
    numbers = choose_reading(labels, "auto", None, np.array([2.5, 5, 2]), [5, 5, 7])
    assert type(numbers).__name__ == "NumberReading"
