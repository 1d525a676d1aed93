"""What a search says on the console."""

import pytest

from keras_mtl.tuning.halving import PlannedTrial
from keras_mtl.tuning.progress import Progress, duration

PROBE = PlannedTrial("probe")
HEADS = [PlannedTrial("frozen", cut, 20) for cut in ("conv", "dense")]
TUNED = [PlannedTrial("fine-tuned", "conv", 1, 0, "0001"), PlannedTrial("fine-tuned", epochs=4)]
EXPECTED = [PROBE, *HEADS, *TUNED]


def test_each_trial_is_told_with_its_number_and_the_time_that_is_left():
    now = 0.0
    progress = Progress("val_accuracy", clock=lambda: now)

    def trial(index, seconds):
        nonlocal now
        said = [progress.begin(EXPECTED[index], EXPECTED)]
        now += seconds
        outcome = progress.score(0.81234, 0.9, "dense") if index else "the best is dense"
        left = EXPECTED[index + 1 :]
        return [*said, progress.end(EXPECTED[index], EXPECTED, outcome=outcome, left=left)]

    score = "val_accuracy 0.8123 (best so far 0.9000, `dense`)"
    assert trial(0, 3.2) == [
        "Trial 1 of 5: score all depths in one pass over the data",
        "Trial 1 of 5: the best is dense after 3 s.",
    ]
    assert trial(1, 10) == [
        "Trial 2 of 5: train a head on `conv`, trunk frozen, 20 epochs",
        f"Trial 2 of 5: {score} after 10 s. More than 10 s left: fine-tuning is not timed yet.",
    ]
    trial(2, 20)
    assert trial(3, 30) == [
        "Trial 4 of 5: fine-tune the model cut at `conv`, 1 epoch",
        f"Trial 4 of 5: {score} after 30 s. About 2 min 0 s left.",
    ]
    assert trial(4, 1)[1] == f"Trial 5 of 5: {score} after 1 s."


def test_the_time_of_heads_is_the_mean_of_those_before():
    times = iter([0.0, 10.0, 10.0, 30.0])
    progress = Progress("loss", clock=lambda: next(times))
    for head in HEADS:
        progress.begin(head, EXPECTED)
        said = progress.end(head, EXPECTED, outcome="done", left=[HEADS[0], HEADS[1]])
    assert said.endswith("About 30 s left.")


def test_trials_in_other_processes_say_how_long_they_took():
    progress = Progress("loss", clock=lambda: 100.0)
    progress.begin(HEADS[0], EXPECTED)
    progress.note_duration(HEADS[0], 10.0)
    left = [HEADS[1], HEADS[1], HEADS[1], PlannedTrial("frozen", "last", 20, rung=1)]
    said = progress.end(HEADS[0], EXPECTED, outcome="done", left=left, jobs=2)
    assert said.endswith("done after 10 s. About 25 s left.")  # three on two, then a single one


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (7500, "2 h 5 min")],
)
def test_times_are_words(seconds, text):
    assert duration(seconds) == text
