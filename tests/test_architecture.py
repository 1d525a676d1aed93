"""The house of `docs/design.md`: who imports whom, and which packages come in where."""

import ast
import functools
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import networkx
import pytest

import keras_mtl

ROOT = Path(__file__).parents[1]
OPTIONAL = {
    "typer": ("cli",),
    "jinja2": ("report",),
    "markupsafe": ("report",),
    "matplotlib": ("pictures",),
    "keras_tuner": ("tuning", "keras_private.filed_tuner"),
    "tensorflow_datasets": ("datasets.tfds_builders",),
    "onnx": ("serving.onnx_operators",),
    "onnxruntime": ("serving.formats.onnx",),
    "tf2onnx": ("serving.formats.onnx", "engines.tensorflow_network"),
    "openvino": ("serving.formats.openvino", "engines.tensorflow_network"),
    "ai_edge_litert": ("serving.formats.litert",),
}
BACKENDS = {"tensorflow", "jax", "torch"}
BACKEND_ROOMS = ("training.steps", "training.distribution", "datasets.tf_records")
BACKEND_NAMES = ("jax_", "tf_", "torch_")
"""How files of a backend begin that import no backend, but other files of it."""
PLAIN = (
    "report",
    "explaining.class_explanation",
    "explaining.number_explanation",
    "explaining.network_parts",
    "schedules",
    "scores",
    "serving",
    "errors",
)
PRIVATE = re.compile(r"_[a-z]\w*")


class Import(NamedTuple):
    """One imported name: from which module, of which module, on which line, in a function or not.

    `target` is a file of ours where the name is one (`from keras_mtl.graph import cuts`).
    """

    source: str
    target: str
    line: int
    in_function: bool

    @property
    def package(self):
        return self.target.partition(".")[0]

    def __repr__(self):
        return f"{self.source}, line {self.line}: {self.target}"


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_for_type_checkers(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def statements(body, in_function=False):
    """Each statement under some others, and whether it is in a function, or for types only."""
    for node in body:
        yield node, in_function
        inside = in_function or isinstance(node, ast.FunctionDef) or is_for_type_checkers(node)
        for part in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from statements(getattr(node, part, ()), inside)


def imports_of(path):
    for node, in_function in statements(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            names = [f"{origin}.{alias.name}" for alias in node.names]
            targets = [name if name in MODULES else origin for name in names]
        else:
            continue
        for target in targets:
            yield Import(module_name(path), target, node.lineno, in_function)


def rooms():
    """The rooms of the house from the top down, as the design lists them."""
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    house = re.search(r"^keras_mtl/\n(.*?)^\S", design, re.MULTILINE | re.DOTALL)
    return re.findall(r"^  (\w+)(?:\.py|/)", house[1], re.MULTILINE)


def room(module):
    return module.split(".")[1] if "." in module else "__init__"


def private_names_defined_in(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def private_names_used_in(path):
    """Attributes such as `layer._losses`, and texts that may be the names of some."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    # A part of an f-string, such as "_transfer" in f"{name}_transfer", is no whole name.
    parts = {part for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.Attribute):
            name = node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            name = node.value
        else:
            continue
        # Those of named tuples are private only so that no field can have their names.
        if PRIVATE.fullmatch(name) and name not in {"_replace", "_asdict", "_fields"}:
            yield name, node.lineno


def is_of_a_backend(module):
    """Return whether a file imports no backend, but, as its name says, other files of one."""
    in_room = any(within(module, place) for place in BACKEND_ROOMS)
    return in_room and module.rpartition(".")[2].startswith(BACKEND_NAMES)


def uses_a_backend(module):
    imports = any(found.package in BACKENDS for found in all_imports() if found.source == module)
    return imports or is_of_a_backend(module)


def classes_of(module):
    members = vars(module).values()
    return [one for one in members if inspect.isclass(one) and one.__module__ == module.__name__]


def foreign(cls):
    """The bases of a class that are those of Keras or keras-tuner."""
    return [base for base in cls.__mro__ if base.__module__.startswith(("keras.", "keras_tuner."))]


def within(module, place):
    return f"{module}.".startswith(f"keras_mtl.{place}.")


MODULES = {module_name(path): path for path in (ROOT / "keras_mtl").rglob("*.py")}
OUTSIDE_KERAS_PRIVATE = [
    path for name, path in MODULES.items() if not name.startswith("keras_mtl.keras_private")
]


@functools.cache
def all_imports():
    """Not read before a test asks for them: this file is collected in every process."""
    return [found for path in MODULES.values() for found in imports_of(path)]


def inner_imports():
    return [found for found in all_imports() if found.target in MODULES]


@functools.cache
def import_graph():
    graph = networkx.DiGraph((found.source, found.target) for found in all_imports())
    graph.add_nodes_from(MODULES)
    return graph


def test_every_file_is_in_a_room_of_the_design():
    assert {room(module) for module in MODULES} <= set(rooms())


def test_every_folder_is_a_package():
    """A folder without `__init__.py` works in the tree and is missing from the wheel."""
    folders = {path.parent for path in MODULES.values()}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_imports_run_down_the_list():
    level = rooms().index
    upward = [
        found for found in inner_imports() if level(room(found.source)) > level(room(found.target))
    ]
    assert upward == []


def test_imports_are_absolute():
    assert [found for found in all_imports() if found.target.startswith(".")] == []


def test_files_import_files():
    """Only the face of the whole package may import a package."""
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    inside = [found for found in inner_imports() if found.source != "keras_mtl"]
    assert [found for found in inside if found.target in packages] == []


def test_no_files_import_each_other_in_a_circle():
    assert list(networkx.simple_cycles(import_graph())) == []


@pytest.mark.parametrize(("package", "places"), OPTIONAL.items())
def test_an_optional_package_stays_in_its_room(package, places):
    uses = [found for found in all_imports() if found.package == package]
    outside = [f for f in uses if not any(within(f.source, place) for place in places)]
    assert outside == []


def test_backends_are_imported_where_they_are_needed():
    """In functions of exports, and in the files of a backend, which functions import in turn."""
    uses = [found for found in all_imports() if found.package in BACKENDS]
    rooms_of_exports = ("exporting", "serving", "engines")
    in_export = [
        found
        for found in uses
        if any(within(found.source, one) for one in rooms_of_exports) and found.in_function
    ]
    in_training = [f for f in uses if any(within(f.source, place) for place in BACKEND_ROOMS)]
    assert [found for found in uses if found not in in_export + in_training] == []
    named = [found for found in inner_imports() if is_of_a_backend(found.source)]
    backend_files = {found.source for found in in_training + named}
    above = [
        f for f in inner_imports() if f.target in backend_files and f.source not in backend_files
    ]
    assert [found for found in above if not found.in_function] == []


def test_what_is_private_in_keras_stays_in_its_room():
    """Private names are ours: each is defined outside `keras_private`, or used inside it only."""
    own = {name for path in OUTSIDE_KERAS_PRIVATE for name in private_names_defined_in(path)}
    assert [
        f"{path.relative_to(ROOT)}, line {line}: {name}"
        for path in OUTSIDE_KERAS_PRIVATE
        for name, line in private_names_used_in(path)
        if name not in own
    ] == []
    internal = ("keras.src", "keras_tuner.src", "keras_tuner.engine")
    uses = [f for f in all_imports() if f.target.startswith(internal)]
    assert [found for found in uses if not within(found.source, "keras_private")] == []


def test_no_private_member_of_keras_is_overridden_elsewhere():
    """Keras would no longer call what a class of ours overrides, once it has another name."""
    assert [
        f"{found.__module__}.{found.__name__}.{member}"
        for name, path in MODULES.items()
        if path in OUTSIDE_KERAS_PRIVATE and not uses_a_backend(name)
        for found in classes_of(import_module(name))
        for member in vars(found)
        if PRIVATE.fullmatch(member) and any(member in vars(base) for base in foreign(found))
    ] == []


def test_models_have_types():
    """No argument that is a model is `Any`."""
    assert [
        f"{path.relative_to(ROOT)}, line {node.lineno}: {node.arg}"
        for path in MODULES.values()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.arg)
        and node.arg in {"model", "trunk", "source_model"}
        and isinstance(node.annotation, ast.Name)
        and node.annotation.id == "Any"
    ] == []


def test_files_can_be_read_at_once():
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_tests_mirror_the_tree():
    """Four files of five have a test of the same name at the same place."""
    files = [
        path.relative_to(ROOT / "keras_mtl")
        for path in MODULES.values()
        if path.name != "__init__.py"
    ]
    tested = [
        file for file in files if (ROOT / "tests" / file.parent / f"test_{file.name}").exists()
    ]
    assert len(tested) >= 0.8 * len(files), sorted(str(f) for f in set(files) - set(tested))


@pytest.mark.parametrize("place", PLAIN)
def test_plain_rooms_reach_no_keras(place):
    modules = [module for module in MODULES if within(module, place)]
    reached = {
        target for module in modules for target in networkx.descendants(import_graph(), module)
    }
    assert {name for name in reached if name.partition(".")[0] == "keras"} == set()


@pytest.mark.slow
def test_importing_the_package_needs_nothing_optional_and_hides_no_function():
    """Keras itself loads some of these where it finds them, so they are made impossible to find.

    A function is not hidden by the file that has its name, whatever was asked for before it.
    """
    absent = [*OPTIONAL, "pandas", "sklearn"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({absent})); import keras_mtl;"
        "assert 'keras' not in sys.modules; import keras;"
        "assert 'keras_mtl>TransferModel' in keras.saving.get_custom_objects();"
        f"[sys.modules.pop(name) for name in {absent}];"
        "keras_mtl.FeatureExtractor, keras_mtl.freeze, keras_mtl.to_plain;"
        "assert all(callable(getattr(keras_mtl, name)) for name in ('transfer', 'export'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_imported_before_keras_needs_no_keras():
    """Otherwise Keras, and with it our registered classes, came in the middle of such a file."""
    early = {one for one in MODULES if not keras_mtl._needs_keras(one) and one != "keras_mtl"}
    at_once = [one for one in all_imports() if one.source in early and not one.in_function]
    heavy = [one for one in at_once if one.package == "keras" or keras_mtl._needs_keras(one.target)]
    assert early and heavy == []
