"""log of each element of a matrix, its quadrants in a ThreadPool.

    python log_quadrants.py 8000 --numpy
    python log_quadrants.py 8000 --lanestack
"""

from multiprocessing.pool import ThreadPool
from time import perf_counter

import numpy as np
from program import library, n

log = library.log


def evaluate(i1, i2, j1, j2):
    log(data[i1:i2, j1:j2], out=result[i1:i2, j1:j2])


data = np.full((n, n), 2.0)
result = np.ones((n, n))
halves = [(0, n // 2), (n // 2, n)]
start = perf_counter()
with ThreadPool(4) as pool:
    pool.starmap(evaluate, [rows + columns for rows in halves for columns in halves])
print(f"{perf_counter() - start:.6f} s")
