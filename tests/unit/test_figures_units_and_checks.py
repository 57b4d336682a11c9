"""Practitioners and sites in a funnel, what the next cohort could show, checks, and careless answers."""

from __future__ import annotations

from typing import Any

import contract_tables as tables
import numpy as np
import pandas as pd
import pytest
from contract_figures import clean_checks, shrunken
from drawn_numbers import lines

from alliance_modes.figures.careless_responding import careless_responding
from alliance_modes.figures.detectable_difference import detectable_differences
from alliance_modes.figures.model_diagnostics import model_diagnostics
from alliance_modes.figures.practitioners_and_sites import limits, outside, practitioners_and_sites
from alliance_modes.models.checks.check_table import checks_table
from alliance_modes.models.effects.detectable import detectable_difference
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan

PART = figures_part(Plan())
MODELS = tables.models()
ESTIMATES = tables.estimates(MODELS)


def texts(figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]


def test_limits_are_wider_than_chance_alone_where_units_differ():
    rows = shrunken(PART, spread=0.1)
    part = rows[(rows["model"] == "completion") & (rows["kind"] == "practitioner")]
    low, high = limits(part, np.array([25.0]), 0.95)
    reach = 1.959964 * (0.7 * 0.3 / 25 + 0.1**2) ** 0.5
    assert (low[0], high[0]) == pytest.approx((0.7 - reach, 0.7 + reach))
    assert outside(part, 0.95) == 1


def test_the_funnel_names_no_unit_and_gives_no_order():
    rows = shrunken(PART)
    picture = practitioners_and_sites(rows, PART, "completion", "completed")
    every = " ".join([*texts(picture.figure), *lines(picture), picture.alt, picture.caption])
    assert not [unit for unit in rows["unit"] if unit in every]
    assert "1 of 12 practitioners and 0 of 2 sites lie beyond the 95 % limits" in picture.alt
    assert lines(picture)[0].startswith("Practitioners | 12 | 70.0")
    axes: Any = picture.figure.axes[0]
    assert axes.get_ylim() == (0, 1)


def test_no_difference_between_units_is_said():
    rows = shrunken(PART).assign(shrunken=0.7)
    caption = practitioners_and_sites(rows, PART, "completion", "completed").caption
    assert "Between practitioners and sites the model finds no difference beyond chance" in caption
    none = practitioners_and_sites(rows.iloc[:0], PART, "completion", "completed")
    assert none.status.startswith("not_run: ")


def test_the_cohort_itself_could_have_shown_what_its_own_error_says():
    picture = detectable_differences(ESTIMATES, PART)
    rows = ESTIMATES[(ESTIMATES["model"] == "alliance") & (ESTIMATES["outcome"] == "client_goal")]
    se = rows.loc[rows["estimand"] == "standardised", "se"].median()
    df = rows.loc[(rows["estimand"] == "coefficient") & rows["term"].isin(tables.MODES), "df"].median()
    (line,) = [one for one in lines(picture) if one.startswith("Goal agreement, client-rated")]
    assert line.split(" | ")[2] == f"{detectable_difference(se, df):.2f}"
    assert not [one for one in lines(picture) if "practitioner-rated" in one]
    values = [float(one) for one in line.split(" | ")[3:]]
    assert values == sorted(values, reverse=True)
    assert detectable_differences(ESTIMATES.iloc[:0], PART).status.startswith("not_run: ")


def test_every_check_of_every_outcome_has_its_sign():
    picture = model_diagnostics(checks_table(list(MODELS.values())), shrunken(PART), PART)
    assert {"convergence", "separation"} <= {one.replace("\n", " ") for one in texts(picture.figure)}
    (line,) = [one for one in lines(picture) if one.startswith("Goal agreement, client-rated")]
    assert line == "Goal agreement, client-rated | 1 | 0 | 1 | none"
    assert len(picture.figure.axes) == 2
    none = model_diagnostics(checks_table([]), shrunken(PART).iloc[:0], PART)
    assert none.status.startswith("not_run: ")


def test_careless_answers_are_counted_by_form_and_index():
    picture = careless_responding(clean_checks())
    assert "12 of 1,200\n1.0\u00a0%" in texts(picture.figure)
    assert "WAI-SR, client: faster than it can be read, 12 of 1,200" in picture.alt
    assert any(line.endswith("not used") for line in lines(picture))
    assert not [line for line in lines(picture) if "client ids" in line]
    none = careless_responding(clean_checks().assign(result="not_checked"))
    assert none.status == "not_run: no form could be looked at for it"


def test_the_reach_of_an_outcome_is_that_of_its_own_model():
    """A cohort may add a model of the same outcome: its degrees of freedom are no part of the plan's."""
    added = ESTIMATES.assign(model=ESTIMATES["model"] + "_adjusted", df=3.0)
    both = pd.concat([ESTIMATES, added], ignore_index=True)
    assert detectable_differences(both, PART).numbers == detectable_differences(ESTIMATES, PART).numbers
