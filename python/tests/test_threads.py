"""Threads: the same bits on any number of them, one pool for all callers, and a fork."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lanestack

from conftest import TIERS


@pytest.fixture(autouse=True)
def restored():
    yield
    lanestack.set_num_threads()


def arguments(dtype, length=1_500_001):
    x = np.random.default_rng(3).uniform(0.01, 20.0, length)
    return x.astype(dtype)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("dtype", "dfel")
def test_bits_do_not_depend_on_threads_or_strides(name, tier, dtype):
    f, x = getattr(TIERS[tier], name), arguments(dtype)
    with np.errstate(all="ignore"):
        lanestack.set_num_threads(1)
        want = f(x)
        for number in (2, 3, 7):
            lanestack.set_num_threads(number)
            assert (f(x) == want).all()
            assert (f(x[::-2]) == want[::-2]).all()
            in_place = x.astype(want.dtype)
            f(x, out=in_place)
            assert (in_place == want).all()
        rows = x[: 1000 * 1500].reshape(1000, 1500)[:, 100:1300]
        out = np.zeros((1000, 1500), want.dtype)[:, 100:1300]
        assert lanestack.parallel.apply(f, rows, out=out) is out
        assert (out == want[: 1000 * 1500].reshape(1000, 1500)[:, 100:1300]).all()
        assert not out.base[:, :100].any() and not out.base[:, 1300:].any()


def test_long_calls_that_no_cache_holds():
    x = np.linspace(0.1, 30.0, 9_000_000)
    lanestack.set_num_threads(1)
    want = lanestack.exp(x)
    lanestack.set_num_threads(3)
    out = np.zeros(x.size + 5)
    for start in range(4):  # wherever cache lines begin
        out[:] = -1
        lanestack.exp(x, out=out[start : start + x.size])
        assert (out[start : start + x.size] == want).all()
        out[start : start + x.size] = x
        lanestack.exp(out[start : start + x.size], out=out[start : start + x.size])
        assert (out[start : start + x.size] == want).all()
        assert (out[:start] == -1).all() and (out[start + x.size :] == -1).all()
    block = np.zeros((3000, 3000))
    rows = x.reshape(3000, 3000)[:, 3:2990]
    lanestack.exp(rows, out=block[:, 3:2990])
    assert (block[:, 3:2990] == want.reshape(3000, 3000)[:, 3:2990]).all()
    assert not block[:, :3].any() and not block[:, 2990:].any()


def test_number_of_threads():
    first = lanestack.num_threads()
    lanestack.set_num_threads(5)
    assert lanestack.num_threads() == 5
    with lanestack.threads(2):
        assert lanestack.num_threads() == 2
        with lanestack.threads(3):
            assert lanestack.num_threads() == 3
        assert lanestack.num_threads() == 2
        seen = []
        other = threading.Thread(target=lambda: seen.append(lanestack.num_threads()))
        other.start()
        other.join()
        assert seen == [5]  # another thread has no limit
    assert lanestack.num_threads() == 5
    with pytest.raises(RuntimeError), lanestack.threads(2):
        raise RuntimeError
    assert lanestack.num_threads() == 5
    lanestack.set_num_threads()
    assert lanestack.num_threads() == first
    for bad in (0, -1, 4097, 10**6):
        with pytest.raises(ValueError, match="threads"):
            lanestack.set_num_threads(bad)
        with pytest.raises(ValueError, match="threads"), lanestack.threads(bad):
            pass
    for bad in ("2", 2.0):
        with pytest.raises(TypeError):
            lanestack.set_num_threads(bad)
    assert lanestack.num_threads() == first


@pytest.mark.parametrize(
    ("variable", "value", "what"),
    [
        ("LANESTACK_NUM_THREADS", "0", "bad number of threads"),
        ("LANESTACK_NUM_THREADS", "many", "bad number of threads"),
        ("LANESTACK_ISA", "sse9", "unknown instruction set"),
        ("LANESTACK_STORES", "some", "unknown stores"),
        ("LANESTACK_PARALLEL_FROM", "x", "bad number of elements"),
    ],
)
def test_bad_environment_is_an_import_error(variable, value, what):
    done = run("import lanestack", **{variable: value})
    assert done.returncode == 1
    assert f"ImportError: lanestack: environment variable {variable}: {what}" in done.stderr


def test_environment():
    assert run("import lanestack; print(lanestack.num_threads())", LANESTACK_NUM_THREADS="3").stdout == "3\n"


def run(program, **environment):
    environment = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60)



@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_python_threads_share_one_pool():
    program = """
import os, numpy as np, lanestack
from concurrent.futures import ThreadPoolExecutor
lanestack.set_num_threads(3)
x = np.ones(500_000)
with ThreadPoolExecutor(6) as executor:
    list(executor.map(lambda _: lanestack.exp(x), range(60)))
    names = [open(f"/proc/self/task/{t}/comm").read().strip() for t in os.listdir("/proc/self/task")]
print(sum(name.startswith("lanestack") for name in names), len(names))
"""
    ours, all_ = map(int, run(program, OPENBLAS_NUM_THREADS="1").stdout.split())
    assert (ours, all_) == (3, 3 + 6 + 1)


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_one_thread_starts_none():
    program = """
import os, numpy as np, lanestack
before = len(os.listdir("/proc/self/task"))
with lanestack.threads(1):
    lanestack.exp(np.ones(3_000_000))
print(len(os.listdir("/proc/self/task")) - before)
"""
    assert run(program).stdout == "0\n"


def _in_child(x, queue):
    queue.put(float(lanestack.exp(x).sum()))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_child_processes(method):
    lanestack.set_num_threads(2)
    x = np.ones(1_000_000)
    want = float(lanestack.exp(x).sum())
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    children = [context.Process(target=_in_child, args=(x, queue)) for _ in range(2)]
    for child in children:
        child.start()
    results = [queue.get(timeout=60) for _ in children]
    for child in children:
        child.join(timeout=60)
        assert child.exitcode == 0
    assert results == [want, want]
    assert float(lanestack.exp(x).sum()) == want


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_other_threads_compute():
    lanestack.set_num_threads(2)
    x, done = np.ones(1_000_000), threading.Event()

    def work():
        while not done.is_set():
            lanestack.exp(x)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    context = multiprocessing.get_context("fork")
    try:
        for _ in range(5):
            queue = context.SimpleQueue()
            child = context.Process(target=_in_child, args=(x, queue))
            child.start()
            child.join(timeout=60)
            assert child.exitcode == 0
    finally:
        done.set()
        for worker in workers:
            worker.join()


def test_the_interpreter_goes_on_meanwhile():
    x = np.ones(3_000_000)
    out, steps, done = np.zeros_like(x), [0], threading.Event()

    def work():
        for _ in range(20):
            lanestack.log(x, out=out)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    while not done.is_set():
        steps[0] += 1
        time.sleep(0)
    worker.join()
    # Were the lock held in each of the 20 calls, there would be one or two steps between them.
    assert steps[0] > 200


def test_callers_that_change_the_number():
    x = arguments("d", 300_000)
    want = lanestack.exp(x)

    def work(k):
        lanestack.set_num_threads(1 + k % 4)
        return (lanestack.exp(x) == want).all()

    with ThreadPoolExecutor(4) as executor:
        assert all(executor.map(work, range(100)))


@pytest.mark.parametrize("shape", [(), (0,), (5,), (100_000,), (3, 90_000), (300, 400), (2, 300, 400)])
def test_parallel_apply(shape):
    lanestack.set_num_threads(3)
    x = np.random.default_rng(5).uniform(0.1, 5.0, shape)
    for a in (x, x.T, x.astype("f"), x.astype(">d"), x.astype("f")[..., ::-1] if shape else x, np.asfortranarray(x)):
        for f in (lanestack.exp, np.exp, lanestack.fast.log):
            want = f(a)
            got = lanestack.parallel.apply(f, a)
            assert (got == want).all() and got.dtype == want.dtype and got.shape == a.shape
            out = np.empty(a.shape, want.dtype)
            assert lanestack.parallel.apply(f, a, out=out) is out
            assert (out == want).all()
    with pytest.raises(ValueError, match="shape"):
        lanestack.parallel.apply(lanestack.exp, x, out=np.zeros((1, 2, 3, 4)))
    with pytest.raises(ValueError, match="one argument"):
        lanestack.parallel.apply(np.add, x)


