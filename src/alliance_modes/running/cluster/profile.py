"""A profile of Snakemake for Slurm, as ``alliance-modes run --profile`` takes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.shipped import PROFILE

FILE = "config.yaml"
EXECUTOR = "slurm"
FIRST_LOOK = "slurm-init-seconds-before-status-checks"
STATUS_COMMAND = "slurm-status-command"
LOOKS_EVERY = 40
"""Seconds of the plugin (2.8) between two looks where a profile says nothing."""


@dataclass(frozen=True)
class ClusterProfile:
    """What a run needs to know of a profile.

    Parameters
    ----------
    folder : Path
        Its folder, which Snakemake reads.
    jobs : int
        How many jobs may be with Slurm at once.
    looks_every : int
        Seconds between two looks whether jobs have ended, at first.
    status_command : str
        ``sacct`` or ``squeue`` where the profile names it; empty where the run is to choose.
    """

    folder: Path
    jobs: int
    looks_every: int = LOOKS_EVERY
    status_command: str = ""


def cluster_profile(named: str) -> ClusterProfile:
    """Read the profile of that name, or in that folder.

    Parameters
    ----------
    named : str
        ``slurm``, the profile that comes with the workflow, or a folder with a ``config.yaml``.

    Raises
    ------
    WorkflowError
        There is none, it cannot be read, or it is none for Slurm.
    """
    places = [Path(named), PROFILE.with_name(named)] if "/" not in named else [Path(named)]
    folder = next((one for one in places if (one / FILE).is_file()), None)
    if folder is None:
        raise WorkflowError(
            f"there is no profile {named}: no folder of that name holds a {FILE}\n"
            "    -> --profile slurm takes the one that comes with the workflow; copy it for one of your own."
        )
    said = _read(folder / FILE)
    if said.get("executor") != EXECUTOR:
        raise WorkflowError(
            f"{folder / FILE} does not say executor: {EXECUTOR}\n"
            "    -> run knows this machine (without --profile) and Slurm; for another executor start\n"
            f"       Snakemake itself: snakemake --workflow-profile {folder}"
        )
    return ClusterProfile(
        folder,
        jobs=_number(said, "jobs", folder),
        looks_every=_number(said, FIRST_LOOK, folder, LOOKS_EVERY),
        status_command=str(said.get(STATUS_COMMAND) or ""),
    )


def _read(path: Path) -> dict[str, Any]:
    """The settings of a profile, whose names Snakemake takes with hyphens or underscores."""
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        said, why = None, (str(error).splitlines() or [""])[0]
    else:
        why = "it holds no names with values"
    if not isinstance(said, dict):
        raise WorkflowError(
            f"{path} cannot be read as settings: {why}\n"
            "    -> Write one setting a line, as in workflow/profiles/slurm/config.yaml."
        )
    return {str(name).replace("_", "-"): value for name, value in said.items()}


def _number(said: dict[str, Any], name: str, folder: Path, default: int | None = None) -> int:
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise WorkflowError(
            f"{folder / FILE}: {name} is to be a whole number from 1 on\n    -> Write, say, {name}: 50."
        )
    return value
