"""What the CPU offers, and what is done with a call."""

import platform
import sys
import textwrap

import numpy as np

from lanestack import _lanestack
from lanestack._threads import num_threads


def show_cpu(file=None):
    """Prints what the CPU offers, what lanestack takes of it, and what it promises.

    Parameters
    ----------
    file : file-like, optional
        Where to, ``sys.stdout`` without it.
    """
    lines = [f"CPU: {_brand()}", f"threads: {num_threads()}", *_lanestack.show_cpu().split("\n")]
    _print_facts(lines, file)


def explain(function, a, out=None, file=None):
    """Prints what is done with a call, and why: threads, chunks, stores.

    Parameters
    ----------
    function : str or numpy.ufunc
        ``"exp"``, ``"log"``, ``"sqrt"``, ``"square"``, or one of lanestack's ufuncs.
    a : array_like
        The argument.
    out : ndarray, optional
        Where the results are to be stored.
    file : file-like, optional
        Where to print, ``sys.stdout`` without it.

    Raises
    ------
    ValueError
        If there is no such function.

    Examples
    --------
    >>> import lanestack, numpy as np
    >>> lanestack.explain("exp", np.zeros(100))  # doctest: +ELLIPSIS
    calls       1 of 100 elements
    isa         ...
    """
    op, tier = _op_and_tier(function)
    a = np.asanyarray(a)
    length, facts = _reach(a, out)
    if length:
        dtype = "f4" if a.dtype == np.float32 or a.dtype in (np.int16, np.uint16) else "f8"
        facts += _lanestack.explain(op, tier, dtype, length, out is a).split("\n")
    _print_facts(facts, file)


def _op_and_tier(function):
    """The name of the op and of the tier."""
    if isinstance(function, np.ufunc):
        import lanestack

        modules = {"default": lanestack, "exact": lanestack.exact, "fast": lanestack.fast}
        for tier, module in modules.items():
            if getattr(module, function.__name__, None) is function:
                return function.__name__, tier
    name = str(function)
    _lanestack.ulp(name, "default", "f8")  # or there is no such op
    return name, "default"


def _reach(a, out):
    """How many elements reach lanestack at a time, and that as a fact."""
    arrays = [a] if out is None else [a, out]
    if not a.size:
        return 0, ["calls: none, there is no element"]
    if not all(array.flags.aligned and array.dtype.isnative for array in arrays):
        length = min(a.size, np.getbufsize())
        return length, [f"calls: of {length} elements, for NumPy aligns them or swaps their bytes in buffers"]
    iterator = np.nditer([a, out], ["external_loop"], [["readonly"], ["writeonly", "allocate", "no_broadcast"]])
    length = next(iterator)[0].size
    calls = a.size // length
    if calls == 1:
        return length, [f"calls: 1 of {length} elements"]
    return length, [f"calls: {calls} of {length} elements; lanestack.parallel.apply spreads them over threads"]


def _brand():
    try:
        with open("/proc/cpuinfo") as facts:
            return next(line.split(":", 1)[1].strip() for line in facts if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _print_facts(facts, file):
    """Each with its name in a column of its own, on as many lines as it takes."""
    for fact in facts:
        name, text = fact.split(": ", 1)
        print(textwrap.fill(text, 100, initial_indent=f"{name:<12}", subsequent_indent=" " * 12), file=file or sys.stdout)
