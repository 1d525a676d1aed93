"""`keras-mtl cuts`."""

import keras_mtl
from keras_mtl.cli.model_files import read_model


def test_what_python_says(run, facts, folder):
    points = keras_mtl.cut_points(read_model(folder / "sex.keras"))
    assert run("cuts", "sex.keras").stdout == f"{points}\n"
    found = facts("cuts", "sex.keras")
    assert found["model"] == "person"
    assert [(one["layer"], one["cut"]) for one in found["cuts"]] == [("features", 1), ("sex", 0)]


def test_unsafe_models_need_trust(message, facts):
    code, said = message("cuts", "unsafe.keras")
    assert code == 4 and "--allow-unsafe" in said
    assert len(facts("cuts", "unsafe.keras", "--allow-unsafe")["cuts"]) == 1
