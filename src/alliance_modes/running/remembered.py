"""What Snakemake remembers of outputs, and what becomes of those that it has forgotten.

Of an output without a record Snakemake (9.27) compares times alone, so that another plan, or a result that is
not what was made, runs nothing: as after ``.snakemake`` was removed, left behind by a copy, or cut short with
the power. A list of code that is newer than the output runs it again; where there is a record the list is
compared by content, and runs nothing.
"""

from __future__ import annotations

import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path

from alliance_modes.running.code import LISTS

RECORDS = Path(".snakemake/metadata")
LONGEST_NAME = 254
"""Signs of a name of a record's file or folder; a longer one is cut (``_record_path`` of Snakemake)."""

SECOND = 1_000_000_000


def forgotten(outputs: Iterable[str]) -> list[str]:
    """Outputs that are there and of which Snakemake has no record that can be read."""
    return [output for output in outputs if os.path.lexists(output) and not _is_on_record(output)]


def ask_again(outputs: Iterable[str]) -> None:
    """Let Snakemake run again whatever makes these: give lists of code a time after theirs.

    An output of time 0 is given another, since Snakemake compares it with nothing.
    """
    latest = time.time_ns()
    for output in outputs:
        about = os.lstat(output)
        if not about.st_mtime_ns // SECOND:
            os.utime(output, (1, 1), follow_symlinks=False)
        latest = max(latest, about.st_mtime_ns + SECOND)
    for path in sorted(LISTS.glob("*.sha256")):
        os.utime(path, ns=(latest, latest))


def _is_on_record(output: str) -> bool:
    try:
        return isinstance(json.loads(_record(output).read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _record(output: str) -> Path:
    name = urlsafe_b64encode(output.encode()).decode()
    *folders, last = (name[start : start + LONGEST_NAME] for start in range(0, len(name), LONGEST_NAME))
    return RECORDS.joinpath(*(f"@{folder}" for folder in folders), last)
