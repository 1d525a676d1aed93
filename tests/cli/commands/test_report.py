"""`keras-mtl report`: what a comparison has found, from its folder."""

from keras_mtl.cli.stored_results import facts_of
from keras_mtl.comparing.comparison_facts import ComparisonFacts
from keras_mtl.comparing.comparison_folder import opened_folder
from keras_mtl.comparing.run_log import ALL, RunLog
from keras_mtl.comparing.stored_comparison import StoredComparison
from keras_mtl.results.run import Run


def made(folder, planned):
    """Write the folder of a comparison of which four runs are done."""
    with opened_folder(folder, {"model": "1"}) as (place, _):
        ComparisonFacts("Ways", "9 test rows", "accuracy", None, planned, {}, {}, "").write(place)
        log = RunLog(place, ALL)
        for strategy, score in (("frozen", 0.9), ("from-scratch", 0.5)):
            for seed in (0, 1):
                log.write(Run(strategy, 20, seed, None, score + seed / 100, 1.0, 10))


def test_what_the_runs_say(run, facts, tmp_path):
    made(tmp_path, planned=4)
    told = facts("report", tmp_path)
    assert told["best"] == {"20": "frozen"} and told["complete"]
    assert [one["score"] for one in told["strategies"]] == [0.905, 0.505]
    shown = run("report", tmp_path)
    assert shown.stdout.startswith("Ways: accuracy, 9 test rows\n") and shown.stderr == ""
    assert facts_of(StoredComparison(tmp_path))["verdict"][0] in shown.stdout


def test_an_interrupted_comparison(run, tmp_path):
    made(tmp_path, planned=8)
    assert "Not all runs are done" in run("report", tmp_path).stderr


def test_folders_without_a_comparison(message, tmp_path):
    for path, said in [(tmp_path, "holds no comparison"), (tmp_path / "absent", "is no folder")]:
        code, text = message("report", path)
        assert code == 3 and said in text
