"""The programme report: what a manager reads, what is never said to them, and what no edition gives away."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path

import contract_report as cohorts
import contract_tables as tables
import numpy as np
import pandas as pd
import pytest
import test_plan_reaches_report as reached
from documents_read import pdf_pages
from hypothesis import given

import alliance_modes
from alliance_modes.disclosure.counts import SUPPRESSED, Shown, ShownTable
from alliance_modes.disclosure.release import released
from alliance_modes.reports.facts.asked.course import BEGUN
from alliance_modes.reports.facts.asked.means import means_asked
from alliance_modes.reports.facts.asked.requests import course_name, practitioners_name, requests
from alliance_modes.reports.facts.effects import OutcomeEffects
from alliance_modes.reports.facts.facts import Facts, internal_facts
from alliance_modes.reports.facts.rates import Rate, Spread
from alliance_modes.reports.facts.scope import Scope
from alliance_modes.reports.facts.sizes import sizes_told
from alliance_modes.reports.inputs import DrawnPicture
from alliance_modes.reports.known import RATES
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.programme.internal import internal_reports
from alliance_modes.reports.programme.numbers.shares import hundredths
from alliance_modes.reports.programme.page_one.starts import own_rates
from alliance_modes.reports.programme.places.position import all_alike, places
from alliance_modes.reports.programme.places.section import PLACES
from alliance_modes.reports.programme.released import numbers_said, released_facts, released_reports
from alliance_modes.reports.programme.report import SECTIONS, made_of, programme_report
from alliance_modes.reports.programme.ways import verdict_sentences
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.words.rounding import number

HERE = Path(alliance_modes.__file__).parent / "reports/programme"
STATISTICS = re.compile(
    r"\bp [<=≤]|p-value|\bmodels?\b|standard (deviation|error)|\bSDs?\b|adjusted|significan|confidence|"
    r"coefficient|odds|ratio\b|regression|varian|\beffects?\b|statistic|percentage point|hypothes|family|"
    r"\bn = |\d\.\d|joint",
    re.IGNORECASE,
)
JUDGING = re.compile(
    r"\b(league|rank(s|ed|ing)?|best|worst|top|bottom|outperform\w*|poor(ly)?)\b", re.IGNORECASE
)
CAUSAL = re.compile(
    r"\b(causes?|caused|leads? to|led to|results? in|improves?|reduces?|boosts?|thanks to|due to|impact of)"
    r"\b",
    re.IGNORECASE,
)


def with_estimates(clear: bool, joint_p: float, practitioners: int = 40):
    """The cohort of the contract with estimates that have standard errors and degrees of freedom."""
    results = tables.models(practitioners, clear)
    estimates = tables.estimates(results, joint_p)
    estimates = estimates.assign(
        se=np.where(estimates["estimate"].notna(), 2.0, np.nan),
        df=np.where(estimates["estimand"] == "coefficient", 30.0, np.nan),
    )
    return replace(demonstration(), models=results, estimates=estimates)


@cache
def demonstration():
    return cohorts.inputs()


@cache
def clear():
    return internal_facts(with_estimates(True, 0.001))


@cache
def unclear():
    return internal_facts(with_estimates(False, 0.31))


@cache
def few():
    return internal_facts(with_estimates(True, 0.001, practitioners=12))


@cache
def study():
    return internal_facts(cohorts.study_inputs())


@cache
def release():
    inputs = with_estimates(True, 0.001)
    asked = means_asked(inputs)
    gate = released(requests(inputs), inputs.plan.disclosure, means=[one.table for one in asked])
    told = sizes_told(inputs, requests(inputs), gate.tables, inputs.plan.disclosure)
    return released_facts(inputs, gate.tables, asked, gate.means, {}, told)


COHORTS = {"clear": clear, "unclear": unclear, "few": few, "study": study, "release": release}


def text(found: Facts) -> str:
    return programme_report(found).markdown.replace("\\", "")


def page_one(found: Facts) -> str:
    return text(found).partition("# In short")[2].partition("::: contents")[0]


def part_of(found: Facts, kind: str) -> Facts:
    return replace(found, scope=next(one for one in found.with_report if one.kind == kind))


def every_scope(found: Facts) -> list[Facts]:
    return [found, *(replace(found, scope=one) for one in found.parts if not one.reason)]


@pytest.mark.parametrize("which", COHORTS)
def test_page_one_has_no_word_of_statistics_no_decimals_and_judges_nobody(which):
    for found in every_scope(COHORTS[which]()):
        said = page_one(found)
        for banned in (STATISTICS, JUDGING, CAUSAL):
            assert banned.search(said) is None, banned.search(said)


@pytest.mark.parametrize("which", COHORTS)
def test_no_page_judges_a_programme_or_a_site(which):
    for found in every_scope(COHORTS[which]()):
        assert JUDGING.search(text(found)) is None


@pytest.mark.parametrize("which", COHORTS)
def test_page_one_is_short(which):
    for found in every_scope(COHORTS[which]()):
        assert len(page_one(found).split()) < 640


@pytest.mark.parametrize("which", ["clear", "unclear", "release"])
def test_page_one_is_one_page_of_the_pdf(which):
    report = programme_report(COHORTS[which]())
    made = documents(report.markdown, report.title, report.kind, report.pictures, formats=("pdf",))
    first, second, *_ = pdf_pages(made["pdf"])
    assert "What this does not show." in first
    assert second.startswith("Contents")


def test_page_one_says_who_started_and_finished_in_the_numbers_of_the_tables():
    enrolments = demonstration().analysis["enrolment"]
    counted = counted_enrolments(enrolments)
    done = int((counted["status"] == "completed").sum())
    said = page_one(clear())
    assert f"{len(enrolments):,} people were enrolled" in said
    assert f"{round(100 * done / len(counted))} finished ({done:,} people)" in said
    assert f"Of all enrolled, {round(100 * done / len(enrolments))} of every 100 finished" in said


def test_page_one_sets_published_rates_beside_the_same_people():
    said = page_one(clear())
    assert RATES[0].where in said
    assert f"{round(RATES[0].per_hundred)} of every 100 who started left early; here it was" in said


def with_enrolments(**changes):
    inputs = with_estimates(True, 0.001)
    enrolments = inputs.analysis["enrolment"].assign(**changes)
    return internal_facts(replace(inputs, analysis={**inputs.analysis, "enrolment": enrolments}))


def test_those_still_within_their_planned_time_are_left_out_of_rates_and_page_one_says_so():
    due = demonstration().analysis["enrolment"]["denominator"].fillna(False).astype(bool).to_numpy()
    fewer = pd.array(due & (np.arange(len(due)) % 5 > 0), dtype="boolean")
    said = page_one(with_enrolments(denominator=fewer))
    assert f"{int(due.sum() - fewer.sum())} people were still within their planned time" in said
    assert f"{int(fewer.sum())} people remain" in said
    assert "and those still within their planned time, too" in said


def test_where_everybody_started_there_is_one_rate_of_finishing():
    said = page_one(with_enrolments(status="completed", denominator=True))
    assert "Everybody who started finished." in said
    assert "lower rate" not in said


def test_nobody_who_finished_is_a_number_and_is_withheld_in_a_release_alone():
    found = with_enrolments(status="dropped_out", denominator=True)
    said = page_one(found)
    assert "Nobody who started finished, and 100 of every 100 left early" in said
    assert "withheld" not in said
    assert "| Completed" in text(found) or "Completed" in text(found).partition("# Who took part")[2]
    assert "no range can be given" in text(found)
    assert own_rates(found)["started, then left early", "of all enrolled"].share == 1


def test_nobody_who_left_early_is_told_as_such():
    statuses = np.where(
        np.arange(len(demonstration().analysis["enrolment"])) % 3, "completed", "administrative"
    )
    found = with_enrolments(status=statuses, denominator=True)
    assert "and nobody left early." in page_one(found)
    assert "who started left early; here nobody did" in page_one(found)


def test_a_rate_that_is_nearly_all_or_nothing_is_not_told_as_such():
    assert hundredths(Rate(0.999, None, None)) == "more than 99"
    assert hundredths(Rate(0.001, None, None)) == "fewer than 1"
    assert [hundredths(Rate(share, None, None)) for share in (0.0, 0.004, 0.5, 1.0)] == [
        "0",
        "fewer than 1",
        "50",
        "100",
    ]


def test_a_release_whose_counts_are_withheld_reads_as_sentences():
    found = release()
    table = found.counts[course_name("cohort")]
    nothing = replace(table, cells=tuple(tuple(SUPPRESSED for _ in row) for row in table.cells))
    said = page_one(replace(found, counts={**found.counts, table.name: nothing}))
    assert "A withheld number of people were enrolled, and a withheld number started." in said
    assert "How many of them finished is withheld" in said
    here = part_of(found, "site")
    of_practitioners = found.counts[practitioners_name("site")]
    nothing = replace(
        of_practitioners, cells=tuple(tuple(SUPPRESSED for _ in row) for row in of_practitioners.cells)
    )
    said = text(replace(here, counts={**here.counts, nothing.name: nothing}))
    assert "and how many of these said how they work, is withheld." in said


def test_whoever_rated_is_said_once_where_several_outcomes_are_listed():
    said = text(clear()).partition("One person on both sides.")[2].partition("\n")[0]
    listed = said.partition("also rated: ")[2].partition(". Look")[0]
    assert listed
    assert "practitioner-rated" not in listed


def test_a_range_of_a_site_is_for_other_people_and_practitioners_there():
    said = page_one(part_of(clear(), "site"))
    assert "By these numbers alone, with other people and practitioners like these, between" in said
    assert "practitioners and sites like these, between" in page_one(clear())


def test_where_sites_differ_by_chance_alone_the_same_is_expected_of_each_and_it_says_so():
    alike = with_sites([78, 80, 76, 79, 77, 74], 120)
    apart = with_sites([78, 80, 76, 79, 77, 40], 120)
    assert all_alike(places(alike, "site"))
    assert not all_alike(places(apart, "site"))
    said = "The sites differ by no more than chance brings, so that the same is expected of each."
    assert said in PLACES.context(alike)["tables"][0].note
    assert said not in PLACES.context(apart)["tables"][0].note


def test_what_is_clear_is_said_in_people_of_a_hundred():
    one = next(each for each in clear().outcomes if each.of_hundred and each.clear)
    mode = one.clear[0]
    said = page_one(clear())
    more = "more" if mode.estimate > 0 else "fewer"
    assert f"about {round(abs(mode.estimate))} {more}" in said
    assert f"one step more in the {mode.mode} way of working" in said
    assert "This is clear" in said
    assert "One step" in said


def test_inconclusive_always_says_what_could_have_been_found():
    for found in (clear(), unclear()):
        sentences = re.findall(r"Inconclusive.*?\.", page_one(found))
        assert sentences
        assert all(re.search("this cohort could have shown .*difference", one) for one in sentences)
    assert re.search(r"about \d+ practitioners would be needed in place of \d+", page_one(unclear()))


def of_unit(unit: str, estimate: float, detectable: float) -> OutcomeEffects:
    """An outcome whose numbers are in ``unit``, clear in its first mode alone."""
    one = next(each for each in clear().outcomes if each.of_hundred)
    first, *rest = (replace(mode, detectable=detectable, clear=False, rests_on="") for mode in one.modes)
    modes = (replace(first, estimate=estimate, clear=True), *rest)
    return replace(one, estimand=unit, measure=Measure(unit), verdict="clear", modes=modes)


@pytest.mark.parametrize(
    ("unit", "clearly", "shown", "needed"),
    [
        ("SD", "Higher (a small difference)", "a medium difference or a larger one", "half of that"),
        ("expected events", "Higher (a difference of 30 events in every 100 people)", "of 40 events", "half"),
        ("log-odds", "Higher with practitioners", None, None),
    ],
)
def test_what_is_not_in_people_of_a_hundred_is_told_in_words_of_its_own_unit(unit, clearly, shown, needed):
    said = " ".join(verdict_sentences(of_unit(unit, 0.3, 0.4), clear()))
    assert clearly in said
    assert "one of 5" not in said
    assert (shown is None) == ("could have shown" not in said)
    assert shown is None or (shown in said and f"to show {needed}" in said)
    assert re.search(r"\d\.\d", said) is None


def test_nothing_is_claimed_below_25_practitioners():
    said = page_one(few())
    assert "Nothing is claimed" in said
    assert "12 practitioners could be compared" in said
    assert "This is clear" not in text(few())
    assert "clear:" not in text(few())


def test_a_claim_that_rests_on_one_practitioner_says_so():
    found = clear()
    one = next(each for each in found.outcomes if each.of_hundred and each.clear)
    lone = replace(one, modes=tuple(replace(mode, rests_on="practitioner") for mode in one.modes))
    said = page_one(replace(found, outcomes=(lone, *(each for each in found.outcomes if each != one))))
    assert "rests on a single practitioner: without that one it would not be clear" in said
    assert "though that rests on a single practitioner" in said


def test_the_way_of_working_and_the_outcome_are_never_called_alike():
    for found in (clear(), unclear()):
        for name in re.findall(r"\bengagement\b[^.]{0,20}", page_one(found)):
            assert name.startswith(("engagement way", "engagement and", "engagement,"))


def test_answers_that_do_not_fit_their_key_are_named_before_anything_else():
    inputs = replace(demonstration(), key_audit=cohorts.key_audit(wrong=True))
    front = text(internal_facts(inputs)).partition("# In short")[0]
    assert "do not fit the key of the WAI-SR, client-rated" in front
    assert "wrongkey" not in text(clear()).partition("# In short")[0]


def test_the_headline_names_a_way_of_working_and_a_direction_or_says_what_cannot_be_told():
    assert re.search(r"more of every 100 .* one step more in the \w+ way of working", headline_of(clear()))
    assert "These data cannot tell whether more or fewer people finish" in headline_of(unclear())
    assert "fewer than 25" in headline_of(few())
    assert "is not known" in headline_of(study())


def headline_of(found: Facts) -> str:
    return text(found).partition("::: headline")[2].partition(":::")[0]


def test_a_cohort_without_ends_and_survey_says_what_it_cannot():
    said = page_one(study())
    assert "no survey of its practitioners" in said
    assert "of nobody is it known that they started" in said
    whole = text(study())
    assert "Programmes and sites" in whole
    assert "fewer than 10 people are known to have started there" in whole


def test_a_part_stands_beside_the_cohort_and_says_whether_it_can_be_told_apart():
    for kind in ("programme", "site"):
        found = part_of(clear(), kind)
        said = page_one(found)
        assert "In the whole cohort" in said
        assert re.search("can(not)? be told apart", said)
        assert "the whole cohort" in said.partition("Ways of working")[2]
        assert found.scope.value in programme_report(found).title


def with_sites(completed: list[int], started: int) -> Facts:
    """The facts of a cohort of sites of so many people, who are independent of one another."""
    found = clear()
    scopes = tuple(Scope("site", f"S{place}", f"s{place}") for place in range(len(completed)))
    rows = tuple(tuple(Shown.exact(n) for n in (started, done)) for done in completed)
    table = ShownTable(
        course_name("site"), "", tuple(one.value for one in scopes), (BEGUN, "Completed"), rows
    )
    spreads = {
        ("site", one.value, "completed"): Spread(1.96 * (1 / done + 1 / (started - done)) ** 0.5, False)
        for one, done in zip(scopes, completed, strict=True)
    }
    return replace(found, counts={table.name: table}, spreads=spreads, parts=scopes)


def test_of_sites_that_are_alike_at_most_one_in_twenty_cohorts_tells_one_apart():
    rng = np.random.default_rng(3)
    told = [
        any(one.apart for one in places(with_sites(list(rng.binomial(120, 0.65, 6)), 120), "site"))
        for _ in range(400)
    ]
    assert np.mean(told) < 0.075


def test_a_site_that_differs_is_told_apart_and_small_differences_are_drawn_to_the_mean():
    found = {one.scope.value: one for one in places(with_sites([78, 80, 76, 79, 77, 40], 120), "site")}
    assert [name for name, one in found.items() if one.apart] == ["S5"]
    alike = places(with_sites([78, 80, 76, 79, 77, 74], 120), "site")
    for one in alike:
        assert abs(one.shrunken.share - 77.3 / 120) < abs(one.rate.share - 77.3 / 120) + 0.001


def test_programmes_and_sites_stand_in_the_order_of_their_names():
    for kind in ("programme", "site"):
        names = [one.scope.value for one in places(clear(), kind)]
        assert names == sorted(names)
        assert len(names) > 1


def test_figures_of_sites_and_of_chances_stand_in_the_report_of_the_cohort_alone():
    drawn = DrawnPicture(png=b"", title="A", caption="B", alt="C", status="ok", section="completion")
    names = ("any_by_practitioner_and_site", "completion_by_part", "any_over_mode_use")
    found = replace(clear(), pictures=dict.fromkeys(names, drawn))
    assert all(f"({name}.png)" in text(found) for name in names)
    assert ".png" not in text(part_of(found, "site"))


EVERY_COUNT_IS = r"(?<![\d.,§])(\d[\d,]*) (?:people|practitioners)\b"


def test_no_sentence_of_the_release_edition_has_a_count_that_is_not_rounded():
    for found in every_scope(release()):
        said = text(found).partition("# How it was done")[0]
        counts = [int(one.replace(",", "")) for one in re.findall(EVERY_COUNT_IS, said)]
        told = [one for one in counts if f"{one:,}" not in RATES[0].where]
        assert told
        assert all(one % 5 == 0 for one in told), told


def test_no_exact_count_stands_anywhere_in_the_release_edition():
    exact = {
        cell.n for table in requests(demonstration()) for row in table.cells for cell in row if cell.n > 100
    }
    exact = {n for n in exact if n % 5}
    assert exact
    for found in every_scope(release()):
        said = text(found).partition("# How it was done")[0]
        assert not [n for n in exact if re.search(rf"(?<![\d.,]){n:,}(?![\d,])", said)]


def test_texts_of_a_release_say_no_other_number_of_people_than_those_shown_and_those_allowed():
    whole = release()
    shown = {cell.value for table in whole.counts.values() for row in table.cells for cell in row}
    shown |= {mean.n.value for one in whole.means.values() for mean in one.shown.means}
    for found in every_scope(whole):
        said = {int(one.replace(",", "")) for one in re.findall(EVERY_COUNT_IS, text(found))}
        rates = {n for n in said if n <= 100}
        assert said - rates <= shown | numbers_said(whole)


def test_where_few_are_withheld_no_number_of_practitioners_is_named():
    whole = release()
    hidden = ShownTable("fitted", "", ("All",), whole.counts["fitted"].columns, ((SUPPRESSED,),))
    found = replace(whole, counts={**whole.counts, "fitted": hidden})
    assert re.search(r"about \d+ times as many practitioners would be needed", page_one(found))
    assert "in place of" not in page_one(found)
    assert "Too few practitioners could be compared" in page_one(replace(found, gated=True))


@pytest.mark.slow
def test_the_release_has_a_document_of_each_scope_of_which_enough_may_be_shown():
    whole = release()
    made = list(released_reports(whole))
    assert {one.name for one in made} == {"report", *(one.file for one in whole.with_report)}
    assert all(one.content for one in made)
    for one in whole.without_report:
        assert f"{one.kind} {one.value}: {one.reason}" in text(whole)


def test_facts_of_a_release_hold_no_count_that_is_not_rounded():
    def counts(value: object) -> list[Shown]:
        if isinstance(value, Shown):
            return [value]
        if is_dataclass(value) and not isinstance(value, type):
            return [one for each in fields(value) for one in counts(getattr(value, each.name))]
        if isinstance(value, dict):
            return [one for each in value.values() for one in counts(each)]
        if isinstance(value, (tuple, list)):
            return [one for each in value for one in counts(each)]
        return []

    found = counts(release())
    assert found
    assert {one.status for one in found} <= {"rounded", "suppressed"}


def test_sections_read_facts_and_no_tables_of_people():
    """No module but the two that begin the reports of an edition knows where people's rows are."""
    for path in sorted(HERE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {
            one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
        }
        assert "pandas" not in imported and "analysis" not in named, path
        if path.name not in ("internal.py", "released.py"):
            assert "ReportInputs" not in named and "internal_facts" not in named, path


def test_every_folder_is_a_section_that_stands_in_the_report():
    folders = {path.name for path in HERE.iterdir() if (path / "section.py").is_file()}
    assert {section.name for section in SECTIONS} == folders


@pytest.mark.slow
def test_the_first_page_of_the_pdf_is_page_one():
    import pypdfium2

    for found in (clear(), part_of(clear(), "site")):
        report = programme_report(found)
        pdf = documents(report.markdown, report.title, report.kind, report.pictures, ("pdf",))["pdf"]
        pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
        first = pages[0].get_textpage().get_text_range()
        assert "Who started and who finished" in first
        assert "What this does not show" in first
        assert len(pages) <= 14


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["internal", "release"])
def test_every_page_on_paper_says_its_edition(edition):
    import pypdfium2

    ((_, made),) = made_of([programme_report({"internal": clear, "release": release}[edition]())])
    with pypdfium2.PdfDocument(made["pdf"]) as pages:
        said = [page.get_textpage().get_text_range() for page in pages]
    assert len(said) > 2 and all(f"· Edition: {edition}" in one for one in said)
    with zipfile.ZipFile(io.BytesIO(made["docx"])) as parts:
        assert f"· Edition: {edition}" in parts.read("word/footer.xml").decode("utf-8")


@pytest.mark.slow
def test_a_cohort_has_a_report_of_its_own_for_each_programme_and_site_and_same_inputs_give_same_bytes():
    inputs = with_estimates(True, 0.001)
    made = {str(path): content for path, content in internal_reports(inputs)}
    parts = [one for one in internal_facts(inputs).parts if not one.reason]
    expected = {f"parts/{one.file}" for one in parts} | {"report"}
    assert set(made) == {f"{one}.{suffix}" for one in expected for suffix in ("html", "docx", "pdf")}
    assert made == {str(path): content for path, content in internal_reports(inputs)}


@pytest.mark.slow
@reached.MANY
@given(reached.WORDINGS)
def test_every_way_of_working_of_every_outcome_has_its_number_whatever_the_plan_calls_it(wording):
    inputs = reached.inputs_of(wording)
    said = text(internal_facts(inputs))
    for one in internal_facts(inputs).outcomes:
        for mode in one.modes:
            assert number(mode.estimate, one.measure.decimals) in said


TEMPLATES = sorted(Path(alliance_modes.__file__).parent.rglob("reports/**/*.md.j2"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_table_is_glued_to_a_passage_that_ends_with_a_condition(template):
    """The line end behind a tag is no line end of the text: one empty line more stands before a table."""
    glued = r"^(?!\{%).*\S.*\{% end\w+ %\}\n\n(?:\{% .* %\}\n)*\{\{ \w+ \| table \}\}"
    assert re.findall(glued, template.read_text(encoding="utf-8"), flags=re.MULTILINE) == []
