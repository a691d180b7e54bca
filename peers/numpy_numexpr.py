#!/usr/bin/env python3
"""Whole matrices: NumPy on one thread, NumPy in a ThreadPool by quadrants, numexpr, and lanestack.

    peers/install
    peers/.venv/bin/python peers/numpy_numexpr.py --size 8000

NumPy and numexpr run in one process, lanestack in another, alternately; a figure is the median of all, a ratio that of the
quotients of each turn. The ThreadPool program evaluates each quarter of the matrix by one task, into its place (`out=`).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from multiprocessing.pool import ThreadPool
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What numexpr evaluates, and the steps of the NumPy program; the first is lanestack's text. By default, the ops.
OPS = {"exp": "exp(x)", "log": "log(x)", "sqrt": "sqrt(x)", "square": "x * x"}
PIPELINES = {
    "square | affine(2,0.5) | abs | sqrt | square": "(sqrt(abs(x * x * two + half)))**2",
    "square | affine(2,0.5) | sqrt | log | exp": "exp(log(sqrt(x * x * two + half)))",
}
# What lanestack's way is that a program is held against.
AGAINST = {
    "NumPy, 1 thread, out=": "warm",
    "NumPy, ThreadPool, quadrants, out=": "warm",
    "numexpr, out=": "warm",
    "NumPy, 1 thread, new array": "fresh",
    "numexpr, new array": "fresh",
}
OURS = {"warm": "lanestack, into memory", "quadrants": "lanestack, quadrants", "fresh": "lanestack, new vector"}


def python_times(op, dtype, size, threads, repeats):
    """Nanoseconds per element of each of the Python programs, each time."""
    import numexpr
    import numpy

    numexpr.set_num_threads(threads)
    # The constants in the type of the matrix, or numexpr would compute in float64.
    constants = {"two": numpy.dtype(dtype).type(2), "half": numpy.dtype(dtype).type(0.5)}
    expression = {**OPS, **PIPELINES}[op]
    steps = []
    for step in op.split(" | "):
        if step.startswith("affine"):
            steps.append(lambda x, out=None: numpy.multiply(x, constants["two"], out=out))
            steps.append(lambda x, out=None: numpy.add(x, constants["half"], out=out))
        else:
            steps.append(getattr(numpy, step))

    def function(x, out=None):
        for step in steps:
            x = step(x, out=out)
        return x

    low, high = (-10, 10) if op in ("exp", "square") else (0.1, 100)
    x = numpy.random.default_rng(1).random((size, size), dtype=dtype)
    x *= high - low
    x += low
    out = numpy.ones_like(x)
    half = size // 2
    parts = [slice(0, half), slice(half, size)]
    quarters = [(rows, columns) for rows in parts for columns in parts]

    with ThreadPool(threads) as pool:

        def quadrants():
            pool.map(lambda part: function(x[part], out=out[part]), quarters, chunksize=1)

        programs = dict(
            zip(
                AGAINST,
                [
                    lambda: function(x, out=out),
                    quadrants,
                    lambda: numexpr.evaluate(expression, local_dict={"x": x, **constants}, out=out),
                    lambda: function(x),
                    lambda: numexpr.evaluate(expression, local_dict={"x": x, **constants}),
                ],
            )
        )
        quadrants()
        numexpr.evaluate(expression, local_dict={"x": x, **constants}, out=out)
        times = {name: [] for name in programs}
        for _ in range(repeats):
            for name, program in programs.items():
                start = time.perf_counter_ns()
                result = program()
                times[name].append((time.perf_counter_ns() - start) / size**2)
                del result
    return times


def turn(command):
    """What a process prints, as JSON."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def table(op, dtype, options):
    """The rows of one op and type: name, nanoseconds per element, ratio."""
    shape = [op, dtype, str(options.size)]
    counts = ["--threads", str(options.threads), "--repeats", str(options.repeats)]
    python = [sys.executable, __file__, "--worker", *shape, *counts]
    rust = [str(options.lanestack), "matrix", *shape, *counts]
    turns = [{**turn(python), **turn(rust)} for _ in range(options.turns)]

    def median(name):
        return statistics.median(ns for one in turns for ns in one[name])

    def ratio(name, ours):
        return statistics.median(statistics.median(one[name]) / statistics.median(one[ours]) for one in turns)

    rows = [(name, median(name), ratio(name, ours)) for name, ours in AGAINST.items()]
    return rows + [(name, median(key), None) for key, name in OURS.items() if turns[0][key]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=8000, help="rows, and columns (default: 8000)")
    parser.add_argument("--op", nargs="+", choices=[*OPS, *PIPELINES], default=list(OPS))
    parser.add_argument("--dtype", nargs="+", choices=["f64", "f32"], default=["f64", "f32"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: one for each CPU")
    parser.add_argument("--turns", type=int, default=5, help="how often each process runs (default: 5)")
    parser.add_argument("--repeats", type=int, default=3, help="how often it evaluates in each way (default: 3)")
    parser.add_argument("--lanestack", type=Path, help="the program lanestack-peers, if it is built already")
    parser.add_argument("--markdown", type=Path, help="also write the tables to this file")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.worker:
        op, dtype, size = options.worker
        dtype = {"f64": "float64", "f32": "float32"}[dtype]
        print(json.dumps(python_times(op, dtype, int(size), options.threads, options.repeats)))
        return
    if options.size < 2:
        parser.error("--size must be at least 2")

    import numexpr
    import numpy

    if options.lanestack is None:
        build = ["cargo", "build", "--release", "--locked", "-p", "lanestack-peers"]
        subprocess.run(build, cwd=ROOT, check=True)
        options.lanestack = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/lanestack-peers"

    facts = subprocess.run([options.lanestack, "provenance"], check=True, stdout=subprocess.PIPE, text=True).stdout
    text = (
        f"# lanestack beside NumPy and numexpr\n\n{facts}"
        f"- Python: {sys.version.split()[0]}, NumPy {numpy.__version__}, numexpr {numexpr.__version__}\n"
        f"- measured: {options.size} x {options.size}, {options.threads} threads, {options.turns} turns of "
        f"{options.repeats}\n\n"
        "*ns*: nanoseconds per element, the median. *lanestack is faster*: how many times, into memory that is as new as\n"
        "that of the program, in one go.\n"
    )
    print(text, end="")
    for op in options.op:
        for dtype in options.dtype:
            lines = ["", f"## {op} {dtype}", "", "| program | ns | lanestack is faster |", "|---|---|---|"]
            for name, ns, ratio in table(op, dtype, options):
                lines.append(f"| {name} | {ns:.3f} | {'' if ratio is None else f'{ratio:.2f}'} |")
            part = "\n".join(lines) + "\n"
            print(part, end="", flush=True)
            text += part
    if options.markdown:
        options.markdown.write_text(text)


if __name__ == "__main__":
    main()
