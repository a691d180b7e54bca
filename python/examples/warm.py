"""NumPy and lanestack in turn, in one process and on memory in use before, as a table: for each function the times of
both, and the median of their ratios.

    python warm.py 8000 --dtype float32 --turns 9

*One thread*: a call each, lanestack's kept to one thread. *Quadrants*: the programs with a ThreadPool. *All cores*: NumPy with
a band of rows for each core, lanestack by itself. *One call*: the same program for both.
"""

import argparse
import os
import platform
from multiprocessing.pool import ThreadPool
from statistics import median
from time import perf_counter

import lanestack
import numpy as np

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def evaluate(pool, function, data, result, parts):
    pool.map(lambda part: function(data[part], out=result[part]), parts, chunksize=1)


def alone(function, data, result):
    with lanestack.threads(1):
        function(data, out=result)


def seconds(work):
    start = perf_counter()
    work()
    return perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", type=int, nargs="?", default=8000, help="rows, and columns (default: 8000)")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float64")
    parser.add_argument("--tier", choices=["default", "fast", "exact"], default="default", help="lanestack's functions")
    parser.add_argument("--turns", type=int, default=5, help="how often each is timed, after one more (default: 5)")
    options = parser.parse_args()

    n, pool = options.n, ThreadPool(max(CORES, 4))
    data, result = np.empty((n, n), options.dtype), np.empty((n, n), options.dtype)
    halves = [slice(0, n // 2), slice(n // 2, n)]
    quadrants = [(rows, columns) for rows in halves for columns in halves]
    bands = [slice(n * k // CORES, n * (k + 1) // CORES) for k in range(CORES)]
    pool.map(lambda band: (data[band].fill(2.0), result[band].fill(1.0)), bands)

    ours = lanestack if options.tier == "default" else getattr(lanestack, options.tier)
    print(f"NumPy {np.__version__}, lanestack {lanestack.__version__}, {CORES} cores of {platform.machine()},", end=" ")
    print(f"{n} x {n} {options.dtype}, seconds of NumPy and of lanestack\n")
    print("| | one thread | quadrants | all cores | one call |\n|---|---|---|---|---|")
    for name in ("exp", "log", "sqrt", "square"):
        theirs, own = getattr(np, name), getattr(ours, name)
        ways = [
            (lambda: theirs(data, out=result), lambda: alone(own, data, result)),
            tuple(lambda f=f: evaluate(pool, f, data, result, quadrants) for f in (theirs, own)),
            (lambda: evaluate(pool, theirs, data, result, bands), lambda: own(data, out=result)),
        ]
        times = [[[seconds(way) for way in pair] for pair in ways] for _ in range(1 + options.turns)][1:]
        # The same calls as in other columns.
        times = [[*turn, [turn[0][0], turn[2][1]]] for turn in times]
        cells = []
        for pairs in zip(*times, strict=True):
            numpy, lane = (median(pair[k] for pair in pairs) for k in (0, 1))
            ratio = median(pair[0] / pair[1] for pair in pairs)
            cells.append(f"{numpy:.3f}, {lane:.3f}: {ratio:.2f} times")
        print(f"| `{name}` |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
