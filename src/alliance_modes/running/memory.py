"""How much memory the script of each rule takes, so that no more of them run than there is room for."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

LIMIT = "ALLIANCE_MODES_MEMORY"
"""Environment variable: MiB that a run's scripts may take side by side; none takes more than all of it."""

PER_CORE = 2000
"""MiB for each core that a run uses, where nothing else is asked for."""

MEASURED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "ingest": (400, 5),
        "clean": (500, 60),
        "missingness": (500, 15),
        "score": (500, 110),
        "export": (500, 120),
        "derive": (500, 45),
        "measure": (500, 55),
        "exposure_reliability": (400, 10),
        "key_audit": (500, 65),
        "factors": (600, 115),
        "figures_factors": (500, 10),
        "invariance_cohorts": (600, 115),
        "model": (600, 120),
        "bootstrap": (500, 20),
        "influence": (500, 30),
        "lme4": (1000, 160),
        "estimates": (400, 10),
        "impute": (500, 90),
        "imputation": (400, 10),
        "relation": (450, 55),
        "relations": (400, 10),
        "over_cohorts": (600, 160),
        "cohorts_page": (500, 20),
        "specification": (500, 100),
        "specifications": (400, 10),
        "figures_relations": (500, 10),
        "figures_cohort": (500, 50),
        "figures_effects": (500, 32),
        "figures_measurement": (500, 30),
        "dictionary": (350, 10),
        "report": (500, 5),
        "research": (600, 5),
        "checklist": (500, 5),
        "release": (800, 10),
        "supervision": (600, 30),
    }
)
"""By rule: MiB with a demonstration cohort, and for each MB of input beyond: the largest resident memory of
its script, libraries that scripts share included, with 700 and 60,000 enrolments (benchmarks/profile.csv).
Of `relation`, of which two run side by side, without what they share: it takes 2,143 MiB with that."""

CARRIED = 400
"""MiB on a cluster beside the script: two Snakemakes, the one that Slurm starts and the one for the job."""

COUNTED: Mapping[str, str] = MappingProxyType({"specification": "tables"})
"""By rule, the one input that its memory goes by, where some jobs also read what others make themselves."""


def memory_limit(cores: int, gigabytes: float | None = None) -> int:
    """MiB that the scripts of a run may take together: as asked for, or so much for each core."""
    return PER_CORE * cores if gigabytes is None else round(1000 * gigabytes)


def memory_where(on_cluster: Callable[[], bool]) -> Callable[[str], Callable[[Any, Any], int]]:
    """The resource ``mem_mb`` of rules: MiB by the size of a job's input, at most the limit of the run.

    Parameters
    ----------
    on_cluster : function
        Whether each job is handed to a cluster, where what carries it counts too; asked when a job is.
    """
    return lambda rule: _memory(rule, on_cluster)


def _memory(rule: str, on_cluster: Callable[[], bool]) -> Callable[[Any, Any], int]:
    base, for_each = MEASURED[rule]

    def of_job(wildcards: Any, input: Any) -> int:
        counted = type(input)(toclone=getattr(input, COUNTED[rule])) if rule in COUNTED else input
        taken = base + math.ceil(for_each * counted.size_mb)
        if on_cluster():
            return taken + CARRIED
        return int(min(taken, float(os.environ.get(LIMIT) or "inf")))

    return of_job
