"""`keras-mtl --help` costs what a program of typer costs: Keras is not imported (target: 0.5 s)."""

import subprocess
import sys

from _paired import compare

SMALLEST = """
import typer
app = typer.Typer(pretty_exceptions_enable=False)
@app.command()
def run(name: str) -> None:
    "Say hello."
app()
"""


def starting(*arguments):
    command = [sys.executable, *arguments, "--help"]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    ours, peer = starting("-m", "keras_mtl"), starting("-c", SMALLEST)
    compare("keras-mtl --help", ours, "the smallest program of typer", peer, runs=9)
