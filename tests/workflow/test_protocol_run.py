"""A cohort with a protocol: what departs from it stands in its reports, line by line."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from projects import COHORT, Project

PROTOCOL = "protocols/small"
OTHERWISE = {
    "seed: 20250101\n": "seed: 7\n",
    "\n  m: 20\n": "\n  m: 10\n",
    "title: Mode use and completion\n": "title: Mode use and finishing\n",
}
"""The plan of the project, and what was registered in its place."""

OF_THE_PLAN = {
    ("Analysis", "seed"): ("7", "20250101"),
    ("Analysis", "imputation: completed data sets at most (m)"): ("10", "20"),
    ("Wording", "model completion: title"): ("Mode use and finishing", "Mode use and completion"),
}
HEADINGS = ["Kind", "Where", "Registered", "Used"]
REASON = "the reason holds counts of people and stays inside"


class Rows(HTMLParser):
    """The cells of every row of a page's tables."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self._in_cell = tag in ("td", "th") or self._in_cell
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self._in_cell:
            self.rows[-1][-1] += data


def deviations(page: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """What departs, as a research report lists it: registered and used, by kind and place."""
    rows = Rows(page).rows
    after = rows[rows.index(HEADINGS) + 1 :]
    end = next((place for place, row in enumerate(after) if len(row) != len(HEADINGS)), len(after))
    listed = {(kind, where): (planned, used) for kind, where, planned, used in after[:end]}
    assert len(listed) == end
    return listed


def text_of(page: Path) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")).split())


@pytest.fixture(scope="module")
def registered(tmp_path_factory, _finished) -> tuple[Project, set[str], subprocess.CompletedProcess]:
    """The finished project, of which another plan had been registered; what has to run, and the run."""
    project = _finished.copy(tmp_path_factory.mktemp("registered") / "project")
    plan = (project.root / "config/plan.yaml").read_text(encoding="utf-8")
    for used, planned in OTHERWISE.items():
        assert plan.count(used) == 1
        plan = plan.replace(used, planned)
    (project.root / "planned.yaml").write_text(plan, encoding="utf-8")
    asked = ("--plan", "planned.yaml", "--to", PROTOCOL, "--title", "North 2024", "--dated", "2024-01-01")
    written = project.alliance_modes("protocol", *asked)
    assert written.returncode == 0, written.stdout + written.stderr
    (project.root / "planned.yaml").unlink()
    project.edit("config/config.yaml", f"protocol: {PROTOCOL}\n")
    return project, project.rules_to_run(), project.alliance_modes("run")


def test_a_protocol_runs_the_reports_again_and_nothing_else(registered):
    project, rules, done = registered
    assert rules == {"report", "research", "checklist", "release"}
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.rules_to_run() == set()
    noted = json.loads((project.root / f"reports/{COHORT}/internal/manifest.json").read_text())
    assert f"{PROTOCOL}/protocol.json" in noted["inputs"]


def test_each_deviation_is_a_line_of_the_research_report(registered):
    project, _, _ = registered
    reports = project.root / "reports" / COHORT
    fits = pd.read_csv(reports / "internal/tables/fits.csv")
    without = fits[fits["status"] == "not_estimated"]
    inside = {
        ("Not run", f"model {one.model}, outcome {one.outcome}"): ("planned", one.reason)
        for one in without.itertuples()
    }
    listed = deviations(reports / "internal/research.html")
    others = {line for line in listed if line[0] not in ("Analysis", "Wording", "Not run")}
    assert inside and OF_THE_PLAN | inside == {line: listed[line] for line in listed if line not in others}
    assert {kind for kind, _ in others} <= {"Reduced"}
    told = f"There are {len(listed) - 1} lines in which the analysis departs from it, and 1 of wording"
    assert told in text_of(reports / "internal/research.html")

    outside = deviations(reports / "release/research.html")
    assert set(outside) == set(listed)
    assert {line: outside[line] for line in OF_THE_PLAN} == OF_THE_PLAN
    assert {outside[line][1] for line in inside} == {REASON}


def test_the_programme_report_and_the_checklist_say_that_there_are_some(registered):
    project, _, _ = registered
    reports = project.root / "reports" / COHORT
    sha256 = json.loads((project.root / PROTOCOL / "protocol.json").read_text())["sha256"]
    number = len(deviations(reports / "internal/research.html")) - 1
    for edition in ("internal", "release"):
        text = text_of(reports / edition / "report.html")
        assert f"registered as North 2024 (2024-01-01, SHA-256 {sha256[:12]}" in text
        assert f"and departed from in {number} lines" in text
    items = pd.read_csv(reports / "internal/checklist.csv").set_index(["checklist", "item"])
    assert "registration-and-deviations" in items.loc[("jars_quant", "T1.2"), "link"]


def test_a_protocol_that_was_changed_ends_a_run_and_its_reports(registered, tmp_path):
    project = registered[0].copy(tmp_path / "project")
    path = project.root / PROTOCOL / "protocol.json"
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 20250101'))
    done = project.alliance_modes("run")
    assert done.returncode == 1 and done.stderr.count("not what was written") == 1
    assert "Traceback" not in done.stderr and not project.report().exists()
