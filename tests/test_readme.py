"""What the documentation shows is what a reader can run."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"


def blocks(page, info):
    """The fenced blocks of a page whose info string is `info`."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [token for token in tokens if token.type == "fence" and token.info.strip() == info]


PAGES = [page for page in [README, *ROOT.glob("docs/**/*.md")] if blocks(page, "python")]


def test_the_first_sh_block_holds_the_quickstart_and_the_tests():
    commands = blocks(README, "sh")[0].content.splitlines()

    assert len(commands) == 2
    assert "examples/quickstart.py" in commands[0]
    assert "pytest" in commands[1]


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="the pages show the default backend")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_blocks_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}

    for block in blocks(page, "python"):
        lines_above = "\n" * (block.map[0] + 1)  # so that a traceback shows the page's own lines
        exec(compile(lines_above + block.content, page, "exec"), namespace)
