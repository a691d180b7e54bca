"""square of each element of a matrix, in one call: NumPy evaluates it on one core, lanestack on all.

    python square_single.py 8000 --numpy
    python square_single.py 8000 --lanestack
"""

from time import perf_counter

import numpy as np
from program import library, n

square = library.square

data = np.full((n, n), 2.0)
start = perf_counter()
result = square(data)
print(f"{perf_counter() - start:.6f} s")
