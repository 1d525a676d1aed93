"""A comparison read from its folder says what it said when it was made."""

import pytest

import keras_mtl
from _comparisons import CHEAP, named_blobs
from _estimators import network
from keras_mtl.comparing.comparison_facts import FACTS, ComparisonFacts, facts_of
from keras_mtl.comparing.run_log import ALL
from keras_mtl.comparing.stored_comparison import StoredComparison
from keras_mtl.errors import ComparisonNotFound

X, Y = named_blobs()


@pytest.fixture
def made(tmp_path):
    test = (X[40:], Y[40:])
    comparison = keras_mtl.compare(
        network(),
        X[:40],
        Y[:40],
        test=test,
        strategies=[CHEAP[0]],
        cut="first",
        labels=[6, 20],
        seeds=2,
        directory=tmp_path,
        verbose=0,
    )
    return comparison, tmp_path


def test_the_same_table_verdict_and_page(made):
    comparison, folder = made
    stored = StoredComparison(folder)
    assert repr(stored) == repr(comparison) and list(stored) == list(comparison)
    assert stored.verdict() == comparison.verdict() and stored.is_complete
    assert ComparisonFacts.read(folder) == facts_of(comparison._experiment)
    page = stored.report(folder / "report.html").read_text()
    assert "20 test rows" in page and "keras_mtl.compare(" in page


def test_a_part_of_the_runs(made):
    _, folder = made
    lines = (folder / ALL).read_bytes().splitlines(keepends=True)
    (folder / ALL).write_bytes(b"".join(lines[:3]))
    part = StoredComparison(folder)
    assert len(part.runs) == 3 and not part.is_complete
    (folder / ALL).write_bytes(b"")
    with pytest.raises(ComparisonNotFound, match="No run of the comparison"):
        StoredComparison(folder)
    (folder / FACTS).write_text("{}")
    (folder / ALL).write_bytes(lines[0])
    with pytest.raises((ValueError, TypeError)):
        StoredComparison(folder)


def test_folders_with_something_else(tmp_path):
    with pytest.raises(ComparisonNotFound, match="holds no comparison"):
        StoredComparison(tmp_path)
