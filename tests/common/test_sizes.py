import pytest

from keras_mtl.common.sizes import size_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (123_456, "123 kB"),
        (999_600, "1 MB"),
        (1_250_000, "1.25 MB"),
        (34_500_000_000, "34.5 GB"),
        (2 * 10**15, "2000 TB"),
    ],
)
def test_the_unit_fits(number, text):
    assert size_text(number) == text
