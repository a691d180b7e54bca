"""What lanestack makes of the programs with a ThreadPool: one call each, into memory that is there already.

    python one_call.py 8000
"""

from time import perf_counter

import numpy as np
from program import library, n

data = np.full((n, n), 2.0)
result = np.ones((n, n))
for name in ("exp", "log", "sqrt", "square"):
    function = getattr(library, name)
    start = perf_counter()
    function(data, out=result)
    print(f"{name}: {perf_counter() - start:.6f} s")
