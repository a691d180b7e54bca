"""How many threads a call uses."""

from contextlib import contextmanager

from lanestack import _lanestack


def num_threads():
    """The number of threads that a long call from this thread uses.

    Returns
    -------
    int
        What `threads` says within its block, else what `set_num_threads` said last, else what the environment variable
        ``LANESTACK_NUM_THREADS`` says, else the number of CPUs that this process may use.
    """
    return _lanestack.num_threads()


def set_num_threads(number=None):
    """Sets the number of threads of this process.

    All calls share one pool of so many threads, from whichever Python thread they come. Results do not depend on it.

    Parameters
    ----------
    number : int, optional
        From 1 to 4096; without it, the number that there was at first.

    Raises
    ------
    ValueError
        If there can be no so many.

    Examples
    --------
    >>> import lanestack
    >>> lanestack.set_num_threads(2)
    >>> lanestack.num_threads()
    2
    >>> lanestack.set_num_threads()
    """
    _lanestack.set_num_threads(number)


@contextmanager
def threads(number):
    """Within its block, calls from this Python thread use so many threads.

    Other Python threads are not affected; those that have threads of their own to share work among, such as Dask's, say
    ``threads(1)`` and so evaluate each call where it is made.

    Parameters
    ----------
    number : int
        From 1 to 4096.

    Raises
    ------
    ValueError
        If there can be no so many.

    Examples
    --------
    >>> import lanestack
    >>> with lanestack.threads(1):
    ...     lanestack.num_threads()
    1
    """
    before = _lanestack.swap_limit(number)
    try:
        yield
    finally:
        _lanestack.swap_limit(before)
