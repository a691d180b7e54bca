"""The exact tier: every result is the number nearest to the true value.

>>> import lanestack, numpy as np
>>> lanestack.exact.exp(np.float64(1))
np.float64(2.718281828459045)
"""

from lanestack._ufuncs import ufuncs

exp, log, sqrt, square = ufuncs("lanestack.exact", "exact")

__all__ = ["exp", "log", "sqrt", "square"]
