"""Memory that a program has freed, given back to the machine."""

from __future__ import annotations

import ctypes
import gc
import sys


def give_back() -> None:
    """Give what is free of this process back to the machine; nothing happens where the C library cannot.

    Notes
    -----
    The allocators of C and of Arrow keep what was freed for the next time. A program that reads one large
    table after the other keeps so the working memory of each: a fifth of all that a check of three million
    rows held.
    """
    gc.collect()
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
