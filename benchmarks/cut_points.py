"""`cut_points` is linear: NASNetMobile's 771 layers in under half a second, twice the layers in
twice the time; dominators by networkx on the same graph beside ours."""

import keras
import networkx
from _paired import compare, timed

from keras_mtl import cut_points
from keras_mtl.graph.layer_graph import Graph


def chain(length):
    layers = [keras.layers.ReLU() for _ in range(length)]
    return keras.Sequential([keras.Input((4,)), *layers])


def networkx_dominators(model):
    graph = Graph.of(model)
    producer = {tensor: call.path for call in graph.calls for tensor in call.outputs}
    edges = networkx.DiGraph()
    for call in graph.calls:
        edges.add_edges_from((producer[tensor], call.path) for tensor in call.inputs)
        if call.is_input:
            edges.add_edge("source", call.path)
    edges.add_edges_from((producer[tensor], "sink") for tensor in graph.outputs)
    return networkx.immediate_dominators(edges, "source")


if __name__ == "__main__":
    nasnet = keras.applications.NASNetMobile(weights=None, input_shape=(224, 224, 3))
    print(f"cut_points(NASNetMobile): {timed(lambda: cut_points(nasnet)):.4f} s (target: 0.5)\n")
    compare(
        "dominators of NASNetMobile's graph",
        lambda: list(Graph.of(nasnet).dominators()),
        "by networkx",
        lambda: networkx_dominators(nasnet),
    )
    print()
    short, long = chain(200), chain(400)  # Keras itself recurses, so much longer ones overflow
    compare(
        "cut_points(400 layers)",
        lambda: cut_points(long),
        "cut_points(200 layers)",
        lambda: cut_points(short),
        runs=15,
    )
