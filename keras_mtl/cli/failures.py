"""What a command says when it fails, and the exit codes, which scripts can rely on."""

from __future__ import annotations

import errno
import functools
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, TypeVar

import typer

from keras_mtl import errors

Command = TypeVar("Command", bound=Callable[..., None])


class ExitCode(IntEnum):
    """The exit codes of `keras-mtl`."""

    FAILED = 1
    USAGE = 2
    BAD_DATA = 3
    BAD_MODEL = 4
    INTERRUPTED = 130


class CommandFailed(Exception):
    """A command cannot be carried out; the message is all that the user sees.

    Args:
        code: The exit code.
        message: What was given, what was expected, and what to do.
    """

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


def usage(message: str) -> CommandFailed:
    """Return the error that arguments cannot be used."""
    return CommandFailed(ExitCode.USAGE, message)


def bad_data(message: str) -> CommandFailed:
    """Return the error that data cannot be used."""
    return CommandFailed(ExitCode.BAD_DATA, message)


def bad_model(message: str) -> CommandFailed:
    """Return the error that a model cannot be used."""
    return CommandFailed(ExitCode.BAD_MODEL, message)


_CODES: tuple[tuple[ExitCode, tuple[type[Exception], ...]], ...] = (
    (
        ExitCode.BAD_DATA,
        (errors.InvalidFeatures, errors.InvalidLabels, errors.InvalidTaskData, errors.DataEnded),
    ),
    (
        ExitCode.BAD_MODEL,
        (errors.UnsupportedModel, errors.UnbuiltModel, errors.CloneError, errors.NotStatic),
    ),
    (
        ExitCode.USAGE,
        (
            errors.LayerNotFound,
            errors.InvalidCut,
            errors.HeadMismatch,
            errors.TaskNotFound,
            errors.AnotherComparison,
            errors.InvalidBackup,
            errors.ExportPathExists,
        ),
    ),
)


def exit_code(error: Exception) -> ExitCode:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, CommandFailed):
        return error.code
    for code, classes in _CODES:
        if isinstance(error, classes):
            return code
    # Arguments that are out of their range, by the checks of this package.
    if isinstance(error, ValueError) and _raised_here(error):
        return ExitCode.USAGE
    return ExitCode.FAILED


def _raised_here(error: Exception) -> bool:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1].f_globals.get("__name__", "").startswith("keras_mtl.")


def _is_expected(error: Exception) -> bool:
    known = isinstance(error, CommandFailed | errors.KerasMtlError | OSError | MemoryError)
    return known or exit_code(error) is not ExitCode.FAILED


def one_line(error: BaseException) -> str:
    """Return the message of an error without its line breaks."""
    text = str(error)
    if type(error).__module__ == "builtins" and isinstance(error, OSError) and error.filename:
        text = f"`{error.filename}`: {error.strerror}"  # Without the number of the error.
    return " ".join(text.split()) or type(error).__name__


@contextmanager
def data_errors() -> Iterator[None]:
    """Count errors of what reads data as errors of the data."""
    try:
        yield
    except (CommandFailed, errors.MissingExtra, errors.UnsupportedBackend):
        raise
    except (ValueError, TypeError, OSError, LookupError) as error:
        raise bad_data(one_line(error)) from error


@contextmanager
def going_on(how: str) -> Iterator[None]:
    """Say after Ctrl-C how to go on.

    Args:
        how: A sentence, such as "The same command goes on where it was.".
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise CommandFailed(ExitCode.INTERRUPTED, f"Interrupted. {how}") from error


def reported(command: Command) -> Command:
    """Return a command that ends with a message and an exit code in place of a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]
            try:
                command(*args, **options)
            except KeyboardInterrupt as error:
                _fail(CommandFailed(ExitCode.INTERRUPTED, "Interrupted: nothing written."), error)
            except Exception as error:
                if _is_of_the_parser(error):
                    raise
                _fail(error, error)

    return run  # type: ignore[return-value]


def _is_of_the_parser(error: Exception) -> bool:
    """Return whether typer itself shows an error, or ends silently for a reader that has gone."""
    package = type(error).__module__.partition(".")[0]
    gone = isinstance(error, OSError) and error.errno == errno.EPIPE
    return package in ("typer", "click") or gone


def _fail(error: Exception, cause: BaseException) -> None:
    if debugging():
        traceback.print_exception(cause)
    message = one_line(error)
    if not _is_expected(error):
        message = f"{type(error).__name__}: {message} (`--debug` shows where.)"
    typer.secho("Error: ", err=True, nl=False, fg="red")
    typer.echo(message, err=True)
    raise typer.Exit(int(exit_code(error)))


def _show_warning(message: Warning | str, category: type[Warning], *place: Any) -> None:
    if issubclass(category, UserWarning) or debugging():
        typer.secho("Warning: ", err=True, nl=False, fg="yellow")
        typer.echo(" ".join(str(message).split()), err=True)


_settings = {"tracebacks": False}


def debugging() -> bool:
    """Return whether tracebacks are shown."""
    return _settings["tracebacks"]


def set_debugging(on: bool) -> None:
    """Show tracebacks, or messages alone."""
    _settings["tracebacks"] = on
