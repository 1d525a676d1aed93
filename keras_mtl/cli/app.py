"""The program `keras-mtl`: its commands, and what is said of all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from inspect import cleandoc
from types import ModuleType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from keras_mtl.cli.commands import (
    compare,
    cuts,
    demo,
    export,
    inspect,
    predict,
    probe,
    report,
    train,
    transfer,
)
from keras_mtl.cli.failures import reported, set_debugging

NAME = "keras-mtl"
DEBUG = "--debug"
COMMANDS: tuple[ModuleType, ...] = (
    cuts,
    probe,
    transfer,
    train,
    compare,
    report,
    predict,
    export,
    inspect,
    demo,
)


class _Commands(TyperGroup):
    """Takes `--debug` before the command, and after it as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options = args[: args.index("--")] if "--" in args else args
        if DEBUG in options[1:]:
            args = [DEBUG, *(arg for arg in options if arg != DEBUG), *args[len(options) :]]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name=NAME,
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {import_module('keras_mtl').__version__}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks of errors.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Reuse a network that was trained for one task on another task, in Keras 3.

    Results go to standard output, progress and messages to standard error.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad data, 4 bad model, 130 interrupted.
    """
    set_debugging(debug)


def _with_examples(command: Callable[..., None], examples: tuple[str, ...]) -> str:
    lines = "\n".join(f"  $ {example}" for example in examples)
    # Lines of a paragraph that begins with \b stay lines.
    return f"{cleandoc(command.__doc__ or '')}\n\n\b\nExamples:\n{lines}"


for _file in COMMANDS:
    _name = _file.__name__.rpartition(".")[2]
    _command = getattr(_file, _name)
    app.command(_name, help=_with_examples(_command, _file.EXAMPLES))(reported(_command))


def main() -> None:
    """Run the command line."""
    # Read when the libraries are imported, so set before.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    app(prog_name=NAME)
