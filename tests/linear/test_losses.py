"""Losses of linear outputs: the same as Keras's, with the gradients of finite differences."""

import keras
import numpy as np
import pytest

from keras_mtl.linear.losses import SigmoidLoss, SoftmaxLoss, SquaredLoss

GENERATOR = np.random.default_rng(0)
OUTPUTS = GENERATOR.normal(size=(6, 3)) * 3
SHARES = GENERATOR.dirichlet(np.ones(3), size=6)
CASES = [
    (SoftmaxLoss(), SHARES, keras.losses.CategoricalCrossentropy(from_logits=True)),
    (SoftmaxLoss(), 2 * SHARES, keras.losses.CategoricalCrossentropy(from_logits=True)),
    (SigmoidLoss(), SHARES, keras.losses.BinaryCrossentropy(from_logits=True)),
    (SquaredLoss(), 5 * SHARES, lambda y, z: keras.losses.MeanSquaredError()(y, z) / 2),
]


@pytest.mark.parametrize(("loss", "targets", "peer"), CASES)
def test_losses_and_gradients(loss, targets, peer):
    losses, gradients = loss.slopes(OUTPUTS, targets)

    assert losses.mean() == pytest.approx(float(peer(targets, OUTPUTS)), rel=1e-5)
    for column in range(3):
        step = 1e-5 * np.eye(3)[column]
        up, down = (loss.slopes(OUTPUTS + s, targets).losses.sum(axis=1) for s in (step, -step))
        np.testing.assert_allclose((up - down) / 2e-5, gradients[:, column], atol=1e-8)


@pytest.mark.parametrize("loss", [SoftmaxLoss(), SigmoidLoss()])
def test_large_outputs_overflow_nowhere(loss):
    losses, gradients = loss.slopes(np.array([[2000.0, -2000.0]]), np.array([[1.0, 0.0]]))
    assert not losses.any() and not gradients.any()
