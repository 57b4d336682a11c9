"""The truth file: read whole or refused with every problem named; resized sensibly."""

from __future__ import annotations

from pathlib import Path

import pytest

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.simulate import load_truth
from alliance_modes.simulate.yaml_text import model_yaml

ROOT = Path(__file__).parents[2]
TRUTH = ROOT / "data" / "raw" / "demo_2024" / "truth.yaml"


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = TRUTH.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path = tmp_path / "truth.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_truth_written_as_yaml_reads_back_the_same(tmp_path):
    truth = load_truth(TRUTH)
    path = tmp_path / "again.yaml"
    path.write_text(model_yaml(truth, "one line\nanother"), encoding="utf-8")
    assert load_truth(path) == truth


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  growth_sd: 0.15", "  growth_sdd: 0.15", r'unknown key "alliance.growth_sdd"'),
        ("  growth_sd: 0.15", "  #", r'"alliance.growth_sd" is missing'),
        ("  first_start: 2022-09-05", "  first_start: 2024-09-05", "last_start is before"),
        ("  data_lock: 2024-06-30", "  data_lock: 2024-05-30", r"after calendar\.data_lock"),
        ("engagement_therapeutic: 0.45", "engagement_therapeutic: -0.999", "no three quantities"),
        ("steps: [-2.2, -1.0, 0.2, 1.4]", "steps: [-2.2, 1.0, 0.2, 1.4]", "4 increasing numbers"),
        ("  inventory_sessions: [3, 12, 24]", "  inventory_sessions: [3, 12, 25]", r"\[25\] lie after"),
        ("  practitioner_inventory: wai_36", "  practitioner_inventory: wai_s", "items.wai_s is missing"),
        ("programme facilitator: 0.55", "programme facilitator: 0.5", "shares must sum to 1"),
        ("  late_groups_share: 0.0", "  late_groups_share: 1.5", "late_groups_share"),
    ],
)
def test_an_impossible_truth_is_refused(tmp_path, old, new, said):
    with pytest.raises(ConfigurationError, match=said):
        load_truth(edited(tmp_path, old, new))


def test_too_few_item_parameters_are_named(tmp_path):
    path = edited(tmp_path, "discrimination: [1.8, 2.25, 1.95, 2.4, 2.1]", "discrimination: [1.8, 2.25]")
    with pytest.raises(ConfigurationError, match=r"session_engagement\.discrimination holds 2 numbers"):
        load_truth(path)


def test_all_problems_are_told_at_once(tmp_path):
    path = edited(tmp_path, "  growth_sd: 0.15", "  growth_sdd: 0.15")
    path.write_text(path.read_text().replace("seed: 2024", "seed: -1"))
    with pytest.raises(ConfigurationError) as caught:
        load_truth(path)
    assert {problem.line for problem in caught.value.problems} >= {4}
    assert len(caught.value.problems) == 3


def test_another_size_keeps_the_proportions():
    larger = load_truth(TRUTH).with_size(enrolments=8000)
    assert larger.sizes.model_dump() == {"sites": 60, "practitioners": 400, "groups": 900, "enrolments": 8000}
    assert larger.untidy.duplicates.sessions == 250
    assert larger.untidy.missing_codes.sessions == 0.3
    assert larger.alliance == load_truth(TRUTH).alliance


def test_a_very_small_size_still_holds_together():
    tiny = load_truth(TRUTH).with_size(enrolments=3).sizes
    assert tiny.model_dump() == {"sites": 1, "practitioners": 2, "groups": 2, "enrolments": 3}


def test_sizes_can_be_given_one_by_one():
    sizes = load_truth(TRUTH).with_size(300, practitioners=15, groups=30, sites=4).sizes
    assert sizes.model_dump() == {"sites": 4, "practitioners": 15, "groups": 30, "enrolments": 300}


@pytest.mark.parametrize("size", [0, -5, 2.5])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(ConfigurationError, match="whole number of at least 1"):
        load_truth(TRUTH).with_size(enrolments=size)
