"""Reporting checklists say of each item where the reports answer it, by what these hold and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import contract_report as cohorts
import pytest
from documents_read import html_text, pdf_pages, word_paragraphs

from alliance_modes import reports
from alliance_modes.dictionary.checklist import TABLES
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.yaml_models import load_model
from alliance_modes.reports.answering import by_figure, by_results, by_table, by_words
from alliance_modes.reports.checklist.filled import Filled, checklist_table, declared, filled, summary
from alliance_modes.reports.checklist.items import LISTS, ORDER, Checklist, checklists
from alliance_modes.reports.checklist.page import checklist_documents, checklist_source
from alliance_modes.reports.checklist.rendered import Rendered, rendered
from alliance_modes.reports.facts.facts import internal_facts
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.page.documents import Manuscript, documents_of
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.programme.report import SECTIONS as PROGRAMME
from alliance_modes.reports.programme.report import programme_report
from alliance_modes.reports.research.report import SECTIONS as RESEARCH
from alliance_modes.reports.research.report import research_documents

STROBE = (
    "1a 1b 2 3 4 5 6a 6b 7 8 9 10 11 12a 12b 12c 12d 12e 13a 13b 13c 14a 14b 14c 15 16a 16b 16c "
    "17 18 19 20 21 22"
)
"""The numbers of the checklist for cohort studies, version 4."""

SOURCES = Path(reports.__file__).parents[1]


@cache
def cohort() -> ReportInputs:
    """Drawn once: most of the time goes into the figures."""
    return cohorts.inputs()


@cache
def study() -> ReportInputs:
    return cohorts.study_inputs()


def programme_page(inputs: ReportInputs) -> str:
    (made,) = documents_of(
        [replace(programme_report(internal_facts(inputs)).manuscript(), formats=("html",))]
    )
    return made["html"].decode()


def research_page(inputs: ReportInputs) -> str:
    return research_documents(inputs, ("html",))["html"].decode()


@cache
def pages(of: Callable[[], ReportInputs]) -> Mapping[str, str]:
    return {"research.html": research_page(of()), "report.html": programme_page(of())}


@cache
def both(of: Callable[[], ReportInputs]) -> tuple[Rendered, Rendered]:
    research, report = (rendered(file, html) for file, html in pages(of).items())
    return research, report


def whole() -> tuple[Rendered, Rendered]:
    return both(cohort)


def ratings_alone() -> tuple[Rendered, Rendered]:
    return both(study)


def by_item(given: tuple[Rendered, Rendered]) -> Mapping[str, Filled]:
    return {f"{name} {one.item.item}": one for name, items in filled(given).items() for one in items}


def test_each_checklist_has_every_item_of_its_source_once_in_order():
    numbers = {name: [one.item for one in each.items] for name, each in checklists().items()}
    assert numbers["strobe"] == STROBE.split()
    counted = [*(f"T1.{n}" for n in range(1, 57)), *(f"T3.{n}" for n in range(1, 9))]
    assert numbers["jars_quant"] == [*counted, *(f"T4.{n}" for n in range(1, 10))]
    assert numbers["registry"] == [str(n) for n in range(1, 20)]
    assert tuple(numbers) == ORDER == TABLES["checklist"].columns["checklist"].values


def test_a_list_in_which_an_item_stands_twice_is_refused(tmp_path):
    path = tmp_path / "strobe.yaml"
    text = (LISTS / "strobe.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("item: 1b", "item: 1a"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match='item "1a" stands twice'):
        load_model(path, Checklist)


def test_every_answer_is_to_an_item_that_there_is():
    items = {f"{name} {one.item}": one for name, each in checklists().items() for one in each.items}
    answered = [item for answers in declared().values() for answer in answers for item in answer.items]
    assert set(answered) <= set(items)
    for item, one in items.items():
        assert not (one.more and item not in answered), f"{item}: nothing is left to write beside no answer"
        assert not (one.unneeded and item in answered), f"{item} does not apply, and is answered"


@cache
def sections_alone() -> Mapping[str, tuple[Rendered, ...]]:
    """Each section of both reports by itself, of both cohorts."""
    sources = []
    for inputs in (cohort(), study()):
        png = {name: one.png for name, one in inputs.pictures.items()}
        sources += [
            (f"research {one.name}", render_sections([one], "research", inputs), png) for one in RESEARCH
        ]
        facts = internal_facts(inputs)
        sources += [
            (f"report {one.name}", render_sections([one], "programme", facts), png) for one in PROGRAMME
        ]
    made = documents_of(
        [Manuscript(text, "A cohort", "A report", png, ("html",)) for _, text, png in sources]
    )
    found: dict[str, tuple[Rendered, ...]] = {}
    for (name, _, _), documents in zip(sources, made, strict=True):
        found[name] = (*found.get(name, ()), rendered("research.html", documents["html"].decode()))
    return found


IN_THE_CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for path in sorted(SOURCES.rglob("*"))
    if path.suffix in (".py", ".j2") and path.parent.name != "checklist"
)


@pytest.mark.slow
@pytest.mark.parametrize("name", [f"research {one.name}" for one in RESEARCH] + ["report finishing"])
def test_what_a_section_says_that_it_answers_stands_in_it_and_in_no_other(name):
    """What neither cohort has is at least said in the code beside the declaration, or heads a section."""
    report = name.split()[0]
    of = {
        f"{kind} {one.name}": one
        for kind, all_of in (("research", RESEARCH), ("report", PROGRAMME))
        for one in all_of
    }
    for answer in of[name].answers:
        within = {
            other for other, found in sections_alone().items() if any(page.find(answer) for page in found)
        }
        assert {one for one in within if one.startswith(report)} <= {name, "research findings"}
        elsewhere = IN_THE_CODE.count(answer.sought.split("[")[0].strip()) > 1
        headed = any(one.text == answer.sought for page in sections_alone()[name] for one in page.held)
        assert name in within or elsewhere or headed, answer


def test_a_whole_cohort_is_answered_with_the_number_of_the_table():
    found = by_item(whole())
    reliability = found["jars_quant T1.27"]
    assert reliability.status == "answered" and not reliability.to_write
    (place,) = reliability.places
    assert re.fullmatch(r"Table \d+, How well the instruments measured", place.said)
    assert place.file == "research.html"
    assert found["strobe 18"].status == "in part" and found["strobe 18"].to_write
    assert found["strobe 22"].status == "not here" and "paid" in found["strobe 22"].to_write
    assert found["strobe 6b"].status == "does not apply"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "emptied"),
    [
        ("jars_quant T1.27", {"reliability": lambda one: one.iloc[:0]}),
        (
            "jars_quant T1.29",
            {"measurement": lambda one: {name: table.iloc[:0] for name, table in one.items()}},
        ),
        (
            "strobe 13c",
            {
                "pictures": lambda one: {
                    name: each for name, each in one.items() if name != "participant_flow"
                }
            },
        ),
    ],
    ids=["reliability", "occasions", "flow"],
)
def test_what_is_taken_out_of_the_report_empties_its_items(item, emptied):
    inputs = cohort()
    assert by_item(whole())[item].places
    less = replace(inputs, **{name: change(getattr(inputs, name)) for name, change in emptied.items()})
    found = by_item((rendered("research.html", research_page(less)), whole()[1]))[item]
    assert found.status == "not here" and not found.places and found.to_write == found.item.write


def test_a_table_that_is_cut_from_the_page_is_no_answer():
    page = pages(cohort)["research.html"]
    caption = re.search(r"<caption>(?:(?!</caption>).)*Outcomes of the plan.*?</caption>", page, re.DOTALL)
    assert caption is not None
    cut = rendered("research.html", page.replace(caption.group(), ""))
    assert rendered("research.html", page).find(by_table("Outcomes of the plan"))
    assert cut.find(by_table("Outcomes of the plan")) is None


def test_a_figure_that_was_not_drawn_and_a_heading_without_results_answer_nothing():
    research = ratings_alone()[0]
    assert any("Primary analyses" in one.under for one in research.held)
    assert research.find(by_results("Primary analyses")) is None
    assert research.find(by_figure("dropout_survival")) is None
    assert whole()[0].find(by_results("Primary analyses")) and whole()[0].find(by_figure("dropout_survival"))


def test_ratings_alone_leave_to_write_what_only_a_whole_cohort_has():
    less, more = by_item(ratings_alone()), by_item(whole())
    for item in (
        "jars_quant T1.28",
        "jars_quant T1.44",
        "jars_quant T1.47",
        "jars_quant T4.5",
        "strobe 16a",
        "strobe 17",
    ):
        assert more[item].places, item
        assert less[item].status == "not here", item
    for item in ("jars_quant T1.27", "strobe 4", "strobe 12c"):
        assert less[item].status == "answered"


def test_a_plan_that_only_explores_answers_nothing_primary():
    inputs = cohort()
    models = {
        name: model.model_copy(
            update={
                "claim": "exploratory",
                "outcomes": tuple(one.model_copy(update={"claim": None}) for one in model.outcomes),
            }
        )
        for name, model in inputs.plan.models.items()
    }
    page = research_page(replace(inputs, plan=inputs.plan.model_copy(update={"models": models})))
    found = by_item((rendered("research.html", page), whole()[1]))
    statuses = {n: found[f"jars_quant T1.{n}"].status for n in (35, 36, 37, 44, 45, 46)}
    assert statuses == {
        35: "not here", 36: "not here", 37: "answered", 44: "not here", 45: "not here", 46: "answered",
    }  # fmt: skip


def test_a_figure_in_numbers_is_not_taken_for_the_table():
    research = whole()[0]
    flow = research.find(by_figure("participant_flow"))
    assert flow and research.find(by_table(flow.text.partition(". ")[2].partition(".")[0])) is None


def test_what_stands_above_the_first_heading_is_on_the_first_page():
    page = "<main><h1>A cohort</h1><p>Made of nothing.</p><h2 id='a'>Then</h2><p>This.</p></main>"
    found = rendered("research.html", page).find(by_words("Made of"))
    assert found and found.section == "First page" and found.id == ""


@pytest.mark.slow
def test_the_page_named_is_the_one_on_which_it_stands():
    made = research_documents(cohort(), ("html", "pdf"))
    report = rendered("research.html", made["html"].decode(), made["pdf"])
    sheets = [" ".join(page.split()) for page in pdf_pages(made["pdf"])]
    assert report.title == "Demonstration cohort 2024"
    placed = [one for one in report.held if one.number]
    assert len({one.page for one in placed}) > 5
    for one in placed:
        assert one.page and f"{one.number}. " in sheets[one.page - 1], one.text
    for one in report.held:
        if one.kind == "heading":
            assert one.page and one.text.split()[0] in sheets[one.page - 1], one.text
    assert [one.page for one in placed] == sorted(one.page or 0 for one in placed)
    said = by_item((report, whole()[1]))["jars_quant T1.27"].places[0].said
    assert re.fullmatch(r"Table \d+, How well the instruments measured, p\.\u00a0\d+", said)


def test_the_table_has_a_row_for_each_item():
    found = filled(whole())
    table = checklist_table(found)
    assert len(table) == sum(len(each.items) for each in checklists().values())
    row = table.set_index(["checklist", "item"]).loc[("strobe", "13c")]
    assert row["status"] == "answered" and row["link"] == "research.html#fig-participant_flow"
    named = table[table["status"].isin(["answered", "in_part"])]
    assert named["where"].notna().all() and named["link"].notna().all()
    assert table[table["status"] == "not_here"]["to_write"].notna().all()


def test_every_link_leads_to_a_place_of_the_report():
    made = checklist_documents(whole())
    links = re.findall(r'href="((?:research|report)\.html)#([^"]+)"', made["html"].decode())
    assert len(links) > 60
    for file, identity in links:
        assert f'id="{identity}"' in pages(cohort)[file], (file, identity)


@pytest.mark.slow
def test_what_is_handed_in_has_a_column_for_the_pages_of_the_article_and_no_link():
    made = checklist_documents(whole())
    on_screen = html_text(made["html"])
    in_word = " ".join(text for _, text in word_paragraphs(made["docx"]))
    in_print = " ".join("\n".join(pdf_pages(made["pdf"])).split())
    for text in (in_word, in_print):
        assert "Your page" in text and "not answered here" in text and "in part: " in text
        assert "Edition: internal" in text
    assert "Your page" not in on_screen and "Edition: internal" in on_screen
    assert "research.html#" not in checklist_source(whole(), filled(whole()), screen=False)


def test_how_many_items_are_left_is_said_in_a_sentence():
    found = filled(whole())["strobe"]
    of = [sum(one.status == status for one in found) for status in ("answered", "in part", "not here")]
    assert summary(checklists()["strobe"], found) == (
        f"Of the 34 items {of[0]} are answered, {of[1]} in part, {of[2]} are yours to write, 2 do not apply."
    )


def test_a_study_of_real_people_is_not_called_simulated():
    given = ratings_alone()
    assert "simulated" not in checklist_source(given, filled(given), screen=True)
    assert "simulated" in checklist_source(whole(), filled(whole()), screen=True)
