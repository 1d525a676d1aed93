"""The table of the weights that were tried."""

import math

from keras_mtl.weighing.weight_trials import Search, WeightTrial, WeightTrials


def trials(*scores, chosen, seeds=1):
    rows = [
        WeightTrial(weight, score, 0.5 if seeds > 1 else None, place == chosen)
        for place, (weight, score) in enumerate(scores)
    ]
    search = Search("hair", ("sex", "age"), "val_hair_loss", 40, seeds)
    return WeightTrials(rows, search, {"sex": rows[chosen].weight})


def test_it_prints_as_a_table_that_says_what_the_choice_means():
    shown = trials((0.0, 1.25), (0.3, 1.0), (3.0, math.nan), chosen=1)
    lines = str(shown).splitlines()
    assert lines[0].split() == ["weight", "of", "sex,", "age", "val_hair_loss"]
    assert [line.split() for line in lines[2:5]] == [
        ["0", "1.2500"],
        ["0.3", "1.0000", "chosen"],
        ["3", "diverged"],
    ]
    assert lines[5] == "40 steps, 1 seed."
    assert shown.best.weight == 0.3 and shown.loss_weights == {"sex": 0.3}


def test_the_ends_of_the_range_are_told_of():
    alone = trials((0.0, 1.0), (0.3, 2.0), chosen=0, seeds=3)
    assert "40 steps, 3 seeds: hair does not gain from sex, age." in str(alone)
    assert "Leave the data of sex, age out of `fit`" in str(alone)
    assert str(alone).splitlines()[2].split() == ["0", "1.0000", "0.5000", "chosen"]
    largest = str(trials((0.0, 2.0), (0.3, 1.0), chosen=1))
    assert "the largest weight is chosen, so larger ones may be better still" in largest
    assert "gain" not in str(trials((0.3, 1.0), chosen=0))
    assert str(alone[:1]).count("chosen") == 1
