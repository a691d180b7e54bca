"""What NumPy does with any ufunc, it does with these: compared with its own."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import lanestack

from conftest import NAMES, TIERS

REAL = "?bBhHiIlLqQefd"
OTHER = "gFDGO"
LENGTHS = [0, 1, 2, 3, 7, 8, 31, 255, 256, 257, 1023, 1024, 1025, 5000]


def numbers(dtype, length, seed=1):
    """Arguments in the domain of each function, whose results neither overflow nor are subnormal."""
    random = np.random.default_rng(seed)
    if dtype == "?":
        return np.ones(length, "?")
    if dtype in "efd":
        return random.uniform(0.01, 10.0, length).astype(dtype)
    return random.integers(1, 11, length).astype(dtype)


def assert_alike(got, want):
    """The same type and shape, and values that differ by no more than NumPy's bounds allow."""
    assert type(got) is type(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    ulp = {"e": 1, "f": 4, "d": 4}.get(want.dtype.char, 0)
    np.testing.assert_array_almost_equal_nulp(got, want, ulp) if ulp else np.testing.assert_array_equal(got, want)


def test_they_are_ufuncs(name, ours):
    for module in TIERS.values():
        assert isinstance(getattr(module, name), np.ufunc)
        assert getattr(module, name).__name__ == name
    assert (ours.nin, ours.nout, ours.identity, ours.signature) == (1, 1, None, None)


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("length", LENGTHS)
def test_types_and_values(ours, theirs, dtype, length):
    x = numbers(dtype, length)
    assert_alike(ours(x), theirs(x))


@pytest.mark.parametrize("dtype", OTHER)
@pytest.mark.parametrize("tier", TIERS)
def test_types_that_there_is_no_loop_for(name, dtype, tier):
    with pytest.raises(TypeError, match=name):
        getattr(TIERS[tier], name)(np.ones(3, dtype))
    for x in (np.array(["2020-01-01"], "M8[D]"), np.array([1], "m8[s]"), np.array(["a"]), None, 1j, object()):
        with pytest.raises(TypeError):
            getattr(TIERS[tier], name)(x)


@pytest.mark.parametrize("x", [2, 2.0, True, np.float32(2), np.float16(2), np.int8(2), np.float64(2), [1, 2], [[1.0]], ()])
def test_scalars_and_lists(ours, theirs, x):
    got, want = ours(x), theirs(x)
    assert type(got) is type(want) and got.dtype == want.dtype
    assert_alike(np.asarray(got), np.asarray(want))


@pytest.mark.parametrize("casting", ["no", "equiv", "safe", "same_kind", "unsafe"])
@pytest.mark.parametrize("x", REAL)
@pytest.mark.parametrize("y", "iefd")
def test_dtype_and_casting(name, ours, theirs, casting, x, y):
    if casting in ("no", "equiv") and x not in "efd" and name != "square":
        return  # integers need no cast here: they have loops of their own
    values = (numbers(x, 5) / 2).astype(x) if x in "efd" else numbers(x, 5)
    for arguments in ({"dtype": y}, {"signature": (None, y)}, {"signature": f"{y}->{y}"}, {"out": np.zeros(5, y)}):
        arguments = {**arguments, "casting": casting}
        want, got = (_outcome(f, values, arguments) for f in (theirs, ours))
        if isinstance(want, type):
            assert isinstance(got, type) and issubclass(got, want), arguments
        else:
            assert not isinstance(got, type), (arguments, want)
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            # What is computed in a short type may be stored in a longer one.
            precision = min(got.dtype.itemsize, theirs(values[:0]).dtype.itemsize)
            np.testing.assert_allclose(got, want, {2: 1e-3, 4: 1e-6, 8: 1e-15}.get(precision, 0))


def _outcome(f, x, arguments):
    if "out" in arguments:
        arguments = {**arguments, "out": arguments["out"].copy()}
    try:
        with np.errstate(all="ignore"):
            return f(x, **arguments)
    except TypeError as error:
        return type(error)


def test_out_where_and_broadcasting(ours, theirs):
    x = numbers("d", 12).reshape(3, 4)
    out = np.full((3, 4), -1.0)
    assert ours(x, out) is out and ours(x, out=out) is out and ours(x, out=(out,)) is out
    assert_alike(out, theirs(x))
    where = np.arange(12).reshape(3, 4) % 3 == 0
    out[:] = -1
    ours(x, out=out, where=where)
    assert_alike(out, np.where(where, theirs(x), -1.0))
    out[:] = -1
    ours(x, out=out, where=[True, False, False, True])
    assert_alike(out, np.where([True, False, False, True], theirs(x), -1.0))
    assert_alike(ours(x[0], out=out), theirs(np.broadcast_to(x[0], (3, 4))))
    assert_alike(ours(np.broadcast_to(x[0, 0], (3, 4))), theirs(np.broadcast_to(x[0, 0], (3, 4))))
    assert ours(x, out=np.zeros((3, 4), "f"), casting="same_kind").dtype == "f"
    with pytest.raises(ValueError):
        ours(x, out=np.zeros((4, 3)))
    with pytest.raises(TypeError):
        ours(x, out=[1])
    with pytest.raises(TypeError):
        ours(x, out=np.zeros((3, 4), int))
    readonly = np.zeros((3, 4))
    readonly.flags.writeable = False
    with pytest.raises(ValueError):
        ours(x, out=readonly)


@pytest.mark.parametrize("order", "CFAK")
def test_order(ours, theirs, order):
    for x in (numbers("d", 24).reshape(2, 3, 4), numbers("d", 24).reshape(2, 3, 4).T, numbers("d", 48).reshape(4, 3, 4)[::2]):
        got, want = ours(x, order=order), theirs(x, order=order)
        assert got.strides == want.strides
        assert_alike(got, want)


def test_methods(ours, theirs):
    for method in ("reduce", "accumulate", "outer"):
        arguments = (np.ones(3), np.ones(3)) if method == "outer" else (np.ones(3),)
        with pytest.raises(ValueError):
            getattr(ours, method)(*arguments)
    x, y = numbers("d", 5), numbers("d", 5)
    ours.at(x, [0, 2, 2, 4])
    theirs.at(y, [0, 2, 2, 4])
    assert_alike(x, y)
    with pytest.raises(TypeError):
        ours()
    with pytest.raises(TypeError):
        ours(1, 2, 3)
    with pytest.raises(TypeError):
        ours(1, axis=0)


@pytest.mark.parametrize("dtype", "dfehl")
def test_strides_byte_order_and_alignment(ours, dtype):
    base = numbers(dtype, 3000)
    want = ours(base)
    for piece in (np.s_[::2], np.s_[::-1], np.s_[1::7], np.s_[-1:0:-3], np.s_[5:6], np.s_[2990:]):
        assert (ours(base[piece]) == want[piece]).all()
        out = np.zeros(6000, want.dtype)
        spread = out[1::2][: len(want[piece])]
        ours(base[piece], out=spread)
        assert (spread == want[piece]).all()
        assert not out[::2].any()
    swapped = base.astype(base.dtype.newbyteorder())
    assert (ours(swapped) == want).all()
    bytes_ = np.zeros(base.nbytes + 1, "B")
    misaligned = bytes_[1:].view(dtype)
    misaligned[:] = base
    assert (ours(misaligned) == want).all()
    bytes_ = np.zeros(want.nbytes + 1, "B")
    ours(base, out=bytes_[1:].view(want.dtype))
    assert (bytes_[1:].view(want.dtype) == want).all()


@pytest.mark.parametrize("dtype", "dfe")
def test_overlap(ours, dtype):
    base = numbers(dtype, 4000)
    want = ours(base)
    for source, target in [
        (np.s_[:], np.s_[:]),
        (np.s_[::-1], np.s_[:]),
        (np.s_[:-1], np.s_[1:]),
        (np.s_[1:], np.s_[:-1]),
        (np.s_[::2], np.s_[1::2]),
        (np.s_[::2], np.s_[::2]),
        (np.s_[:2000], np.s_[::2]),
        (np.s_[:1], np.s_[:]),
    ]:
        x = base.copy()
        ours(x[source], out=x[target])
        expected = base.copy()
        expected[target] = want[source]
        assert (x == expected).all()


def test_input_of_another_type_in_place():
    x = np.arange(1, 3001)
    want = lanestack.log(x.copy())
    assert (lanestack.log(x, out=x.view("d")) == want).all()


def test_subclasses_and_protocols(ours, theirs):
    class Array(np.ndarray):
        pass

    assert type(ours(np.ones(3).view(Array))) is Array
    assert type(ours(np.ones(3).view(Array), subok=False)) is np.ndarray

    class Other:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return ufunc, method, inputs, kwargs

    other = Other()
    assert ours(other, where=True) == (ours, "__call__", (other,), {"where": True})

    class Refusing:
        __array_ufunc__ = None

    with pytest.raises(TypeError):
        ours(Refusing())

    class Convertible:
        def __array__(self, dtype=None, copy=None):
            return np.ones(2)

    assert_alike(ours(Convertible()), theirs(np.ones(2)))


def test_masked_arrays(name, ours, theirs):
    x = np.ma.array([1.0, -1.0, 0.0, 4.0, 2.0], mask=[0, 0, 0, 0, 1])
    with np.errstate(all="ignore"):
        got, want = ours(x), theirs(x)
    assert (got.mask == want.mask).all()
    np.testing.assert_array_almost_equal_nulp(got.filled(7), want.filled(7), 4)


def test_pickle(name):
    for tier, module in TIERS.items():
        ufunc = getattr(module, name)
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            assert pickle.loads(pickle.dumps(ufunc, protocol)) is ufunc
    program = "import pickle, sys; print(pickle.loads(sys.stdin.buffer.read()))"
    for tier in TIERS:
        data = pickle.dumps(getattr(TIERS[tier], name))
        done = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True)
        assert done.stdout.decode().strip() == f"<ufunc '{name}'>"


def test_documentation(name):
    for module in TIERS.values():
        doc = getattr(module, name).__doc__
        for heading in ("Parameters", "Returns", "Raises", "Notes", "Examples"):
            assert f"\n{heading}\n{'-' * len(heading)}\n" in doc
    assert "0.55 ulp" in lanestack.exp.__doc__ or "1.0 ulp" in lanestack.exp.__doc__
    assert "0.63 ulp" in lanestack.fast.exp.__doc__


def test_all_that_is_exported():
    for module in (lanestack, *TIERS.values()):
        assert all(hasattr(module, name) for name in module.__all__)
    assert set(NAMES) <= set(lanestack.__all__)
    assert lanestack.__version__.count(".") == 2
