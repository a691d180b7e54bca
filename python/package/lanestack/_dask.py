"""The share of a Dask worker.

Dask gives each of its worker processes threads that evaluate chunks side by side, as many as the CPUs allow. So there a call
stays on the thread that makes it, as Dask has it for other libraries by ``OMP_NUM_THREADS=1``.
"""

import multiprocessing
import os

if multiprocessing.current_process().name.startswith("Dask Worker process"):
    os.environ.setdefault("LANESTACK_NUM_THREADS", "1")
