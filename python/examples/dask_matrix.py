"""A matrix larger than memory: its chunks go through lanestack on Dask's workers, and to a store.

    python dask_matrix.py 100000 --chunk 5000 --out matrix.zarr      # 80 GB
    python dask_matrix.py 100000 --chunk 5000 --out matrix           # a stack of .npy files

Nothing is computed before the store asks for it, and then some chunks at a time. Dask and distributed are needed, and zarr
for a name that ends in .zarr.
"""

import argparse
from time import perf_counter

import dask.array as da
from dask.distributed import Client, LocalCluster

import lanestack


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("n", type=int, help="rows, and columns, of the matrix")
    parser.add_argument("--chunk", type=int, default=4000, help="rows, and columns, of a chunk (default: 4000)")
    parser.add_argument("--out", default="matrix", help="where to: NAME.zarr, or a directory for .npy files")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--memory", default="auto", help="the memory of each, such as 512MiB (default: its share)")
    options = parser.parse_args()

    cluster = LocalCluster(
        n_workers=options.workers,
        threads_per_worker=1,
        memory_limit=options.memory,
        host="127.0.0.1",
        dashboard_address=None,
    )
    with cluster, Client(cluster):
        # A file of a stack holds whole rows, so there the chunks do.
        is_zarr = options.out.endswith(".zarr")
        rows = options.chunk if is_zarr else max(1, options.chunk**2 // options.n)
        chunks = (rows, options.chunk if is_zarr else options.n)
        data = da.random.default_rng(1).uniform(1, 2, size=(options.n, options.n), chunks=chunks)
        result = lanestack.log(data)
        start = perf_counter()
        if is_zarr:
            result.to_zarr(options.out, mode="w")
        else:
            da.to_npy_stack(options.out, result, axis=0)
        print(f"{result.nbytes / 1e9:.3f} GB in {perf_counter() - start:.3f} s")


if __name__ == "__main__":
    main()
