"""The network that has the best score, with what is kept, static, trained and new in it."""

from __future__ import annotations

from keras_mtl.explaining.network_parts import NetworkParts
from keras_mtl.pictures.network import Network
from keras_mtl.report.blocks import Section, picture, records_table


def network(parts: NetworkParts) -> Section:
    """Return the picture, inputs at the top, and the table of the parts."""
    drawing = Network(parts)
    block = picture(
        drawing.draw,
        "network",
        heights=(drawing.height, drawing.height),
        words=drawing.words,
        caption="From the inputs (top) to the outputs: the layers, the shape of their output, "
        "their parameters, and what the training does with them.",
        table=records_table(parts, "Parts of the network", folded=True),
    )
    return Section("network", "The best network", [block])
