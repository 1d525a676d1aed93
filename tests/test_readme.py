"""What the documentation shows is what a reader can run."""

import ast
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from operator import attrgetter
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import keras_mtl

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def fences(page):
    """The fenced blocks of a page."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [token for token in tokens if token.type == "fence"]


def blocks(page, info):
    """The fenced blocks of a page whose info string is `info`."""
    return [token for token in fences(page) if token.info.strip() == info]


PAGES = [page for page in [README, *ROOT.glob("docs/**/*.md")] if blocks(page, "python")]


def test_the_first_sh_block_holds_the_quickstart_and_the_tests():
    commands = blocks(README, "sh")[0].content.splitlines()

    assert len(commands) == 2
    assert "examples/quickstart.py" in commands[0]
    assert "pytest" in commands[1]


def names_of_ours(code):
    """What the code imports from `keras_mtl`, and the attributes of it that the code uses."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "keras_mtl":
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Attribute):
            first, *names = ast.unparse(node).split(".")
            if first == "keras_mtl" and all(map(str.isidentifier, names)):
                yield "keras_mtl", ".".join(names)


def test_the_python_blocks_use_names_that_exist():
    code = [block.content for page in PAGES for block in blocks(page, "python")]
    used = {name for one in code for name in names_of_ours(one)}

    assert ("keras_mtl", "transfer") in used
    for module, name in used:
        attrgetter(name)(keras_mtl if module == "keras_mtl" else import_module(module))


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the pages show the default backend")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_blocks_run_in_order(page, tmp_path, monkeypatch):
    """In one program, and what a `text` block shows is what the block before it prints."""
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}

    shown = ""
    for block in fences(page):
        if block.info.strip() == "python":
            # So that a traceback shows the page's own lines.
            lines_above = "\n" * (block.map[0] + 1)
            with redirect_stdout(StringIO()) as printed:
                exec(compile(lines_above + block.content, page, "exec"), namespace)
            shown = printed.getvalue()
        elif block.info.strip() == "text":
            assert block.content == shown
