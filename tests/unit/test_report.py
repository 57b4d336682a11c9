"""The programme report: what it claims, what it refuses to claim, and that it holds all it needs."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import contract_report as cohorts
import contract_tables as tables
import numpy as np
import pandas as pd
import pytest
from contract_figures import cohort_pictures

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, key_fingerprint
from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.factors import TABLES as FACTORS
from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
from alliance_modes.dictionary.models import TABLES as MODELS
from alliance_modes.dictionary.relations import TABLES as RELATIONS
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.domain import MODES, NEED_COLUMNS
from alliance_modes.figures.picture import write_picture
from alliance_modes.ground.files import sha256, write_json, write_text
from alliance_modes.intake.origin import origin
from alliance_modes.models.collect import collect
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.plan import Plan
from alliance_modes.reports import read_inputs, research_report
from alliance_modes.reports.inputs import RELATION_TABLES, STRUCTURE_TABLES
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.research.findings.findings import findings
from alliance_modes.reports.research.reasons import plain_reason
from alliance_modes.tables import people
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.tables.people import clients_table

CAUSAL = re.compile(
    r"\b(causes?|caused|leads? to|led to|results? in|improves?|reduces?|boosts?|thanks to|due "
    r"to|impact of)\b",
    re.IGNORECASE,
)


class Page(HTMLParser):
    """The text, the images and the links of a page."""

    def __init__(self, html):
        super().__init__()
        self.images, self.links, self.parts, self.tags, self._hidden = [], [], [], [], 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._hidden += tag == "style"
        self.images += [dict(attrs)] if tag == "img" else []
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag):
        self._hidden -= tag == "style"

    def handle_data(self, data):
        self.parts += [] if self._hidden else [data]

    @property
    def text(self):
        return " ".join(" ".join(self.parts).replace("\u00a0", " ").split())


@cache
def demonstration():
    return cohorts.inputs()


@cache
def study():
    return cohorts.study_inputs()


@cache
def page(which):
    return Page(research_report({"demonstration": demonstration, "study": study}[which]()))


def with_effects(clear, joint_p, practitioners=40):
    results = tables.models(practitioners, clear)
    lead = tables.practitioners(practitioners)
    return replace(
        demonstration(),
        models=results,
        estimates=tables.estimates(results, joint_p),
        analysis={**demonstration().analysis, "practitioner": lead},
    )


@pytest.mark.slow
def test_the_same_inputs_give_the_same_text():
    assert research_report(demonstration()) == research_report(demonstration())


@pytest.mark.slow
@pytest.mark.parametrize("which", ["demonstration", "study"])
def test_the_page_holds_all_it_needs(which):
    found = page(which)
    assert all(link.startswith(("#", "data:")) for link in found.links)
    assert not {"script", "link", "iframe"} & set(found.tags)
    assert all(image["src"].startswith("data:image/png;base64,") for image in found.images)
    assert all(len(image["alt"]) > 20 for image in found.images)


def test_language_title_and_contents():
    html = research_report(demonstration())
    assert '<html lang="en-GB">' in html
    assert "<title>Demonstration cohort 2024: Research report</title>" in html
    targets = re.findall(r'href="#([^"]+)"', html)
    assert len(targets) >= 5
    assert all(f'id="{target}"' in html for target in targets)


def test_the_first_page_says_what_made_it_and_who_may_see_it():
    front = page("demonstration").text.split("Findings", 2)[0]
    assert "The people in this report are simulated." in front
    assert "Edition: internal." in front
    assert "not for circulation outside the team that holds the data" in front
    assert "c0ffee000000…" in front
    assert "Alliance Modes 0.1.0" in front
    assert "data lock 2025-06-30" in front


@pytest.mark.slow
def test_a_real_cohort_is_not_called_simulated():
    assert "simulated" not in page("study").text


def test_no_association_is_not_called_a_finding():
    text = page("demonstration").text
    assert "Nothing in these data can be told apart from no association" in text
    assert "That is not the same as showing that there is none" in text
    assert "More use of" not in text
    assert "reach from −6.8 to 9.2 percentage points" in text


def test_an_association_is_told_in_percentage_points_with_its_interval():
    told = dict(findings(with_effects(clear=True, joint_p=0.012)).told)["Mode use and completion"]
    assert told[0] == (
        "More use of the engagement mode goes with higher programme completion (8.8 points [2.8 to 14.8])."
    )
    assert told[1].endswith("p = .012.")


def test_modes_that_count_only_together_are_not_told_apart():
    inputs = with_effects(clear=False, joint_p=0.0499)
    told = dict(findings(inputs).told)["Mode use and completion"]
    assert told[0] == "The three modes together go with programme completion, but no single one stands out."
    assert "3.2 points [−2.8 to 9.2] for the engagement mode" in told[1]
    assert told[2].endswith("p < .050.")


def influential(term, level, unit="practitioner"):
    return {
        "model": "completion",
        "outcome": "completed",
        "unit": unit,
        "term": term,
        "level": level,
        "p": 0.01,
        "p_without": 0.2,
        "p_adjusted_highest": 0.06,
        "claim_changes": 0,
    }


@pytest.mark.slow
def test_a_claim_that_one_practitioner_carries_says_so_where_it_is_made():
    inputs = with_effects(clear=True, joint_p=0.012)
    rows = [influential("engagement", "between"), influential("modes (joint)", "between", "site")]
    found = findings(replace(inputs, influence=pd.DataFrame(rows)))
    told = dict(found.told)["Mode use and completion"]
    assert told[0].endswith("(8.8 points [2.8 to 14.8]; rests on a single practitioner).")
    witness = (
        "What is said of programme completion rests on a single site: "
        "without that one, its adjusted p is not below .05."
    )
    assert told[-1] == witness and witness in found.headline
    assert "single practitioner" not in " ".join(dict(findings(inputs).told)["Mode use and completion"])
    held = pd.DataFrame([row | {"p_adjusted_highest": 0.04} for row in rows])
    assert "single" not in findings(replace(inputs, influence=held)).headline


def test_an_interval_that_is_printed_as_reaching_none_is_not_clear():
    points, ratio = Measure("percentage points", 1), Measure("odds ratio", ratio=True)
    assert not points.excludes_none({"ci_low": 0.04, "ci_high": 9.0})
    assert points.excludes_none({"ci_low": 0.06, "ci_high": 9.0})
    assert not ratio.excludes_none({"ci_low": 0.4, "ci_high": 0.9951})
    assert ratio.excludes_none({"ci_low": 0.4, "ci_high": 0.9949})


def test_a_single_mode_is_not_named_before_its_joint_test():
    found = findings(with_effects(clear=True, joint_p=0.06))
    assert not any("goes with" in sentence for _, told in found.told for sentence in told)
    assert found.headline.startswith("Nothing in these data")


def test_outcomes_with_the_same_rater_are_told_apart_in_the_headline():
    headline = findings(with_effects(clear=True, joint_p=0.01)).headline
    assert headline.index("client-rated") < headline.index("It also goes together")
    assert "where the rater of both is the same person" in headline
    assert "not assigned to clients at random" in headline


@pytest.mark.slow
def test_below_25_practitioners_no_claim_is_made():
    inputs = with_effects(clear=True, joint_p=0.001, practitioners=24)
    found = findings(inputs)
    assert found.headline.startswith(
        "No claim is made about modes of practice: 24 practitioners entered the models"
    )
    text = Page(research_report(inputs)).text
    assert "goes with higher" not in text
    assert "Too few practitioners." in text


def test_those_who_were_fitted_count_and_not_those_who_were_surveyed():
    inputs = with_effects(clear=True, joint_p=0.001, practitioners=26)
    fewer = {
        name: result.model_copy(
            update={
                "fits": tuple(
                    fit.model_copy(update={"clusters": {**fit.clusters, "practitioner": 23}})
                    for fit in result.fits
                )
            }
        )
        for name, result in inputs.models.items()
    }
    lead = inputs.analysis["practitioner"]["practitioner_id"]
    starts = inputs.analysis["enrolment"]
    kept = starts[~starts["practitioner_id"].isin(lead.head(2))]
    found = findings(replace(inputs, models=fewer, analysis={**inputs.analysis, "enrolment": kept}))
    assert found.gated and "23 practitioners entered the models" in found.headline
    assert (
        "Of these 26, at most 23 entered a model of the modes: 2 lead no enrolment that is analysed and 1 "
        "has no row that such a model is about with its outcome and every predictor." in found.basis
    )


def test_those_who_are_still_on_the_programme_are_told_beside_the_rates():
    """All of them still there: 0 % completed and 0 % dropped out stood alone, with narrow intervals."""
    inputs = with_effects(clear=True, joint_p=0.012)
    assert "have not ended" not in " ".join(findings(inputs).basis)
    starts = inputs.analysis["enrolment"].assign(end_kind="ongoing")
    basis = " ".join(findings(replace(inputs, analysis={**inputs.analysis, "enrolment": starts})).basis)
    assert "of them (100.0 %) have not ended by the data" in basis.replace("\u00a0", " ")


def test_a_mode_that_nobody_was_asked_about_is_named_and_the_survey_still_counts():
    inputs = with_effects(clear=True, joint_p=0.012)
    lead = inputs.analysis["practitioner"].assign(educative=np.nan)
    basis = " ".join(findings(replace(inputs, analysis={**inputs.analysis, "practitioner": lead})).basis)
    assert "40 practitioners said how often they work in each of 2 modes" in basis and "nan" not in basis
    assert "Their use of the educative mode is not known in this cohort." in basis
    assert "without a survey" not in basis and people.surveyed(lead) == 40


@pytest.mark.slow
def test_a_model_without_a_planned_covariate_is_called_reduced_everywhere():
    inputs = with_effects(clear=True, joint_p=0.012)
    models = {
        name: result.model_copy(
            update={"fits": tuple(fit.model_copy(update={"reduced": ("readiness",)}) for fit in result.fits)}
        )
        for name, result in inputs.models.items()
    }
    explored = inputs.estimates.assign(family="exploratory", p_adjusted=float("nan"))
    reduced = replace(inputs, models=models, estimates=explored)
    told = dict(findings(reduced).told)["Mode use and completion"]
    said = (
        "Reduced: without readiness, of which this cohort has no value, or one for everybody; "
        "so it is explored only."
    )
    assert told[-1] == said
    text = Page(research_report(reduced)).text
    assert "estimated, reduced" in text and "Reduced: without planned predictors" in text
    assert "educed" not in Page(research_report(inputs)).text


@pytest.mark.slow
def test_covariates_that_few_practitioners_pool_are_told_beside_the_finding_and_in_the_status():
    inputs = with_effects(clear=True, joint_p=0.012, practitioners=24)
    models = {
        name: result.model_copy(
            update={
                "fits": tuple(
                    fit.model_copy(update={"pooled": ("mandated", "risk_score")}) for fit in result.fits
                )
            }
        )
        for name, result in inputs.models.items()
    }
    told = dict(findings(replace(inputs, models=models)).told)["Mode use and completion"]
    assert told[-1] == (
        "Pooled: with 24 practitioners mandated and risk score each enter as one column, as the plan has it, "
        "and not split into practitioners' means and deviations from them."
    )
    text = Page(research_report(replace(inputs, models=models))).text
    assert "estimated, pooled" in text and "Pooled: covariates as one column each" in text
    assert "ooled" not in Page(research_report(inputs)).text


@pytest.mark.slow
def test_when_mode_use_was_measured_is_told_as_the_plan_has_it():
    inputs = cohorts.inputs()
    assert "(mode use: surveyed before their first enrolment started)" in research_report(inputs)
    plan = inputs.plan.model_copy(
        update={"exposure": inputs.plan.exposure.model_copy(update={"waves": "all"})}
    )
    told = research_report(replace(inputs, plan=plan))
    assert "(mode use: the mean over every wave of the survey" in told
    assert "surveyed before" not in told


@pytest.mark.slow
def test_needs_are_out_of_those_that_were_recorded():
    starts = cohorts.inputs().analysis["enrolment"]
    two = starts.assign(needs=1.0, **dict.fromkeys(NEED_COLUMNS[:2], True))
    rows = {row[0] for row in clients_table(two.assign(**{need: pd.NA for need in NEED_COLUMNS[2:]})).rows}
    assert "Responsivity needs (of 2 recorded)" in rows


def test_enrolments_of_practitioners_without_a_survey_are_counted():
    inputs = with_effects(clear=True, joint_p=0.001)
    lead = inputs.analysis["practitioner"]
    unasked = lead["practitioner_id"].iloc[0]
    without = lead.assign(**{mode: lead[mode].mask(lead["practitioner_id"] == unasked) for mode in MODES})
    starts = inputs.analysis["enrolment"]
    theirs = starts.index[starts["practitioner_id"] == unasked]
    starts = starts.assign(denominator=starts["denominator"].mask(starts.index == theirs[0], False))
    clients = int((counted_enrolments(starts)["practitioner_id"] == unasked).sum())
    assert 0 < clients < len(theirs)
    changed = {**inputs.analysis, "practitioner": without, "enrolment": starts}
    found = findings(replace(inputs, analysis=changed))
    assert any(
        said.startswith(f"{clients} enrolments are led by 1 practitioner without a survey")
        for said in found.basis
    )


def test_a_fit_with_too_few_practitioners_is_barred_on_its_own():
    inputs = with_effects(clear=True, joint_p=0.001)
    few = inputs.estimates.assign(family="descriptive", p_adjusted=None)
    told = dict(findings(replace(inputs, estimates=few)).told)["Mode use and completion"]
    assert "too few practitioners, so no claim is made" in told[0]


@pytest.mark.slow
@pytest.mark.parametrize("which", ["demonstration", "study"])
def test_words_are_associations(which):
    assert not CAUSAL.findall(page(which).text.replace("Not cause and effect.", ""))


def test_limits_of_such_data_stand_in_the_report():
    text = page("demonstration").text
    for said in (
        "Not cause and effect.",
        "One rater on both sides.",
        "Groups share their sessions.",
        "Those who leave early say little.",
    ):
        assert said in text


def test_published_rates_keep_their_sources():
    text = page("demonstration").text
    assert "27.1 % (114 studies, N = 41,438). Olver, Stockdale & Wormith 2011" in text
    assert "secondary source; check before quoting" in text
    assert "doi 10.1177/0306624X261448931" in text


def test_rates_are_those_of_the_table():
    starts = demonstration().analysis["enrolment"]
    started = starts[starts["denominator"]]
    share = 100 * (started["end_kind"] == "completed").mean()
    assert f"Of {len(started)} enrolments" in page("demonstration").text
    assert f"{share:.1f} % completed" in page("demonstration").text


def test_rows_models_and_files_are_accounted_for():
    text = page("demonstration").text
    assert "left out: duplicate record 12" in text
    assert "Tables that this cohort does not have: group climate forms." in text
    assert "likely keying error" in text
    assert "10 linear models were fitted again with statsmodels" in text
    assert "b" * 64 in text


def test_a_study_of_ratings_alone_reads_well():
    text = page("study").text
    assert "This cohort cannot say how practitioners' modes of work go with the alliance" in text
    rated = study().analysis["alliance"]
    for arm, here in rated.groupby("programme_id"):
        mean, sd = here["total"].mean(), here["total"].std()
        assert re.search(
            rf"{arm} {mean:.2f} \[95 % interval [\d.]+ to [\d.]+\] \(SD {sd:.2f}, n = {len(here)}\)", text
        )
    assert "its rows have no values of educative mode, engagement mode or sites" in text
    assert "The alliance was rated 157 times, by clients." in text
    assert "the alliance was rated once" in text
    assert "Completion cannot be reported" in text
    assert "nan" not in text.lower().split()
    drawn = {name for name, picture in study().pictures.items() if picture.status == "ok"}
    assert {"participant_flow", "missing_data"} <= drawn
    assert "mode_use" not in drawn
    assert len(page("study").images) == len(drawn), "the others say why not"


@pytest.mark.slow
def test_a_plan_without_a_completion_model_gives_a_report():
    whole = demonstration()
    models = {name: model for name, model in whole.models.items() if name != "completion"}
    inputs = replace(
        whole, models=models, estimates=whole.estimates[whole.estimates["model"] != "completion"]
    )
    text = Page(research_report(inputs)).text
    assert "goal agreement" in text.lower()
    assert "goes with higher programme completion" not in text


@pytest.mark.slow
def test_labels_from_data_cannot_become_markup():
    nasty = "<script>alert(1)</script> ![x](http://example.org/x.png) | {{ 7 * 7 }}"
    inputs = study()
    rated = inputs.analysis["alliance"].assign(programme_id=nasty)
    html = research_report(
        replace(
            inputs,
            cohort=cohorts.cohort("study", title=nasty, description=nasty),
            analysis={**inputs.analysis, "alliance": rated},
        )
    )
    found = Page(html)
    assert "script" not in found.tags
    assert all(link.startswith(("#", "data:")) for link in found.links)
    assert found.text.count(nasty) >= 4


def test_columns_are_named_as_the_plan_names_them():
    reason = "no values of mandated_within, risk_score_z_between, practitioner_id in this cohort"
    assert plain_reason(reason, Plan()) == "its rows have no values of mandated, risk score or practitioners"
    assert plain_reason("separation", Plan()) == "separation"
    late = (
        "no values of educative_z in this cohort; of mode use: of 4 practitioners 4 were surveyed only later"
    )
    assert plain_reason(late, Plan()).startswith(
        "its rows have no values of educative mode; of mode use: of 4"
    )


def test_what_is_missing_and_what_is_flagged_stand_after_the_account_of_rows():
    text = page("study").text
    account, missing, flagged, models = (
        text.rindex(heading)
        for heading in (
            "In every table, rows read",
            "Forms that did not come",
            "Records flagged as careless",
            "Models, checks and robustness",
        )
    )
    assert account < missing < flagged < models
    assert "refused 45; no reason recorded 15" in text and "58 of 200" in text
    assert (
        "one person under two client ids" in text
        and "not checked in WAI-S, client: 41 complete records" in text
    )


def written(declared, tables, folder, *names):
    """Write each named table, or all of a stage, as its rule would."""
    for name in names or declared:
        table = declared[name]
        table.write(table.typed(tables[name]), folder / Path(table.file).name)


@pytest.mark.slow
def test_everything_is_read_from_the_folders_that_the_line_writes(tmp_path):
    inputs = study()
    raw, processed, reports = tmp_path / "raw", tmp_path / "processed", tmp_path / "reports"
    write_text("id\n1\n", raw / "enrolments.csv")
    write_text("id\n1\n", raw / "alliance.csv")
    declared = inputs.cohort.model_dump(mode="json", exclude_defaults=True)
    write_json(declared, raw / "cohort.yaml")
    write_text("seed: 7\n", tmp_path / "plan.yaml")
    collected = collect(inputs.models.values(), estimates_part(inputs.plan))
    empty = {name: FACTORS[name].empty() for name in STRUCTURE_TABLES}
    tables = {**vars(inputs), **inputs.analysis, **inputs.measurement, **empty}
    written(DERIVE, tables, processed / "analysis")
    written(CLEANING, tables, processed / "clean", "account", "checks", "missing_map")
    written(MEASUREMENT, tables, reports / "tables", "reliability", "items", "key_audit", *inputs.measurement)
    written(SCORING, tables, reports / "tables", "scoring")
    written(IMPUTATION, tables, reports / "tables")
    written(RELATIONS, tables, reports / "tables", *RELATION_TABLES)
    written(FACTORS, tables, reports / "tables", *empty)
    written(MODELS, vars(collected), reports / "tables")
    write_json(dict(inputs.sources), processed / "typed" / "sources.json")
    read = [raw / name for name in ("cohort.yaml", "enrolments.csv", "alliance.csv")]
    write_json(origin(read, DEMONSTRATION_KEY), processed / "typed" / "origin.json")
    for name, model in inputs.models.items():
        write_json(model.model_dump(mode="json"), processed / "models" / f"{name}.json")
    for name, picture in cohort_pictures(inputs.analysis, inputs.flow, inputs.missing_map).items():
        write_picture(picture, reports / "figures", name)
    found = read_inputs(raw, tmp_path / "plan.yaml", processed, reports)
    assert found.cohort == inputs.cohort
    assert found.provenance.plan_sha256 == sha256(tmp_path / "plan.yaml")
    assert found.provenance.files == tuple((path.name, sha256(path)) for path in read)
    assert found.provenance.key == key_fingerprint(DEMONSTRATION_KEY)
    assert dict(found.provenance.versions)["glmm"][0].isdigit()
    in_words = {name: one.in_words(inputs.plan.models[name]) for name, one in inputs.models.items()}
    assert dict(found.models) == in_words
    alliance = inputs.analysis["alliance"]
    pd.testing.assert_frame_equal(found.analysis["alliance"][list(alliance)], alliance, check_dtype=False)
    text = Page(research_report(found)).text
    assert "Two arms" in text
    assert "seed 7" in text


@pytest.mark.slow
def test_an_inventory_that_does_not_fit_its_key_stands_above_the_findings_in_plain_words():
    html = research_report(replace(demonstration(), key_audit=cohorts.key_audit(wrong=True)))
    text = Page(html).text
    warning = "The answers do not fit the key of the WAI-SR, client-rated."
    assert html.index(warning) < html.index('id="findings"')
    assert "They fit a key in which item 3 is reversed." in text
    assert "bond .32 as keyed and .81 with that key" in text
    assert "Nothing was changed" in text
    assert "4 items of 1 inventory were held against the direction that their key declares: 1 of them" in text


@pytest.mark.slow
def test_keys_that_fit_are_one_line_in_the_measurement_section():
    html = research_report(demonstration())
    line = "4 items of 1 inventory were held against the direction that their key declares: none of them"
    assert line in Page(html).text and "do not fit the key" not in html
    assert html.index('id="how-well-the-instruments-measured"') < html.index(
        "were held against the direction"
    )


def test_scores_that_rest_on_incomplete_answers_are_counted():
    text = page("demonstration").text
    assert "Of 794 scores, 40 (5.0 %) rest on incomplete answers" in text
    assert "6 scores could not be made" in text
    assert "No inventory was there to score." in page("study").text
