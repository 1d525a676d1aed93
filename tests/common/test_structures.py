import pytest

from keras_mtl.common.structures import unwrap_single


@pytest.mark.parametrize(
    ("structure", "expected"),
    [([1], 1), ((1,), 1), ([1, 2], [1, 2]), ([], []), ({"a": 1}, {"a": 1}), (1, 1), ([[1]], [1])],
)
def test_a_list_of_one_is_its_element(structure, expected):
    assert unwrap_single(structure) == expected
