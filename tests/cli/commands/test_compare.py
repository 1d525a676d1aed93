"""`keras-mtl compare`."""

import pytest

from keras_mtl.cli.commands import compare as command
from keras_mtl.cli.failures import CommandFailed

FAST = ("--strategies", "features+knn", "--labels", "12,20", "--seeds", 1)
WAYS = ("--strategies", "frozen,features+knn", "--labels", "12,20", "--seeds", 2)


def test_a_comparison(facts, tmp_path):
    given = ("--data", "people.npz", "--test", 0.4, "--cut", 1, "--results", tmp_path / "runs")
    found = facts("compare", "sex.keras", *given, *FAST)
    assert found["complete"] and len(found["strategies"]) == 2 and found["verdict"]
    assert found["judged"] == "16 test rows"


@pytest.mark.slow
def test_a_comparison_and_its_report(run, facts, tmp_path):
    results = ("--results", tmp_path / "runs")
    given = ("compare", "sex.keras", "--data", "people.csv", "--task", "hair", "--test", 0.4)
    found = facts(*given, *WAYS, *results, "-o", tmp_path / "best.keras")
    assert found["complete"] and len(found["strategies"]) == 4 and found["verdict"]
    assert found["judged"] == "16 test rows"
    again = run(*given, *WAYS, *results, "--report", tmp_path / "report.html")
    assert again.exit_code == 0 and "Run 1 of" not in again.stderr  # Nothing is done twice.
    assert "<html" in (tmp_path / "report.html").read_text()
    told = facts("report", tmp_path / "runs", "-o", tmp_path / "again.html")
    assert told["strategies"] == found["strategies"] and told["verdict"] == found["verdict"]
    assert "<html" in (tmp_path / "again.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--labels", "ten"], 2, "numbers with commas"),
        (["--labels", "5000"], 2, "5000"),
        (["--strategies", "frozn"], 2, "Did you mean 'frozen'"),
        (["--report", "report.txt"], 2, "ends with `.html`"),
        (["--data", "peple.npz"], 3, "Did you mean"),
    ],
)
def test_wrong_usage(message, tmp_path, arguments, code, said):
    given = ["sex.keras", "--data", "people.npz", "--results", tmp_path / "runs"]
    found, text = message("compare", *given, *arguments)
    assert found == code and said in text


def test_a_head_of_several_labels_is_refused():
    class Rows:
        kind, name = "multilabel", "signs"

    with pytest.raises(CommandFailed, match="one label for each row"):
        command._kind(Rows())
