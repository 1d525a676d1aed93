"""Names and patterns of layers, and the multipliers that they lead to."""

import pytest

from keras_mtl.errors import LayerNotFound
from keras_mtl.optimizers.layer_multipliers import multipliers_of

PATHS = [("trunk", "block1_conv"), ("trunk", "block2_conv"), ("trunk", "block2", "conv"), ("head",)]


@pytest.mark.parametrize(
    ("multipliers", "expected"),
    [
        ({}, [1, 1, 1, 1]),
        ({"head": 2}, [1, 1, 1, 2]),
        ({"trunk": 0.5}, [0.5, 0.5, 0.5, 1]),
        ({"trunk": 0.5, "block2": 0.1}, [0.5, 0.5, 0.1, 1]),
        ({"block2": 0.1, "trunk": 0.5}, [0.5, 0.5, 0.1, 1]),
        ({"trunk/block2": 0.1, "block2/conv": 0.2}, [1, 1, 0.2, 1]),
        ({"block2.*": 0.1}, [1, 0.1, 0.1, 1]),
        ({"block[12]_.*": 0.1, "block1_conv": 0.7}, [0.7, 0.1, 1, 1]),
        ({"trunk/.*": 0.1}, [0.1, 0.1, 0.1, 1]),
        ({".*/conv": 0.1}, [1, 1, 0.1, 1]),
        ({".*": 0.1, "block.*": 0.1}, [0.1] * 4),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else None,
)
def test_the_innermost_layer_counts_and_a_name_before_a_pattern(multipliers, expected):
    assert multipliers_of(PATHS, multipliers) == expected


@pytest.mark.parametrize(
    ("pattern", "near"),
    [
        ("haed", "Did you mean 'head'?"),
        ("block1_con", "Did you mean 'block1_conv'?"),
        ("trunk/blok2", "Did you mean 'trunk/block2'?"),
        ("conv/kernel", ""),
        ("block", "Did you mean 'block2'?"),
    ],
)
def test_a_pattern_that_matches_no_layer(pattern, near):
    with pytest.raises(LayerNotFound) as error:
        multipliers_of(PATHS, {pattern: 0.5})
    assert str(error.value) == f"No layer with weights matches `{pattern}`." + f" {near}" * bool(
        near
    )


def test_patterns_that_contradict_each_other():
    with pytest.raises(ValueError, match="all match `trunk/block2_conv`, with different"):
        multipliers_of(PATHS, {"block2.*": 0.1, ".*_conv": 0.2})
