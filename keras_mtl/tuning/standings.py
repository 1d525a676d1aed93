"""The ranking of depths by their probes, as one number for each depth."""

from __future__ import annotations

from keras_mtl.probing.probe_table import Probes

SAME = 1e-4
"""Neighbouring depths whose merits differ by less have the same features."""


def standings(probes: Probes) -> dict[str, float]:
    """Return a number for each layer, from the inputs to the outputs, higher for better depths.

    Neighbours with the same features, such as those before and after a Dropout, share a number.
    They have the same score but for rounding, which JAX does differently for each.
    """
    numbers = {probe.depth: -float(place) for place, probe in enumerate(probes.ranking)}
    groups: list[list[int]] = []
    merit = float("nan")
    for probe in probes:
        if abs(probe.merit - merit) < SAME:
            groups[-1].append(probe.depth)
        else:
            groups.append([probe.depth])
            merit = probe.merit
    shared = {depth: max(numbers[one] for one in group) for group in groups for depth in group}
    return {probe.layer: shared[probe.depth] for probe in probes}
