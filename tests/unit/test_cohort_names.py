"""Which cohorts a run takes, and what is said of a name that none has."""

from __future__ import annotations

import pytest

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.running.config import Config, choose_cohorts


def test_of_a_name_that_no_cohort_has_it_is_said_which_are_there(tmp_path, monkeypatch):
    """One that the configuration lists and that has no folder is not among them."""
    monkeypatch.chdir(tmp_path)
    for folder in ("data/raw/north", "data/raw/south", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "cohort.yaml").write_text("")
    (tmp_path / "data/raw/no_cohort").mkdir()
    config = Config(cohorts={"gone": None, "west": "elsewhere", "north": None}, plan="config/plan.yaml")
    with pytest.raises(ConfigurationError) as caught:
        choose_cohorts(config, "nroth")
    (problem,) = caught.value.problems
    assert problem.message == 'there is no cohort "nroth"'
    assert problem.hint.startswith("Cohorts that exist: west, north, south. ")
    assert choose_cohorts(config, "south,north") == ("south", "north")
