"""Other packages' arrays, as they treat NumPy's ufuncs."""

import numpy as np
import pytest

import lanestack


def test_pandas(name, ours, theirs):
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([1.0, 2.0, 4.0], index=list("abc"), name="x")
    pandas.testing.assert_series_equal(ours(series), theirs(series))
    frame = pandas.DataFrame({"x": [1.0, 2.0], "y": [3, 4]}, index=["a", "b"])
    pandas.testing.assert_frame_equal(ours(frame), theirs(frame))
    nullable = pandas.Series([1.0, None, 4.0], dtype="Float64")
    pandas.testing.assert_series_equal(ours(nullable), theirs(nullable))
    assert ours(pandas.Index([1.0, 4.0])).equals(theirs(pandas.Index([1.0, 4.0])))


def test_xarray(name, ours, theirs):
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray([[1.0, 2.0], [3.0, 4.0]], dims=("a", "b"), coords={"a": [10, 20]}, name="x")
    xarray.testing.assert_allclose(ours(array), theirs(array), rtol=1e-15)
    assert ours(array).dims == ("a", "b") and ours(array).name == "x"
    dataset = xarray.Dataset({"x": array})
    xarray.testing.assert_allclose(ours(dataset), theirs(dataset), rtol=1e-15)


def test_dlpack(ours):
    x = np.linspace(1, 2, 10)
    assert (ours(np.from_dlpack(x)) == ours(x)).all()


def test_memory_map(tmp_path, ours):
    x = np.memmap(tmp_path / "x", "d", "w+", shape=(500, 400))
    x[:] = np.linspace(1, 2, 200_000).reshape(500, 400)
    out = np.memmap(tmp_path / "out", "d", "w+", shape=(500, 400))
    ours(x, out=out)
    assert (out == ours(np.array(x))).all()
    out[:] = 0
    lanestack.parallel.apply(ours, x[:, 50:], out=out[:, 50:])
    assert (out[:, 50:] == ours(np.array(x[:, 50:]))).all()
