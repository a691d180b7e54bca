"""NumPy's own tests of its functions, with lanestack's exp, log, sqrt and square in place of NumPy's.

    pip install pytest hypothesis
    python python/tests/numpy_suite.py

It takes the tests that NumPy's wheel brings: of the functions' values, special values, accuracy, warnings and strides, and
of what a ufunc is. Arguments are pytest's, such as `-k log`.
"""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import lanestack

CORE = "_core" if hasattr(np, "_core") else "core"
FILES = ["test_umath.py", "test_umath_accuracy.py", "test_ufunc.py", "test_errstate.py", "test_half.py"]

# Tests that give the functions what lanestack has no loops for, as patterns, with the error that must come of it: anything
# else that is wrong before is a failure as anywhere, and so is a test that passes.
COMPLEX, LONGDOUBLE = (TypeError, "complex numbers"), (TypeError, "longdouble")
EXCEPTIONS = {
    r"test_umath.py::TestPower::test_power_complex": COMPLEX,
    r"test_umath.py::TestLog::test_log_precision_float(32|64)": COMPLEX,
    r"test_umath.py::TestComplexFunctions::test_(it|precisions_consistent|against_cmath)": COMPLEX,
    r"test_umath.py::TestComplexFunctions::test_branch_cuts": COMPLEX,
    r"test_umath.py::TestLog::test_log_values": LONGDOUBLE,
    r"test_umath.py::TestExp::test_exp_values": LONGDOUBLE,
    r"test_umath.py::TestSpecialFloats::test_(exp|log|square)_values": LONGDOUBLE,
    r"test_umath.py::TestSpecialFloats::test_sqrt_values\[g\]": LONGDOUBLE,
    r"test_umath.py::TestAVXUfuncs::test_avx_based_ufunc": LONGDOUBLE,
    r"test_umath.py::TestLogAddExp::test_logaddexp_values": LONGDOUBLE,
    r"test_ufunc.py::TestUfuncGenericLoops::test_unary_PyUFunc\[c": COMPLEX,
    r"test_ufunc.py::TestUfuncGenericLoops::test_unary_PyUFunc\[longdouble": LONGDOUBLE,
    r"test_ufunc.py::TestUfunc::test_invalid_args": (AssertionError, "objects: what the error of None says"),
}


class InPlaceOfNumPys:
    """A plugin: before NumPy's tests are imported, the functions are lanestack's."""

    def pytest_configure(self):
        umath = getattr(np, CORE).umath
        for name in ("exp", "log", "sqrt", "square"):
            for module in (np, umath):
                setattr(module, name, getattr(lanestack, name))

    def pytest_collection_modifyitems(self, items):
        for item in items:
            for pattern, (error, reason) in EXCEPTIONS.items():
                if re.search(pattern, item.nodeid):
                    item.add_marker(pytest.mark.xfail(raises=error, reason=reason, strict=True))


def main():
    tests = Path(np.__file__).parent / CORE / "tests"
    options = ["-q", "-W", "ignore::pytest.PytestWarning", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tests)]
    return pytest.main([*options, *sys.argv[1:], *(str(tests / file) for file in FILES)], plugins=[InPlaceOfNumPys()])


if __name__ == "__main__":
    sys.exit(main())
