"""What every test runs under: one thread, as in jobs, the same examples each time, and a marker."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from alliance_modes.models.second_engines.rscript import Lme4, find_lme4
from alliance_modes.running.jobs import JOB_ENVIRONMENT

os.environ.update(JOB_ENVIRONMENT)
settings.register_profile("same_each_time", derandomize=True, deadline=None)
settings.load_profile("same_each_time")

FOLDERS = {"unit": "quick", "field": "field", "reference": "reference", "workflow": "workflow"}
"""The marker of the tests of a folder; a unit test marked ``slow`` is not ``quick``."""

FORMS = ("test_drafting_", "test_readers_", "test_intake", "test_other_plans")
"""Unit tests of the many forms that files and plans come in, each read, drafted or told whole: ``slow``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-case",
        action="store_true",
        help="a report of each export of tests/field, and of those handed over",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files of ``FORMS`` are not even read where a run leaves out what is slow."""
    asked = config.getoption("markexpr")
    left_out = asked and "slow" not in asked and collection_path.name.startswith(FORMS)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if item.path.name.startswith(FORMS):
            item.add_marker("slow")
        if item.get_closest_marker("slow") is None:
            item.add_marker(FOLDERS[folder])


@pytest.fixture(scope="session")
def lme4() -> Lme4:
    """The lme4 of this machine; a test that needs it says so where there is none."""
    here = find_lme4()
    if not here.is_there:
        pytest.skip("not run: Rscript with lme4 is not installed")
    return here
