"""Memory of a process and of all that it starts."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

EVERY_SECONDS = 0.2
REST = 20
"""How many times as long as it looks it rests: to read of gigabytes whose they are takes a while."""

MIB = 2**20


def peaks(process: subprocess.Popen) -> tuple[int, int]:
    """Wait for ``process``; the largest sums of resident and of proportional memory of its tree, in MiB.

    Sampled five times a second, or in a twentieth of the time of a core where that is less; proportional
    memory shares a page among those who have it. Ends this program where ``process`` failed.
    """
    tree, peak_rss, peak_pss = psutil.Process(process.pid), 0, 0
    while process.poll() is None:
        began = time.perf_counter()
        rss, pss = _memory(tree)
        looked = time.perf_counter() - began
        peak_rss, peak_pss = max(peak_rss, rss), max(peak_pss, pss)
        time.sleep(max(EVERY_SECONDS, REST * looked))
    if process.returncode:
        sys.exit("the run failed; nothing was noted")
    return round(peak_rss / MIB), round(peak_pss / MIB)


def _memory(tree: psutil.Process) -> tuple[int, int]:
    rss = pss = 0
    try:
        members = [tree, *tree.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0, 0
    for member in members:
        try:
            memory = member.memory_full_info()
        except psutil.Error:
            continue
        rss, pss = rss + memory.rss, pss + memory.pss
    return rss, pss
