from contextlib import AbstractContextManager
from typing import Any, Literal, TextIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lanestack import exact as exact, fast as fast, parallel as parallel

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

__version__: str

exp: np.ufunc
log: np.ufunc
sqrt: np.ufunc
square: np.ufunc

class Pipeline:
    def __init__(self, text: str, accuracy: Literal["default", "exact", "fast"] = "default") -> None: ...
    def __call__(self, x: Any, /, out: NDArray[Any] | None = None, **kwargs: Any) -> Any: ...
    @property
    def ufunc(self) -> np.ufunc: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

def pipeline(text: str, accuracy: Literal["default", "exact", "fast"] = "default") -> Pipeline: ...
def explain(
    function: str | np.ufunc, a: ArrayLike, out: NDArray[Any] | None = None, file: TextIO | None = None
) -> None: ...
def show_cpu(file: TextIO | None = None) -> None: ...
def num_threads() -> int: ...
def set_num_threads(number: int | None = None) -> None: ...
def threads(number: int) -> AbstractContextManager[None]: ...
