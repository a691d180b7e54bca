"""Several functions in one pass over memory."""

from functools import cache

from lanestack import _lanestack

_DOC = """The pipeline of each element; see `lanestack.pipeline`."""


class Pipeline:
    """Several functions, one after the other, in one pass over memory; made by `lanestack.pipeline`."""

    __slots__ = ("_text", "_tier", "_ufunc")

    def __init__(self, text, accuracy="default"):
        self._ufunc, self._text = _of_text(str(text), str(accuracy))
        self._tier = str(accuracy)

    def __call__(self, x, /, out=None, **kwargs):
        """The pipeline of each element of `x`; the arguments are those of any :class:`numpy.ufunc`."""
        return self._ufunc(x, out=out, **kwargs)

    @property
    def ufunc(self):
        """It as a :class:`numpy.ufunc`."""
        return self._ufunc

    def __repr__(self):
        tier = "" if self._tier == "default" else f", accuracy={self._tier!r}"
        return f"lanestack.pipeline({self._text!r}{tier})"

    def __eq__(self, other):
        if not isinstance(other, Pipeline):
            return NotImplemented
        return (self._text, self._tier) == (other._text, other._tier)

    def __hash__(self):
        return hash((self._text, self._tier))

    def __reduce__(self):
        return pipeline, (self._text, self._tier)


@cache
def _of_text(text, tier):
    """Made once: NumPy keeps a ufunc's loops for ever."""
    return _lanestack.pipeline(text, tier, _DOC)


def pipeline(text, accuracy="default"):
    """Several functions, one after the other, in one pass over memory.

    Parameters
    ----------
    text : str
        Steps with commas between them: ``exp``, ``log``, ``sqrt``, ``square``, ``scale(a)``, ``offset(b)``,
        ``affine(a,b)``, which is ``a x + b``, ``neg``, ``abs``, ``recip``, ``min(a)``, ``max(a)``, ``clip(a,b)``.
    accuracy : {"default", "exact", "fast"}, optional
        The tier of its functions.

    Returns
    -------
    Pipeline
        To be called with an array and, if wanted, ``out=``, ``where=`` and so on, like any :class:`numpy.ufunc`. The
        result is float32 for float32, float16 and integers of at most 16 bits, float64 for others.

    Raises
    ------
    ValueError
        If the text is not understood; the message says where.

    Notes
    -----
    The results are those of the steps, one after the other, to the bit. It is as fast as the slowest of memory and the
    steps together, uses threads as the functions do, and raises no floating-point warnings.

    Examples
    --------
    >>> import lanestack, numpy as np
    >>> f = lanestack.pipeline("square,affine(2,-1),sqrt")
    >>> f
    lanestack.pipeline('square,affine(2,-1),sqrt')
    >>> f(np.array([1.0, 5.0]))
    array([1., 7.])
    """
    return Pipeline(text, accuracy)
