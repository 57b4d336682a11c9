"""axe-core finds nothing wrong in any kind of page, at the width of a screen and of a telephone."""

from __future__ import annotations

import pytest
from axe import NotThereError, axe_core, violations
from contract_report import inputs
from test_check_page import PROBLEMS, VIEW
from test_export import INSTRUMENTS, flags, tables

from alliance_modes.export.codebook import codebook_page
from alliance_modes.export.records import scored_tables
from alliance_modes.reports import research_report
from alliance_modes.reports.check_page.problems import problems_page, read_page

pytestmark = pytest.mark.slow
SCREEN, TELEPHONE = 1100, 375


def pages() -> dict[str, str]:
    """One page of each kind."""
    return {
        "report": research_report(inputs(clear=True)),
        "problems": problems_page("north", PROBLEMS, {"cohort.yaml": "abc"}),
        "check": read_page("north", [("enrolments", "refused", "risk_score", 3)], {"a.csv": "abc"}, VIEW),
        "codebook": codebook_page(
            [one.counted() for one in scored_tables(tables(), INSTRUMENTS, flags())], INSTRUMENTS, "Small"
        ),
    }


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        return axe_core()
    except NotThereError as missing:
        pytest.skip(f"not run: {missing}")


def _found(page: str, axe: str, width: int, folder) -> list[str]:
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    try:
        return violations(file, axe, width)
    except NotThereError as missing:
        pytest.skip(f"not run: {missing}")


def test_no_page_violates_a_rule(axe, tmp_path):
    found = {
        (name, width): _found(page, axe, width, tmp_path)
        for name, page in pages().items()
        for width in (SCREEN, TELEPHONE)
    }
    assert {place: said for place, said in found.items() if said} == {}


def test_a_page_with_mistakes_is_found_out(axe, tmp_path):
    body = '<h1>A</h1><h3>B</h3><img src="x.png">'
    page = f"<!doctype html><html><head><title></title></head><body>{body}</body></html>"
    said = " ".join(_found(page, axe, SCREEN, tmp_path))
    assert "image-alt" in said and "html-has-lang" in said and "heading-order" in said
