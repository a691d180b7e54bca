"""The ufuncs of a tier, their documentation, and what NumPy's masked arrays need to know of them."""

import numpy as np
from numpy.ma import core as masked

from lanestack import _lanestack

_DOC = """{what}, element by element.

{tier}

Parameters
----------
x : array_like
    Arguments: real numbers, integers or booleans.
out : ndarray, None, or tuple of one ndarray or None, optional
    Where the results are stored; without it, in a new array.
where : array_like, optional
    Where it is false, nothing is computed, and `out` keeps its value.
**kwargs
    ``dtype``, ``casting``, ``order``, ``subok`` and ``signature`` as for any :class:`numpy.ufunc`.

Returns
-------
y : ndarray or scalar
    {result}

Raises
------
TypeError
    If the type is complex, longdouble, object, datetime64 or another that there is no loop for.

See Also
--------
{see}

Notes
-----
*Error*: {error}

*Special values*: {special} A NaN stays itself, made quiet. Subnormal numbers are never flushed.

*Warnings*: {warnings} as `numpy.errstate` says, and no others, also if other threads did the work.

*Threads*: elements that lie at one distance from each other, as in any contiguous array, are one call, which releases the
GIL and is spread over threads if that is estimated to pay: see `lanestack.set_num_threads`. Other arrays come row by row:
see `lanestack.parallel.apply`.

Examples
--------
>>> import numpy as np
>>> import lanestack
>>> {module}.{name}(np.array({example}))
{shown}
"""

_TIERS = {
    "default": "The default tier: float32 and float16 correctly rounded, float64 within a proved bound.",
    "exact": "The exact tier: correctly rounded in every type.",
    "fast": "The fast tier: float32 faster and less accurate, other types as in the default tier.",
}

_FLOATS = (
    "float16 of float16, bool and integers of 8 bits, float32 of float32 and integers of 16 bits, float64 of others, "
    "as NumPy's."
)

_FUNCTIONS = {
    "exp": {
        "what": "The exponential function",
        "result": _FLOATS,
        "special": "``exp(±0) = 1``, ``exp(-inf) = 0``, ``exp(inf) = inf``; overflow gives ``inf``.",
        "warnings": "overflow and underflow",
        "example": "[0.0, 1.0]",
        "shown": "array([1.        , 2.71828183])",
    },
    "log": {
        "what": "The natural logarithm",
        "result": _FLOATS,
        "special": "``log(1) = 0``, ``log(±0) = -inf``, ``log(inf) = inf``, ``log(x < 0) = nan``.",
        "warnings": "division by zero of ``log(0)`` and invalid value of ``log(x < 0)``",
        "example": "[1.0, 2.0]",
        "shown": "array([0.        , 0.69314718])",
    },
    "sqrt": {
        "what": "The square root",
        "result": _FLOATS,
        "special": "``sqrt(-0) = -0``, ``sqrt(inf) = inf``, ``sqrt(x < 0) = nan``.",
        "warnings": "invalid value of ``sqrt(x < 0)``",
        "example": "[4.0, 9.0]",
        "shown": "array([2., 3.])",
    },
    "square": {
        "what": "The square",
        "result": "Of the type of the argument, int8 of bool, as NumPy's. Integers wrap around.",
        "special": "``square(±0) = 0``, ``square(±inf) = inf``; overflow gives ``inf``.",
        "warnings": "overflow and underflow",
        "example": "[2.0, -3.0]",
        "shown": "array([4., 9.])",
    },
}


_made: set[np.ufunc] = set()


def is_ours(ufunc):
    """Whether it is one of lanestack's."""
    return ufunc in _made


def ufuncs(module, tier):
    """The four ufuncs of a tier, for the module that they are found in."""
    return tuple(_ufunc(module, tier, name) for name in _FUNCTIONS)


def _ufunc(module, tier, name):
    facts = _FUNCTIONS[name]
    others = [f"{package}.{name}" for package in ("lanestack", "lanestack.exact", "lanestack.fast", "numpy")]
    doc = _DOC.format(
        **facts,
        module=module,
        name=name,
        tier=_TIERS[tier],
        error=_error(name, tier),
        see=", ".join(other for other in others if other != f"{module}.{name}"),
    )
    ufunc = _lanestack.ufunc(name, tier, doc)
    try:  # For pickle, which searches all modules where NumPy before 2.1 refuses this.
        ufunc.__module__ = module
        ufunc.__qualname__ = name
    except AttributeError:
        pass
    _know_domain(name, ufunc)
    _made.add(ufunc)
    return ufunc


def _error(name, tier):
    bounds = {"float16": 0.5, "float32": _lanestack.ulp(name, tier, "f4"), "float64": _lanestack.ulp(name, tier, "f8")}
    rounded = [dtype for dtype, ulp in bounds.items() if ulp == 0.5]
    others = [f"{dtype} within {ulp} ulp" for dtype, ulp in bounds.items() if ulp != 0.5]
    return "; ".join([", ".join(rounded) + " correctly rounded", *others]) + "."


def _know_domain(name, ufunc):
    """Results of masked arrays that are out of the domain are masked, as those of NumPy's function are."""
    ours = getattr(np, name)
    for table in (getattr(masked, "ufunc_domain", None), getattr(masked, "ufunc_fills", None)):
        if table is not None and ours in table:
            table[ufunc] = table[ours]
