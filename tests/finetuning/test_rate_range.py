"""What the losses of a range test suggest."""

import pytest

from keras_mtl.finetuning.rate_range import RateLoss, RateRange, smoothed_losses


def of(*smoothed):
    return RateRange([RateLoss(10.0**i, value, value) for i, value in enumerate(smoothed)])


@pytest.mark.parametrize(
    ("smoothed", "suggestion"),
    [
        ((5, 5, 4, 1, 0.5, 9), 100.0),
        ((5, 6, 7), None),
        ((5,), None),
        ((float("nan"),), None),
        ((5, 5, 1, 1, float("inf")), 10.0),
        ((5, 4, 9, 1), 100.0),
    ],
)
def test_the_rate_at_which_the_loss_falls_fastest(smoothed, suggestion):
    assert of(*smoothed).suggestion == suggestion


def test_smoothing_is_corrected_for_its_start():
    assert smoothed_losses([2.0, 2.0, 2.0]) == pytest.approx([2.0] * 3)
    assert smoothed_losses([1.0, 3.0])[1] == pytest.approx((0.09 * 1 + 0.1 * 3) / 0.19)


def test_it_prints_and_plots(tmp_path):
    found = of(5, 4, 1, 8)
    assert "suggestion: 10" in repr(found)
    assert "never fell" in repr(of(5, 6))
    assert found.plot(tmp_path / "range.png").read_bytes().startswith(b"\x89PNG")
