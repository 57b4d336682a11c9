"""One thread for linear algebra in every process of a benchmark.

Two BLAS threads change the last bits of a fit, and processes side by side use the cores better.
"""

from __future__ import annotations

import os
import sys

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def begin_again_with_one_thread() -> None:
    """Start the program that runs anew with the setting, which is read before the first import of numpy."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
