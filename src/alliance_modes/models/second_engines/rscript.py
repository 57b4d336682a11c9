"""Whether R and its package lme4 are here, and which: a few lines that the workflow asks at its start."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass

RSCRIPT = "RSCRIPT"
"""Environment variable that names the program where it is not on the PATH, or not the one wanted."""

QUIET = ("--no-save", "--no-restore", "--no-init-file", "--no-site-file")
SECONDS_TO_ANSWER = 60
_ASKED = (
    'if (!requireNamespace("lme4", quietly = TRUE)) quit(status = 3L); '
    'cat(as.character(packageVersion("lme4")), " (R ", as.character(getRversion()), ")", sep = "")'
)


@dataclass(frozen=True)
class Lme4:
    """The lme4 of this machine: ``version`` as ``1.1.31 (R 4.2.2)``, or ``reason`` why there is none."""

    program: str = ""
    version: str = ""
    reason: str = ""

    @property
    def is_there(self) -> bool:
        """Whether models can be sent to it."""
        return not self.reason


def find_lme4() -> Lme4:
    """Look for ``Rscript`` (the variable RSCRIPT, else the PATH) and ask it for its lme4."""
    named = os.environ.get(RSCRIPT) or "Rscript"
    program = shutil.which(named)
    if program is None:
        where = f" ({RSCRIPT} says {named})" if os.environ.get(RSCRIPT) else ""
        return Lme4(reason=f"Rscript is not installed{where}")
    try:
        asked = subprocess.run(
            [program, *QUIET, "-e", _ASKED],
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_ANSWER,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Lme4(program, reason=f"Rscript could not be asked: {error}")
    if asked.returncode == 3:
        return Lme4(program, reason="R has no package lme4")
    if asked.returncode or not asked.stdout.strip():
        return Lme4(program, reason=f"Rscript ended with status {asked.returncode}")
    return Lme4(program, asked.stdout.strip())
