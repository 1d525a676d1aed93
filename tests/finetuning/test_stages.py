import keras
import numpy as np
import pytest

from keras_mtl import Phase
from keras_mtl.finetuning.stages import cosine_with_warm_up, resolve


def length(phase, num_batches, epochs=None):
    one = resolve(1, phase, [], [], num_batches=num_batches, epochs=epochs)
    return one.epochs, one.steps_per_epoch, one.steps


@pytest.mark.parametrize(
    ("phase", "num_batches", "expected"),
    [
        (Phase(epochs=3), 10, (3, None, 30)),
        (Phase(), 10, (7, None, 70)),  # `epochs` of `fine_tune`
        (Phase(steps=300), 100, (3, 100, 300)),
        (Phase(steps=250), 100, (2, 125, 250)),
        (Phase(steps=300), 1, (12, 25, 300)),  # no epochs of one step
        (Phase(steps=10), 100, (1, 10, 10)),
        (Phase(steps=101), None, (4, 26, 104)),
    ],
)
def test_the_length_of_a_phase(phase, num_batches, expected):
    assert length(phase, num_batches, epochs=7) == expected


def test_a_phase_without_length_is_refused():
    with pytest.raises(ValueError, match=r"`Phase\('all'\)`, has no length"):
        length(Phase(), 10)
    with pytest.raises(ValueError, match="has 3 epochs, and the length of the data is not known"):
        length(Phase(epochs=3), None)


def test_the_rate_rises_in_a_tenth_of_the_steps_and_falls_as_a_cosine():
    schedule = cosine_with_warm_up(0.3, 20)
    found = [float(schedule(step)) for step in range(21)]
    np.testing.assert_allclose(found[:3], [0.1, 0.2, 0.3], rtol=1e-5)
    cosine = 0.15 * (1 + np.cos(np.pi * np.arange(19) / 18))
    np.testing.assert_allclose(found[2:], cosine, atol=1e-7)
    short = cosine_with_warm_up(0.3, 4)
    assert isinstance(short, keras.optimizers.schedules.CosineDecay)
    assert float(short(0)) == pytest.approx(0.3)
