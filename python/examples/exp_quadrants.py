"""exp of each element of a matrix, its quadrants in a ThreadPool.

    python exp_quadrants.py 8000 --numpy
    python exp_quadrants.py 8000 --lanestack
"""

from multiprocessing.pool import ThreadPool
from time import perf_counter

import numpy as np
from program import library, n

exp = library.exp


def evaluate(i1, i2, j1, j2):
    exp(data[i1:i2, j1:j2], out=result[i1:i2, j1:j2])


data = np.full((n, n), 2.0)
result = np.ones((n, n))
halves = [(0, n // 2), (n // 2, n)]
start = perf_counter()
with ThreadPool(4) as pool:
    pool.starmap(evaluate, [rows + columns for rows in halves for columns in halves])
print(f"{perf_counter() - start:.6f} s")
