from pathlib import Path

import numpy as np
import pytest

from keras_mtl.common.arguments import (
    array_size,
    flag,
    folder_path,
    fraction,
    name_or_none,
    number,
    one_of,
    positive_number,
    random_seed,
    whole_number,
    whole_number_or_none,
)


def test_a_number_of_numpy_comes_back_as_one_of_python():
    assert type(whole_number("epochs", np.int64(3))) is int
    assert type(number("alpha", np.float32(0.5))) is float
    assert type(fraction("dropout", 0)) is float
    assert type(positive_number("rate", 1)) is float
    assert whole_number_or_none("views", None) is None
    assert whole_number_or_none("views", np.int8(2)) == 2
    assert whole_number("seed", 0, least=0) == 0
    assert random_seed("seed", 0) == 0
    assert type(random_seed("seed", np.uint32(2**32 - 1))) is int


@pytest.mark.parametrize("value", [0, -1, True, 2.0, "2", None, float("nan")])
def test_what_is_no_positive_whole_number_is_refused(value):
    with pytest.raises(ValueError, match=r"^`epochs` is a positive whole number\. Received: "):
        whole_number("epochs", value)
    if value is not None:
        with pytest.raises(ValueError, match=r"^`views` is a positive whole number or None\."):
            whole_number_or_none("views", value)


def test_another_least_number_is_named():
    with pytest.raises(ValueError, match=r"`folds` is a whole number, at least 2\. Received: 1\."):
        whole_number("folds", 1, least=2)


def test_sizes_of_arrays():
    assert array_size("units", np.int64(3)) == 3
    for wrong in (0, 2.0, True):
        with pytest.raises(ValueError, match="`units` is a positive whole number"):
            array_size("units", wrong)
    with pytest.raises(ValueError, match=r"`units` is at most 2147483647\. Received: 1000"):
        array_size("units", 10**30)


def test_true_or_false():
    assert flag("verify", np.True_) is True
    for value in (0, 1, None, "batch", np.ones(2), []):
        with pytest.raises(ValueError, match=r"^`verify` is True or False\. Received: "):
            flag("verify", value)


def test_names():
    assert name_or_none("name", None) is None
    assert name_or_none("name", "größe 1") == "größe 1"
    for value in ("", "a/b", 0, False, [], {}, b"a"):
        with pytest.raises(ValueError, match=r"^`name` is a text without `/`, or None\. Received:"):
            name_or_none("name", value)


@pytest.mark.parametrize(
    ("check", "refused"),
    [
        (number, [-0.1, True, "1", None, float("nan"), float("inf")]),
        (positive_number, [0, -0.1, True, "1", None, float("nan"), float("inf")]),
        (fraction, [-0.1, 1, 1.0, True, "1", None, float("nan")]),
        (positive_number, [10**400, -(10**400)]),  # Larger than a float can be.
    ],
)
def test_a_number_outside_of_its_range_is_refused(check, refused):
    for value in refused:
        with pytest.raises(ValueError, match=r"`rate` is a .*number.* Received: "):
            check("rate", value)


@pytest.mark.parametrize("value", [-1, 2**32, 1.0, True, None, float("nan")])
def test_a_seed_that_numpy_would_not_take_is_refused(value):
    with pytest.raises(ValueError, match=r"`seed` is a whole number, .* below 2"):
        random_seed("seed", value)


def test_a_choice_is_told_from_what_is_near_to_it():
    assert one_of("verbose", 1, ("auto", 0, 1, 2)) == 1
    assert type(one_of("verbose", np.int64(2), ("auto", 0, 1, 2))) is int
    assert one_of("shuffle", np.True_, (True, False, "batch")) is True
    message = r"^`probe` is one of \('ridge', 'knn'\)\. Received: 'rigde'\. Did you mean 'ridge'\?$"
    with pytest.raises(ValueError, match=message):
        one_of("probe", "rigde", ("ridge", "knn"))
    for value in (None, np.zeros(3), [1], 3):
        with pytest.raises(ValueError, match="`verbose` is one of"):
            one_of("verbose", value, ("auto", 0, 1, 2))


def test_a_path_is_a_text_or_an_object_that_has_one():
    assert folder_path("backup", "a/b") == folder_path("backup", Path("a/b")) == Path("a/b")


@pytest.mark.parametrize("path", ["", 5, None, b"a", "a\0b", True], ids=repr)
def test_what_is_no_path_is_refused(path):
    with pytest.raises(ValueError, match=r"^`backup` is the path of a folder.*Received: "):
        folder_path("backup", path)
