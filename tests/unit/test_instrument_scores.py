"""Scores of every instrument in the analysis tables, and a study's own instrument as an outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_numbers import lines
from small_cohorts import write_cohort
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.derive import Derived, derive_cohort
from alliance_modes.dictionary.analysis import (
    ANALYSIS_TABLES,
    derived_columns,
    every_derived_column,
)
from alliance_modes.dictionary.canonical import TABLES, empty_table
from alliance_modes.figures.effects_forest import effects_forest
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.models.collect import collect
from alliance_modes.models.fitting import fit_model
from alliance_modes.plan.additions import ADDITIONS_FILE, cohort_plan
from alliance_modes.plan.parts import estimates_part, figures_part, model_task
from alliance_modes.plan.plan import CleaningRules, Exposure, Plan
from alliance_modes.scoring.scores import score_cohort

SHIPPED = load_instruments()
SAFETY = """\
id: safety_in_group
title: Safety in the group, 4 items
measures: safety in the group
raters: [client]
items: 4
range: {low: 0, high: 3}
reversed: [3]
subscales:
  safety: [1, 2, 3, 4]
scoring: {method: mean, min_valid: 0.75}
source: Written for this test.
rights: Ours.
verified: Not yet.
"""
COHORT = """\
cohort: small
title: a small cohort
data_lock: 2025-12-31
tables:
  enrolments:
    files: enrolments.csv
    format: csv
    columns: {enrolment_id: enrolment, practitioner_id: lead, started_on: started, status: ended}
  practitioner_survey:
    files: survey.csv
    format: csv
    columns: {practitioner_id: lead, wave: wave, completed_on: day}
    inventories:
      - {instrument: modes_of_practice, items: "m{item}"}
  sessions:
    files: sessions.csv
    format: csv
    columns: {enrolment_id: enrolment, session_no: session, attended: attended}
    inventories:
      - {instrument: safety_in_group, rater: client, items: "safe_{item}"}
"""
ADDITIONS = """\
models:
  safety:
    hypothesis: H1
    title: Mode use and safety in the group
    table: session
    family: linear
    estimand: {population: all, exposure: modes, outcome: safety, level: between, time_zero: start, intercurrent_events: none, summary: difference}
    outcomes:
      - {name: safety, label: Safety in the group, column: safety_in_group_safety}
    formula: educative + engagement + therapeutic
    tested: [educative, engagement, therapeutic]
    random: [practitioner, enrolment]
"""  # noqa: E501
PRACTITIONERS, CLIENTS, SESSIONS = 30, 3, 3
SLOPE = 0.45


def derived(**tables: pd.DataFrame) -> Derived:
    return through(tables, dict(SHIPPED))


def through(tables: dict[str, pd.DataFrame], instruments: dict[str, Instrument]) -> Derived:
    """Typed tables, cleaned, scored and derived."""
    cleaned = clean_cohort(tables, None, CleaningRules(), DATA_LOCK, instruments)
    scores = score_cohort(cleaned.tables, instruments, cleaned.flags)
    return derive_cohort(cleaned.tables, scores, cleaned.account, Exposure(), DATA_LOCK)


def study(folder: Path, text: str = SAFETY, name: str = "safety_in_group") -> dict[str, Instrument]:
    own = folder / "instruments"
    own.mkdir()
    (own / f"{name}.yaml").write_text(text, encoding="utf-8")
    return dict(load_instruments(own))


def exports(seed: int = 3) -> dict[str, str]:
    """Raw files in which safety rises by ``SLOPE`` points per point of the engagement mode."""
    rng = np.random.default_rng(seed)
    enrolments, surveys, sessions = (
        ["enrolment,lead,started,ended"],
        ["lead,wave,day," + ",".join(f"m{i}" for i in range(1, 19))],
        ["enrolment,session,attended,safe_1,safe_2,safe_3,safe_4"],
    )
    for who in range(PRACTITIONERS):
        modes = rng.integers(1, 6, 3)
        surveys.append(f"P{who},1,2024-01-01," + ",".join(str(use) for use in np.repeat(modes, 6)))
        for client in range(CLIENTS):
            name = f"P{who}C{client}"
            enrolments.append(f"{name},P{who},2024-02-01,completed")
            for number in range(1, SESSIONS + 1):
                level = 1.5 + SLOPE * (modes[1] - 3) + rng.normal(scale=0.3)
                answers = [int(np.clip(round(level + rng.normal(scale=0.3)), 0, 3)) for _ in range(4)]
                answers[2] = 3 - answers[2]
                sessions.append(f"{name},{number},true," + ",".join(map(str, answers)))
    files = {"enrolments": enrolments, "survey": surveys, "sessions": sessions}
    return {f"{name}__csv": "\n".join(lines) + "\n" for name, lines in files.items()}


def test_the_dictionary_lists_the_columns_that_derive_makes():
    found = derived(**{name: empty_table(name) for name in TABLES})
    made = {name: set(getattr(found, name).columns) for name in ANALYSIS_TABLES}
    assert set().union(*made.values()) == every_derived_column()
    for name in ANALYSIS_TABLES:
        assert set(derived_columns()[name]) <= made[name]


def test_ids_and_dates_are_no_columns_of_a_plan():
    columns = derived_columns()["session"]
    assert not {"enrolment_id", "practitioner_id", "held_on"} & set(columns)
    assert (columns["attended"], columns["srs_total"], columns["rupture"]) == ("records", "client", None)


@pytest.mark.slow
def test_inventories_stand_in_their_own_metric_beside_the_item_means():
    rows = [
        inventory("e1", (3, 4, 2, 5, 3, 4, 2, 5, 3, 4, 2, 1), session_no=1, instrument="wai_sr"),
        inventory("e1", (7,) * 36, session_no=1, instrument="wai_36", rater="practitioner"),
    ]
    found = derived(
        enrolments=typed("enrolments", [enrolment("e1")]), alliance=typed("alliance", rows)
    ).alliance.set_index("instrument")
    assert found.loc["wai_sr", "bond"] == 2.5 and found.loc["wai_sr", "wai_sr_bond"] == 10.0
    assert found.loc["wai_36", "wai_36_bond"] == found.loc["wai_36", "bond"] * 12
    assert np.isnan(found.loc["wai_36", "wai_sr_bond"]) and np.isnan(found.loc["wai_sr", "wai_36_total"])


@pytest.mark.slow
def test_survey_scores_are_those_of_the_waves_that_count_and_reach_the_sessions_without_facets():
    surveys = [survey("p1", 1, completed_on="2024-12-01"), survey("p1", 2, completed_on="2025-03-01")]
    found = derived(
        enrolments=typed("enrolments", [enrolment("e1")]),
        sessions=typed("sessions", [session("e1", 1)]),
        practitioner_survey=typed("practitioner_survey", surveys),
    )
    for table in (found.practitioner, found.enrolment, found.session):
        for mode in ("educative", "engagement", "therapeutic"):
            assert table[f"modes_of_practice_{mode}"].tolist() == table[mode].tolist()
    assert "modes_of_practice_educative_goal" in found.enrolment
    assert "modes_of_practice_educative_goal" not in found.session


def climate(**more: object) -> dict[str, object]:
    engaged = more.pop("engaged")
    return {**{f"gcq_s_{item}": engaged for item in range(1, 13)}, **more}


def test_group_climate_is_the_clients_own_or_that_of_the_group_in_that_session():
    groups = {"e1": "g1", "e2": "g1", "e3": "g2"}
    enrolments = typed("enrolments", [enrolment(name, group_id=group) for name, group in groups.items()])
    sessions = typed("sessions", [session(name, number) for name in groups for number in (1, 2)])
    forms = [
        climate(engaged=5, group_id="g1", session_no=1),
        climate(engaged=2, enrolment_id="e2", session_no=1),
        climate(engaged=4, enrolment_id="e3", group_id="g2", session_no=2),
        climate(engaged=1, group_id="g2"),
    ]
    table = derived(
        enrolments=enrolments, sessions=sessions, group_climate=typed("group_climate", forms)
    ).session
    found = table.set_index(["enrolment_id", "session_no"])["gcq_s_engaged"]
    assert found.dropna().to_dict() == {("e1", 1): 5.0, ("e2", 1): 2.0, ("e3", 2): 4.0}


def test_a_cohort_that_never_used_an_instrument_has_no_column_of_it():
    found = derived(
        enrolments=typed("enrolments", [enrolment("e1")]), sessions=typed("sessions", [session("e1", 1)])
    )
    assert not [column for column in found.session if column.startswith(("gcq_s", "wai", "modes_of"))]
    assert found.session["srs_total"].isna().all()


@pytest.mark.slow
def test_a_form_of_another_measure_is_no_first_inventory_of_the_alliance(tmp_path):
    instruments = study(tmp_path)
    rows = [
        inventory("e1", (3, 2, 0, 1), session_no=1, instrument="safety_in_group"),
        inventory("e1", (3, 4, 2, 5) * 3, session_no=2, instrument="wai_sr"),
    ]
    found = through(
        {"enrolments": typed("enrolments", [enrolment("e1")]), "alliance": typed("alliance", rows)},
        instruments,
    )
    assert found.enrolment["client_session_first"].tolist() == [2]
    assert found.alliance["safety_in_group_safety"].dropna().tolist() == [2.25]
    only = through(
        {"enrolments": typed("enrolments", [enrolment("e1")]), "alliance": typed("alliance", rows[:1])},
        instruments,
    )
    assert only.flow.set_index("step").loc["with_client_alliance", "n"] == 0


@pytest.mark.slow
def test_an_instrument_from_yaml_alone_becomes_an_outcome(tmp_path):
    instruments = study(tmp_path)
    folder = write_cohort(tmp_path, COHORT, **exports())
    (folder / ADDITIONS_FILE).write_text(ADDITIONS, encoding="utf-8")
    plan = cohort_plan(Plan(), folder, instruments)
    outcome = plan.models["safety"].outcomes[0]
    assert (outcome.rated_by, plan.models["safety"].stands_in) == ("client", "engagement")
    found = through(dict(ingest_cohort(folder, DEMONSTRATION_KEY, instruments).tables), instruments)
    first = found.session.iloc[0]
    line = exports()["sessions__csv"].splitlines()[1].split(",")
    one, two, three, four = map(int, line[3:])
    assert first["safety_in_group_safety"] == (one + two + (3 - three) + four) / 4
    result = fit_model(model_task(plan, "safety"), vars(found))
    fit = result.fits[0]
    rows = {(row.term, row.estimand): row for row in fit.estimates}
    effect = rows["engagement", "coefficient"]
    assert fit.n == PRACTITIONERS * CLIENTS * SESSIONS
    per_point = effect.estimate / found.practitioner["engagement"].std()
    assert per_point == pytest.approx(SLOPE, abs=0.12)
    lows = {mode: rows[mode, "coefficient"].ci_low for mode in ("engagement", "educative")}
    assert lows["engagement"] is not None and lows["engagement"] > 0
    assert lows["educative"] is not None and lows["educative"] < 0
    drawn = effects_forest(collect([result], estimates_part(plan)).estimates, figures_part(plan))
    standardised = rows["engagement", "standardised"].estimate
    (told,) = [line for line in lines(drawn) if "Engagement mode" in line]
    assert told.startswith("Safety in the group | ") and f"| {standardised:.2f} |" in told


@pytest.mark.slow
def test_a_rating_of_one_item_becomes_an_ordinal_outcome(tmp_path):
    one_item = SAFETY.replace("items: 4", "items: 1").replace("reversed: [3]\n", "")
    instruments = study(tmp_path, one_item.replace("[1, 2, 3, 4]", "[1]"))
    folder = write_cohort(tmp_path, COHORT, **exports())
    column = "column: safety_in_group_safety"
    ordinal = ADDITIONS.replace("family: linear", "family: ordinal").replace(column, f"{column}, at_least: 2")
    (folder / ADDITIONS_FILE).write_text(ordinal, encoding="utf-8")
    plan = cohort_plan(Plan(), folder, instruments)
    found = through(dict(ingest_cohort(folder, DEMONSTRATION_KEY, instruments).tables), instruments)
    assert set(found.session["safety_in_group_safety"]) == {0.0, 1.0, 2.0, 3.0}
    result = fit_model(model_task(plan, "safety"), vars(found)).in_words(plan.models["safety"])
    (fit,) = result.fits
    assert fit.status in ("ok", "singular") and fit.label == "Safety in the group (2 or above)"
    rows = {(row.term, row.estimand): row for row in fit.estimates}
    points = rows["engagement", "percentage_points"]
    assert points.ci_low is not None and points.ci_low > 0
    assert {term for term, kind in rows if kind == "threshold"} == {"0|1", "1|2", "2|3"}
    drawn = effects_forest(collect([result], estimates_part(plan)).estimates, figures_part(plan))
    assert lines(drawn)[0].startswith("Safety in the group (2 or above) | Percentage points | ")


def test_an_instrument_unknown_to_the_study_is_no_column(tmp_path):
    (tmp_path / ADDITIONS_FILE).write_text(ADDITIONS, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="no column safety_in_group_safety"):
        cohort_plan(Plan(), tmp_path)


@pytest.mark.parametrize(
    ("name", "scale", "column"),
    [("client", "goal_first", "client_goal_first"), ("gcq", "s_engaged", "gcq_s_engaged")],
)
def test_an_instrument_cannot_take_the_column_of_something_else(tmp_path, name, scale, column):
    text = SAFETY.replace("safety_in_group\n", f"{name}\n", 1).replace("  safety:", f"  {scale}:")
    with pytest.raises(ConfigurationError, match=f"would be the columns {column}"):
        study(tmp_path, text, name)
