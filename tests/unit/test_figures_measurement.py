"""Figures of measurement: what is drawn, its words, and what is said where there is nothing to draw."""

from __future__ import annotations

from typing import Any

import contract_report as cohorts
import numpy as np
import pandas as pd
import pytest
from drawn_numbers import lines

from alliance_modes.figures.item_responses import item_responses
from alliance_modes.figures.picture import write_picture
from alliance_modes.figures.rater_agreement import rater_agreement
from alliance_modes.figures.reliability_intervals import reliability_intervals

TABLES = cohorts.measurement()


def pairs(each: int = 60) -> dict[tuple[str, str], pd.DataFrame]:
    rng = np.random.default_rng(1)
    scales = ("goal", "task", "bond", "total")
    rows = pd.DataFrame({"scale": np.repeat(scales, each), "cluster": "p1"})
    first, second = rng.uniform(20, 100, 4 * each), rng.uniform(20, 100, 4 * each)
    return {("wai_sr", "wai_s"): rows.assign(first=first, second=second)}


def test_every_scale_has_alpha_and_omega_with_intervals():
    picture = reliability_intervals(TABLES["reliability"])
    panels = picture.figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["WAI-SR, client", "WAI-S, practitioner"]
    assert [len(axes.containers) for axes in panels] == [2, 2]
    assert panels[0].get_xlim()[1] == 1.0
    assert "Feldt" in picture.caption and "n = 60 per scale" in picture.caption
    assert len(lines(picture)) == 8 and picture.status == "ok" and "omega from" in picture.alt


def test_a_scale_without_omega_is_counted_in_the_caption():
    rows = TABLES["reliability"].copy()
    rows.loc[0, ["omega", "omega_low", "omega_high"]] = np.nan
    assert "not estimated for 1 of these" in reliability_intervals(rows).caption


@pytest.mark.slow
def test_bars_of_an_item_fill_the_whole_width_and_stand_by_subscale():
    picture = item_responses(TABLES["item_responses"])
    axes: Any = next(axes for axes in picture.figure.axes if len(axes.get_yticks()) == 12)
    ends = {round(bar.get_y(), 2): bar.get_x() + bar.get_width() for bar in axes.patches}
    assert len(ends) == 12 and list(ends.values()) == pytest.approx([1.0] * 12)
    labels = [label.get_text() for label in axes.get_yticklabels()]
    goal_first = [["4", "6", "8", "11"], ["4R", "6", "10R", "11"]]
    assert labels[:4] in goal_first
    assert sum(line.startswith("WAI-SR, client") for line in lines(picture)) == 12


def test_agreement_draws_a_panel_per_scale_with_every_dyad():
    picture = rater_agreement(TABLES["agreement_raters"], pairs())
    assert [axes.get_title(loc="left") for axes in picture.figure.axes] == [
        f"{name}, 60 sessions" for name in ("Goal", "Task", "Bond", "Total")
    ]
    assert all(np.shape(axes.collections[0].get_offsets()) == (60, 2) for axes in picture.figure.axes)
    assert "WAI-SR" in picture.caption and "percent of the maximum possible" in picture.caption
    assert "raters and forms are compared together" in picture.caption
    assert [line.split(" | ")[0] for line in lines(picture)] == ["Goal", "Task", "Bond", "Total"]
    assert "95 % of differences lie between" in picture.alt
    many = rater_agreement(TABLES["agreement_raters"], pairs(2_001))
    drawn = [[axes.collections[0].get_rasterized() for axes in one.figure.axes] for one in (picture, many)]
    assert drawn == [[False] * 4, [True] * 4]


@pytest.mark.slow
def test_without_data_each_says_why_and_the_same_picture_gives_the_same_bytes(tmp_path):
    none = [
        reliability_intervals(TABLES["reliability"].iloc[:0]),
        item_responses(TABLES["item_responses"].iloc[:0]),
        rater_agreement(TABLES["agreement_raters"].iloc[:0], {}),
    ]
    assert all(picture.status.startswith("not_run: ") for picture in none)
    for folder in ("one", "two"):
        write_picture(reliability_intervals(TABLES["reliability"]), tmp_path / folder, "dots")
    for suffix in ("png", "pdf", "json"):
        one, two = (tmp_path / folder / f"dots.{suffix}" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
