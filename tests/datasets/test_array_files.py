import numpy as np
import pytest

from keras_mtl.datasets.array_files import NamedArrays
from keras_mtl.errors import InvalidTaskData


def test_arrays_are_read_when_they_are_asked_for(tmp_path):
    arrays = {"x": np.arange(6, dtype="int8"), "name": np.array(["a", "b"])}
    np.savez(tmp_path / "both.npz", **arrays, wrong=np.array([object()], object))
    for source in (arrays, tmp_path / "both.npz", str(tmp_path / "both.npz")):
        named = NamedArrays(source)
        assert named.names[:2] == ["x", "name"]
        assert named.read("x").dtype == "int8" and named.read("name").tolist() == ["a", "b"]
        assert named.read("name").dtype == object
    with pytest.raises(InvalidTaskData, match="pickled objects"):
        named.read("wrong")


def test_values_of_several_kinds():
    named = NamedArrays({"mixed": [1, None], "bytes": [b"a", None], "masked": np.ma.ones(3)})
    assert np.isnan(named.read("mixed")[1]) and named.read("bytes").tolist() == ["a", None]
    assert isinstance(named.read("masked"), np.ma.MaskedArray)
    with pytest.raises(InvalidTaskData, match="neither numbers nor texts"):
        NamedArrays({"when": np.array(["2020-01-01"], "M8[D]")}).read("when")
