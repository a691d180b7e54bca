"""Dask's arrays: lazy, on processes of a cluster on this machine, with the bits that a local call gives."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lanestack

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

NAMES = ["exp", "log", "sqrt", "square"]


@pytest.fixture(scope="module")
def cluster():
    options = {"processes": True, "threads_per_worker": 2, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(n_workers=2, **options) as cluster, distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


@pytest.fixture
def matrix():
    return np.random.default_rng(1).uniform(0.1, 50, (600, 700))


@pytest.mark.parametrize("tier", [lanestack, lanestack.exact, lanestack.fast])
@pytest.mark.parametrize("name", NAMES)
def test_chunks_are_evaluated_later_and_elsewhere_to_the_same_bits(cluster, matrix, tier, name):
    ufunc = getattr(tier, name)
    lazy = ufunc(da.from_array(matrix, chunks=(200, 300)))
    assert isinstance(lazy, da.Array) and lazy.dtype == matrix.dtype
    np.testing.assert_array_equal(lazy.compute().view("u8"), ufunc(matrix).view("u8"))


def test_tiers_are_different_tasks(matrix):
    lazy = da.from_array(matrix, chunks=300)
    assert lanestack.exp(lazy).name != lanestack.exact.exp(lazy).name
    assert lanestack.exp(lazy).name == lanestack.exp(lazy).name


def test_a_worker_evaluates_on_the_threads_that_dask_gives_it(cluster):
    assert set(cluster.run(lanestack.num_threads).values()) == {1}
    assert set(cluster.run(_threads_started_by_a_call).values()) == {0}


def _threads_started_by_a_call():
    x = np.ones(4_000_000)
    lanestack.exp(x)
    names = [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]
    return sum(name.startswith("lanestack") for name in names)


def test_the_environment_overrules_a_worker_s_share():
    script = (
        "import multiprocessing, os; multiprocessing.current_process().name = 'Dask Worker process (from Nanny)'\n"
        "import lanestack; print(lanestack.num_threads())"
    )
    for environment, threads in (({}, "1"), ({"LANESTACK_NUM_THREADS": "3"}, "3")):
        command = [sys.executable, "-c", script]
        run = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        assert run.stdout.strip() == threads


@pytest.mark.parametrize("name", ["matrix", "matrix.zarr"])
def test_the_example_stores_a_matrix_chunk_by_chunk(tmp_path, name):
    if name.endswith(".zarr"):
        zarr = pytest.importorskip("zarr")
    example = Path(__file__).parent.parent / "examples" / "dask_matrix.py"
    command = [sys.executable, example, "300", "--chunk", "70", "--out", tmp_path / name]
    subprocess.run(command, check=True, timeout=120)
    data = da.random.default_rng(1).uniform(1, 2, size=(300, 300), chunks=(70, 70) if name.endswith(".zarr") else (16, 300))
    stored = zarr.open(tmp_path / name)[:] if name.endswith(".zarr") else da.from_npy_stack(tmp_path / name).compute()
    np.testing.assert_array_equal(stored, lanestack.log(data.compute()))
