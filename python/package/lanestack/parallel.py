"""Threads for arrays whose elements do not reach a ufunc in one call.

NumPy hands a block such as ``data[i1:i2, j1:j2]`` to a ufunc row by row, and rows are too short to be worth threads.
`apply` gives each thread rows of its own instead.
"""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from lanestack import _lanestack
from lanestack._threads import num_threads
from lanestack._ufuncs import is_ours

__all__ = ["apply"]

# Elements that are not worth another thread, and pieces for each thread, which even out what else the machine does.
_FEW = 50_000
_PIECES = 4

# NumPy's kinds of errors, in its order: what it says of them, and their bits in what it hands to a callback.
_FLAGS = {"divide": ("divide by zero", 1), "over": ("overflow", 2), "under": ("underflow", 4), "invalid": ("invalid value", 8)}


def apply(ufunc, a, out=None):
    """The ufunc of each element of `a`, rows of it on all threads.

    Parameters
    ----------
    ufunc : numpy.ufunc
        A ufunc of one argument and one result: one of lanestack's, or any other.
    a : array_like
        The argument, of any shape and strides.
    out : ndarray, optional
        Where the results are stored: of the shape of `a`, not overlapping it, or `a` itself. Without it, in a new array.

    Returns
    -------
    ndarray
        `out`, or the new array.

    Raises
    ------
    ValueError
        If `out` has another shape, or the ufunc has not one argument and one result.

    Notes
    -----
    The results are those of ``ufunc(a, out=out)``, to the bit, and so are the warnings. It uses as many threads as
    `lanestack.num_threads` says; few elements stay on the calling one.

    Examples
    --------
    >>> import lanestack, numpy as np
    >>> data, result = np.ones((400, 600)), np.zeros((400, 600))
    >>> block = np.s_[:200, 300:]
    >>> _ = lanestack.parallel.apply(lanestack.exp, data[block], out=result[block])
    """
    if getattr(ufunc, "nin", None) != 1 or ufunc.nout != 1:
        raise ValueError(f"lanestack: apply takes a ufunc of one argument and one result, not {ufunc!r}")
    a = np.asanyarray(a)
    if out is not None and out.shape != a.shape:
        raise ValueError(f"lanestack: the argument has the shape {a.shape}, but out has {out.shape}")
    number = min(num_threads(), a.size // _FEW)
    if number < 2 or not (_is_plain(a) and (out is None or _is_plain(out))):
        return ufunc(a, out=out)
    if out is None:
        out = np.empty_like(a, dtype=ufunc.resolve_dtypes((a.dtype, None))[-1])
    if is_ours(ufunc) and _is_one_call(a, out):
        return ufunc(a, out=out)
    pieces = _pieces(out, number)
    raised = set()

    def work(piece):
        # Each thread has a state for errors of its own: what is raised is noted, and handled where the call came from.
        with np.errstate(all="call", call=lambda what, _: raised.add(what)):
            ufunc(a[piece], out=out[piece])

    def begin():
        _lanestack.swap_limit(1)
        _lanestack.swap_whole(a.nbytes + out.nbytes)

    with ThreadPoolExecutor(number, initializer=begin) as executor:
        for _ in executor.map(work, pieces):
            pass
    _handle(raised, ufunc)
    return out


def _is_plain(a):
    """Whether a part of it is all that a part of the work needs."""
    return type(a) in (np.ndarray, np.memmap)


def _is_one_call(a, out):
    """Whether all elements reach the ufunc at once."""
    alike = a.flags.c_contiguous and out.flags.c_contiguous or a.flags.f_contiguous and out.flags.f_contiguous
    return alike and all(array.flags.aligned and array.dtype.isnative for array in (a, out))


def _pieces(out, number):
    """Parts of an array for so many threads: rows that lie together, unless there are too few."""
    axes = sorted(range(out.ndim), key=lambda axis: abs(out.strides[axis]), reverse=True)
    axis = axes[0] if out.shape[axes[0]] >= number else max(axes, key=lambda axis: out.shape[axis])
    length = out.shape[axis]
    edges = np.linspace(0, length, min(length, _PIECES * number) + 1, dtype=int)
    return [(slice(None),) * axis + (slice(*edge),) for edge in zip(edges[:-1], edges[1:])]


def _handle(raised, ufunc):
    """Does with errors what NumPy does in this thread."""
    modes, call = np.geterr(), np.geterrcall()
    flags = sum(flag for what, flag in _FLAGS.values() if what in raised)
    for kind, (what, _) in _FLAGS.items():
        if what not in raised:
            continue
        message, mode = f"{what} encountered in {ufunc.__name__}", modes[kind]
        if mode == "warn":
            warnings.warn(message, RuntimeWarning, stacklevel=3)
        elif mode == "raise":
            raise FloatingPointError(message)
        elif mode == "call":
            call(what, flags)
        elif mode == "print":
            print(f"Warning: {message}")
        elif mode == "log":
            call.write(f"Warning: {message}\n")
