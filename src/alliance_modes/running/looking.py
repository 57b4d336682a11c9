"""Whether the workflow is only looked at: what is read is said, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

LOOKING = "ALLIANCE_MODES_LOOKING"
"""Environment variable: when it is 1, whatever plans a run leaves every file of the project as it is."""


def looking() -> bool:
    """Whether this process plans a run to say what it would do, and must not write."""
    return os.environ.get(LOOKING) == "1"


@contextmanager
def only_looking() -> Iterator[None]:
    """Only look while this lasts, here and in processes that are started meanwhile."""
    before = os.environ.get(LOOKING)
    os.environ[LOOKING] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[LOOKING]
        else:
            os.environ[LOOKING] = before
