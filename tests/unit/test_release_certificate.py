"""The certificate tells what an attack found, of what is public and of nothing else."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import pandas as pd
import pytest
from releases import COURSES, FOREST, courses, release

from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.ground.errors import ReleaseError
from alliance_modes.release.folder import write_release


def people(**changed: int) -> pd.DataFrame:
    """The cohort with other numbers of people at Hill."""
    counts = {**COURSES, **{("Hill", end.replace("_", " ")): n for end, n in changed.items()}}
    rows = [(site, end) for (site, end), n in counts.items() for _ in range(n)]
    table = pd.DataFrame(rows, columns=["site", "end"])
    return table.assign(bond=[3 + (place % 7) / 3 for place in range(len(table))])


def texts(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def written(tmp_path, made) -> str:
    return (write_release(made, tmp_path).folder / "certificate.html").read_text(encoding="utf-8")


def test_it_says_how_many_counts_are_withheld_and_how_tightly_they_can_be_told(tmp_path):
    made = release(FOREST)
    said = texts(written(tmp_path, made))
    assert f"{len(made.attacked.bounded):,} counts are withheld. None of them could be told exactly." in said
    assert f"{made.attacked.bounded[0].width + 1:.0f} values; the least that is accepted is 11" in said
    assert "It is the first release of this cohort." in said and "Hill · Dropped out" in said


def test_it_depends_on_nothing_that_is_withheld(tmp_path):
    pages = {
        few: written(tmp_path / str(few), release(FOREST, people=people(dropped_out=few, completed=31 - few)))
        for few in (2, 3, 4)
    }
    assert len(set(pages.values())) == 1


def test_the_counts_stand_beside_the_attack_inside_alone(tmp_path):
    made = write_release(release(FOREST), tmp_path)
    rows = list(csv.DictReader((made.inside / "attack.csv").open()))
    hill = next(row for row in rows if row["count"] == "Hill · Dropped out")
    assert (hill["is"], hill["reason"]) == ("3", "primary")
    assert all(int(row["low"]) <= int(row["is"]) <= int(row["high"] or 10**6) for row in rows)


def test_a_second_release_is_attacked_with_the_first(tmp_path):
    first = release(FOREST)
    counted = (courses(people(dropped_out=5)),)
    second = replace(
        first,
        counted=counted,
        averaged=(),
        released=released(counted, Disclosure(), [first.published]),
        order=2,
        data_lock="2025-06-30",
        earlier=(first.published,),
    )
    said = texts(written(tmp_path, second))
    assert "release 2 of this cohort, with data up to 2025-06-30" in said
    assert "attacked together with the one before it" in said


def test_a_release_that_can_be_attacked_is_not_written(tmp_path):
    """As if the gate had failed: a table whose margins give a small cell away."""
    made = release(FOREST)
    weak = {
        count: reason
        for count, reason in made.released.withheld.items()
        if dict(count.where).get("end") == ("dropped out",)
    }
    broken = replace(made.released, withheld=weak)
    with pytest.raises(ReleaseError, match="anybody could tell"):
        write_release(replace(made, released=broken), tmp_path)
    assert not (tmp_path / "reports/north/release").exists()


def test_it_says_how_tightly_a_mean_that_nobody_may_know_could_be_told(tmp_path):
    made = release(FOREST)
    said = texts(written(tmp_path, made))
    withheld = sum(one.mean is None for one in made.released.averaged.values())
    assert f"Of {len(made.released.averaged)} means {withheld} are withheld." in said
    told = made.released.told_means
    assert ("standard deviations apart" in said) == bool(told) and all(one.spreads >= 1 for one in told)
