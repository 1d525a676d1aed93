import numpy as np
from sklearn.metrics import confusion_matrix

from keras_mtl.explaining.confusion import Confused, Confusion

TRUE = np.array([0, 0, 1, 1, 1, 3, 3])
PREDICTED = np.array([0, 1, 1, 3, 3, 3, 0])
NAMES = ("cat", "dog", "owl", "ant")


def test_counts_are_those_of_scikit_learn():
    confusion = Confusion.of(TRUE, PREDICTED, NAMES)
    expected = confusion_matrix(TRUE, PREDICTED, labels=range(4))
    assert np.array_equal(confusion.counts, expected) and np.array_equal(confusion, expected)
    frame = confusion.to_frame()
    assert frame.loc["dog", "ant"] == 2 and frame.index.name == "true"


def test_the_most_frequent_confusion_comes_first():
    pairs = Confusion.of(TRUE, PREDICTED, NAMES).most_confused
    assert pairs[0] == Confused("dog", "ant", 2) and len(pairs) == 3


def test_many_classes_print_as_pairs():
    confusion = Confusion.of(TRUE, PREDICTED, [f"class {index}" for index in range(30)])
    assert "class 1" in repr(confusion) and "class 9" not in repr(confusion)
    assert repr(confusion).splitlines()[0].split() == ["true", "predicted", "rows"]
    assert "<td" in Confusion.of(TRUE, PREDICTED, NAMES)._repr_html_()
