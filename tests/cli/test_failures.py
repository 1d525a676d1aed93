"""Messages in place of tracebacks, and exit codes."""

import warnings

import pytest
import typer

from keras_mtl import errors
from keras_mtl.cli import failures
from keras_mtl.cli.failures import (
    CommandFailed,
    ExitCode,
    bad_data,
    data_errors,
    exit_code,
    going_on,
    one_line,
    reported,
    usage,
)
from keras_mtl.common.arguments import whole_number


def ended(error):
    """How a command ends in which an error is raised."""

    @reported
    def command():
        raise error

    with pytest.raises(typer.Exit) as caught:
        command()
    return caught.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidLabels("y"), 3),
        (errors.InvalidTaskData("x"), 3),
        (errors.UnsupportedModel("m"), 4),
        (errors.InvalidCut("cut"), 2),
        (usage("a\nb"), 2),
        (RuntimeError("unexpected"), 1),
        (OSError(28, "No space left on device", "file"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(error, code, capsys):
    assert ended(error) == code
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and said.count("\n") == 1


def test_arguments_out_of_range_are_wrong_usage():
    with pytest.raises(ValueError) as caught:
        whole_number("seeds", 0)
    assert exit_code(caught.value) is ExitCode.USAGE
    with pytest.raises(ValueError) as caught:
        int("three")
    assert exit_code(caught.value) is ExitCode.FAILED


def test_an_unexpected_error_names_its_class(capsys):
    ended(ZeroDivisionError("by zero"))
    assert "ZeroDivisionError: by zero (`--debug` shows where.)" in capsys.readouterr().err


def test_messages_are_one_line():
    assert one_line(OSError(28, "No space left on device", "/a/b")) == (
        "`/a/b`: No space left on device"
    )
    assert one_line(ValueError("a\n  b")) == "a b" and one_line(ValueError()) == "ValueError"


def test_errors_of_data():
    with pytest.raises(CommandFailed, match="no column") as caught, data_errors():
        raise KeyError("no column")
    assert caught.value.code is ExitCode.BAD_DATA
    with pytest.raises(errors.MissingExtra), data_errors():
        raise errors.MissingExtra("Reading", "pictures")
    with pytest.raises(CommandFailed, match="first"), data_errors():
        raise bad_data("first")


def test_an_interruption_says_how_to_go_on():
    expected = pytest.raises(CommandFailed, match=r"^Interrupted\. The same")
    with expected as caught, going_on("The same command goes on."):
        raise KeyboardInterrupt
    assert caught.value.code is ExitCode.INTERRUPTED


def test_what_the_parser_raises_is_left_to_it():
    @reported
    def command():
        raise typer.BadParameter("no number")

    with pytest.raises(typer.BadParameter):
        command()
    assert not failures.debugging()


def test_warnings_are_one_line(capsys):
    @reported
    def command():
        warnings.warn("few\nlabels", stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        command()
    assert capsys.readouterr().err == "Warning: few labels\n"
