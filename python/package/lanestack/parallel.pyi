from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["apply"]

def apply(ufunc: np.ufunc, a: ArrayLike, out: NDArray[Any] | None = None) -> Any: ...
