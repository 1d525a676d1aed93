from pathlib import Path

import numpy as np
import pytest

from keras_mtl.common.arguments import (
    flag,
    folder_path,
    fraction,
    number,
    one_of,
    positive_number,
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


@pytest.mark.parametrize(
    ("check", "refused"),
    [
        (number, [-0.1, True, "1", None, float("nan"), float("inf")]),
        (positive_number, [0, -0.1, True, "1", None, float("nan"), float("inf")]),
        (fraction, [-0.1, 1, 1.0, True, "1", None, float("nan")]),
    ],
)
def test_a_number_outside_of_its_range_is_refused(check, refused):
    for value in refused:
        with pytest.raises(ValueError, match=r"`rate` is a .*number.* Received: "):
            check("rate", value)


def test_a_choice_is_told_from_what_is_near_to_it():
    assert one_of("verbose", 1, ("auto", 0, 1, 2)) == 1
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


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_flags(value):
    assert flag("shuffle", value) is bool(value)


@pytest.mark.parametrize("value", [1, 0, None, "batch", np.zeros(2)], ids=repr)
def test_what_is_no_flag_is_refused(value):
    with pytest.raises(ValueError, match=r"^`shuffle` is True or False\. Received: "):
        flag("shuffle", value)
