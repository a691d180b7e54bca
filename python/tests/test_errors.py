"""Floating-point errors: those of the IEEE functions, and no others, whichever thread did the work."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lanestack

from conftest import NAMES, TIERS

INF, NAN = np.inf, np.nan
TINY = {"e": 6e-8, "f": 1e-45, "d": 5e-324}
NORMAL = {"e": 6.104e-05, "f": 1.1754944e-38, "d": 2.2250738585072014e-308}
LARGE = {"e": 6e4, "f": 3e38, "d": 1e308}
EDGES = {"e": (-9.7, 11.08), "f": (-87.33654, 88.72283), "d": (-708.3964185322641, 709.782712893384)}
# float16's edges are a step further where they are not numbers of its own.
STEP = {"e": 0.02, "f": 1e-5, "d": 1e-12}


def cases(dtype):
    """Function, argument, and what it raises."""
    least, most = EDGES[dtype]
    step = STEP[dtype]
    return [
        ("exp", 0.0, ""), ("exp", -INF, ""), ("exp", INF, ""), ("exp", NAN, ""), ("exp", -NAN, ""), ("exp", TINY[dtype], ""),
        ("exp", most, ""), ("exp", most + step, "overflow"), ("exp", LARGE[dtype], "overflow"),
        ("exp", least, ""), ("exp", least - step, "underflow"), ("exp", -LARGE[dtype], "underflow"),
        ("log", 1.0, ""), ("log", INF, ""), ("log", NAN, ""), ("log", TINY[dtype], ""), ("log", LARGE[dtype], ""),
        ("log", 0.0, "divide by zero"), ("log", -0.0, "divide by zero"), ("log", -1.0, "invalid value"),
        ("log", -INF, "invalid value"), ("log", -TINY[dtype], "invalid value"),
        ("sqrt", 0.0, ""), ("sqrt", -0.0, ""), ("sqrt", INF, ""), ("sqrt", NAN, ""), ("sqrt", -NAN, ""), ("sqrt", TINY[dtype], ""),
        ("sqrt", 2.0, ""), ("sqrt", -1.0, "invalid value"), ("sqrt", -INF, "invalid value"), ("sqrt", -TINY[dtype], "invalid value"),
        ("square", 0.0, ""), ("square", INF, ""), ("square", NAN, ""), ("square", LARGE[dtype], "overflow"),
        ("square", -LARGE[dtype], "overflow"), ("square", TINY[dtype], "underflow"), ("square", NORMAL[dtype], "underflow"),
    ]  # fmt: skip


def raised(f, *arguments, **options):
    """What a call raises, as NumPy names it."""
    found = []
    with np.errstate(all="call", call=lambda what, _: found.append(what)):
        f(*arguments, **options)
    return sorted(found)


@pytest.mark.parametrize("dtype", "efd")
@pytest.mark.parametrize("tier", TIERS)
def test_each_argument_among_ordinary_ones(dtype, tier):
    for name, x, want in cases(dtype):
        f = getattr(TIERS[tier], name)
        for length in (1, 2, 3, 8, 17, 100, 1000):
            for place in {0, length // 2, length - 1}:
                data = np.ones(length, dtype)
                data[place] = x
                want_now = [want] if want else []
                assert raised(f, data) == want_now, (name, x, length, place)
                assert raised(f, data, out=data.copy()) == want_now
                spread = np.repeat(data, 3)[::3]
                assert raised(f, spread, out=np.ones(3 * length, dtype)[::3]) == want_now
                in_place = data.copy()
                assert raised(f, in_place, out=in_place) == want_now


@pytest.mark.parametrize("dtype", "efd")
def test_from_other_threads(dtype, many_threads):
    length = 2_000_000
    for name in NAMES:
        f = getattr(lanestack, name)
        data = np.ones(length, dtype)
        assert raised(f, data) == []
        for other, x, want in cases(dtype):
            if other == name:
                for place in (0, 777_777, length - 1):
                    data[place] = x
                    assert raised(f, data) == ([want] if want else []), (name, x)
                    data[place] = 1
    assert raised(f, np.ones(length, dtype)) == []


def test_two_at_once_and_many_rows():
    x = np.ones((300, 1000))[:, :600]
    x[3, 5], x[250, 599] = -1, 0
    assert raised(lanestack.log, x) == ["divide by zero", "invalid value"]
    x[3, 5], x[250, 599] = 1000, -1000
    assert raised(lanestack.exp, x) == ["overflow", "underflow"]


def test_signaling_nan_is_invalid(name):
    signaling = {"f": np.array([0x7FA00000], "u4"), "d": np.array([0x7FF4000000000000], "u8"), "e": np.array([0x7D00], "u2")}
    for dtype, bits in signaling.items():
        # Not through NumPy's assignment, which may make it quiet.
        x = np.repeat(bits, 20).view(dtype)
        assert raised(getattr(lanestack, name), x) == ["invalid value"]


def test_integers():
    for dtype in "bhilq":
        assert raised(lanestack.log, np.array([3, 0, 5], dtype)) == ["divide by zero"]
        assert raised(lanestack.log, np.array([3, -1, 5], dtype)) == ["invalid value"]
        assert raised(lanestack.sqrt, np.array([3, -1, 5], dtype)) == ["invalid value"]
        assert raised(lanestack.exp, np.array([1, 100, 3], dtype)) == (["overflow"] if dtype in "bh" else [])
    assert raised(lanestack.exp, np.array([1, 1000])) == ["overflow"]
    assert raised(lanestack.exp, np.array([1, -1000])) == ["underflow"]
    assert raised(lanestack.square, np.array([2**62, -(2**63)])) == []
    assert raised(lanestack.log, np.array([True, False])) == ["divide by zero"]


def test_what_where_leaves_out():
    x = np.array([1.0, -1.0, 0.0, 4.0] * 500)
    assert raised(lanestack.log, x, where=x > 0, out=np.zeros(2000)) == []
    assert raised(lanestack.log, x, where=x >= 0, out=np.zeros(2000)) == ["divide by zero"]


def test_states():
    x = np.array([-1.0])
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
        lanestack.log(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lanestack.exp(np.array([-1000.0]))  # underflow is ignored unless it is asked for
        with np.errstate(all="ignore"):
            lanestack.log(x)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="invalid value encountered in log"):
        lanestack.log(x)


def test_many_python_threads(many_threads):
    good, bad = np.ones(200_000), np.ones(200_000)
    bad[123_456] = -1

    def work(k):
        data = bad if k % 2 else good
        return raised(lanestack.log, data) == (["invalid value"] if k % 2 else [])

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(200)))


def test_parallel_apply(many_threads):
    x = np.ones((1000, 1000))[:, :700]
    assert raised(lanestack.parallel.apply, lanestack.log, x) == []
    x[500, 3] = -1
    assert raised(lanestack.parallel.apply, lanestack.log, x) == ["invalid value"]
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log") as caught:
        lanestack.parallel.apply(lanestack.log, x)
    assert len(caught) == 1 and caught[0].filename == __file__
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        lanestack.parallel.apply(np.log, x)
    with np.errstate(invalid="ignore"):
        lanestack.parallel.apply(lanestack.log, x)
