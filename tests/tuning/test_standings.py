import numpy as np

from keras_mtl.probing.probe_table import Probe, Probes
from keras_mtl.tuning.standings import standings


def probes(*numbers):
    records = [
        Probe(depth, f"layer{depth}", None, (None, 2), 3, score, 0.1, fit)
        for depth, (score, fit) in enumerate(numbers, start=1)
    ]
    return Probes("model", "accuracy", records)


def test_a_depth_beyond_the_noise_stands_below_one_with_a_lower_merit():
    found = standings(probes((0.3, 0.9), (0.8, 0.2), (0.75, 0.4)))
    assert found == {"layer1": -2.0, "layer2": -1.0, "layer3": 0.0}


def test_neighbours_with_the_same_features_share_the_better_number():
    found = standings(probes((0.8, 0.50000), (0.8, 0.50002), (0.1, 0.2), (0.8, 0.5)))
    assert found == {"layer1": 0.0, "layer2": 0.0, "layer3": -3.0, "layer4": -2.0}


def test_infinite_merits_are_ranked():
    found = standings(probes((1.0, None), (np.inf, None)))
    assert found == {"layer1": -1.0, "layer2": 0.0}
