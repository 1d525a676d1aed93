"""What the documentation shows is what a reader can run."""

import ast
import re
from importlib import import_module
from operator import attrgetter

import numpy as np
import pytest

import keras_mtl
from docs.pages import (
    DOCS,
    MEASURED,
    NOT_RUN,
    OUTPUT,
    README,
    SHOWN,
    code,
    fences,
    first_block,
    run,
)

PAGES = [page for page in [README, *DOCS] if code(page)]
COMMANDS = [page for page in DOCS if page.stem == "cli"]


def test_a_block_says_what_it_is():
    for page in [README, *DOCS]:
        for block in fences(page):
            where = f"{page.name}:{block.map[0] + 1}"
            not_run = NOT_RUN.fullmatch(block.info)
            known = block.info in ("sh", SHOWN, MEASURED, OUTPUT) or not_run
            if page.name == "design.md":  # Its blocks are outlines, of signatures and of folders.
                continue
            assert known or re.fullmatch(r'python( title="[^"]+")?', block.info), where
            if not_run:
                ast.parse(block.content, where)
            if block.info in (MEASURED, OUTPUT):
                assert block.content.strip(), f"{where}: python docs/pages.py {page}"


def names_of_ours(code):
    """What the code imports from `keras_mtl`, and the attributes of it that the code uses."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "keras_mtl":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute):
            first, *names = ast.unparse(node).split(".")
            if first == "keras_mtl" and all(map(str.isidentifier, names)):
                yield "keras_mtl", ".".join(names)


def test_the_blocks_use_names_that_exist():
    shown = [block.content for page in PAGES for block in code(page)]
    used = {name for one in shown for name in names_of_ours(one)}

    assert ("keras_mtl", "transfer") in used
    for module, name in used:
        attrgetter(name)(keras_mtl if module == "keras_mtl" else import_module(module))


@pytest.fixture(scope="module")
def first():
    """What the first block of many pages makes; it runs once for all of them."""
    names = {}
    exec(first_block(), names)
    return names


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the pages show the default backend")
@pytest.mark.parametrize("page", [*PAGES, *COMMANDS], ids=lambda page: page.stem)
def test_the_blocks_run_in_order(page, first, tmp_path, monkeypatch):
    """In one program, and what a `text` block shows is what the block before it prints."""
    monkeypatch.chdir(tmp_path)
    trained = first["trained"]
    before = [np.array(value) for value in trained.get_weights()]
    for block, printed in run(page, first):
        shown, lines = block.content, [line.rstrip() for line in printed.splitlines()]
        assert printed, f"{page.name}:{block.map[0] + 1}: nothing was printed"
        if block.info.strip() == SHOWN:
            assert shown.splitlines() == lines
    # Pages share the network; only the snippet of Keras that one page shows changes it.
    if page.parent.name != "from" or page.stem != "keras":
        assert all(map(np.array_equal, before, trained.get_weights()))
    trained.set_weights(before)
