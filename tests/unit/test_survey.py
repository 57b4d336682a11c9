"""The command ``survey``: what its forms hold, and one message for each thing that cannot be."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from openpyxl import load_workbook
from survey_answers import survey

from alliance_modes.cli import main
from alliance_modes.cohort import load_cohort
from alliance_modes.ground.errors import AllianceModesError, CohortError, ConfigurationError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.headings import names_of
from alliance_modes.running.registering import register
from alliance_modes.survey.languages import SHIPPED, load_languages, shipped
from alliance_modes.survey.making import AskedSurvey, make_survey
from alliance_modes.survey.targets.registry import TARGETS

INSTRUMENT = """\
id: safety
title: Safety in the group
measures: safety
raters: [{rater}]
items: 2
range: {{low: 0, high: 3}}
subscales: {{safe: {scored}}}
scoring: {{method: mean}}
wording: {{1: I felt safe., 2: Others listened.}}
responses: {{en: {{0: never, 1: rarely, 2: often, 3: always}}}}
source: ours
rights: ours
verified: not yet
"""
ITEMS = {item: f"Sentence {item}" for item in range(1, 13)}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    load_instruments.cache_clear()  # which knows a study's own instruments by their folder
    return tmp_path


def make(**asked) -> tuple[str, ...]:
    lock = date(2027, 6, 30)
    plain = {"instruments": ("modes_of_practice", "wai_sr"), "target": "xlsform", "folder": Path("new")}
    return make_survey(AskedSurvey("north", **{"data_lock": lock, **plain, **asked}))


def own(folder: Path, rater: str = "client", scored: str = "[1, 2]") -> None:
    (folder / "config/instruments").mkdir(parents=True)
    text = INSTRUMENT.format(rater=rater, scored=scored)
    (folder / "config/instruments/safety.yaml").write_text(text, encoding="utf-8")


def wording(folder: Path, text: str = "", **worded) -> Path:
    path = folder / "wording.yaml"
    said = {"language": "en", "wording": {"wai_sr": {"client": {"items": ITEMS, **worded}}}}
    path.write_text(text or yaml.safe_dump(said), encoding="utf-8")
    return path


def test_the_folder_holds_forms_places_for_wording_and_a_cohort_that_is_right(folder):
    lines = make()
    assert {path.name for path in Path("new").iterdir()} == {
        *(f"form_{name}.xlsx" for name in ("practitioners", "enrolments", "practitioner_survey", "sessions")),
        "form_alliance_client.xlsx",
        "wording.en.yaml",
        "cohort.yaml",
    }
    cohort = load_cohort("new")
    assert set(cohort.declared()) == {
        "practitioners",
        "practitioner_survey",
        "enrolments",
        "sessions",
        "alliance",
    }
    assert '"?"' not in Path("new/cohort.yaml").read_text(encoding="utf-8")
    assert any("wording.en.yaml" in line for line in lines)


def test_the_cohort_goes_to_its_folder_on_request_and_the_same_survey_has_the_same_bytes(folder):
    make(cohort=True)
    make(folder=Path("again"))
    assert not Path("new/cohort.yaml").exists()
    declared = Path("again/cohort.yaml").read_bytes()
    assert Path("data/raw/north/cohort.yaml").read_bytes() == declared
    for path in Path("new").iterdir():
        assert path.read_bytes() == (Path("again") / path.name).read_bytes(), path.name


def test_every_form_asks_consent_first_and_never_requires_an_item():
    for form in survey(protocol="f0" * 32).forms:
        first, *rest = form.sections
        assert first.questions[0].name == "consent" and first.questions[0].required
        assert all(part.only_if for part in rest if part.questions[0].kind != "fixed")
        items = {name for feeds in form.feeds for one in feeds.items for name in one.questions}
        assert not any(question.required for question in form.questions() if question.name in items)
        assert form.question("protocol").fixed == "f0" * 32
        assert set(form.unread()) <= {"consent", "rater", "protocol"}


@pytest.mark.parametrize("code", shipped())
def test_a_language_has_every_word_and_the_places_of_the_english_one(code):
    language, english = load_languages([code])[code], load_languages(["en"])["en"]
    for key, text in english.said.items():
        assert sorted(re.findall(r"\{\w+\}", language.said[key])) == sorted(re.findall(r"\{\w+\}", text))
    assert language.is_validated == (code == "en")


def test_a_language_of_ones_own_is_a_file_and_is_held_against_the_english_one(folder):
    text = (SHIPPED / "en.yaml").read_text(encoding="utf-8")
    Path("pl.yaml").write_text(text.replace("name: English", "name: Polski"), encoding="utf-8")
    make(languages=("pl.yaml",))
    Path("pl.yaml").write_text(text.replace("  needed: This is needed.\n", ""), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"said\.needed"):
        make(languages=("pl.yaml",), folder=Path("other"))


def test_wording_of_a_licence_holder_stands_in_the_form_and_in_what_reads_it(folder):
    words = {number: f"word {number}" for number in range(1, 6)}
    make(wording=(wording(folder, responses=words),))
    declared = Path("new/cohort.yaml").read_text(encoding="utf-8")
    assert "never publish" in declared and "Sentence 12: wai_sr_12" in declared and "word 5: 5" in declared
    assert not Path("new/wording.en.yaml").exists()


def test_a_places_file_that_nobody_filled_in_changes_nothing(folder):
    make()
    make(folder=Path("again"), wording=(Path("new/wording.en.yaml"),))
    assert Path("new/cohort.yaml").read_bytes() == Path("again/cohort.yaml").read_bytes()


def test_records_that_are_kept_elsewhere_are_left_out(folder):
    make(without=("sessions", "practitioners"))
    assert not list(Path("new").glob("form_sessions*"))


def test_an_instrument_of_the_study_is_kept_where_it_says(folder):
    own(folder, "practitioner")
    make(instruments=("modes_of_practice", "safety@practitioner_survey"))
    (source,) = load_cohort("new").tables.practitioner_survey
    assert [one.instrument for one in source.inventories] == ["modes_of_practice", "safety"]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an instrument that there is not": ({"instruments": ("wai_99",)}, 'there is no instrument "wai_99"'),
    "a table that there is not": ({"instruments": ("wai_sr@visits",)}, 'no form is kept in "visits"'),
    "twice": ({"instruments": ("wai_sr", "wai_sr")}, "asked for twice"),
    "no alliance and no survey": ({"instruments": ("srs",)}, "needs the practitioner survey or an alliance"),
    "a language that there is not": ({"languages": ("tlh",)}, 'there is no language "tlh"'),
    "a language twice": ({"languages": ("en", "en")}, "asked for twice"),
    "a tool that there is not": ({"target": "telex"}, 'there is no survey tool "telex"'),
    "a record that is needed": ({"without": ("enrolments",)}, "enrolments cannot be left out"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_asked_for_is_said_in_one_message(case, folder):
    asked, said = WRONG[case]
    refuse(said, **asked)


def refuse(said: str, **asked) -> None:
    with pytest.raises(AllianceModesError) as caught:
        make(**asked)
    assert said in str(caught.value) and "->" in str(caught.value)
    assert not Path("new").exists()


def test_no_folder_is_overwritten(folder):
    make()
    before = Path("new/cohort.yaml").read_bytes()
    with pytest.raises(AllianceModesError, match="exists already"):
        make(languages=("de",))
    assert Path("new/cohort.yaml").read_bytes() == before


def test_an_instrument_that_nobody_with_a_form_fills_in(folder):
    own(folder, "observer")
    refuse("who has no form of sessions", instruments=("wai_sr", "safety"))


def test_an_instrument_with_a_gap_in_its_items(folder):
    own(folder, scored="[1]")
    with pytest.raises(
        ConfigurationError, match="items 2 are on no subscale; where that is meant, name them"
    ):
        make(instruments=("wai_sr", "safety"))


def test_an_instrument_without_words_for_its_answers_in_a_language(folder):
    own(folder)
    refuse("have no words in de", instruments=("wai_sr", "safety"), languages=("en", "de"))


BAD_WORDING: dict[str, tuple[dict[str, Any], str]] = {
    "an item too few": ({"items": {k: v for k, v in ITEMS.items() if k != 4}}, "no wording of item 4"),
    "an item too many": ({"items": {**ITEMS, 13: "more"}}, "item 13 is none of its 12 items"),
    "a long item": ({"items": {**ITEMS, 2: "x" * 300}}, "item 2 has 300 characters"),
    "a long answer": ({"responses": dict.fromkeys(range(1, 5), "a") | {5: "x" * 300}}, "response 5 has 300"),
    "an answer too few": ({"responses": {1: "a", 2: "b"}}, "responses word 1, 2"),
    "two equal items": ({"items": {**ITEMS, 2: "Sentence 1"}}, "item 2 has the same text as item 1"),
    "two equal answers": ({"responses": {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}}, "response 5 has the same"),
    "a formula": ({"items": {**ITEMS, 2: "=1+1"}}, "would be computed"),
}


@pytest.mark.parametrize("case", BAD_WORDING)
def test_wording_that_is_not_the_instrument(case, folder):
    worded, said = BAD_WORDING[case]
    refuse(said, wording=(wording(folder, **worded),))


def test_wording_of_what_is_not_asked_or_with_a_code_twice(folder):
    refuse(
        "wai_sr of the client is not in the survey",
        instruments=("modes_of_practice",),
        wording=(wording(folder),),
    )
    twice = "language: en\nwording:\n  wai_sr:\n    client:\n      items: {1: a, 1: b}\n"
    refuse("stands twice", wording=(wording(folder, twice),))
    refuse("the wording is in en", wording=(wording(folder),), languages=("de",))


def test_a_word_with_two_meanings_is_refused(folder):
    text = (SHIPPED / "en.yaml").read_text(encoding="utf-8")
    turned = text.replace('yes_no: {"1": "Yes", "0": "No"}', 'yes_no: {"1": "No", "0": "Yes"}')
    Path("xx.yaml").write_text(turned, encoding="utf-8")
    refuse("stands for the answers", languages=("en", "xx.yaml"))


def test_two_columns_of_one_heading_are_told():
    headings = {"Your label": "person"}
    assert names_of(("a/Your label", "b"), frozenset({"person"}), headings, "x.csv") == {
        "a/Your label": "person"
    }
    with pytest.raises(CohortError, match="headed as this one"):
        names_of(("a/Your label", "person"), frozenset({"person"}), headings, "x.csv")


def test_the_command_says_what_it_made_and_what_it_cannot_make(folder):
    Path("config").mkdir()
    for name in ("Snakefile", "config/config.yaml"):
        Path(name).write_text("", encoding="utf-8")
    command = [
        "survey",
        "north",
        "--instruments",
        "wai_sr,modes_of_practice",
        "--data-lock",
        "2027-06-30",
        "--to",
        "new",
    ]
    done = CliRunner().invoke(
        main, [*command, "--language", "cy", "--without", "sessions", "--attention-check"]
    )
    assert done.exit_code == 0 and "Cymraeg (cy) is no validated translation" in done.output
    assert "attention_check" in Path("new/cohort.yaml").read_text(encoding="utf-8")
    again = CliRunner().invoke(main, command)
    assert again.exit_code == 1 and "Nothing is overwritten" in again.output


def test_every_form_carries_the_digest_of_the_protocol(folder, monkeypatch):
    monkeypatch.setattr("alliance_modes.reports.protocol.page.protocol_documents", lambda *_: {"html": b"x"})
    project = Path(__file__).parents[2]
    shutil.copytree(project / "config", "config")
    shutil.copy(project / "requirements.lock", ".")
    registered = register(Path("protocols/north"), "North", date(2026, 11, 30))
    make(protocol=Path("protocols/north"))
    assert registered.sha256 in Path("new/cohort.yaml").read_text(encoding="utf-8")
    for path in Path("new").glob("form_*.xlsx"):
        rows = load_workbook(path)["survey"].iter_rows(values_only=True)
        assert f"'{registered.sha256}'" in next(row for row in rows if row[0] == "calculate")
    with pytest.raises(ConfigurationError, match="there is no protocol"):
        make(protocol=Path("protocols/none"), folder=Path("other"))


@pytest.mark.parametrize("target", TARGETS)
def test_every_tool_says_how_each_answer_comes_back(target):
    asked = survey("en", "cy")
    for form in asked.forms:
        export = TARGETS[target].export(asked, form)
        questions = [one for one in form.questions() if one.answered]
        assert set(export.columns) == {one.name for one in questions}
        for question in questions:
            for choice in question.choices:
                assert export.cells[question.name][choice.code]


def test_pyxform_takes_every_form(folder):
    from pyxform.xls2xform import convert

    make(
        instruments=("modes_of_practice", "wai_sr", "wai_36", "srs", "session_engagement", "gcq_s"),
        languages=shipped(),
    )
    for path in sorted(Path("new").glob("form_*.xlsx")):
        assert convert(str(path)).warnings == []
