"""What the release edition shows of counts and means, and what it withholds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from alliance_modes.disclosure.counts import CountTable, Shown, Units, count_table, exact
from alliance_modes.disclosure.earlier import Population, from_json, to_json
from alliance_modes.disclosure.means import exact_means, mean_table
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure, could_be, dominated, p_ratio, rounded, safe_model
from alliance_modes.disclosure.said import proportion, rounding_said, said, share

RULES = Disclosure()
ALL: Mapping[str, tuple[str, ...]] = {}
ENDS = ("completed", "dropped out", "removed")


def courses(**of_site: tuple[int, int, int]) -> pd.DataFrame:
    """Courses by site: how many completed, dropped out, were removed."""
    rows = [
        (site, end)
        for site, numbers in of_site.items()
        for end, number in zip(ENDS, numbers, strict=True)
        for _ in range(number)
    ]
    return pd.DataFrame(rows, columns=["site", "end"])


def by_site(units: pd.DataFrame, name: str = "ends") -> CountTable:
    rows = {site: {"site": (site,)} for site in sorted(set(units["site"]))} | {"Total": ALL}
    columns = {end: {"end": (end,)} for end in ENDS} | {"Total": ALL}
    return count_table(units, name, "Ends by site", "enrolments", rows, columns)


def test_counts_are_rounded_and_small_ones_withheld() -> None:
    table = by_site(courses(A=(61, 33, 28), B=(47, 22, 3), C=(52, 31, 24)))
    release = released([table], RULES)
    shown = release.tables["ends"]
    assert shown.of("A", "completed").text == "60"
    assert shown.of("B", "removed") == Shown(None, "suppressed", "withheld")
    assert release.reasons["ends"][1][2] == "primary"
    for row, reasons in zip(shown.cells, release.reasons["ends"], strict=True):
        for cell, reason in zip(row, reasons, strict=True):
            assert (cell.value is None) == (reason is not None)


def test_zero_and_everybody_count_as_small() -> None:
    table = by_site(courses(A=(61, 33, 28), B=(47, 22, 0), C=(64, 2, 0)))
    release = released([table], RULES)
    reasons = dict(zip(table.rows, release.reasons["ends"], strict=True))
    assert reasons["B"][2] == "zero"
    assert release.tables["ends"].of("C", "completed").value is None, "all but two of C completed"


def test_one_word_stands_for_every_reason() -> None:
    shown = released([by_site(courses(A=(61, 33, 28), B=(47, 22, 0), C=(64, 2, 3)))], RULES).tables["ends"]
    assert {cell for row in shown.cells for cell in row if cell.value is None} == {
        Shown(None, "suppressed", "withheld")
    }


def test_that_all_are_of_one_kind_is_not_told() -> None:
    units = courses(A=(61, 33, 28)).assign(required="yes")
    rows = {"Required": {"required": ("yes",)}, "All": ALL}
    table = count_table(units, "who", "Who", "enrolments", rows, {"All": ALL})
    release = released([table], RULES)
    assert sorted(str(row[0]) for row in release.reasons["who"]) == ["None", "full"]


def test_a_count_of_a_release_has_one_value_in_all_tables() -> None:
    units = courses(A=(61, 33, 28), B=(47, 22, 3), C=(52, 31, 24))
    release = released([by_site(units), by_site(units, "again")], RULES)
    assert release.tables["ends"].cells == release.tables["again"].cells


def test_tables_that_contradict_each_other_are_refused() -> None:
    one, other = courses(A=(61, 33, 28)), courses(A=(61, 33, 29))
    with pytest.raises(ValueError, match="in one table"):
        released([by_site(one), by_site(other, "later")], RULES)


def test_sentences_and_shares_pass_the_gate() -> None:
    table = by_site(courses(A=(61, 33, 28), B=(47, 22, 3), C=(52, 31, 24)))
    shown = released([table], RULES).tables["ends"]
    assert said(shown.of("A", "completed"), "person", "people") == "about 60 people"
    assert said(shown.of("B", "removed"), "person", "people") == "a withheld number of people"
    assert share(shown.of("A", "completed"), shown.of("A", "Total"), RULES) == "50\u00a0%"
    assert share(shown.of("B", "removed"), shown.of("B", "Total"), RULES) == "withheld"
    inside = exact([table])["ends"]
    assert said(inside.of("B", "removed"), "person", "people") == "3 people"
    assert proportion(inside.of("B", "removed"), inside.of("B", "Total"), RULES) == 3 / 72


def test_a_release_that_rounds_to_the_nearest_1_does_not_say_about():
    rules = RULES.model_copy(update={"base": 1})
    assert said(Shown.rounded(717, near=False), "person", "people") == "717 people"
    assert said(Shown.rounded(717), "person", "people") == "about 717 people"
    assert rounding_said(rules) == "are as counted"
    assert rounding_said(RULES) == f"are rounded to the nearest {RULES.base}"
    few, all_of_them = (Shown.rounded(n, near=False) for n in (RULES.threshold - 1, 100))
    assert proportion(few, all_of_them, RULES) is None, "the threshold holds all the same"


def test_a_share_of_nearly_all_is_withheld() -> None:
    assert proportion(Shown.rounded(95), Shown.rounded(100), RULES) is None
    assert proportion(Shown.rounded(90), Shown.rounded(100), RULES) == 0.9


@pytest.mark.parametrize("base", [1, 2, 3, 5, 10])
def test_a_published_value_covers_what_it_can_stand_for(base: int) -> None:
    rules = Disclosure(base=base)
    for n in range(rules.threshold, 120):
        low, high = could_be(rounded(n, base), rules)
        assert low <= n <= high
        stands = [m for m in range(rules.threshold, 200) if rounded(m, base) == rounded(n, base)]
        assert (low, high) == (stands[0], stands[-1])


def test_means_are_shown_where_their_count_is() -> None:
    units = courses(A=(61, 33, 28), B=(4, 2, 3), C=(52, 31, 24), D=(2, 3, 2))
    units["score"] = [float(number % 7) for number in range(len(units))]
    groups = {site: {"site": (site,)} for site in "ABCD"} | {"Total": ALL}
    table = mean_table(units, "score", "scores", "Scores", "enrolments", groups)
    means = released([], RULES, means=[table]).means["scores"]
    assert means.of("A").text == f"{units['score'][units['site'] == 'A'].mean():.1f}"
    assert means.of("B").text == means.of("B").n.text == "withheld"
    assert exact_means([table])["scores"].of("B").n.value == 9


def test_a_sum_that_few_hold_is_told_by_them() -> None:
    assert dominated([90, 40, 5, 3], RULES)
    assert not dominated([20, 18, 17, 16, 15, 14, 12], RULES)
    assert p_ratio([100, 50, 8]) == pytest.approx(0.08)


def test_a_model_needs_rows_units_and_degrees_of_freedom() -> None:
    assert safe_model(200, 240, 30, RULES)
    assert not safe_model(9, 240, 30, RULES)
    assert not safe_model(200, 240, 6, RULES)


def test_what_was_published_survives_the_ledger() -> None:
    units = courses(A=(61, 33, 28), B=(47, 22, 3), C=(52, 31, 24))
    ends = Population(name="enrolments", settled={"end": ENDS})
    release = released([by_site(units)], RULES, populations=[ends]).published(1, "2024-12-31")
    assert from_json(to_json(release)) == release
    assert to_json(release) == to_json(from_json(to_json(release)))
    assert not any(one.value and one.value % 5 for one in release.counts)


@pytest.mark.parametrize("seed", range(5))
def test_units_are_found_by_what_they_have(seed: int) -> None:
    chance = np.random.default_rng(seed)
    units = pd.DataFrame({name: chance.choice(list("abcd"), 40) for name in ("site", "end", "kind")})
    units = units.set_index(chance.permutation(40))
    asked = Units(units)
    for names in ((), ("site",), ("end", "site"), ("kind", "end", "site")):
        allowed = {name: tuple(chance.choice(list("abcdz"), chance.integers(0, 4))) for name in names}
        wanted = np.ones(40, bool)
        for name, values in allowed.items():
            wanted &= units[name].isin(values).to_numpy()
        assert asked.places(allowed).tolist() == np.flatnonzero(wanted).tolist()
    assert not len(Units(units.iloc[:0]).places({"site": ("a",)}))
    with pytest.raises(ValueError, match="site is missing for some units"):
        Units(units.assign(site=None)).places({"site": ("a",)})
