import numpy as np
import pytest

import lanestack

NAMES = ["exp", "log", "sqrt", "square"]
TIERS = {"default": lanestack, "exact": lanestack.exact, "fast": lanestack.fast}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def ours(name):
    return getattr(lanestack, name)


@pytest.fixture
def theirs(name):
    return getattr(np, name)


@pytest.fixture
def many_threads():
    """More threads than this machine may have, for calls of any length that can use them."""
    lanestack.set_num_threads(3)
    yield
    lanestack.set_num_threads()
