import itertools
import warnings

import pytest

from _streams import Batches, X, Y, first, generator
from keras_mtl import Head
from keras_mtl.batches.factory import task_data
from keras_mtl.batches.generators import GeneratorData, expected_to_end
from keras_mtl.errors import DataEnded, InvalidTaskData


def test_a_generator_gives_its_batches():
    data = task_data("sex", generator(), head=Head(3))
    assert isinstance(data, GeneratorData)
    assert data.num_batches is None
    assert [len(batch.y) for batch in first(data, 7)] == [10, 9, 8, 7, 6, 10, 9]


def test_a_generator_that_ends_early_is_named():
    data = task_data("sex", generator(3))
    with pytest.raises(DataEnded, match="generator for `sex` ended after 3 batches"):
        first(data, 4)


def test_a_pass_over_a_generator_ends_with_it():
    assert len(list(task_data("sex", generator(3)).one_pass())) == 3


@pytest.mark.parametrize("error", [RuntimeError("disk"), OSError("disk"), KeyError("disk")])
def test_the_errors_of_a_generator_are_its_own(error):
    def failing():
        yield X, Y
        raise error

    with pytest.raises(type(error)) as caught:
        first(task_data("sex", failing()), 2)
    assert caught.value is error


def test_a_generator_cannot_be_resumed():
    data = task_data("sex", generator())
    with pytest.raises(InvalidTaskData, match=r"`sex` are a generator.*cannot be resumed"):
        data.check_resumable()
    task_data("sex", (X, Y)).check_resumable()
    task_data("sex", Batches()).check_resumable()


def test_a_generator_goes_on_wherever_training_is():
    batches = task_data("sex", generator(3)).batches(5)
    assert len(list(itertools.islice(batches, 3))) == 3


def test_only_the_warning_of_the_end_is_silenced():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with expected_to_end():
            warnings.warn("Your input ran out of data; interrupting training.", stacklevel=1)
            warnings.warn("Something else", stacklevel=1)
    assert [str(warning.message) for warning in heard] == ["Something else"]
