import pickle

import numpy as np
import pytest

import lanestack

TEXT = "square,affine(2,-1),sqrt"


def test_bits_are_those_of_the_steps():
    for dtype in "fd":
        x = np.linspace(1, 3, 100_003).astype(dtype)
        want = lanestack.sqrt(2 * lanestack.square(x) - 1) if dtype == "d" else None
        got = lanestack.pipeline(TEXT)(x)
        assert got.dtype == dtype
        if want is not None:  # 2 x - 1 is rounded once either way: 2 x is exact
            assert (got == want).all()
        assert (lanestack.pipeline("log,exp")(x) == lanestack.exp(lanestack.log(x))).all()
        assert (lanestack.pipeline("log,exp", accuracy="fast")(x) == lanestack.fast.exp(lanestack.fast.log(x))).all()
        assert (lanestack.pipeline("exp", accuracy="exact")(x) == lanestack.exact.exp(x)).all()


def test_it_is_called_like_a_ufunc(many_threads):
    pipeline = lanestack.pipeline(TEXT)
    x = np.linspace(1, 3, 2_000_000)
    want = pipeline(x)
    out = np.empty_like(x)
    assert pipeline(x, out=out) is out and (out == want).all()
    assert (pipeline(x[::-3]) == want[::-3]).all()
    assert (pipeline(x.reshape(2000, 1000)[:, :300]) == want.reshape(2000, 1000)[:, :300]).all()
    assert (pipeline(x, where=x > 2, out=np.zeros_like(x)) == np.where(x > 2, want, 0)).all()
    x_too = x.copy()
    pipeline(x_too, out=x_too)
    assert (x_too == want).all()
    assert pipeline(5.0) == 7.0 and pipeline([1, 5]).tolist() == [1.0, 7.0]
    assert pipeline(np.array([5], "i2")).dtype == "f" and pipeline(np.array([5], "e")).dtype == "f"
    assert pipeline(np.array([5], "i4")).dtype == "d"
    with pytest.raises(TypeError):
        pipeline(1j)
    assert (lanestack.parallel.apply(pipeline.ufunc, x.reshape(2000, 1000)[:, :300]) == want.reshape(2000, 1000)[:, :300]).all()


def test_it_is_silent():
    with np.errstate(all="raise"):
        assert np.isnan(lanestack.pipeline("log,exp")(-1.0))
        lanestack.pipeline("exp,square")(np.array([1000.0, -1000.0, 1.0] * 1000))


def test_text():
    pipeline = lanestack.pipeline("square, affine(2, -1) | sqrt")
    assert repr(pipeline) == f"lanestack.pipeline('{TEXT}')"
    assert pipeline == lanestack.pipeline(TEXT) and hash(pipeline) == hash(lanestack.pipeline(TEXT))
    assert pipeline != lanestack.pipeline(TEXT, accuracy="exact") and pipeline != TEXT
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline
    exact = lanestack.pipeline("exp", accuracy="exact")
    assert pickle.loads(pickle.dumps(exact)) == exact and "exact" in repr(exact)
    for bad in ("", "cube", "scale", "scale(x)", "exp,,log", "exp)"):
        with pytest.raises(ValueError, match="pipeline"):
            lanestack.pipeline(bad)
    with pytest.raises(ValueError, match="accuracy"):
        lanestack.pipeline("exp", accuracy="best")
