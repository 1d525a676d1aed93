"""`keras-mtl transfer`."""

import numpy as np
import pytest

from keras_mtl.cli.model_files import read_model


def test_a_new_head_by_names_and_by_number(facts, folder, tmp_path):
    before = (folder / "sex.keras").read_bytes()
    named = tmp_path / "named.keras"
    found = facts("transfer", "sex.keras", "--cut", 1, "--head", "black, brown", "-o", named)
    assert found == {
        "model": str(named),
        "cut": 1,
        "output_shape": [None, 2],
        "parameters": 32,
        "static_parameters": 20,
    }
    model = read_model(named, compiled=True)
    assert model.head.classes == ("black", "brown") and not model.trunk.trainable
    source = read_model(folder / "sex.keras")
    assert np.array_equal(model.trunk.get_weights()[0], source.get_weights()[0])
    loose = ("--cut", "features", "--no-freeze", "--head", 1, "--kind", "regression")
    found = facts("transfer", "sex.keras", *loose, "-o", tmp_path / "age.keras")
    assert found["static_parameters"] == 0
    assert (folder / "sex.keras").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cut", 9, "--head", 2, "-o", "new.keras"], "from 0"),
        (["--cut", "featurs", "--head", 2, "-o", "new.keras"], "Did you mean `features`"),
        (["--cut", 1, "--head", "cat", "-o", "new.keras"], "at least two names"),
        (["--cut", 1, "--head", 2, "-o", "sex.keras"], "exists"),
        (["--cut", 1, "--head", 2, "-o", "new.txt"], "ends with `.keras`"),
        (
            ["--cut", 1, "--head", 2, "-o", "new.keras", "--no-freeze", "--freeze-up-to", "sex"],
            "exclude each other",
        ),
    ],
)
def test_wrong_usage(message, folder, arguments, said):
    code, text = message("transfer", "sex.keras", *arguments)
    assert code == 2 and said in text and not (folder / "new.keras").exists()
