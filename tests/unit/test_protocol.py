"""A protocol is written once, says what it was written after, and stays what it was."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.plan import load_plan
from alliance_modes.plan.protocol import load_protocol, protocol_digest
from alliance_modes.reports.registered import NONE, counted, registered
from alliance_modes.reports.research.registration.section import lines_table, said
from alliance_modes.running.registering import register

HERE = Path(__file__).parents[2]
DAY = date(2026, 11, 30)
TO = Path("protocols/north")


@pytest.fixture
def project(tmp_path, monkeypatch):
    shutil.copytree(HERE / "config", tmp_path / "config")
    (tmp_path / "config/config.yaml").write_text("cohorts: [north]\nplan: config/plan.yaml\n")
    shutil.copy(HERE / "requirements.lock", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def quick(monkeypatch):
    """The documents are not made."""
    monkeypatch.setattr(
        "alliance_modes.reports.protocol.page.protocol_documents", lambda protocol, plan: {"html": b"x"}
    )


def analysed(folder, plan_sha256):
    """North has results by a plan of this digest."""
    there = folder / "reports/north/internal"
    there.mkdir(parents=True)
    (there / "manifest.json").write_text(json.dumps({"inputs": {"config/plan.yaml": plan_sha256}}))
    (folder / "data/raw/north").mkdir(parents=True)
    (folder / "data/raw/north/cohort.yaml").write_text("cohort: north\n")


@pytest.mark.slow
def test_a_protocol_is_a_document_in_three_formats(project):
    Path("who.txt").write_text("Recruitment ends in May.\n\nEthics: approved <A & B>.\n")
    made = register(TO, "North", DAY, statement=Path("who.txt"))
    names = {"plan.yaml", "protocol.json", "protocol.html", "protocol.docx", "protocol.pdf"}
    assert {path.name for path in TO.iterdir()} == names
    html = (TO / "protocol.html").read_text()
    for text in (
        "Written before any data", made.sha256, "Recruitment ends in May.",
        "Not made: run alliance-modes design",
        "Mode use and completion (H3)", "fewer than 25 practitioners", "2026-11-30",
    ):  # fmt: skip
        assert text in html
    assert (TO / "plan.yaml").read_bytes() == Path("config/plan.yaml").read_bytes()


def test_the_digest_is_of_everything_but_the_day(project, quick):
    first = register(TO, "North", DAY)
    second = register(Path("protocols/again"), "North", date(2027, 1, 1))
    other = register(Path("protocols/other"), "South", DAY)
    assert first.sha256 == second.sha256 == protocol_digest(TO) != other.sha256
    assert load_protocol(TO).date == "2026-11-30"


def test_what_was_registered_is_not_written_over(project, quick):
    register(TO, "North", DAY)
    with pytest.raises(ConfigurationError, match="there already"):
        register(TO, "North", DAY)


@pytest.mark.parametrize(
    ("title", "statement", "said"),
    [
        ("", "", "--title: .*\n.*it is empty"),
        ("  ", "", "it is empty"),
        ("North", "\ufeff \n\n", "it holds no text"),
    ],
)
def test_a_protocol_without_a_title_or_with_an_empty_statement_is_refused(
    title, statement, said, project, quick
):
    Path("own.txt").write_text(statement, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        register(TO, title, DAY, statement=Path("own.txt") if statement else None)
    assert not TO.exists()


def test_a_protocol_that_was_changed_is_refused(project, quick):
    register(TO, "North", DAY)
    path = TO / "protocol.json"
    path.write_text(path.read_text().replace('"m": 20', '"m": 5'))
    with pytest.raises(ConfigurationError, match="not what was written"):
        load_protocol(TO)
    with pytest.raises(ConfigurationError, match="there is no protocol"):
        load_protocol("protocols/none")


@pytest.mark.parametrize(("digest", "this_plan"), [("of this plan", True), ("0" * 64, False)])
def test_it_says_that_data_had_been_analysed(project, quick, digest, this_plan):
    from alliance_modes.ground.files import sha256
    from alliance_modes.reports.protocol.words import written_said

    analysed(project, sha256("config/plan.yaml") if this_plan else digest)
    made = register(TO, "North", DAY)
    by = "by this plan" if this_plan else "by another plan"
    assert written_said(made) == f"Written after data of north ({by}) were analysed."


def reported(protocol, plan, **other):
    given = {"added": (), "instruments": {}, "versions": protocol.software.versions, "models": {}} | other
    return registered(protocol, plan, **given)


def test_a_report_lists_what_departs_line_by_line(project, quick):
    protocol, plan = register(TO, "North", DAY), load_plan("config/plan.yaml")
    nothing = reported(protocol, plan)
    assert not nothing.lines and "Nothing departs from it" in said(nothing)
    assert "followed in everything" in counted(nothing)

    wai = load_instruments()["wai_sr"]
    own = wai.model_copy(update={"id": "ours", "title": "Ours"})
    fit = FitResult(
        outcome="completed", label="", family="logistic", formula="", engine="", status="not_run",
        reason="too few: 7",
    )  # fmt: skip
    found = reported(
        protocol,
        plan.model_copy(update={"seed": 7}),
        added=("extra",),
        instruments={"wai_sr": wai.model_copy(update={"reversed": (4,)}), "ours": own},
        versions={**protocol.software.versions, "glmm": "9.9"},
        models={
            "completion": ModelResult(
                model="completion", hypothesis="", title="", status="not_run", fits=(fit,)
            )
        },
    )
    lines = {(one.kind, one.where): (one.registered, one.used) for one in found.lines}
    assert lines == {
        ("analysis", "seed"): ("20250101", "7"),
        ("instrument", "Ours"): ("not registered", "used"),
        ("instrument", f"{wai.title}: reversed"): ("none", "4"),
        ("software", "glmm"): (protocol.software.versions["glmm"], "9.9"),
        ("added", "model extra"): ("not registered", "exploratory, of this cohort"),
        ("not run", "model completion, outcome completed"): ("planned", "too few: 7"),
    }
    assert len(lines_table(found).rows) == 6 and "6 lines" in counted(found)
    assert "7 lines" not in counted(found)
    released = found.without_reasons("inside")
    assert "too few: 7" not in str(released.lines)


def test_without_a_protocol_a_report_says_so():
    assert said(None) == counted(None) == NONE
    assert lines_table(None) is None
