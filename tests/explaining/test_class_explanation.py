import numpy as np
import pytest

from keras_mtl.explaining.class_explanation import ClassExplanation, ClassRows
from keras_mtl.explaining.intervals import wilson

PROBABILITIES = np.array(
    [[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1], [0.1, 0.85, 0.05]]
)
TRUE = np.array([0, 0, 0, 1, 1])
ROWS = np.array([0, 2, 3, 4, 6])


def explained(probabilities=PROBABILITIES):
    data = ClassRows(ROWS, TRUE, PROBABILITIES.argmax(axis=1), probabilities)
    names = ("cat", "dog", "<owl>")
    return ClassExplanation("net", names, data, bins=10, confidence=0.9, unlabelled=2)


def test_mistakes_are_sorted_by_confidence():
    mistakes = explained().mistakes()
    assert [(one.row, one.true, one.predicted) for one in mistakes] == [
        (3, "cat", "<owl>"),
        (2, "cat", "dog"),
        (4, "dog", "cat"),
    ]
    assert [one.probability for one in mistakes] == [0.8, 0.7, 0.6]
    assert [one.probability_of_true for one in mistakes] == [0.1, 0.2, 0.3]
    assert len(explained().mistakes(1)) == 1
    assert mistakes.to_frame().shape == (3, 5)


def test_what_is_printed():
    explanation = explained()
    assert explanation.accuracy == 0.4
    assert explanation.accuracy_interval == wilson(2, 5, 0.9)
    text = repr(explanation)
    assert text.startswith("net: accuracy 0.400 [")
    assert "on 5 rows; always `cat` would give 0.600; 2 rows without a label are left out" in text
    for part in ("90% confidence", "true \\ predicted", "Brier score", "mistakes"):
        assert part in text
    html = explanation._repr_html_()
    assert "&lt;owl&gt;" in html and "<owl>" not in html
    assert explanation.to_frame().loc["dog", "support"] == 2


def test_without_probabilities_there_is_no_calibration(tmp_path):
    explanation = explained(None)
    assert explanation.calibration is None and "Brier" not in repr(explanation)
    assert [one.row for one in explanation.mistakes()] == [2, 3, 4]
    assert explanation.mistakes()[0].probability is None
    assert explanation.plot(tmp_path / "matrix.png").exists()
    assert len(explanation.plot().axes) == 1 and len(explained().plot().axes) == 2


def test_a_sheet_needs_inputs(tmp_path):
    with pytest.raises(ValueError, match="were not kept"):
        explained().contact_sheet(tmp_path / "sheet.png")
    with pytest.raises(ValueError, match="`n` is a positive whole number"):
        explained().mistakes(0)
