"""The attack finds what is left open, and finds nothing in what the gate releases."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from alliance_modes.disclosure import nearby, polytope
from alliance_modes.disclosure.attack import Bounded, attack
from alliance_modes.disclosure.counts import CountTable, count_table
from alliance_modes.disclosure.earlier import EarlierRelease, Population, PublishedCount
from alliance_modes.disclosure.polytope import End, Polytope
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure, could_be, rounded

SUITE = Path(__file__).parents[2] / "benchmarks/attack.py"
ALL: Mapping[str, tuple[str, ...]] = {}
ENDS = ("completed", "dropped out", "removed")
COURSES = Population(name="courses", settled={"end": ENDS})


def courses(**of_site: tuple[int, ...]) -> pd.DataFrame:
    """Courses by site: how many completed, dropped out, were removed, are still open."""
    names = (*ENDS, "open")
    rows = [
        (site, end)
        for site, numbers in of_site.items()
        for end, number in zip(names, numbers, strict=False)
        for _ in range(number)
    ]
    return pd.DataFrame(rows, columns=["site", "end"])


def crossed(units: pd.DataFrame, down: str, across: str, name: str) -> CountTable:
    def values(column: str) -> dict[str, Mapping[str, Sequence[str]]]:
        return {value: {column: (value,)} for value in sorted(set(units[column]))} | {"Total": ALL}

    return count_table(units, name, name, "courses", values(down), values(across))


def naive(tables: Iterable[CountTable], rules: Disclosure, order: int = 1) -> EarlierRelease:
    """A release that withholds small counts and nothing else."""
    tables = tuple(tables)
    values = {column: held for table in tables for column, held in table.values}
    cells = {cell.where: cell.n for table in tables for row in table.cells for cell in row}
    return EarlierRelease(
        order=order,
        data_lock=str(order),
        rules=rules,
        populations=(COURSES,),
        values={"courses": values},
        counts=tuple(
            PublishedCount(
                population="courses",
                where=where,
                value=None if n < rules.threshold else rounded(n, rules.base),
            )
            for where, n in sorted(cells.items())
        ),
    )


def numbers(tables: Iterable[CountTable]) -> dict:
    return {cell.where: cell.n for table in tables for row in table.cells for cell in row}


def of(found: Iterable[Bounded], **where: str) -> Bounded:
    asked = tuple(sorted((column, (value,)) for column, value in where.items()))
    return next(one for one in found if one.where == asked)


EXACTLY = Disclosure(base=1)


def test_a_lone_small_count_is_worked_out_of_its_total() -> None:
    table = crossed(courses(A=(61, 33, 28), B=(47, 22, 3), C=(52, 31, 24)), "site", "end", "ends")
    found = attack([naive([table], EXACTLY)])
    told = of(found.recovered, site="B", end="removed")
    assert (told.low, told.high) == (3, 3)
    assert told.used, "the counts that give it away are named"
    gated = attack([released([table], EXACTLY, populations=[COURSES]).published(1, "a")])
    assert not gated.narrow


def test_a_count_is_worked_out_of_another_table() -> None:
    units = courses(A=(61, 33, 14), B=(47, 22, 15), C=(52, 3, 4)).assign(way="x")
    units.loc[units.index % 3 == 0, "way"] = "y"
    units["pair"] = units["site"].map({"A": "AB", "B": "AB", "C": "C"})
    tables = [crossed(units, "site", "end", "by_site"), crossed(units, "pair", "end", "by_pair")]
    hidden = naive([tables[0]], EXACTLY)
    assert attack([hidden]).narrow
    together = released(tables, EXACTLY, populations=[COURSES]).published(1, "a")
    assert not attack([together]).narrow


def test_rounding_alone_leaves_a_lone_small_count_too_narrow() -> None:
    table = crossed(courses(A=(60, 5), B=(40, 30)), "site", "end", "ends")
    rules = Disclosure()
    assert attack([naive([table], rules)]).narrow
    assert not attack([released([table], rules, populations=[COURSES]).published(1, "a")]).narrow


def test_two_releases_give_away_what_neither_does() -> None:
    first = courses(A=(30, 12, 4, 0), B=(40, 11, 9, 0))
    more = courses(A=(1, 0, 0, 0), B=(2, 1, 1, 0))
    second = pd.concat([first, more], ignore_index=True)
    rules = Disclosure(base=1)
    tables = [[crossed(units, "site", "end", "ends")] for units in (first, second)]
    one = released(tables[0], rules, populations=[COURSES]).published(1, "a")
    alone = released(tables[1], rules, populations=[COURSES]).published(2, "b")
    linked = released(tables[1], rules, [one], populations=[COURSES])
    assert linked.linked_to == {"courses": (1,)}
    assert not attack([one]).narrow and not attack([alone]).narrow
    assert not attack([one, linked.published(2, "b")]).narrow


def test_an_end_that_is_final_cannot_be_taken_back() -> None:
    first, second = courses(A=(30, 25, 20, 6)), courses(A=(36, 25, 20, 0))
    rules = Disclosure(base=1)
    hidden = naive([crossed(first, "site", "end", "ends")], rules)
    shown = naive([crossed(second, "site", "end", "ends")], rules, order=2)
    found = attack([hidden, shown])
    assert dict(found.linked)["courses"] == (1, 2)
    assert dict(found.gone)["courses"] == 0
    fewer = naive([crossed(courses(A=(26, 25, 20, 10)), "site", "end", "ends")], rules, order=2)
    contradicted = attack([hidden, fewer])
    assert dict(contradicted.linked)["courses"] == (1, 2)
    assert dict(contradicted.gone)["courses"] == 4, "of 30 courses that were completed"


def spread_of_withheld(first: EarlierRelease, second: EarlierRelease, gone: int) -> list[float]:
    """How far apart the ends are of each withheld count where at most ``gone`` were taken out in between."""
    columns = first.values["courses"]
    atoms = [dict(zip(columns, one, strict=True)) for one in itertools.product(*columns.values())]
    size, limits = len(atoms), []
    for release, parts in ((first, (1, 0, 0)), (second, (1, -1, 1))):
        for count in release.counts:
            of = [all(atom[name] in held for name, held in count.where) for atom in atoms]
            of_parts = np.concatenate([part * np.array(of, float) for part in parts])
            limits.append((of_parts, count.value, release.rules))
    known: list[tuple[np.ndarray, float, float]] = [
        (row, *could_be(value, rules)) for row, value, rules in limits if value is not None
    ]
    known.append((np.repeat((0.0, 1.0, 0.0), size), 0, gone))
    known += [(np.eye(3 * size)[at] - np.eye(3 * size)[size + at], 0, np.inf) for at in range(size)]
    rows, low, high = (np.array(one, float) for one in zip(*known, strict=True))

    def end(asked: np.ndarray, sign: int) -> float:
        found = milp(sign * asked, constraints=LinearConstraint(rows, low, high), bounds=Bounds(0, 500))
        return sign * found.fun

    return [end(row, -1) - end(row, 1) for row, value, _ in limits if value is None]


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize(
    "of_site, place",
    [
        ({"A": (2, 16, 0, 18), "B": (13, 6, 26, 12), "C": (12, 19, 14, 2)}, 54),
        ({"A": (11, 14, 14, 5), "B": (23, 16, 7, 17), "C": (6, 1, 15, 16)}, 143),
        ({"A": (17, 29, 18, 13), "B": (9, 8, 1, 17), "C": (11, 15, 0, 7)}, 123),
    ],
)
def test_one_taken_out_gives_nobody_away(of_site, place: int, base: int) -> None:
    units, rules = courses(**of_site), Disclosure(base=base)
    final = Population(name="courses", settled={"end": (*ENDS, "open")})
    tables = [[crossed(one, "site", "end", "ends")] for one in (units, units.drop(index=place))]
    first = released(tables[0], rules, populations=[final]).published(1, "a")
    second = released(tables[1], rules, [first], populations=[final]).published(2, "b")
    assert min(spread_of_withheld(first, second, gone=1)) >= rules.threshold - 1e-6
    found = attack([first, second])
    assert dict(found.linked)["courses"] == (1, 2) and not found.narrow
    assert base > 1 or dict(found.gone)["courses"] == 1, "the totals say so"


PEOPLE = Population(name="courses", settled={"end": ("answered",)})
"""Who has answered has answered; the others still may."""


def answers(**of_site: tuple[int, int]) -> CountTable:
    """Of how many people at each site there are answers, and how many people there are."""
    rows = [
        (site, end)
        for site, numbers in of_site.items()
        for end, number in zip(("answered", "open"), numbers, strict=True)
        for _ in range(number)
    ]
    units = pd.DataFrame(rows, columns=["site", "end"])
    down = {site: {"site": (site,)} for site in sorted(of_site)}
    return count_table(units, "answers", "", "courses", down, {"All": ALL, "Yes": {"end": ("answered",)}})


@pytest.mark.parametrize("base", [1, 5])
def test_that_nearly_all_did_is_not_told_where_somebody_was_taken_out(base: int) -> None:
    """A change of one column and of none are both of those who are there: 47 of 50 leave three."""
    rules = Disclosure(base=base)
    first = released([answers(A=(58, 12), B=(25, 15))], rules, populations=[PEOPLE]).published(1, "a")
    second = released([answers(A=(47, 3), B=(28, 17))], rules, [first], populations=[PEOPLE])
    shown = second.tables["answers"]
    assert second.linked_to["courses"] == (), "11 who had answered are gone"
    assert None in (shown.of("A", "All").value, shown.of("A", "Yes").value)
    naively = naive([answers(A=(47, 3), B=(28, 17))], rules, 2).model_copy(update={"populations": (PEOPLE,)})
    assert [(one.told, one.release) for one in attack([first, naively]).narrow] == [("rest", 2)]
    assert not attack([first, second.published(2, "b")]).narrow


def test_a_release_that_left_a_small_rest_is_still_linked() -> None:
    """What a later one is held against is what was handed over, also where that broke its own rules."""
    rules = Disclosure(base=1)
    first = naive([answers(A=(47, 3), B=(28, 17))], rules).model_copy(update={"populations": (PEOPLE,)})
    second = released([answers(A=(48, 4), B=(29, 17))], rules, [first], populations=[PEOPLE])
    assert second.linked_to["courses"] == (1,)


@pytest.mark.parametrize("seed", range(6))
def test_limits_of_a_large_population_hold_those_among_whole_numbers(seed: int, monkeypatch) -> None:
    rng = np.random.default_rng(seed)
    units = courses(**{site: tuple(rng.integers(1, 40, 4)) for site in "ABCD"})
    release = naive([crossed(units, "site", "end", "ends")], Disclosure())
    exact = {one.where: one for one in attack([release], 20).bounded}
    monkeypatch.setattr("alliance_modes.disclosure.system.MANY_ATOMS", 0)
    large = attack([release], 20).bounded
    linear = {one.where: one for one in attack([release], 0).bounded}
    assert large and all(one.whole for one in large)
    for one in large:
        assert linear[one.where].low <= one.low <= exact[one.where].low
        assert exact[one.where].high <= one.high <= linear[one.where].high


@pytest.mark.parametrize("seed", range(3))
def test_two_readers_find_what_one_does(seed: int, monkeypatch) -> None:
    rng = np.random.default_rng(seed)
    units = courses(**{site: tuple(rng.integers(1, 40, 4)) for site in "ABCDE"})
    release = naive([crossed(units, "site", "end", "ends")], Disclosure())
    alone = [(one.where, one.low, one.high, one.whole) for one in attack([release], 3).bounded]
    monkeypatch.setattr("alliance_modes.disclosure.attack.MANY_WITHHELD", 0)
    both = [(one.where, one.low, one.high, one.whole) for one in attack([release], 3).bounded]
    assert len(alone) > 3 and alone == both


@pytest.mark.parametrize("seed", range(4))
def test_limits_are_those_of_all_populations_that_fit(seed: int) -> None:
    """Columns a-b and b-c are crossed, never all three: every population is gone through."""
    rng = np.random.default_rng(seed)
    units = pd.DataFrame({column: rng.choice(["0", "1"], 9) for column in "abc"})
    rules = Disclosure(threshold=3, base=1)
    tables = [crossed(units, "a", "b", "ab"), crossed(units, "b", "c", "bc")]
    release = naive(tables, rules)
    found = {one.where: (one.low, one.high) for one in attack([release], among_whole=100).bounded}
    if not found:
        return
    atoms = [dict(zip("abc", values, strict=True)) for values in itertools.product("01", repeat=3)]
    held = np.array(
        [[all(atom[c] in v for c, v in count.where) for atom in atoms] for count in release.counts], int
    )
    published = np.array([-1 if count.value is None else count.value for count in release.counts])
    fits = [
        sums
        for filled in itertools.combinations_with_replacement(range(8), 9)
        for sums in [held @ np.bincount(filled, minlength=8)]
        if np.all((published < 0) | (sums == published))
    ]
    kept = [sums for sums in fits if _rests_are_large(sums, held, published, rules)]
    fits = kept or fits
    for number, count in enumerate(release.counts):
        if count.value is None:
            possible = [int(sums[number]) for sums in fits]
            assert found[count.where] == (min(possible), max(possible))


def _rests_are_large(sums: np.ndarray, held: np.ndarray, published: np.ndarray, rules: Disclosure) -> bool:
    """Whether published counts of which one holds the other are as far apart as the rules promise."""
    pairs = itertools.permutations(np.flatnonzero(published >= 0), 2)
    return all(
        sums[whole] - sums[part] >= rules.threshold
        for whole, part in pairs
        if np.all(held[part] <= held[whole]) and not np.all(held[part] == held[whole])
    )


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[pd.DataFrame, Disclosure]:
    """Small cohorts, skewed: few sites, programmes and ends, and rules of several kinds."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(12, 120))
    columns = {
        name: rng.choice([f"{name}{value}" for value in range(size)], n, p=rng.dirichlet(np.full(size, 0.8)))
        for name, size in (
            ("site", draw(st.integers(1, 4))),
            ("programme", draw(st.integers(1, 3))),
            ("end", draw(st.integers(2, 4))),
        )
    }
    rules = Disclosure(threshold=draw(st.sampled_from([3, 5, 10])), base=draw(st.sampled_from([1, 3, 5, 10])))
    return pd.DataFrame(columns), rules


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cohorts())
def test_nothing_that_is_withheld_is_told_to_within_the_threshold(
    cohort: tuple[pd.DataFrame, Disclosure],
) -> None:
    units, rules = cohort
    tables = [
        crossed(units, "site", "end", "site_end"),
        crossed(units, "programme", "end", "programme_end"),
        crossed(units, "site", "programme", "site_programme"),
    ]
    release = released(tables, rules)
    found = attack([release.published(1, "a")])
    true = numbers(tables)
    assert not found.narrow
    assert len(found.bounded) <= len(release.withheld)
    for one in found.bounded:
        assert one.low <= true[one.where] <= (one.high if one.high is not None else np.inf)


@pytest.mark.parametrize("base", [1, 5])
def test_many_sites_looked_at_one_by_one_keep_what_they_withhold(monkeypatch, base: int) -> None:
    chance = np.random.default_rng(7)
    ends = chance.multinomial(60, [0.55, 0.3, 0.12, 0.03], 30)
    units = courses(**{f"S{site}": tuple(map(int, one)) for site, one in enumerate(ends)})
    tables, rules = [crossed(units, "site", "end", "ends")], Disclosure(base=base)
    whole = released(tables, rules)
    monkeypatch.setattr(nearby, "MANY", 1)
    monkeypatch.setattr(nearby, "MANY_PARTS", 2)
    monkeypatch.setattr(nearby, "JOINING", 12)
    end, asked = Polytope.end, set[int]()

    def told(self: Polytope, of: np.ndarray, largest: bool) -> End:
        asked.add(len(of))
        return end(self, of, largest)

    monkeypatch.setattr(Polytope, "end", told)
    by_site = released(tables, rules)
    assert min(asked) < max(asked) / 2
    found, true = attack([by_site.published(1, "a")]), numbers(tables)
    assert len(found.bounded) > 30 and not found.narrow
    for one in found.bounded:
        assert one.low <= true[one.where] <= (one.high if one.high is not None else np.inf)
    assert len(by_site.withheld) == len(whole.withheld)


def test_points_nearby_agree_with_all_that_is_known(monkeypatch) -> None:
    """Twenty sites of two counts: 10 together in each, about 100 of either kind in all."""
    sites, slack = 20, 4.0
    rows = sparse.vstack(
        [sparse.kron(sparse.eye(sites), [[1.0, 1.0]]), sparse.kron(np.ones((1, sites)), [[1.0, 0.0]])],
        format="csr",
    )
    low, high = np.array([*[10.0] * sites, 100.0 - slack]), np.array([*[10.0] * sites, 100.0 + slack])
    whole = Polytope(sparse.csr_array(rows), low, high, sparse.csr_array((0, 2 * sites)), 1000.0)
    start = np.full(2 * sites, 5.0)
    assert whole.holds(start) and not whole.holds(start + 1.0)
    for joining, others, reach in ((10, 0, slack), (10, 3, 5.0), (1000, 0, 5.0)):
        monkeypatch.setattr(nearby, "JOINING", joining)
        near = nearby.Nearby(whole, start)
        assert near.parts == (sites if joining == 10 else 1)
        points = [start.copy() for _ in range(2)]
        for point, moved in zip(points, near.ends(np.array([8]), np.array([1.0]), others), strict=True):
            point[moved.atoms] += moved.by
        assert [point[8] for point in points] == pytest.approx([5.0 - reach, 5.0 + reach])
        assert all(whole.holds(point) for point in points)


def test_what_holds_a_part_by_itself_holds_it_in_the_whole(monkeypatch) -> None:
    """Twenty sites of two counts, 8 to 10 together in each; twice the very first is 5 to 11."""
    sites = 20
    rows = sparse.csr_array(
        sparse.vstack(
            [
                sparse.kron(sparse.eye(sites), [[1.0, 1.0]]),
                sparse.kron(np.ones((1, sites)), [[1.0, 0.0]]),
                sparse.csr_array(([2.0], ([0], [0])), (1, 2 * sites)),
            ],
        )
    )
    low, high = np.array([*[8.0] * sites, 0.0, 5.0]), np.array([*[10.0] * sites, 60.0, 11.0])
    whole = Polytope(rows, low, high, sparse.csr_array((0, 2 * sites)), 1000.0)
    monkeypatch.setattr(nearby, "JOINING", 10)
    inside = whole.inside()
    assert inside is not None and whole.holds(inside)
    assert np.all(np.minimum(rows @ inside - low, high - rows @ inside) > 0.1)
    near = nearby.Nearby(whole, inside)
    assert near.whole(np.array([0]), np.array([1.0]), np.array([0])) == pytest.approx((3, 5))
    no_atoms = np.array([], int), np.array([])
    assert near.whole(*no_atoms, np.array([0])) == (0.0, 0.0)
    assert not list(near.limits(*no_atoms)) and not list(near.ends(*no_atoms, 3))
    for atom, between, held_by in (
        (0, (2.5, 5.5), {sites + 1}),
        (1, (2.5, 7.5), {0, sites + 1}),
        (2, (0, 10), {1}),
    ):
        limits = list(near.limits(np.array([atom]), np.array([1.0])))
        of_atom = np.eye(1, 2 * sites, atom)[0]
        assert [one.value for one in limits] == pytest.approx(between)
        assert [whole.end(of_atom, largest).value for largest in (False, True)] == pytest.approx(between)
        assert set(np.flatnonzero(np.abs(sum(abs(one.prices) for one in limits)) > 1e-6)) == held_by


def test_a_corner_is_found_from_inside_where_atoms_are_many(monkeypatch) -> None:
    """The same ends as by a simplex method from the start, and what contradicts itself stays so."""
    chance = np.random.default_rng(3)
    rows = sparse.csr_array(sparse.random_array((40, 60), density=0.2, rng=chance, dtype=float))
    values = rows @ chance.integers(0, 20, 60)
    none = sparse.csr_array((0, 60))
    objectives = [chance.integers(-1, 2, 60).astype(float) for _ in range(5)]
    plain = Polytope(rows, values - 2, values + 2, none, 1000.0)
    expected = [plain.end(one, largest).value for one in objectives for largest in (True, False)]
    monkeypatch.setattr(polytope, "MANY_COLUMNS", 1)
    many = Polytope(rows, values - 2, values + 2, none, 1000.0)
    assert many.possible()
    assert many.inside() is not None
    found = [many.end(one, largest).value for one in objectives for largest in (True, False)]
    assert found == pytest.approx(expected)
    twice = sparse.csr_array(sparse.vstack([rows, rows[[0]]]))
    low = np.append(values - 2, values[0] + 3)
    assert not Polytope(twice, low, np.append(values + 2, values[0] + 5), none, 1000.0).possible()


def test_the_same_tables_give_the_same_release() -> None:
    units = courses(A=(61, 33, 28, 4), B=(47, 22, 3, 2), C=(52, 31, 4, 8))
    table = crossed(units, "site", "end", "ends")
    assert released([table], Disclosure()) == released([table], Disclosure())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reports", "crossed"])
def test_small_cohorts_keep_what_two_releases_withhold(kind: str) -> None:
    """The short version of benchmarks/attack.py."""
    suite = attack_suite()
    rows = [row for seed in range(10 if kind == "reports" else 2) for row in suite.measured(kind, seed)]
    assert all(row["narrow"] == row["recovered"] == row["ruled_out_the_truth"] == 0 for row in rows)
    assert sum(row["attacked"] for row in rows) > 100


@pytest.mark.slow
def test_two_releases_looked_at_site_by_site_keep_what_they_withhold(monkeypatch) -> None:
    """The same as many sites are decided and attacked, with counts of the first that nobody can be in now."""
    monkeypatch.setattr(nearby, "MANY", 1)
    monkeypatch.setattr(nearby, "MANY_PARTS", 2)
    monkeypatch.setattr(nearby, "JOINING", 12)
    suite = attack_suite()
    rows = [row for seed in range(1000, 1006) for row in suite.measured("reports", seed)]
    assert all(row["narrow"] == row["recovered"] == row["ruled_out_the_truth"] == 0 for row in rows)
    assert sum(row["attacked"] for row in rows) > 100


def attack_suite() -> ModuleType:
    """``benchmarks/attack.py`` as a module."""
    spec = importlib.util.spec_from_file_location("attack_suite", SUITE)
    suite = importlib.util.module_from_spec(spec)
    sys.modules["attack_suite"] = suite
    spec.loader.exec_module(suite)
    return suite


@pytest.mark.parametrize(("then", "now"), [(5, 10), (10, 20), (10, 5)])
def test_a_count_is_held_to_the_threshold_of_the_release_that_it_is_of(then, now):
    """What a release left open under a lower threshold cannot be closed later, and stops no later release."""
    rng = np.random.default_rng(1)
    people = pd.DataFrame(
        {"site": rng.choice(list("ABCDEF"), 150), "end": rng.choice(list("cdr"), 150, p=[0.7, 0.2, 0.1])}
    )
    more = pd.DataFrame({"site": list("ABCAB"), "end": list("ccdcr")})
    everybody: dict[str, dict[str, tuple[str, ...]]] = {"All": {}}
    down = everybody | {site: {"site": (site,)} for site in "ABCDEF"}
    across = everybody | {end: {"end": (end,)} for end in "cdr"}
    tables = [
        [count_table(units, "ends", "Ends", "enrolments", down, across)]
        for units in (people, pd.concat([people, more], ignore_index=True))
    ]
    first = released(tables[0], Disclosure(threshold=then)).published(1, "2024-01-31")
    second = released(tables[1], Disclosure(threshold=now), [first])
    found = attack([first, second.published(2, "2024-06-30")])
    assert found.thresholds == (then, now) and found.narrow == ()
    assert any(one.release == 1 for one in found.bounded)
    assert len(second.withheld) < len(second.counts)
