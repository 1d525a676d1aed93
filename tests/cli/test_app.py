"""The program: its commands, its help, and how it starts."""

import subprocess
import sys

import pytest

from keras_mtl.cli.app import COMMANDS

NAMES = [file.__name__.rpartition(".")[2] for file in COMMANDS]


def test_every_command_has_help_with_examples(run):
    listed = run("--help")
    assert listed.exit_code == 0 and "Exit codes" in listed.stdout
    for name in NAMES:
        done = run(name, "--help")
        assert done.exit_code == 0 and name in listed.stdout
        assert f"$ keras-mtl {name}" in done.stdout
    assert run("--version").stdout.startswith("keras-mtl ")


@pytest.mark.parametrize("arguments", [["paint"], ["cuts"], ["cuts", "a", "--deep"]])
def test_wrong_usage(run, arguments):
    done = run(*arguments)
    assert done.exit_code == 2 and "Traceback" not in done.output


def test_tracebacks_are_shown_when_asked_for(run):
    for arguments in (["--debug", "cuts", "absent.keras"], ["cuts", "absent.keras", "--debug"]):
        done = run(*arguments)
        assert done.exit_code == 4 and "Traceback" in done.stderr
    assert "Traceback" not in run("cuts", "absent.keras").stderr


def test_help_imports_nothing_heavy():
    command = [sys.executable, "-X", "importtime", "-m", "keras_mtl", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert done.returncode == 0 and "compare" in done.stdout
    heavy = {"keras", "numpy", "tensorflow", "jax", "torch", "pandas", "sklearn", "matplotlib"}
    assert imported & heavy == set() and "keras_mtl.cli.app" in imported
