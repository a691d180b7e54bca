"""The times of all programs, with NumPy and with lanestack, as a table: the median of several runs in turn.

    python times.py 8000 --turns 3
"""

import argparse
import subprocess
import sys
from itertools import product
from pathlib import Path
from statistics import median

OPS = ["exp", "log", "sqrt", "square"]


def seconds(program, n, library):
    """What the program prints, as numbers."""
    command = [sys.executable, Path(__file__).parent / program, str(n), f"--{library}"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [float(line.split()[-2]) for line in lines]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", type=int, nargs="?", default=8000, help="rows, and columns (default: 8000)")
    parser.add_argument("--turns", type=int, default=3, help="how often each program runs (default: 3)")
    options = parser.parse_args()

    columns = ["single", "quadrants", "one call"]
    times = {}
    for _ in range(options.turns):
        for library in ("numpy", "lanestack"):
            for op, column in product(OPS, columns[:2]):
                [time] = seconds(f"{op}_{column}.py", options.n, library)
                times.setdefault((op, column, library), []).append(time)
            for op, time in zip(OPS, seconds("one_call.py", options.n, library), strict=True):
                times.setdefault((op, "one call", library), []).append(time)

    print("| seconds: NumPy, lanestack |", " | ".join(columns), "|\n|---|---|---|---|")
    for op in OPS:
        cells = []
        for column in columns:
            numpy, lanestack = (median(times[op, column, library]) for library in ("numpy", "lanestack"))
            cells.append(f"{numpy:.3f}, {lanestack:.3f}: {numpy / lanestack:.2f} times")
        print(f"| `{op}` |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
