"""NumPy ufuncs for exp, log, sqrt and square: SIMD lanes stacked on threads.

`exp`, `log`, `sqrt` and `square` take what NumPy's functions of these names take, and return what these return, on all
cores and with the same bits everywhere. `lanestack.exact` and `lanestack.fast` have the same functions in other tiers of
accuracy.

>>> import lanestack, numpy as np
>>> lanestack.square(np.arange(4))
array([0, 1, 4, 9])
>>> lanestack.log(np.ones((2, 3)), out=np.empty((2, 3)))
array([[0., 0., 0.],
       [0., 0., 0.]])
"""

from lanestack import _dask, exact, fast, parallel  # _dask first: it says how many threads there are
from lanestack._cpu import explain, show_cpu
from lanestack._lanestack import __version__
from lanestack._pipeline import Pipeline, pipeline
from lanestack._threads import num_threads, set_num_threads, threads
from lanestack._ufuncs import ufuncs

exp, log, sqrt, square = ufuncs("lanestack", "default")

__all__ = [
    "Pipeline",
    "__version__",
    "exact",
    "exp",
    "explain",
    "fast",
    "log",
    "num_threads",
    "parallel",
    "pipeline",
    "set_num_threads",
    "show_cpu",
    "sqrt",
    "square",
    "threads",
]
