"""Projects to run commands in: one without results, one finished, each as a copy of its own."""

from __future__ import annotations

import pytest
from projects import COHORT, HERE, Project, new_project

from alliance_modes.simulate import load_truth, write_cohort

ENROLMENTS = 240
PRACTITIONERS = 20  # enough for the models to be fitted


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory) -> Project:
    project = new_project(tmp_path_factory.mktemp("fresh") / "project")
    truth = load_truth(HERE / "data/raw/demo_2024/truth.yaml").with_size(
        ENROLMENTS, practitioners=PRACTITIONERS
    )
    write_cohort(truth, project.root / "data/raw" / COHORT, COHORT)
    return project


@pytest.fixture(scope="session")
def _finished(_fresh, tmp_path_factory) -> Project:
    project = _fresh.copy(tmp_path_factory.mktemp("finished") / "project")
    done = project.alliance_modes("run", timeout=1500)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return project


@pytest.fixture(scope="session")
def reference_digests(_finished) -> dict[str, str]:
    """What an undisturbed run makes of the simulated cohort."""
    return _finished.digests()


@pytest.fixture
def fresh(_fresh, tmp_path) -> Project:
    """A project with a small simulated cohort and no results."""
    return _fresh.copy(tmp_path / "project")


@pytest.fixture
def finished(_finished, tmp_path) -> Project:
    """The same after an undisturbed run."""
    return _finished.copy(tmp_path / "project")
