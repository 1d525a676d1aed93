import pytest

from keras_mtl.probing.probes.known_probes import PROBES


def test_probes_are_found_by_name():
    assert PROBES.names == ("h_score", "knn", "logistic", "logme", "ridge")
    with pytest.raises(ValueError, match="Did you mean 'ridge'"):
        PROBES.find("rigde")
