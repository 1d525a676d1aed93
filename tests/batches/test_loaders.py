import sys

from _streams import Loader, X, Y
from keras_mtl.batches.loaders import LoaderSource


class Endless(Loader):
    def __len__(self):
        return sys.maxsize  # as grain says of a data set that repeats


class Unknown(Loader):
    def __len__(self):
        raise TypeError  # as torch's loaders do


def test_lengths_of_loaders():
    assert LoaderSource(Loader()).num_batches == 3
    assert LoaderSource([(X, Y)]).num_batches == 1
    for loader, is_endless in [(Endless(), True), (Unknown(), False)]:
        source = LoaderSource(loader)
        assert source.num_batches is None
        assert source.is_endless == is_endless


def test_a_loader_starts_again():
    source = LoaderSource(Loader())
    for _ in range(2):
        assert [len(y) for _, y in source.batches()] == [4, 4, 2]
        assert len(list(source.batches(2))) == 2
