"""The release of a cohort: its reports, figures and tables, each through the one way into the folder."""

from __future__ import annotations

from functools import cache

import contract_report as cohorts
import pytest
from test_figures_released import scores

from alliance_modes.instruments.model import load_instruments
from alliance_modes.release.cohort import release_of
from alliance_modes.release.contents import Document, Numbers, Picture
from alliance_modes.release.finished import changed, searched_again
from alliance_modes.release.folder import write_release

pytestmark = pytest.mark.slow


@cache
def made():
    return release_of(cohorts.inputs(), scores(), load_instruments(), ())


def test_every_report_is_there_in_every_format_and_every_figure_as_a_picture():
    documents = {(one.name, one.suffix) for one in made().parts if isinstance(one, Document)}
    assert {
        (name, suffix) for name in ("report", "research") for suffix in ("html", "docx", "pdf")
    } <= documents
    assert {name for name, _ in documents} - {"report", "research"} == {
        one.name
        for one in made().parts
        if isinstance(one, Document) and one.name.startswith(("site_", "programme_"))
    }
    assert {"participant_flow", "effects_forest"} <= {
        one.name for one in made().parts if isinstance(one, Picture)
    }


def test_a_part_has_a_report_only_where_it_is_shown_how_many_started():
    shown = made().released.tables
    for kind in ("programme", "site"):
        table = shown.get(f"course_by_{kind}")
        parts = {one.name for one in made().parts if isinstance(one, Document) and one.name.startswith(kind)}
        begun = [row for row in table.rows if table.of(row, "Started").value is not None] if table else []
        assert len(parts) <= len(begun)


def test_no_estimate_of_too_few_degrees_of_freedom_leaves():
    (table,) = [one for one in made().parts if one.name == "estimates"]
    assert len(table.rows) > 20 and min(table.residual_df) >= made().released.rules.residual_df


def test_it_is_written_and_found_clean_and_published_again_it_is_the_same_release(tmp_path):
    write_release(made(), tmp_path)
    name = made().cohort
    assert changed(name, tmp_path) == [] and searched_again(name, tmp_path) == []
    again = release_of(cohorts.inputs(), scores(), load_instruments(), (made().published,))
    assert again.order == 1 and again.published == made().published


def test_a_cohort_without_practitioners_has_a_release_too(tmp_path):
    study = cohorts.study_inputs()
    release = release_of(study, scores(), load_instruments(), ())
    write_release(release, tmp_path)
    (estimates,) = [one for one in release.parts if isinstance(one, Numbers)]
    assert estimates.name == "estimates" and not estimates.rows
    assert searched_again(release.cohort, tmp_path) == []
