"""The distribution of scores: bars over the possible range, and the shares at its two ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_numbers import lines
from matplotlib.text import Text
from test_reliability import inventory

from alliance_modes.figures.score_distributions import distributions, score_distributions
from alliance_modes.instruments.model import load_instruments
from alliance_modes.scoring.scores import score_cohort

INSTRUMENTS = load_instruments()


def scored(
    values: list[float], instrument: str = "wai_sr", scale: str = "goal", rater: str = "client", **more
):
    table = {"table": "alliance", "kind": "subscale"} | more
    return pd.DataFrame({**table, "rater": rater, "instrument": instrument, "scale": scale, "score": values})


def drawn(picture) -> list[str]:
    """Every text, once: a tick has a label on either side of the axis."""
    return list(dict.fromkeys(text.get_text() for text in picture.figure.findobj(Text)))


def test_bars_stand_for_the_scores_that_are_possible():
    """A goal of four items answered 1 to 5 has 17 possible scores: one bar each, none between them."""
    (one,) = distributions(scored([4.0] * 3 + [12.0] * 2 + [20.0]), INSTRUMENTS)
    edges, heights = one.bars()
    assert len(heights) == 17 and edges[[0, -1]] == pytest.approx([-0.5 / 16, 16.5 / 16])
    assert {place: height for place, height in enumerate(heights) if height} == {0: 3, 8: 2, 16: 1}
    assert [one.at_floor, one.at_ceiling] == pytest.approx([1 / 2, 1 / 6])
    assert one.quantile(0.5) == 8.0


def test_a_bar_of_fewer_possible_scores_is_not_lower_for_it():
    """The total of twelve items has 49 possible scores, three to a bar but one in the last."""
    every = np.arange(12.0, 61.0)
    (one,) = distributions(scored(list(every), scale="total", kind="total"), INSTRUMENTS)
    edges, heights = one.bars()
    assert len(heights) == 17 and heights == pytest.approx(1.0)
    assert np.diff(edges)[-1] == pytest.approx(np.diff(edges)[0] / 3)


def test_scores_without_steps_are_counted_in_twenty_bars():
    (one,) = distributions(scored([0.0, 40.0, 39.9], "srs", "srs_total", table="sessions"), INSTRUMENTS)
    _, heights = one.bars()
    assert len(heights) == 20 and heights[0] == 1 and heights[-1] == 2
    assert one.at_ceiling == pytest.approx(1 / 3)


def test_every_rater_and_instrument_has_its_name_above_its_scales_without_facets():
    facets = scored([3.0], "modes_of_practice", "educative_goal", "practitioner", kind="facet")
    by_practitioner = scored([40.0], "wai_36", "goal", "practitioner")
    rows = pd.concat([scored([4.0]), scored([9.0], scale="task"), by_practitioner, facets])
    picture = score_distributions(rows, INSTRUMENTS)
    text = drawn(picture)
    assert [line for line in text if "(" in line] == [
        "Goal (4–20)",
        "Task (4–20)",
        "Goal (12–84)",
    ]
    assert {"WAI-SR, client", "WAI-36, practitioner"} <= set(text)
    assert "Educative" not in " ".join(lines(picture))


def test_the_words_say_what_is_drawn():
    picture = score_distributions(scored([4.0, 4.0, 10.0, 20.0, 20.0, 20.0]), INSTRUMENTS)
    assert lines(picture) == [
        "WAI-SR, client | Goal | 4–20 | 6 | 15 | 6 to 20 | 33\u00a0% | 50\u00a0%",
    ]
    assert "At least 15\u00a0% of forms are at one end in WAI-SR, client: goal." in picture.alt
    bold = [text.get_text() for text in picture.figure.findobj(Text) if text.get_fontweight() == "bold"]
    assert {"33\u00a0%", "50\u00a0%"} <= set(bold)
    assert "(n = 6 per scale)" in picture.caption


def test_a_cohort_of_one_form_is_drawn_and_one_of_none_says_so():
    assert score_distributions(scored([7.0]), INSTRUMENTS).status == "ok"
    for nothing in (scored([]), scored([np.nan])):
        assert score_distributions(nothing, INSTRUMENTS).status == "not_run: no form was scored"


def test_a_simulated_cohort_stays_within_half_a_page_and_its_caption():
    forms = {"client": "wai_sr", "practitioner": "wai_36"}
    rated = [inventory(3, 60, form).assign(rater=rater, session_no=3) for rater, form in forms.items()]
    scores = score_cohort({"alliance": pd.concat(rated, ignore_index=True)}, INSTRUMENTS)
    picture = score_distributions(scores, INSTRUMENTS)
    assert picture.status == "ok" and picture.figure.get_figheight() < 6
    assert len([line for line in drawn(picture) if "–" in line]) == 8
    bars: Any = picture.figure.axes[0].patches
    assert min(bar.get_x() for bar in bars) >= -0.05
    assert max(bar.get_x() + bar.get_width() for bar in bars) <= 1.05
