"""What a reader is told about factor structure and invariance: sentences, tables, the figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn_numbers import lines

from alliance_modes.dictionary.factors import TABLES
from alliance_modes.figures.factor_loadings import factor_loadings
from alliance_modes.reports.research.structure.section import NOTHING, structure
from alliance_modes.tables.structure import (
    invariance_sentences,
    invariance_table,
    structure_sentences,
    structure_table,
)

WAI = {"rater": "client", "instrument": "wai_sr", "n": 300, "clusters": 40, "status": "ok"}


def fits(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame([{**WAI, **row} for row in rows]).reindex(columns=list(TABLES["factor_fit"].columns))


def fit(name: str, cfi: float, rmsea: float = 0.05, srmr: float = 0.03, **more) -> dict:
    robust = {"chi2_robust": 90.0, "p_robust": 0.01, "cfi_robust": cfi, "tli_robust": cfi - 0.01}
    limits = {"rmsea_robust_low": rmsea - 0.01, "rmsea_robust_high": rmsea + 0.01}
    plain = {"chi2": 120.0, "df": 51, "p": 0.001, "cfi": 0.5, "srmr": srmr}
    return {"structure": name, **plain, **robust, "rmsea_robust": rmsea, **limits, **more}


def against(larger: str, p: float) -> dict:
    return {"against": larger, "chi2_difference": 24.5, "df_difference": 2, "p_difference": p}


def test_a_better_structure_is_named_with_its_test_and_how_well_it_fits():
    (told,) = structure_sentences(
        fits(
            fit("one", 0.85, **against("two", 1e-9)),
            fit("two", 0.91, **against("subscales", 1e-9), highest_r=0.7),
            fit("subscales", 0.97, highest_r=0.79),
        )
    )
    assert told.startswith(
        "WAI-SR, client-rated: n = 300 from 40 practitioners or groups. One factor per subscale"
    )
    assert "fits closely (CFI .970, RMSEA .050 [.040, .060], SRMR .030)" in told
    assert "Two factors fit better than one factor (χ² difference 24.5, 2 df, p < .001; CFI +.060)" in told
    assert told.endswith("Factors correlate up to .79.")


def test_the_favoured_structure_is_told_with_answers_as_ordered_categories_too():
    ordered = {"estimator": "dwls"}
    one, more = fit("one", 0.85, **against("subscales", 1e-9)), fit("subscales", 0.97)
    (told,) = structure_sentences(fits(one, more, one | ordered, fit("subscales", 0.96, 0.04) | ordered))
    fitted = "its fit is CFI .960, RMSEA .040 [.030, .050], SRMR .030."
    assert told.endswith(f"With answers taken as ordered categories {fitted}")
    assert told.count("ordered") == 1
    assert len(structure_table(fits(one, more, one | ordered)).rows) == 2
    few = fit("one", 0.9) | ordered | {"chi2_robust": np.nan, "cfi_robust": np.nan}
    (told,) = structure_sentences(fits(fit("one", 0.9), few))
    assert "SRMR .030; there are too few clusters to test it" in told
    none = {"structure": "one", "status": "not_estimated", "reason": "item 1 has 65 different answers"}
    (told,) = structure_sentences(fits(fit("one", 0.9), none | ordered))
    assert told.endswith(
        "Not fitted with answers taken as ordered categories: item 1 has 65 different answers."
    )


def test_a_structure_with_everybody_who_answered_is_told_beside_the_complete_ones():
    everybody = fit("one", 0.92, 0.06) | {"estimator": "fiml", "n": 340}
    (told,) = structure_sentences(fits(fit("one", 0.9), everybody))
    assert "n = 300 from 40" in told
    fitted = "(n = 340) its fit is CFI .920, RMSEA .060 [.050, .070], SRMR .030."
    assert told.endswith(f"With everybody who answered an item {fitted}")
    few = {"structure": "one", "status": "not_estimated", "reason": "140 complete respondents"}
    (told,) = structure_sentences(fits(few, everybody))
    assert "not estimated: 140 complete respondents. One factor: With everybody who answered an item" in told


def test_a_difference_too_small_to_matter_is_not_sold_as_better():
    (told,) = structure_sentences(
        fits(fit("one", 0.960, **against("subscales", 0.001)), fit("subscales", 0.965, highest_r=0.93))
    )
    assert "One factor fits closely" in told
    assert "One factor per subscale fits hardly better than one factor" in told
    (told,) = structure_sentences(
        fits(fit("one", 0.96, **against("subscales", 0.4)), fit("subscales", 0.98, highest_r=0.93))
    )
    assert "The data do not speak for one factor per subscale rather than one factor (" in told
    assert "One factor fits closely" in told


def test_factors_that_are_nearly_one_are_said_to_be_so():
    (told,) = structure_sentences(
        fits(fit("one", 0.90, **against("subscales", 1e-6)), fit("subscales", 0.94, highest_r=0.91))
    )
    assert told.endswith("But factors correlate up to .91, so that their subscales hardly differ.")
    assert "fits acceptably" in told


def test_what_was_not_estimated_gives_its_reason_and_no_number():
    few = {"status": "not_estimated", "reason": "40 complete respondents; at least 150 are needed"}
    table = fits({"structure": "one", **few}, {"structure": "subscales", **few})
    assert structure_sentences(table) == [
        "WAI-SR, client-rated: not estimated: 40 complete respondents; at least 150 are needed."
    ]
    assert structure_table(table) is None
    apart = {"status": "not_positive_definite", "reason": "the factors goal and task cannot be told apart"}
    (told,) = structure_sentences(fits(fit("one", 0.80, rmsea=0.12), {"structure": "subscales", **apart}))
    assert "One factor does not fit well" in told
    assert told.endswith(
        "One factor per subscale, no proper solution: the factors goal and task cannot be told apart."
    )


def test_the_table_shows_robust_statistics_where_there_are_any():
    table = structure_table(fits(fit("one", 0.96), fit("subscales", 0.97) | {"chi2_robust": np.nan}))
    assert table.rows[0][3] == "90.0 (51)" and table.rows[0][5].strip() == ".960"
    assert table.rows[1][3] == "120.0 (51)" and table.rows[1][5].strip() == ".500"


def steps(*rows: tuple, **more) -> pd.DataFrame:
    """Steps of one comparison: (level, verdict, freed)."""
    who: dict[str, Any] = {"comparison": "setting", "rater": "client", "instrument": "wai_sr", "status": "ok"}
    who |= {"groups": "community; custody", "sizes": "310; 320", "chi2": 100.0, "df": 102, "cfi": 0.98}
    made = [
        {**who, "level": level, "verdict": verdict, "freed": freed, **more} for level, verdict, freed in rows
    ]
    return pd.DataFrame(made).reindex(columns=list(TABLES["invariance"].columns))


GOOD = ("configural", "holds", "")
WHO = "WAI-SR, client-rated, between settings (community 310, custody 320)"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [GOOD, ("metric", "holds", ""), ("scalar", "holds", "")],
            "Loadings and intercepts are alike, so that associations and means can be compared",
        ),
        (
            [GOOD, ("metric", "holds", ""), ("scalar", "fails", ""), ("scalar", "holds", "3; 7")],
            "Intercepts differ, most those of items 3 and 7; the others are alike. "
            "Associations can be compared, means only with that in mind",
        ),
        (
            [GOOD, ("metric", "fails", ""), ("metric", "holds", "4"), ("scalar", "holds", "4")],
            "Loadings differ, most those of item 4; the others are alike. "
            "Intercepts of the other items are alike",
        ),
        (
            [GOOD, ("metric", "fails", ""), ("metric", "fails", "4; 1"), ("scalar", "not_checked", "")],
            "Loadings differ, most those of items 4 and 1; the others differ as well. "
            "Neither associations nor means are comparable",
        ),
        (
            [("configural", "fails", ""), ("metric", "holds", ""), ("scalar", "holds", "")],
            "The structure itself does not fit well in the groups, so read this with care. "
            "Loadings and intercepts are alike, so that associations and means can be compared",
        ),
    ],
    ids=["alike", "intercepts", "one loading", "loadings", "poor structure"],
)
def test_what_invariance_allows(rows, told):
    assert invariance_sentences(steps(*rows)) == [f"{told}: {WHO}."]


def test_a_failure_of_rmsea_alone_is_told_as_such_also_from_the_file(tmp_path):
    rows = steps(GOOD, ("metric", "fails", ""), ("metric", "holds", "1"), ("scalar", "holds", "1"))
    written = TABLES["invariance"].typed(rows.assign(loss_of_cfi=0.004, comparison="setting"))
    TABLES["invariance"].write(written, tmp_path / "invariance.csv")
    (told,) = invariance_sentences(TABLES["invariance"].read(tmp_path / "invariance.csv"))
    assert told.startswith(
        "Loadings differ by RMSEA alone, while CFI hardly falls, most those of item 1; the others"
    )


def test_comparisons_that_were_not_made_are_told_together_with_why():
    few = steps(GOOD, ("metric", "", ""), status="not_estimated", reason="there are no two groups")
    other = few.assign(instrument="srs")
    assert invariance_sentences(pd.concat([few, other])) == [
        "Not tested: WAI-SR, client-rated, between settings; Session Rating Scale, client-rated, "
        "between settings (there are no two groups)."
    ]
    assert invariance_table(few) is None


def test_the_report_without_any_instrument_says_so():
    empty = {"factor_fit": TABLES["factor_fit"].empty(), "invariance": pd.DataFrame()}
    assert structure(empty)["fit"] == structure({})["fit"] == [NOTHING]


def loadings(structures: tuple[str, ...], instrument: str = "wai_sr") -> pd.DataFrame:
    rows = []
    for name in structures:
        for place, item in enumerate((1, 2, 3, 4, 5, 6)):
            factor = ("goal", "bond")[place // 3] if name == "subscales" else "general"
            estimate = 0.5 + 0.05 * place
            rows.append(("client", instrument, name, "loading", factor, item, estimate))
    table = pd.DataFrame(
        rows, columns=["rater", "instrument", "structure", "kind", "factor", "item", "estimate"]
    ).assign(n=200)
    table["ci_low"], table["ci_high"] = table["estimate"] - 0.1, table["estimate"] + 0.1
    return table.reindex(columns=list(TABLES["loadings"].columns))


def test_the_figure_has_a_panel_per_instrument_and_words_from_the_numbers():
    drawn = pd.concat([loadings(("one", "subscales")), loadings(("one",), "srs")], ignore_index=True)
    picture = factor_loadings(drawn)
    axes = [axes for part in picture.figure.subfigs for axes in part.axes]
    assert [panel.get_title(loc="left") for panel in axes] == [
        "WAI-SR, client",
        "Session Rating Scale, client",
    ]
    assert len(axes[0].containers) == 2 and len(axes[1].containers) == 1
    assert "between .50 (WAI-SR, client, item 1) and .75 (WAI-SR, client, item 6)" in picture.alt
    assert any(
        line.startswith("WAI-SR, client | 1 | Goal") and "[.40, .60]" in line for line in lines(picture)
    )
    assert "n = 200 people" in picture.caption and picture.status == "ok"


def test_the_figure_of_nothing_says_why():
    picture = factor_loadings(TABLES["loadings"].empty())
    assert picture.status == "not_run: no factor structure of any instrument could be estimated"
