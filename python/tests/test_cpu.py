import io

import numpy as np
import pytest

import lanestack


def told(f, *arguments, **options):
    file = io.StringIO()
    f(*arguments, **options, file=file)
    return file.getvalue()


def test_show_cpu():
    text = told(lanestack.show_cpu)
    for what in ("CPU", "threads", "avx512", "portable", "taken", "exp", "ulp", lanestack.__version__):
        assert what in text


def test_explain():
    x = np.ones((2000, 1000))
    assert "1 of 2000000 elements" in told(lanestack.explain, "exp", x)
    assert "exact" in told(lanestack.explain, lanestack.exact.log, x)
    assert "2000 of 300 elements; lanestack.parallel.apply" in told(lanestack.explain, "exp", x[:, :300], out=x[:, :300])
    assert "8192" in told(lanestack.explain, "exp", x.astype(">d"))
    assert "none" in told(lanestack.explain, "exp", [])
    with lanestack.threads(1):
        assert "threads     1" in told(lanestack.explain, "exp", x)
    for bad in ("cos", np.cos):
        with pytest.raises(ValueError, match="cos"):
            lanestack.explain(bad, x)
