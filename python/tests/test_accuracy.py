"""Hard cases, correctly rounded by mpmath."""

import mpmath
import numpy as np
import pytest

import lanestack

from conftest import NAMES, TIERS

mpmath.mp.prec = 200


def true(name, x):
    x = mpmath.mpf(float(x))
    return x * x if name == "square" else getattr(mpmath, name)(x)


def ulps(got, want):
    """How far off, in the distance of the numbers where the true value is."""
    info = np.finfo(got.dtype)
    exponent = max(int(mpmath.floor(mpmath.log(abs(want), 2))) if want else info.minexp, info.minexp)
    return float(abs(mpmath.mpf(float(got)) - want) / mpmath.mpf(2) ** (exponent - info.nmant))


def arguments(name, dtype):
    random = np.random.default_rng(7)
    low, high = {"exp": (-745.0, 709.7), "square": (1e-150, 1e150)}.get(name, (1e-300, 1e300))
    if dtype == "f":
        low, high = {"exp": (-103.0, 88.7), "square": (1e-19, 1e19)}.get(name, (1e-37, 1e37))
    even = random.uniform(low, high, 300)
    near = 1 + random.uniform(-1e-3, 1e-3, 100)
    powers = random.choice([-1.0, 1.0], 200) * 2.0 ** random.uniform(-60, 6, 200)
    x = np.concatenate([even, near, powers if name in ("exp", "square") else abs(powers)]).astype(dtype)
    # The worst of the default tier, where the tables' rounding tells most.
    if dtype == "d" and name == "exp":
        x = np.append(x, np.array([0x408456CB2D91BA13, 0xC086235B678BA88C], "u8").view("d"))
    if dtype == "d" and name == "log":
        x = np.append(x, np.array([0x3FF081FFD4606F6E], "u8").view("d"))
    return x


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("dtype", "df")
def test_bounds(name, tier, dtype):
    x = arguments(name, dtype)
    with np.errstate(under="ignore"):
        y = getattr(TIERS[tier], name)(x)
    bound = lanestack._lanestack.ulp(name, tier, "f4" if dtype == "f" else "f8")
    assert max(ulps(got, true(name, x)) for x, got in zip(x, y)) <= bound


def test_the_hardest_of_the_exact_tier():
    # Results within 2^-59 ulp or so of the middle between two numbers (Muller et al., Handbook of Floating-Point Arithmetic).
    exp, log = lanestack.exact.exp, lanestack.exact.log
    for f, name, x in [
        (exp, "exp", "0x1.83d4bcdebb3f4p+2"),
        (exp, "exp", "-0x1.1a0408712e00ap-2"),
        (exp, "exp", "0x1.9e9cbbfd6080bp-31"),
        (log, "log", "0x1.62a88613629b6p+678"),
        (log, "log", "0x1.ab50b409c8aeep+8"),
        (log, "log", "0x1.3de7ecd3a0b8ap-35"),
    ]:
        x = np.float64(float.fromhex(x))
        assert ulps(f(x), true(name, x)) <= 0.5


def test_every_half(name):
    x = np.arange(1 << 16, dtype="u2").view("e")
    with np.errstate(all="ignore"):
        y = getattr(lanestack, name)(x)
    grid = np.unique(x[np.isfinite(x)].astype("d"))
    middles = (grid[1:] + grid[:-1]) / 2
    for k, (x, y) in enumerate(zip(x.astype("d"), y)):
        if np.isnan(x) or name in ("log", "sqrt") and x < 0:
            assert np.isnan(y)
        elif name == "log" and x == 0:
            assert y == -np.inf
        elif np.isinf(x):
            assert y == (0 if name == "exp" and x < 0 else np.inf)
        else:
            # The nearest number is that between the middles around it; of two as near, the even one.
            want = true(name, x)
            place = np.searchsorted(grid, float(y))
            if np.isinf(y):
                assert want >= 65520
                continue
            below = mpmath.mpf(middles[place - 1]) if place else -mpmath.inf
            above = mpmath.mpf(middles[place]) if place < len(middles) else mpmath.mpf(65520)
            is_even = int(np.float16(y).view("u2")) % 2 == 0
            assert below < want < above or is_even and below <= want <= above, (k, x, y)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("dtype", "dfe")
def test_special_values(tier, dtype):
    module, inf, nan = TIERS[tier], np.inf, np.nan
    values = {
        "exp": [(0.0, 1.0), (-0.0, 1.0), (inf, inf), (-inf, 0.0), (nan, nan), (1e4, inf), (-1e4, 0.0)],
        "log": [(1.0, 0.0), (0.0, -inf), (-0.0, -inf), (inf, inf), (-1.0, nan), (-inf, nan), (nan, nan)],
        "sqrt": [(0.0, 0.0), (-0.0, -0.0), (inf, inf), (-1.0, nan), (-inf, nan), (nan, nan), (4.0, 2.0)],
        "square": [(0.0, 0.0), (-0.0, 0.0), (inf, inf), (-inf, inf), (nan, nan), (-3.0, 9.0)],
    }
    for name in NAMES:
        for x, want in values[name]:
            with np.errstate(all="ignore"):
                got = getattr(module, name)(np.array([x] * 9, dtype))
            assert np.array_equal(got, np.full(9, want, dtype), equal_nan=True), (name, x)
            assert (np.signbit(got) == np.signbit(want)).all() or np.isnan(want)


@pytest.mark.parametrize("dtype", "bBhHiIlLqQ?")
def test_integers_are_the_nearest_numbers(dtype):
    info = np.iinfo(dtype) if dtype != "?" else None
    x = np.array([0, 1], "?") if info is None else np.array([1, 2, 3, info.max, info.max - 1, info.max // 3], dtype)
    for name in ("log", "sqrt", "exp"):
        f = getattr(lanestack, name)
        with np.errstate(all="ignore"):
            y = f(x)
            assert y.dtype == getattr(np, name)(x[:2]).dtype
            assert (y == f(x.astype(y.dtype))).all()


def test_squares_of_integers_wrap_around():
    for dtype in "bBhHiIlLqQ":
        info = np.iinfo(dtype)
        x = np.array([info.min, info.max, 0, 1, info.max // 2, 17], dtype)
        assert (lanestack.square(x) == np.square(x)).all()
        assert lanestack.square(x).dtype == x.dtype
    assert lanestack.square(np.array([True, False])).dtype == np.int8
