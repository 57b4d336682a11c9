"""Supervision sheets: whom they set beside peers, what they ask, and that they stay inside."""

from __future__ import annotations

import re
import stat

import pytest
from releases import release
from sheet_cohort import ratings, sheets

from alliance_modes.ground.errors import ConfigurationError, ReleaseError
from alliance_modes.models.peers.own import short_names
from alliance_modes.plan.plan import load_plan
from alliance_modes.release.contents import Document
from alliance_modes.release.folder import EDITION as RELEASED
from alliance_modes.release.folder import write_release
from alliance_modes.reports.supervision.page import sheet_documents, write_sheets
from alliance_modes.reports.supervision.question import ANYBODY, question_of
from alliance_modes.reports.supervision.words import by_chance, ruptures_table, standing_told

OF_P03 = "e036aaaaaaa"
"""The first enrolment with p03."""


def text(page: bytes) -> str:
    """A page as it is read, without style, pictures and marks."""
    inside = re.sub(r"<style>.*?</style>", " ", page.decode("utf-8"), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", inside).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def alike():
    return sheets(ratings())


@pytest.fixture(scope="module")
def one_apart():
    return sheets(ratings(p03=-1.3))


def test_who_differs_much_can_be_told_apart_and_is_told_no_more_than_that(one_apart):
    told = standing_told(one_apart["p03"].standing)
    assert one_apart["p03"].standing.apart and "lower than is expected" in told[0]
    assert told[1] == "You can be told apart from your peers in this rating."
    assert "no judgement" in told[2]


def test_who_does_not_differ_cannot_and_the_estimate_has_a_width(alike):
    standings = [one.standing for one in alike.values()]
    assert sum(one.apart for one in standings) <= 1
    assert all(one.low < one.estimate < one.high for one in standings)
    assert "cannot be told apart" in standing_told(alike["p05"].standing)[1]


def test_nobody_is_set_beside_peers_with_fewer_clients_than_the_plan_says():
    rows = ratings(p03=-1.3)
    few = rows["practitioner_id"].str.startswith("p03") & (rows["client_id"] >= "045")
    found = sheets(rows[~few].reset_index(drop=True))
    assert found["p03"].standing is None and found["p05"].standing is not None
    assert found["p03"].unplaced == "9 clients of yours have a rating; 10 are needed"
    page = text(sheet_documents(found["p03"])["html"])
    assert "Not shown: 9 clients of yours have a rating" in page and "told apart" not in page


def test_nobody_is_set_beside_fewer_peers_than_the_plan_says():
    found = sheets(ratings(practitioners=10))
    assert all(one.standing is None for one in found.values())
    assert found["p01"].unplaced == "10 practitioners have a rated client; one and 10 peers are needed"


def test_the_band_of_a_client_does_not_hang_on_the_own_practitioner(alike, one_apart):
    first, other = (found["p03"].clients[0].ratings[0] for found in (alike, one_apart))
    assert other.value < first.value
    assert other.expected == pytest.approx(first.expected, abs=0.05)


def test_what_was_left_unrepaired_last_is_asked_about_first():
    ruptures = (
        (OF_P03, 7, False),
        ("e037aaaaaaa", 9, False),
        ("e038aaaaaaa", 4, False),
        ("e038aaaaaaa", 11, True),
    )
    sheet = sheets(ratings(p03=-1.3), ruptures, {"p03": (2.0, 4.0)})["p03"]
    assert question_of(sheet).startswith("The rupture with client 037bbb in session 9 ")
    assert [row[0] for row in ruptures_table(sheet.clients, 24).rows] == ["036bbb", "037bbb", "038bbb"]
    assert len(ruptures_table(sheet.clients, 2).rows) == 2


def test_then_about_a_client_who_rated_low_twice_but_not_of_few_clients():
    rows = ratings()
    low = rows["enrolment_id"].eq(OF_P03) & rows["session_no"].gt(3)
    rows.loc[low, "total"] = 1.0
    assert question_of(sheets(rows)["p03"]).startswith("Client 036bbb rated the last two times lower")
    few = sheets(rows, clients_at_least=13)["p03"]
    assert few.standing is None and question_of(few) == ANYBODY


def test_then_about_a_change_of_mode_use_beyond_error():
    uses = {"p03": (2.0, 3.5), "p04": (2.0, 2.5), "p05": (4.0,)}
    found = sheets(ratings(), uses=uses, clients_at_least=13)
    assert "the educative mode from 2.0 to 3.5" in question_of(found["p03"])
    assert question_of(found["p04"]) == question_of(found["p05"]) == ANYBODY
    assert found["p05"].mode_use.surveys == ("February 2024",)


def test_a_page_says_whom_it_is_for_and_has_no_other_practitioner(one_apart):
    made = sheet_documents(one_apart["p03"])
    page = text(made["html"])
    assert "For you and your supervisor" in page and "may not be passed on" in page
    assert not re.search(r"\brank|best|worst|league|above average|below average", page, flags=re.IGNORECASE)
    others = {one.name for name, one in one_apart.items() if name != "p03"}
    assert not others & set(re.findall(r"\w+", page))
    assert made == sheet_documents(one_apart["p03"])


@pytest.mark.parametrize("suffix", ["html", "pdf"])
def test_a_sheet_has_no_way_into_a_release_folder(suffix, alike, tmp_path):
    sheet = Document("sheet", suffix, "The programme report", sheet_documents(alike["p03"])[suffix])
    with pytest.raises(
        ReleaseError, match=f"sheet.{suffix}: the document does not say that it is the release"
    ):
        write_release(release(sheet), tmp_path)
    assert not (tmp_path / "reports/north/release").exists()


def test_a_release_refuses_it_by_what_it_says(alike):
    made = sheet_documents(alike["p03"])["html"]
    assert b'<meta name="edition" content="supervision">' in made
    assert "Edition: supervision." in text(made) and not RELEASED.search(text(made))


def test_files_are_their_owners_alone(alike, tmp_path):
    folder = tmp_path / "supervision"
    assert write_sheets([alike["p03"]], folder) == 1
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        ".html": 0o600,
        ".pdf": 0o600,
    }


def test_chance_is_told_for_a_sheet_and_for_the_cohort():
    assert "at most 5\u00a0% of sheets" in by_chance(29)
    assert "29 sheets of this cohort set" in by_chance(29) and "about 2 of them" in by_chance(29)


def test_short_names_tell_all_apart():
    assert short_names(["abcdef01", "abcdef02", "ffffff01"]) == {
        "abcdef01": "abcdef01",
        "abcdef02": "abcdef02",
        "ffffff01": "ffffff01",
    }


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("model: allianz", "unknown model allianz"),
        ("outcome: client_totals", "unknown outcome client_totals"),
        ("expected_by: [tme]", "unknown predictor tme"),
        ("model: completion", "has no ratings over sessions"),
    ],
)
def test_a_plan_that_asks_for_sheets_of_nothing_is_refused(asked, message, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"supervision:\n  sheets: true\n  {asked}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message):
        load_plan(plan)
    plan.write_text(f"supervision:\n  {asked}\n", encoding="utf-8")
    assert not load_plan(plan).supervision.sheets
