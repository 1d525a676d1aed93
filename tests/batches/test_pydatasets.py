from _streams import Batches, first
from keras_mtl.batches.factory import task_data
from keras_mtl.batches.pydatasets import PyDatasetSource


def test_batches_of_a_pydataset_are_shuffled_for_each_pass():
    source = Batches()
    first(task_data("sex", source), 13)
    passes = [source.asked[start : start + 5] for start in (0, 5, 10, 15)]
    for asked in passes:
        assert asked[0] == "begin"
        assert asked[-1] == "end"
        assert sorted(asked[1:-1]) == [0, 1, 2]
    assert len({tuple(asked) for asked in passes}) > 1


def test_a_pydataset_goes_on_without_reading_what_was_read():
    whole, later = Batches(), Batches()
    first(task_data("sex", whole), 11)
    first(task_data("sex", later), 4, start=7)
    assert later.asked[:4] == ["begin", "end", "begin", "end"]
    assert later.asked[5:] == whole.asked[12:]


def test_an_endless_pydataset():
    source = Batches(endless=True)
    data = task_data("sex", source)
    assert data.num_batches is None
    first(data, 3, start=5)
    assert source.asked == ["begin", 5, 6, 7]


def test_a_pass_in_order_tells_the_data_set_of_its_beginning_and_end():
    source = Batches()
    assert len(list(PyDatasetSource(source).batches())) == 3
    assert source.asked == ["begin", 0, 1, 2, "end"]
    endless = PyDatasetSource(Batches(endless=True))
    assert endless.is_endless
    assert len(list(endless.batches(5))) == 5
