"""`keras-mtl probe`."""

import numpy as np
import pytest

import keras_mtl
from keras_mtl.cli.model_files import read_model


def test_what_python_says(facts, folder):
    found = facts("probe", "sex.keras", "--data", "people.npz")
    data = np.load(folder / "people.npz")
    network = read_model(folder / "sex.keras")
    probes = keras_mtl.probe_cuts(network, data["x"], data["y"], verbose=0)
    assert found["best"] == probes.best.layer and found["rows"] == 40
    scores = [one["score"] for one in found["probes"]]
    assert scores == pytest.approx([one.score for one in probes])


@pytest.mark.slow
def test_a_picture_and_few_labels(facts, tmp_path):
    plot = ("--plot", tmp_path / "depths.svg")
    few = facts(
        "probe", "sex.keras", *plot, "--data", "people.csv", "--task", "hair", "--labels", 20
    )
    assert few["rows"] == 20 and (tmp_path / "depths.svg").exists()


def test_data_that_does_not_fit(message):
    code, said = message("probe", "sex.keras", "--data", "people.csv", "--task", "hiar")
    assert code == 3 and "hair" in said
    code, said = message("probe", "sex.keras", "--data", "people.npz", "--labels", 1000)
    assert code == 3 and "1000" in said
