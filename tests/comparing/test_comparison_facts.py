"""What is said of a comparison beside its runs stays in its folder."""

import pytest

from keras_mtl.comparing.comparison_facts import FACTS, ComparisonFacts

SAID = ComparisonFacts("Ways", "9 rows", "accuracy", 5, 4, {"cut": "auto"}, {"keras": "3"}, "call")


def test_facts_stay(tmp_path):
    SAID.write(tmp_path)
    assert ComparisonFacts.read(tmp_path) == SAID
    text = (tmp_path / FACTS).read_text()
    (tmp_path / FACTS).write_text(text.replace("9 rows", "8 rows"))
    with pytest.raises(ValueError, match="damaged"):
        ComparisonFacts.read(tmp_path)
    with pytest.raises(FileNotFoundError):
        ComparisonFacts.read(tmp_path / "absent")
