"""Display tables: what a reader sees is the number, rounded once and aligned."""

import contract_report as cohorts
import contract_tables as tables
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alliance_modes.measurement.intervals import clustered_mean, wilson_interval
from alliance_modes.models.result import Refit
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.questions import questions
from alliance_modes.reports.research.effects import mode_tables
from alliance_modes.reports.research.moderation.products import (
    moderated,
    moderation_sentences,
    moderation_table,
)
from alliance_modes.tables import account, fits, measurement, outcomes, people, ratings
from alliance_modes.words.display import display_table, escaped, markdown
from alliance_modes.words.names import (
    instrument_name,
    listed,
    scale_name,
    with_shared_endings,
)
from alliance_modes.words.rounding import align_decimals, bounded, interval, number, p_value, percent, whole

LEAD = tables.practitioners()
STARTS = tables.enrolments(LEAD)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (1.005, 2, "1.00"),
        (0.125, 2, "0.12"),
        (0.135, 2, "0.14"),
        (-0.004, 2, "0.00"),
        (-1.5, 1, "−1.5"),
        (12345.6, 0, "12,346"),
        (None, 2, "–"),
        (float("nan"), 2, "–"),
        (pd.NA, 2, "–"),
        (np.float64(2), 0, "2"),
    ],
)
def test_numbers(value, decimals, shown):
    assert number(value, decimals) == shown


def test_what_cannot_exceed_one_has_no_zero_before_the_point():
    assert [bounded(0.62), bounded(-0.44), bounded(1.0), bounded(None)] == [".62", "−.44", "1.00", "–"]
    assert [p_value(0.0342), p_value(0.00099), p_value(0.9999), p_value(None)] == [
        ".034",
        "< .001",
        "1.000",
        "–",
    ]


def test_intervals_and_percentages():
    assert interval(-0.123, 0.4) == "[−0.12, 0.40]"
    assert interval(0.81, 0.889, limited=True) == "[.81, .89]"
    assert interval(None, 1) == "–"
    assert percent(0.2713) == "27.1\u00a0%"
    assert whole(41438) == "41,438"


def test_decimal_points_stand_under_each_other():
    shown = align_decimals(["1.25", "10", "−3.5", "–", "[0, 1]"])
    assert shown == ("1.25", "10\u2008\u2007\u2007", "−3.5\u2007", "–", "[0, 1]")


def test_any_text_comes_through_pandoc_as_it_is():
    import pypandoc

    nasty = 'a|b *c* <b>d</b> [e](f) `g` $h$ {i} \\ "j" # --- ~k~ ^l^ @m _n_ & 1. x'
    table = display_table("Caption", ("One", "Two"), "lr", [(nasty, "1")])
    text = pypandoc.convert_text(markdown(table), "plain", format="markdown", extra_args=["--columns=500"])
    assert nasty in text
    assert "\n" not in escaped("two\nlines")


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match="argument"):
        display_table("Caption", ("One", "Two"), "l", [("a", "b")])


def test_wilson_agrees_with_statsmodels_and_stays_inside():
    from statsmodels.stats.proportion import proportion_confint

    for count, n in ((0, 12), (7, 12), (12, 12), (364, 572)):
        found = wilson_interval(count, n)
        assert (found.low, found.high) == pytest.approx(
            proportion_confint(count, n, method="wilson"), abs=1e-12
        )
    assert np.isnan(wilson_interval(0, 0).estimate)


def test_a_mean_of_single_people_has_the_ordinary_interval_and_clusters_widen_it():
    from scipy import stats

    rng = np.random.default_rng(6)
    values = pd.Series(rng.normal(3, 1, 60))
    ordinary = stats.t.interval(0.95, 59, values.mean(), stats.sem(values))
    found = clustered_mean(values)
    assert (found.low, found.high) == pytest.approx(ordinary)
    copies = pd.concat([values] * 4, ignore_index=True)
    clusters = pd.Series(np.tile(np.arange(60), 4)).astype("str")
    same = clustered_mean(copies, (clusters,))
    assert (same.low, same.high) == pytest.approx(ordinary)
    assert (same.n, same.clusters) == (240, 60)
    assert np.isnan(clustered_mean(values.head(1)).low)


def test_names_in_plain_words():
    assert (instrument_name("wai_sr"), instrument_name("our_own")) == ("WAI-SR", "our own")
    assert (scale_name("srs_total", "srs"), scale_name("goal", "wai_sr")) == ("Total", "Goal")
    assert listed(["a", "b", "c"]) == "a, b and c"
    labels = ["Goal agreement, client-rated", "Bond, client-rated", "Programme completion"]
    assert with_shared_endings(labels) == "goal agreement and bond, client-rated; programme completion"
    assert with_shared_endings(["Staying, as planned"], ["(2)"]) == "staying, as planned (2)"


def test_effects_show_the_estimate_its_interval_and_the_joint_p():
    results = tables.models()
    completion, *_ = (
        question
        for question in questions(Plan(), results, tables.estimates(results, 0.034))
        if question.name == "completion"
    )
    points, ratios = mode_tables(completion, "Note.")
    assert points.caption == "Mode use and completion, in percentage points"
    assert points.rows == (
        ("Programme completion", "2.0 [−4.0, 8.0]", "3.2 [−2.8, 9.2]", "−0.8 [−6.8, 5.2]", ".034", "primary"),
    )
    assert points.note == "Note."
    assert ratios.caption == "The same as odds ratios"
    assert ratios.note == "An odds ratio of 1 is no association."


def test_account_leaves_out_tables_without_rows_and_balances():
    table = account.account_table(cohorts.account())
    assert [row[1:] for row in table.rows] == [
        ("read", "612"),
        ("left out: duplicate record", "12"),
        ("kept", "600"),
    ]


def test_reliability_is_read_with_its_interval():
    table = measurement.reliability_table(cohorts.reliability(("wai_sr",)))
    readings = {row[1]: row[-1] for row in table.rows}
    assert readings["Goal"] == "good"
    assert readings["Bond"] == "weak, but may be too low to rest on alone"
    sentences = measurement.reliability_sentences(cohorts.reliability(("wai_sr",)))
    assert sentences[0] == "2 of 3 scales have an alpha of .70 or more (.85 to .88)."
    assert "Bond of the WAI-SR, client-rated (.62)" in sentences[1]
    assert "No scale" in measurement.reliability_sentences(cohorts.reliability().iloc[:0])[0]


def test_omega_of_ordered_categories_is_told_beside_omega():
    table = cohorts.reliability(("wai_sr",))
    table.loc[2, "omega_ordinal"] = 0.70
    *_, told = measurement.reliability_sentences(table)
    assert told.startswith(
        "With answers taken as ordered categories omega differs from these by .070 at most"
    )
    assert "(Bond of the" in told and ": .70), over the 3 scales" in told and "(n = 157)" in told
    none = table.assign(omega_ordinal=np.nan)
    assert not any("ordered" in text for text in measurement.reliability_sentences(none))


def test_a_scale_without_alpha_gives_the_reason():
    rows = cohorts.reliability(("wai_sr",)).assign(
        alpha=np.nan, status="not_estimated", reason="8 respondents"
    )
    assert measurement.reliability_table(rows).rows[0][-1] == "not estimated: 8 respondents"


def test_ends_sum_to_those_who_started():
    table = outcomes.ends_table(STARTS)
    assert sum(int(row[1].strip()) for row in table.rows) == int(STARTS["denominator"].sum())
    assert outcomes.ends_table(STARTS.assign(denominator=False)) is None


def test_completion_by_group_leaves_out_administrative_ends():
    rows = {row[0]: row for row in outcomes.completion_table(STARTS).rows}
    custody = STARTS[(STARTS["setting"] == "custody") & STARTS["denominator"]]
    known = custody["completed"].dropna().astype(float)
    assert rows["Setting: custody"][1:4] == (str(len(custody)), str(len(known)), percent(known.mean()))


def test_alliance_by_arm_gives_n_mean_and_sd():
    rated = cohorts.study_tables()["alliance"]
    rows = {row[0]: row for row in ratings.alliance_by_programme_table(rated).rows}
    arm = rated.loc[rated["programme_id"] == "framework", "total"]
    assert rows["framework"][2] == "79"
    assert rows["framework"][6] == f"{arm.mean():.2f} ({arm.std():.2f})"


def test_a_programme_at_one_site_says_that_its_interval_is_for_that_site():
    """A single site with a single practitioner had the narrowest interval, as if it told of new ones."""
    rows = pd.DataFrame({"enrolment_id": [f"e{i}" for i in range(60)], "denominator": True})
    rows["site_id"] = np.where(np.arange(60) % 3, "a", np.where(np.arange(60) % 2, "b", "c"))
    rows["programme_id"] = np.where(rows["site_id"] == "a", "core", "other")
    rows["completed"] = (np.arange(60) % 4 > 0).astype(float)
    note = outcomes.completion_table(rows).note
    assert "People of Programme: core share one of them: its interval is for people with that one" in note
    both = outcomes.completion_table(rows.assign(programme_id=np.where(np.arange(60) % 2, "core", "other")))
    assert "share one of them" not in both.note


def test_sessions_of_one_person_are_not_independent_and_attendance_stays_below_100_percent():
    """Where no practitioner is known, the sessions of a person still hang together."""
    persons, sessions = 20, 6
    rows = pd.DataFrame({"enrolment_id": np.repeat([f"e{i}" for i in range(persons)], sessions)})
    rows["session_no"] = np.tile(np.arange(1, sessions + 1), persons)
    rows["session_engagement"] = np.repeat(np.linspace(1, 5, persons), sessions)
    rows["attended"] = pd.array([True] * (persons * sessions - 1) + [False], dtype="boolean")
    last = ratings.engagement_table(rows).rows[-1]
    expected = stats.t.interval(0.95, persons - 1, 3.0, stats.sem(np.linspace(1, 5, persons)))
    assert last[3] == interval(*expected)
    low, high = (float(part) for part in last[5].strip("[]").split(", "))
    assert 0 < low < 97.5 < high <= 100
    two = ratings.engagement_table(rows.assign(site_id=np.repeat(["a", "b"], persons * sessions // 2)))
    assert two.rows[0][3] == "[1.00, 5.00]"


def test_people_are_counted_where_known():
    rows = {row[0]: row for row in people.practitioners_table(LEAD).rows}
    assert rows["Role: psychologist"][1:] == ("40", f"14 ({percent(14 / 40, 0)})")
    unknown = people.clients_table(STARTS.assign(mandated=pd.array([None] * len(STARTS), dtype="boolean")))
    assert not any("court" in row[0] for row in unknown.rows)
    assert people.modes_table(LEAD.iloc[:0]) is None


def test_models_that_did_not_run_say_why_and_agreement_tells_refits_apart():
    done = tables.models()
    fit = (
        done["completion"]
        .fits[0]
        .model_copy(
            update={
                "refits": (
                    Refit(
                        engine="statsmodels",
                        model="GEE",
                        status="ok",
                        same_estimand=False,
                        largest_difference_in_se=0.9,
                    ),
                )
            }
        )
    )
    model = done["completion"].model_copy(update={"fits": (fit,)})
    said = fits.agreement_sentences([done["engagement"], model])
    assert said[0].startswith("1 linear model was fitted again with statsmodels")
    assert "less than 0.001 of its standard error" in said[0]
    assert "0.9" not in " ".join(said)
    broken = fit.model_copy(update={"status": "not_converged", "reason": "separation"})
    told = fits.not_run(
        [model.model_copy(update={"status": "not_converged", "fits": (broken,)}), done["engagement"]]
    )
    assert told == ["Mode use and completion (H3), did not converge: separation."]


def test_models_of_one_outcome_are_told_apart_where_they_stand_in_one_table():
    done = tables.models()
    other = done["completion"].model_copy(update={"model": "other", "title": "Another model"})
    alone = fits.fits_table([done["completion"]])
    assert [row[0] for row in alone.rows] == ["Programme completion"]
    both = fits.fits_table([done["completion"], other])
    assert [row[0] for row in both.rows] == [
        f"Programme completion ({done['completion'].title})",
        "Programme completion (Another model)",
    ]


def test_caseload_counts_each_lead_once_and_shows_neither_the_smallest_nor_the_largest():
    led = pd.DataFrame(
        {
            "enrolment_id": [f"e{place}" for place in range(16)],
            "client_id": [f"c{place // 2}" for place in range(16)],
            "practitioner_id": [*("a",) * 10, *("b",) * 4, "c", np.nan],
            "group_id": [*("g1",) * 5, *("g2",) * 5, *("g3",) * 4, np.nan, "g4"],
        }
    )
    table = people.caseload_table(led)
    rows = {row[0]: tuple(cell.strip() for cell in row[1:]) for row in table.rows}
    assert rows == {
        "Enrolments": ("3", "1.6", "2.5", "4.0", "7.0", "8.8"),
        "Clients": ("3", "1.2", "1.5", "2.0", "3.5", "4.4"),
        "Groups": ("2", "1.1", "1.2", "1.5", "1.8", "1.9"),
    }
    assert people.caseload_table(led.assign(practitioner_id=np.nan)) is None
    assert people.caseload_table(led.drop(columns="practitioner_id")) is None


@pytest.mark.slow
def test_moderation_is_a_table_by_outcome_and_moderator_and_says_what_is_clear():
    results = tables.models()

    def found(estimates, models=results):
        return moderated(questions(Plan(), models, estimates), estimates, Plan())

    unclear = found(tables.estimates(results, 0.5))
    table = moderation_table(unclear)
    assert [row[0] for row in table.rows] == [
        "Engagement in sessions, practitioner-rated †: mandated rather than voluntary (SD)",
        "Engagement in sessions, practitioner-rated †: per SD of risk score (SD)",
        "Programme completion: mandated rather than voluntary (percentage points)",
        "Programme completion: per SD of risk score (percentage points)",
    ]
    assert table.rows[2][1:] == ("2.0 [−4.0, 8.0]", "3.2 [−2.8, 9.2]", "−0.8 [−6.8, 5.2]", ".500")
    assert table.note.endswith("† Rated by the practitioner, who also rated the modes.")
    told = moderation_sentences(unclear)
    assert len(told) == 4 and all("cannot be told" in one for one in told)
    estimates = tables.estimates(results, 0.01)
    chosen = (estimates["term"] == "engagement:mandated") & (estimates["model"] == "completion_moderation")
    estimates.loc[chosen, "p_adjusted"] = 0.01
    clear = moderation_sentences(found(estimates))
    assert clear[2].endswith("(adjusted joint p = .010): the engagement mode more so.")
    assert clear[3].endswith("though no single one stands out.")
    assert moderation_table(found(estimates, {"completion": results["completion"]})) is None
