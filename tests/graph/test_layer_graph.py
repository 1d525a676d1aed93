import keras
import pytest

from _models import ZOO, inputs_of, random_batch, randomised, zoo
from _watching import outputs_of_calls, same_bits
from keras_mtl import cut_points, transfer
from keras_mtl.errors import InvalidCut, LayerNotFound
from keras_mtl.graph.layer_graph import WHOLE, Graph
from keras_mtl.keras_private.graphs import operation_fn, standardize_inputs


@zoo()
@pytest.mark.parametrize("nested", [False, True])
def test_calls_come_after_what_they_use(build, nested):
    graph, known = view(build(), nested), set()
    for call in graph.calls:
        assert known.issuperset(call.inputs), call.path
        known.update(call.outputs)
    assert known >= graph.outputs


def paths(model, nested=True):
    return [call.path for call in view(model, nested).calls]


def view(model, nested):
    graph = Graph.of(model)
    return graph.opened if nested else graph


def build(name):
    return ZOO[name].values[0]()


def test_nested_models_are_opened_on_request():
    closed = ["inputs", "stem", "middle", "logits"]
    opened = ["middle/innermost/dense", "middle/innermost/norm", "middle/innermost/relu"]
    opened += ["middle/dropout", "middle/dense"]
    assert paths(build("nested_twice"), nested=False) == closed
    assert paths(build("nested_twice")) == ["inputs", "stem", *opened, "logits"]


def test_the_second_call_of_a_shared_layer_has_a_number():
    assert paths(build("shared_in_chain")) == ["inputs", "shared", "between", "shared:1", "last"]


def test_a_nested_model_called_twice_stays_closed():
    assert {"tower", "tower:1"} < set(paths(build("siamese")))


def test_unused_inputs_are_left_out():
    assert paths(build("unused_input")) == ["used", "dense", "logits"]


# Parts


@pytest.mark.parametrize(
    ("name", "cut", "closed", "opened"),
    [
        ("residual", "add", ["inputs", "stem", "left", "add"], None),
        ("residual", ["stem", "left"], ["inputs", "stem", "left"], None),
        (
            "nested_twice",
            "middle/innermost/norm",
            ["inputs", "stem", "middle"],
            ["inputs", "stem", "middle/innermost/dense", "middle/innermost/norm"],
        ),
        ("dict_backbone", "backbone/fine", ["inputs", "backbone"], ["inputs", "backbone/fine"]),
    ],
)
def test_a_part_holds_what_leads_to_the_cut(name, cut, closed, opened):
    graph = Graph.of(build(name))
    part = graph.part(graph.cut(cut))
    assert [call.path for call in part.calls] == closed
    assert [call.path for call in part.opened.calls] == (opened or closed)


def test_the_whole_is_a_part():
    graph = Graph.of(build("dicts"))
    assert graph.part(WHOLE) is graph


@zoo("residual", "nested_twice", "dict_backbone", "masked_lstm", "nested_by_name", "siamese")
def test_a_part_runs_to_the_tensor_kept(build):
    """At every cut, and at several at once, the values are those of Keras."""
    model = randomised(build())
    graph, batch = Graph.of(model), random_batch(model)
    expected = outputs_of_calls(model, batch)
    names = [cut.call.path for cut in graph.opened.legal_cuts]
    for paths in [*((name,) for name in names), tuple(names)]:
        outputs = run(graph.part(paths), batch)
        for path in paths:
            value = outputs[path] if len(paths) > 1 else outputs
            assert same_bits(value, expected[path]), paths


def run(graph, batch):
    values = dict(zip(graph.inputs, standardize_inputs(graph.functional, batch), strict=True))
    mode = {"training": False}
    return graph.opened.run(values, lambda call: operation_fn(call.operation, **mode))


def test_names_are_looked_up_in_the_part():
    graph = Graph.of(build("nested_twice"))
    part = graph.part(("middle/innermost/norm",))
    assert part.legal_path("middle") == "middle"  # It is the last call of the part.
    with pytest.raises(LayerNotFound, match="middle/dropout"):
        part.find("middle/dropout")
    with pytest.raises(InvalidCut, match=r"uses more than one of its outputs"):
        Graph.of(build("dict_backbone")).legal_path("backbone")


def test_tensors_have_one_number_on_both_sides_of_a_border():
    model = build("nested_twice")
    graph = Graph.of(model)
    middle = model.get_layer("middle")
    assert graph.opened.number(graph.tensor("middle")) == graph.opened.number(middle.outputs[0])
    assert graph.tensor("middle/dense") is middle.outputs[0]


# Names as cuts


def kept(model, cut):
    """The layers of the trunk, its inputs left out."""
    trunk = transfer(model, cut, verify=False)
    return [layer.name for layer in trunk.layers if not isinstance(layer, keras.layers.InputLayer)]


@pytest.mark.parametrize(
    ("name", "cut", "expected"),
    [
        ("residual", "add", ["stem", "left", "add"]),
        ("shared_in_chain", "shared", ["shared"]),
        ("shared_in_chain", "shared:0", ["shared"]),
        ("shared_in_chain", "shared:1", ["shared", "between"]),
        ("nested_twice", "middle/dropout", ["stem", "middle"]),
        ("unused_input", "dense", ["dense"]),
    ],
)
def test_a_name_is_the_last_layer_kept(name, cut, expected):
    assert kept(build(name), cut) == expected


def test_a_path_cuts_inside_nested_models():
    trunk = transfer(build("nested_twice"), "middle/innermost/norm", verify=False)
    innermost = trunk.get_layer("middle").get_layer("innermost")
    assert innermost.layers[-1].name == "norm"
    assert trunk.get_layer("middle").layers[-1].name == "innermost"


@pytest.mark.parametrize(
    ("name", "cut"),
    [
        ("residual", ["stem", "left"]),
        ("dict_backbone", ("backbone/fine", "backbone/coarse", "pool")),
        ("nested_twice", ["middle/innermost/norm", "middle", "stem"]),
        ("shared_in_chain", ["shared:1", "shared"]),
    ],
)
def test_a_list_of_names_gives_a_dict_of_outputs(name, cut):
    """Several outputs together carry more than one: they need not be legal one by one."""
    model = build(name)
    batch = random_batch(model)
    expected = outputs_of_calls(model, batch)
    outputs = transfer(model, cut)(batch, training=False)
    assert outputs.keys() == set(cut)
    for path in cut:
        assert same_bits(outputs[path], expected[path])


def test_repeated_names_are_one_output():
    trunk = transfer(build("residual"), ["stem", "left", "stem:0"], verify=False)
    assert list(trunk.output) == ["stem", "left"]


@zoo("dicts", "siamese", "unused_input", "fixed_batch", "strings")
def test_the_inputs_stay_as_they_are(build):
    model = build()
    trunk = transfer(model, cut_points(model)[0].layer, verify=False)

    def described(tensor):
        return tensor.name, tensor.shape, tensor.dtype

    expected = keras.tree.map_structure(described, inputs_of(model))
    assert keras.tree.map_structure(described, trunk.input) == expected
