"""The pages of the documentation and the blocks of code in them, which the tests run.

`python docs/pages.py` runs them too, and writes what they print into the blocks of text with the
title "measured": figures that differ between processors, and which the tests do not compare.
`python docs/pages.py --examples` runs the examples, and writes what comes out.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir, redirect_stdout
from functools import partial
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import CodeType

from markdown_it import MarkdownIt
from markdown_it.token import Token

from keras_mtl.cli.app import app

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("**/*.md"))
COMMANDS, SHOWN, MEASURED = "sh", "text", 'text title="measured"'
OUTPUT = 'text title="as it comes out"'
NOT_RUN = re.compile(r'python title=".*not run.*"')


PROGRESS = re.compile(r"\x1b\[\d*m|^.*[\r\x08]|^.*━.*\n", re.MULTILINE)
"""Colours, what a progress bar writes over, and progress bars."""


def fences(page: Path) -> list[Token]:
    """Return the fenced blocks of a page."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    return [token for token in tokens if token.type == "fence"]


def blocks(page: Path, info: str) -> list[Token]:
    """Return the fenced blocks of a page whose info string is `info`."""
    return [token for token in fences(page) if token.info.strip() == info]


def code(page: Path) -> list[Token]:
    """Return the blocks of Python of a page that run."""
    return [token for token in fences(page) if is_run(token)]


def is_run(block: Token) -> bool:
    """Return whether a block is Python that runs; the title of others says that they do not."""
    return block.info.startswith("python") and not NOT_RUN.match(block.info)


def first_block() -> str:
    """Return the block that trains the network of the first page; many pages begin with it."""
    return code(ROOT / "docs" / "index.md")[0].content


def compiled(page: Path, block: Token) -> CodeType:
    """Return a block as code whose traceback shows the lines of the page."""
    return compile("\n" * (block.map[0] + 1) + block.content, page, "exec")


def run(page: Path, first: dict | None = None) -> Iterator[tuple[Token, str]]:
    """Run the blocks of a page in order, in one program.

    Args:
        page: The page.
        first: The names that `first_block` makes, so that it need not run again.

    Yields:
        Each block of text, and what the block of code before it printed.
    """
    names, printed = {"__name__": "__main__"}, ""
    for block in fences(page):
        if block.info == COMMANDS:
            run_commands(block.content)
        elif is_run(block):
            if first is not None and block.content == first_block():
                names |= first
                continue
            with redirect_stdout(StringIO()) as output:
                exec(compiled(page, block), names)
            printed = output.getvalue()
        elif block.info.strip() in (SHOWN, MEASURED):
            yield block, printed


def run_commands(lines: str) -> None:
    """Run the lines that call `keras-mtl`, in this process; CI runs the README's other lines."""
    for line in lines.splitlines():
        program, *arguments = shlex.split(line)
        if program == "mkdir":
            Path(*arguments).mkdir()
        if arguments == ["demo"]:
            continue  # The page of the command line runs it, and uses what it leaves.
        if program == "keras-mtl":
            # One run of each way shows as well that the command works.
            seeds = ["--seeds", "1"] if arguments[0] == "demo" else []
            with redirect_stdout(StringIO()):
                failed = app([*arguments, *seeds], standalone_mode=False)
            assert not failed, line


def run_examples(page: Path) -> Iterator[tuple[Token, str]]:
    """Run the examples that a page names; yields the block below each, and what came out."""
    found = fences(page)
    for commands, block in pairwise(found):
        if block.info == OUTPUT:
            _, script, *arguments = shlex.split(commands.content)
            call = [sys.executable, str(ROOT / script), *arguments]
            done = subprocess.run(call, check=True, capture_output=True, text=True)
            yield block, done.stdout


def refresh(page: Path, runner: Callable[[Path], Iterable[tuple[Token, str]]]) -> None:
    """Write what the blocks or the examples of a page print into its blocks of measured text."""
    lines = page.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        found = [(block, text) for block, text in runner(page) if block.info != SHOWN]
    for block, text in reversed(found):
        start, end = block.map
        shown = PROGRESS.sub("", text).splitlines()
        lines[start + 1 : end - 1] = [line.rstrip() for line in shown]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MPLBACKEND", "Agg")
    examples = "--examples" in sys.argv
    given = [Path(name).resolve() for name in sys.argv[1:] if name != "--examples"]
    names: dict = {}
    if not examples:
        exec(first_block(), names)
    for one in given or DOCS:
        if blocks(one, OUTPUT if examples else MEASURED):
            print(one)
            refresh(one, run_examples if examples else partial(run, first=names))
