"""Calls as they come, generated: what NumPy's function of the name does, type, shape, strides, errors and, nearly, values."""

import warnings

import numpy as np
import pytest

import lanestack

hypothesis = pytest.importorskip("hypothesis")
st = hypothesis.strategies

DTYPES = ["?", "b", "B", "h", "H", "i", "I", "q", "Q", "e", "f", "d", ">f8", ">f4", ">i4"]
LAYOUTS = {
    "plain": lambda a: a,
    "reversed": lambda a: a[::-1],
    "transposed": lambda a: a.T,
    "every other": lambda a: a[:, ::2],
    "block": lambda a: a[1:3, 2:5],
    "broadcast": lambda a: np.broadcast_to(a[0], a.shape),
    "empty": lambda a: a[:0],
    "scalar": lambda a: a[0, 0],
    "0-d": lambda a: a[0, 0, ...],
    "misaligned": lambda a: np.frombuffer(b"\0" + a.tobytes(), np.uint8)[1:].view(a.dtype).reshape(a.shape),
}


def outcome(ufunc, a, keywords):
    """What a call gives, and the error that it ends with."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return ufunc(a, **keywords), None
        except Exception as error:
            return None, type(error)


@hypothesis.settings(max_examples=1500, deadline=None, derandomize=True)
@hypothesis.given(
    name=st.sampled_from(["exp", "log", "sqrt", "square"]),
    dtype=st.sampled_from(DTYPES),
    layout=st.sampled_from(sorted(LAYOUTS)),
    out=st.sampled_from([None, "e", "f", "d", "q", ">f8"]),
    where=st.sampled_from([None, True, False, "mask"]),
    casting=st.sampled_from([None, "same_kind", "safe", "unsafe"]),
    wanted=st.sampled_from([None, None, None, "f", "d"]),
    order=st.sampled_from(["K", "C", "F"]),
)
def test_a_call_is_numpy_s(name, dtype, layout, out, where, casting, wanted, order):
    a = LAYOUTS[layout](np.arange(1, 41).reshape(5, 8).astype(dtype))
    keywords = {"order": order}
    if casting is not None:
        keywords["casting"] = casting
    if wanted is not None:
        keywords["dtype"] = wanted
    if where is not None:
        keywords["where"] = where if where != "mask" else np.arange(np.size(a)).reshape(np.shape(a)) % 3 == 0
    # Without out=, what a mask leaves is whatever the memory held.
    if where is not None and where is not True and out is None:
        out = "d"
    results = []
    for library in (np, lanestack):
        if out is not None:
            keywords["out"] = np.full(np.shape(a), 7, out)
        results.append(outcome(getattr(library, name), a, keywords))
    (theirs, their_error), (ours, our_error) = results
    assert our_error is their_error
    if ours is not None:
        assert type(ours) is type(theirs) and ours.dtype == theirs.dtype and np.shape(ours) == np.shape(theirs)
        assert np.asarray(ours).strides == np.asarray(theirs).strides
        smallest = min(array.itemsize for array in (np.asarray(a), ours, np.dtype(wanted)))
        tolerance = {1: 2e-3, 2: 2e-3, 4: 3e-7, 8: 1e-15}[smallest]
        np.testing.assert_allclose(np.asarray(ours, "d"), np.asarray(theirs, "d"), rtol=tolerance)
