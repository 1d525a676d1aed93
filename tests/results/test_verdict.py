"""What a comparison says, word for word."""

from dataclasses import replace

import numpy as np
import pytest

from _measured_runs import run, run_of_rows, runs
from keras_mtl.results.verdict import verdict

# Three seeds around a mean, each strategy with another order, so that differences vary.
APART = {
    "frozen": (-0.002, 0.001, 0.001),
    "fine-tuned": (0.001, -0.002, 0.001),
    "from-scratch": (0.001, 0.001, -0.002),
    "features+knn": (0.0, 0.0, 0.0),
}


def around(means, counts=(20, 100, 500)):
    """Runs around mean scores by strategy and number of labels."""
    return runs(
        {
            name: {
                labels: [mean + apart for apart in APART[name]]
                for labels, mean in zip(counts, values, strict=True)
            }
            for name, values in means.items()
        }
    )


CROSSING = {
    "frozen": (0.7, 0.8, 0.85),
    "fine-tuned": (0.6, 0.8005, 0.95),
    "from-scratch": (0.4, 0.7, 0.92),
}
HURTS = {"frozen": (0.6, 0.7, 0.75), "from-scratch": (0.65, 0.8, 0.9)}


def test_a_verdict_says_who_is_best_where_ways_cross_and_what_more_labels_bring():
    assert str(verdict(around(CROSSING))).splitlines() == [
        "With 500 labels, fine-tuned is the best: 95.0% accuracy, 3.0 points more than "
        "from-scratch, the next, beyond the noise.",
        "With 20 labels, frozen is the best: 70.0% accuracy, 10.0 points more than fine-tuned, "
        "the next, beyond the noise.",
        "Transfer brings 30.0 points more than from-scratch with 20 labels and 10.1 with 100, "
        "beyond the noise.",
        "Between 20 and 500 labels, fine-tuned overtakes frozen.",
        "With 1,000 labels, fine-tuned would likely gain 1.8 points more (0.4 to 3.2).",
        "Against fine-tuned, frozen trains 5.0 times as fast.",
        "The noise is that of the seeds: how much the choice of the test rows adds is not known "
        "for accuracy.",
    ]


def test_transfer_that_hurts_is_named():
    said = verdict(around(HURTS), metric="r2")
    assert said.negative_transfer == (20, 100, 500)
    assert said.sentences[:2] == (
        "With 20, 100 and 500 labels, from-scratch is the best: R² 0.650, 0.800 and 0.900, 0.050, "
        "0.100 and 0.150 more than frozen, the next, beyond the noise.",
        "Transfer hurts with 20, 100 and 500 labels (negative transfer): from-scratch is better "
        "than every other strategy, beyond the noise.",
    )


def test_the_facts_are_attributes():
    said = verdict(around(CROSSING))
    assert said.best == {20: "frozen", 100: "fine-tuned", 500: "fine-tuned"}
    assert said.ties == {20: (), 100: ("frozen",), 500: ()}
    assert [(one.before, one.after) for one in said.crossings] == [("frozen", "fine-tuned")]
    assert said.negative_transfer == ()
    assert said.expected_gain.strategy == "fine-tuned"
    assert [one.times for one in said.speeds] == [5.0]
    assert said._repr_html_().count("<p>") == len(said.sentences)


def test_a_single_seed_tells_nothing_apart():
    single = [one for one in around(CROSSING) if one.seed == 0]
    assert verdict(single).sentences == (
        "With 20, 100 and 500 labels, the highest scores are 69.8% (frozen), 80.2% (fine-tuned) "
        "and 95.1% (fine-tuned); a single run of each strategy cannot tell whether that is beyond "
        "the noise.",
        "Against fine-tuned, frozen trains 5.0 times as fast.",
    )


def test_ties_at_several_counts_are_told_together():
    tied = around({"frozen": (0.8, 0.9), "fine-tuned": (0.8002, 0.8999)}, counts=(20, 100))
    assert verdict(tied).sentences[0] == (
        "With 20 and 100 labels, fine-tuned and frozen cannot be told apart with these 3 seeds; "
        "the highest scores are 80.0% (fine-tuned) and 90.0% (frozen)."
    )


def test_ties_between_the_most_and_the_fewest_labels_are_left_to_the_table():
    said = verdict(around(CROSSING))
    assert said.ties[100] == ("frozen",)
    assert not any("told apart" in sentence for sentence in said.sentences)


def test_failures_and_cross_validation_are_told():
    failed = [replace(one, score=np.nan) if one.seed == 0 else one for one in around(HURTS)[:9]]
    said = verdict(failed, cross_validated=True)
    assert said.sentences[-2:] == (
        "3 of 9 runs of frozen failed.",
        "Scores are of cross-validation: no test rows were set aside.",
    )
    assert said.sentences[0] == "With 20, 100 and 500 labels, frozen reaches " + (
        "60.1%, 70.1% and 75.1% accuracy."
    )


def test_cross_validations_without_parts_by_row_tell_nothing_apart():
    """Their repetitions share all rows, so that they vary far less than scores on new rows."""
    said = verdict(around(HURTS), metric="f1_macro", cross_validated=True)
    assert said.best[20] == "from-scratch"
    assert said.negative_transfer == ()
    assert said.sentences[-2] == (
        "Nothing is told apart by f1_macro in cross-validation, whose repetitions share their "
        "rows: give test rows."
    )


def test_no_sentence_is_written_that_the_runs_do_not_carry():
    assert verdict([run("frozen", 20, 0, np.nan)]).sentences == ("1 of 1 runs of frozen failed.",)
    assert verdict([run("frozen", 20, 0, 0.5)]).sentences == (
        "With 20 labels, frozen reaches 50.0% accuracy.",
    )
    with pytest.raises(ValueError, match="needs runs"):
        verdict([])


def test_rows_that_count_as_noise_need_no_caveat():
    rows = np.random.default_rng(0).random(400)
    both = [
        run_of_rows(name, 20, seed, rows + 0.01 * seed < share)
        for seed in range(3)
        for name, share in (("frozen", 0.9), ("from-scratch", 0.5))
    ]
    (best, *others) = verdict(both).sentences
    assert best.endswith("points more than from-scratch, the next, beyond the noise.")
    assert others == []


def test_order_of_runs_and_names_do_not_matter():
    names = {"frozen": "z", "fine-tuned": "b", "from-scratch": "a"}
    renamed = [replace(one, strategy=names[one.strategy]) for one in around(CROSSING)]
    shuffled = [renamed[place] for place in np.random.default_rng(0).permutation(len(renamed))]

    expected = [one for one in verdict(around(CROSSING)).sentences if "times as fast" not in one]
    said = verdict(shuffled, control="a").sentences

    for name, new in names.items():
        expected = [sentence.replace(name, f"<{new}>") for sentence in expected]
    assert [one.replace("<", "").replace(">", "") for one in expected] == list(said)


def test_strategies_behind_the_control_are_named_where_another_one_is_not():
    scores = {
        "from-scratch": {20: (0.80, 0.81, 0.79)},
        "joint": {20: (0.50, 0.50, 0.51)},
        "alternating": {20: (0.40, 0.39, 0.40)},
        "frozen": {20: (0.78, 0.83, 0.78)},
    }
    said = verdict(runs(scores))
    assert said.negative_transfer == () and "frozen" in said.ties[20]
    assert (
        "With 20 labels, joint and alternating are worse than from-scratch, beyond the noise: "
        "negative transfer." in said.sentences
    )
