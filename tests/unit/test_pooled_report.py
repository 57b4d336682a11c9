"""The report of pooled cohorts: what it says of few and of many, and of those that differ."""

from __future__ import annotations

import pandas as pd
import pytest
from shared_sets import fit, several, shared

from alliance_modes.dictionary.pooling import TABLES
from alliance_modes.figures.pooled_effects import pooled_pictures
from alliance_modes.ground.errors import SharingError
from alliance_modes.pooling.pool import pool
from alliance_modes.reports.pooled.words import cohorts_table, made_from, not_pooled, parts, said
from alliance_modes.running.pooling import pool_folders


def told(sets):
    found = pool(sets)
    pictures = pooled_pictures(found)
    return found, pictures, parts(found, pictures)


def test_the_tables_say_the_numbers_of_the_pool():
    found, _, (part,) = told(several(6))
    rows = found.pooled.set_index(["term", "way", "estimand"])
    mean = rows.loc[("engagement", "together", "mean")]
    (line,) = [row for row in part.tables[0].rows if row[1] == "Engagement mode"]
    assert f"{mean['estimate']:.2f}".replace("-", "−") in line[4]
    assert "[" in line[5], "another cohort is predicted"
    assert len(part.tables[1].rows) == 3


def test_with_few_cohorts_nothing_is_said_of_others():
    found, pictures, (part,) = told(several(2))
    assert all(row[4] == "–" and row[5] == "–" for row in part.tables[0].rows)
    assert part.notes == ("Of two cohorts none can be left out.",)
    (picture,) = [one for of in pictures.values() for one in of.values()]
    assert "predicted from 5 on" in picture.caption and "Cohorts like these" not in picture.caption
    assert any("just these cohorts" in line for line in said(found, several(2)))


def test_a_holder_who_decides_an_answer_is_named():
    sets = [shared(f"c{place}", fit((0.02 * place, 0.1, 0.0))) for place in range(6)]
    _, _, (part,) = told([*sets, shared("far", fit((2.5, 0.1, 0.0)))])
    assert any("moves an effect most is far" in note for note in part.notes)


def test_what_is_not_pooled_is_told_with_why_and_nothing_of_it_is_drawn():
    keyed = shared("south", fit((0.1, 0.2, 0.1)), instruments={"modes_of_practice": "bbbb"})
    found = pool([shared("north", fit((0.3, 0.2, 0.1))), keyed])
    (line,) = not_pooled(found)
    assert line.startswith(
        "completion.completed: not pooled, since the instrument modes_of_practice has other"
    )
    assert pooled_pictures(found) == {} and "0 of 1 outcomes are pooled" in said(found, [keyed, keyed])[0]


def test_who_is_here_and_what_made_it():
    sets = several(2)
    other = shared(
        "c2", *sets[1].fits, software={"alliance-modes": "2"}, protocol="ab", deviations=("a: b; c",)
    )
    table = cohorts_table([sets[0], other])
    assert [row[-1] for row in table.rows] == ["not registered", "1"]
    assert any("different versions" in line for line in made_from([sets[0], other]))
    assert not any("different versions" in line for line in made_from(sets))


def test_many_outcomes_are_drawn_on_as_many_pictures_as_they_need():
    def outcomes(effect: float):
        made = fit((effect, 0.2, 0.1))
        return [made.model_copy(update={"outcome": f"o{at}", "label": f"Outcome {at}"}) for at in range(8)]

    sets = [shared("north", *outcomes(0.3)), shared("south", *outcomes(0.1))]
    pictures = pooled_pictures(pool(sets))["completion"]
    assert list(pictures) == ["forest_completion", "forest_completion_2"]
    drawn = [row[0] for picture in pictures.values() for row in picture.numbers.rows]
    assert set(drawn) == {f"Outcome {place}" for place in range(8)}


@pytest.mark.slow
def test_tables_figures_and_report_are_written_and_nothing_else_is_replaced(tmp_path):
    folders = []
    for one in several(5):
        (tmp_path / one.cohort).mkdir()
        (tmp_path / one.cohort / "shared.json").write_text(one.text(), encoding="utf-8")
        folders.append(tmp_path / one.cohort)
    lines: list[str] = []
    target = pool_folders(folders, tmp_path / "out", lines.append)
    names = {path.name for path in target.iterdir()}
    assert {f"pooled.{suffix}" for suffix in ("html", "docx", "pdf", "csv")} <= names
    assert {"forest_completion.png", "cohorts.csv", "influence.csv", "sets.csv"} <= names
    pooled = TABLES["pooled"].read(target / "pooled.csv")
    pd.testing.assert_frame_equal(pooled, pool(several(5)).pooled)
    before = (target / "pooled.html").read_bytes()
    pool_folders(folders, tmp_path / "out", lines.append)
    assert (target / "pooled.html").read_bytes() == before, "the same sets, the same bytes"
    (tmp_path / "notes").mkdir()
    with pytest.raises(SharingError, match="holds no pooled effects"):
        pool_folders(folders, tmp_path / "notes", lines.append)
