"""Where the files lie that come with the package and are no module of it: workflow, plan, lock.

In a clone they lie in its folder; a wheel puts them beside the package, in the same order, so that every path
between them is the same in both.
"""

from __future__ import annotations

from pathlib import Path

PACKAGES = Path(__file__).parents[1]
CLONE = PACKAGES.parent

OF_WHEEL = PACKAGES / "alliance_modes_study"
"""The folder of the wheel (``pyproject.toml``); apart from the package, whose files are code of rules."""

IS_CLONE = not OF_WHEEL.is_dir()
FOLDER = CLONE if IS_CLONE else OF_WHEEL

ROOT = CLONE if IS_CLONE else PACKAGES
"""By which files of the project are named: a clone, or the folder of installed packages."""

WORKFLOW = FOLDER / "workflow"
SCRIPTS = WORKFLOW / "scripts"
PROFILE = WORKFLOW / "profiles" / "default"
LOCK_FILE = FOLDER / "requirements.lock"
CLUSTER_LOCK = FOLDER / "requirements-cluster.lock"
TRUTH = FOLDER / "data/raw/demo_2024/truth.yaml"
"""From what the demonstration cohort was simulated."""
