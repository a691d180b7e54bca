"""The programs in examples/, small, with both libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
PROGRAMS = [f"{op}_{way}.py" for op in ("exp", "log", "sqrt", "square") for way in ("single", "quadrants")] + ["one_call.py"]


def run(program, *arguments):
    command = [sys.executable, EXAMPLES / program, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


@pytest.mark.parametrize("library", ["--numpy", "--lanestack"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_its_times(program, library):
    done = run(program, "51", library)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == (4 if program == "one_call.py" else 1)
    assert all(float(line.split()[-2]) >= 0 and line.endswith(" s") for line in done.stdout.splitlines())


def test_a_program_refuses_a_matrix_without_quadrants():
    done = run("exp_quadrants.py", "1")
    assert done.returncode == 2 and "n must be at least 2" in done.stderr


@pytest.mark.parametrize("program, options, head", [("times.py", [], 2), ("warm.py", ["--dtype", "float32", "--tier", "fast"], 4)])
def test_a_table_of_times_has_each_op(program, options, head):
    done = run(program, "64", "--turns", "1", *options)
    assert done.returncode == 0, done.stderr
    assert [line.split("`")[1] for line in done.stdout.splitlines()[head:]] == ["exp", "log", "sqrt", "square"]
