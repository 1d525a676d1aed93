"""Any script of this folder by two installed versions of `keras_mtl` in turn, figure by figure.

Usage: `python benchmarks/before_after.py OTHER_PYTHON [--runs 3] SCRIPT [ARGUMENTS ...]`, where
OTHER_PYTHON is the interpreter of an environment that holds the other version. A script finds its
version by the environment alone. The last line is the largest ratio of this version to the other
one among the figures in seconds (target: 1.05).
"""

import argparse
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

FIGURE = re.compile(r"^(.+): ([\d.]+) (s|ms a step)\b")


def figures(python, script, arguments):
    """The figures that a script prints, by their names, in the order of their lines."""
    command = [python, script, *arguments]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = map(FIGURE.match, shown.splitlines())
    return {f"{i}: {one[1]}": float(one[2]) for i, one in enumerate(filter(None, found))}


def main(other, script, arguments, runs):
    ratios = defaultdict(list)
    for _ in range(runs):
        before, after = (figures(python, script, arguments) for python in (other, sys.executable))
        for name in before.keys() & after.keys():
            ratios[name].append(after[name] / before[name])
    medians = {name: statistics.median(ratios[name]) for name in sorted(ratios)}
    for name, median in medians.items():
        print(f"{name}: {median:.3f} ({min(ratios[name]):.3f} to {max(ratios[name]):.3f})")
    print(f"largest ratio: {max(medians.values()):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other_python")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("script", type=lambda name: Path(__file__).with_name(name))
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    main(given.other_python, given.script, given.arguments, given.runs)
