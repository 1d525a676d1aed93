"""How awkward models are registered in the zoo, and how a test is run on them."""

import pytest

ZOO = {}
VARIED = (  # together they have what makes models awkward: the others combine it
    "shared_in_chain",
    "nested_twice",
    "nested_by_name",
    "dict_backbone",
    "operations",
    "strings",
    "custom_layers",
)


def in_zoo(build=None, *, backends=(), reason=""):
    """Register a function that builds a model; `backends` are those that can run it, if not all."""
    if build is None:
        return lambda build: in_zoo(build, backends=backends, reason=reason)
    marks = pytest.mark.backend(*backends, reason=reason) if backends else ()
    ZOO[build.__name__] = pytest.param(build, id=build.__name__, marks=marks)
    return build


def zoo(*names, without=(), fast=()):
    """The models named, or all but some, as a parametrisation of the argument `build`.

    Where a test takes long for each of them, `fast` names those that it is always run on; it is
    run on the others where slow tests are.
    """
    chosen = [ZOO[name] for name in names or ZOO if name not in without]
    if fast:
        chosen = [model if model.id in fast else marked_slow(model) for model in chosen]
    return pytest.mark.parametrize("build", chosen)


def first_ones(cases, number):
    """The cases of a parametrisation, those after the first ones run where slow tests are."""
    cases = list(cases)
    return cases[:number] + [_slow(case) for case in cases[number:]]


def _slow(case):
    is_param = hasattr(case, "marks")
    return marked_slow(case) if is_param else pytest.param(case, marks=pytest.mark.slow)


def marked_slow(case):
    """The same case of a parametrised test, run where slow tests are."""
    return pytest.param(*case.values, id=case.id, marks=[*case.marks, pytest.mark.slow])
