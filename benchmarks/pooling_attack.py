"""What somebody can work out of what holders of small cohorts give away: share, attack, count.

    .venv/bin/python benchmarks/pooling.py --attack 500 --write

Each cohort (60 to 300 enrolments of 12 to 30 practitioners, up to nine of them without the covariate) has
three models of a 0/1 outcome, fitted as a run fits them: on a 0/1 covariate and on three categories, in which
estimates and errors follow from the cells of a table, and on the use of three modes. The attacker knows what
is given away, the plan, the rounding, the rule by which a model is withheld, and that no more is told of n
than that up to ten people may be missing. Of tables they keep every one that gives these numbers (with the
practitioners' variance at zero, as they must guess), and see what all of them have in common.

``four outcomes``: further outcomes of the same people on the same 0/1 covariate are given away too.
``shared``: as it is given away. ``three digits``: standard errors with one digit more, estimates with two.
``unprotected``: all coefficients with their covariance, in full, of a model without practitioners, nothing
withheld: what is found there shows that the attack works.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.disclosure.rules import Disclosure, could_be, rounded
from alliance_modes.domain import MODES
from alliance_modes.ground.files import write_csv
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.inference.tested import tested_together
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import JointCovariance
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PlannedModel, Predictor
from alliance_modes.release.sharing import shared_correlation, shared_term, step_of, tells_of_few

TABLE = Path(__file__).with_suffix(".csv")
RULES = Disclosure()
PLAN = Plan()
KINDS = {"0/1": ("mandated",), "categories": ("setting",), "modes": MODES}
CATEGORIES = ("community", "custody", "other")
LARGER = 1.02
"""How much larger than by the formula of a table the attacker supposes a standard error may be."""

LEAST_DF = 10


@dataclass(frozen=True)
class Given:
    """What an attacker gets of one fit: estimates and errors with half their last digit, correlations, n."""

    estimates: np.ndarray
    reach: np.ndarray
    low: np.ndarray
    high: np.ndarray
    correlation: np.ndarray
    n: range


@dataclass(frozen=True)
class Told:
    """What all tables have in common that give these numbers: lowest and highest of each count, by name."""

    low: Mapping[str, int]
    high: Mapping[str, int]


OTHERS = ("second", "third", "fourth")
"""Further 0/1 outcomes of the same people, each by a model of its own on the same covariate."""

CELLS = ("1.0 yes", "1.0 no", "0.0 yes", "0.0 no")


def model_of(kind: str) -> tuple[PlannedModel, Mapping[str, Predictor]]:
    """The completion model with nothing but what is tested, by practitioner."""
    predictors = {
        **PLAN.predictors,
        "mandated": PLAN.predictors["mandated"].pooled(),
        "setting": Predictor(label="Setting", column="setting", unit="it", reference=CATEGORIES[0]),
    }
    changed = {
        "formula": " + ".join(KINDS[kind]),
        "tested": KINDS[kind],
        "random": ("practitioner",),
        "slopes": {},
        "curves": (),
    }
    return PLAN.models["completion"].model_copy(update=changed), predictors


def cohort(seed: int) -> pd.DataFrame:
    """A small cohort; the covariates are of very unequal frequency, and some enrolments lack them."""
    rng = np.random.default_rng([seed, 7])
    n, leads = int(rng.integers(60, 301)), int(rng.integers(12, 31))
    lead = rng.integers(0, leads, n)
    modes = rng.standard_normal((leads, 3))
    modes = (modes - modes.mean(axis=0)) / modes.std(axis=0, ddof=1)
    mandated = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(float)
    setting = rng.choice(CATEGORIES, n, p=0.1 + 0.7 * rng.dirichlet(np.full(3, 1.5)))
    own = rng.choice([0.0, 0.4]) * rng.standard_normal(leads)
    log_odds = rng.uniform(-1, 1.5) + rng.normal(0, 0.5) * mandated + own[lead] + 0.2 * modes[lead, 0]
    missing = rng.permutation(n) < rng.integers(0, RULES.threshold)
    table = pd.DataFrame(modes[lead], columns=[f"{mode}_z" for mode in MODES])
    for name in OTHERS:
        chance = 1 / (1 + np.exp(-rng.uniform(-1.5, 1.5) - 0.4 * mandated))
        table[name] = (rng.random(n) < chance).astype(float)
    return table.assign(
        practitioner_id=[f"p{one:02d}" for one in lead],
        enrolment_id=[f"e{one:03d}" for one in range(n)],
        mandated=np.where(missing, np.nan, mandated),
        setting=pd.Series(setting).where(~missing),
        completed=(rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(float),
        denominator=True,
        status="completed",
    )


def cells_of(table: pd.DataFrame, kind: str) -> dict[str, int]:
    """The counts that an attacker is after: cells of the table, the rarer outcome, and who is missing."""
    known = table.dropna(subset=["mandated"])
    missing = {"missing": len(table) - len(known)}
    if kind == "modes":
        events = int(table["completed"].sum())
        return {"rarer outcome": min(events, len(table) - events)}
    counted = known.groupby([KINDS[kind][0], "completed"]).size()
    values = CATEGORIES if kind == "categories" else (0.0, 1.0)
    return missing | {
        f"{value} {'yes' if done else 'no'}": int(counted.get((value, done), 0))
        for value in values
        for done in (1.0, 0.0)
    }


def fitted(
    table: pd.DataFrame, kind: str, column: str = "completed"
) -> tuple[JointCovariance, np.ndarray, np.ndarray] | None:
    """Covariance of what is tested, its estimates and df, as a run has them; None where there are none."""
    model, predictors = model_of(kind)
    outcome = model.outcomes[0].model_copy(update={"column": column})
    found = estimate_outcome(predictors, model, outcome, table)
    if isinstance(found, Refused):
        return None
    tested = tested_together(found.design, found.inference, of_enrolments=True)
    if tested is None:
        return None
    places = [found.inference.place(one.name) for one in found.design.columns if one.tested]
    return tested, found.inference.beta[places], found.inference.df[places]


def shared(table: pd.DataFrame, kind: str, more_digits: int = 0, column: str = "completed") -> Given | None:
    """What is given away of one fit, through what ``release.sharing`` does; None where it is withheld."""
    made = fitted(table, kind, column)
    if made is None or tells_of_few(made[0], RULES) or made[2].min() < LEAST_DF:
        return None
    tested, estimates, df = made
    errors = np.sqrt(np.diag(np.array(tested.covariance)))
    if more_digits:
        step = 10.0 ** (np.floor(np.log10(errors)) - 1 - more_digits)
        given_estimates, given_errors = np.round(estimates / step) * step, np.round(errors / step) * step
        return _given(given_estimates, step / 2, given_errors, step / 2, tested, len(table))
    terms = [
        shared_term({"term": "a", "level": "", "estimate": one, "se": error, "df": free}, "", "")
        for one, error, free in zip(estimates, errors, df, strict=True)
    ]
    step = np.array([step_of(error) for error in errors])
    given_errors = np.array([one.se for one in terms])
    given_estimates = np.array([one.estimate for one in terms])
    return _given(given_estimates, step / 2, given_errors, step / 2, tested, len(table))


def _given(
    estimates: np.ndarray,
    reach: np.ndarray,
    errors: np.ndarray,
    half: np.ndarray,
    tested: JointCovariance,
    enrolled: int,
) -> Given:
    """With the numbers of rows that what is told of them can stand for: those who are missing are hidden."""
    least, most = could_be(rounded(enrolled, RULES.base), RULES)
    rows = range(least - RULES.threshold, most + 1)
    correlation = np.array(shared_correlation(tested))
    return Given(estimates, reach, (errors - half) / LARGER, errors + half, correlation, rows)


def attacked(given: Given, kind: str) -> Told | None:
    """Every table that gives these numbers; None where there is none, and the attacker's guess was wrong."""
    found = {"0/1": _tables, "categories": _three, "modes": _rarer}[kind](given)
    lows: dict[str, int] = {}
    highs: dict[str, int] = {}
    for name, low, high in found:
        lows[name] = min(low, lows.get(name, low))
        highs[name] = max(high, highs.get(name, high))
    return Told(lows, highs) if lows else None


def _tables(given: Given) -> Iterator[tuple[str, int, int]]:
    yield from _ranges(_every_table(given))


def _ranges(tables: np.ndarray) -> Iterator[tuple[str, int, int]]:
    """Lowest and highest of each cell and of n over tables, a row of four cells each."""
    if len(tables):
        for place, name in enumerate(CELLS):
            yield name, int(tables[:, place].min()), int(tables[:, place].max())
        n = tables.sum(axis=1)
        yield "n", int(n.min()), int(n.max())


def _every_table(given: Given) -> np.ndarray:
    """Four cells: log(a d / (b c)) is the estimate, 1/a + 1/b + 1/c + 1/d the squared error."""
    kept = [np.empty((0, 4), dtype=int)]
    for n in given.n:
        a, b = (one.ravel() for one in np.meshgrid(np.arange(1, n), np.arange(1, n)))
        a, b = a[a + b < n - 1], b[a + b < n - 1]
        rest = n - a - b
        ratio = np.exp(given.estimates[0]) * b / a
        for shift in (-1, 0, 1):
            c = np.floor(rest / (1 + ratio)).astype(int) + shift
            d = rest - c
            fine = (c > 0) & (d > 0)
            cells = np.column_stack([one[fine] for one in (a, b, c, d)])
            odds = np.log(cells[:, 0] * cells[:, 3] / (cells[:, 1] * cells[:, 2]))
            se = np.sqrt((1 / cells).sum(axis=1))
            held = np.abs(odds - given.estimates[0]) <= given.reach[0]
            kept.append(cells[held & (se >= given.low[0]) & (se <= given.high[0])])
    return np.unique(np.concatenate(kept), axis=0)


def several_outcomes(table: pd.DataFrame) -> tuple[bool, Told | None]:
    """The cells of completion where further outcomes of the same people are given away too.

    All have the same number of rows, and as many of them with the covariate: a table of completion stays only
    where each of the others has one with the same two numbers.
    """
    given = [shared(table, "0/1", 0, column) for column in ("completed", *OTHERS)]
    there = [one for one in given if one is not None]
    if given[0] is None or len(there) < 2:
        return False, None
    tables = [_every_table(one) for one in there]
    margins = [{(int(row.sum()), int(row[0] + row[1])) for row in one} for one in tables]
    common = set.intersection(*margins)
    kept = [row for row in tables[0] if (int(row.sum()), int(row[0] + row[1])) in common]
    lows, highs = {}, {}
    for name, low, high in _ranges(np.array(kept).reshape(-1, 4)):
        lows[name], highs[name] = low, high
    return True, Told(lows, highs) if lows else None


def _three(given: Given) -> Iterator[tuple[str, int, int]]:
    """The cells of the reference from the covariance of both estimates, then those of the others."""
    most = max(given.n)
    c, d = (one.ravel() for one in np.meshgrid(np.arange(1, most), np.arange(1, most)))
    shared_part = 1 / c + 1 / d
    correlation = given.correlation[0, 1]
    low = (correlation - 0.005) * given.low[0] * given.low[1]
    high = (correlation + 0.005) * given.high[0] * given.high[1]
    held = (shared_part >= low) & (shared_part <= high) & (c + d < most)
    c, d, shared_part = c[held], d[held], shared_part[held]
    lowest, highest, total_low, total_high = [], [], c + d + 0.0, c + d + 0.0
    for place in (0, 1):
        ends = given.low[place] ** 2 - shared_part, given.high[place] ** 2 - shared_part
        odds = np.exp(given.estimates[place] + np.array([-1, 1])[:, None] * given.reach[place]) * c / d
        with np.errstate(divide="ignore"):
            least = (1 + odds[0]) / np.maximum(ends[1], 1e-9)
            largest = np.where(ends[0] > 0, (1 + odds[1]) / np.maximum(ends[0], 1e-9), most)
        lowest += [least, least / odds[1]]
        highest += [np.minimum(largest, most), np.minimum(largest / odds[0], most)]
        total_low += lowest[-2] + lowest[-1]
        total_high += highest[-2] + highest[-1]
    held = (total_high >= min(given.n)) & (total_low <= max(given.n))
    if not held.any():
        return
    names = (f"{CATEGORIES[0]} yes", f"{CATEGORIES[0]} no")
    for name, cell in zip(names, (c, d), strict=True):
        yield name, int(cell[held].min()), int(cell[held].max())
    others = [f"{value} {said}" for value in CATEGORIES[1:] for said in ("yes", "no")]
    for name, least, largest in zip(others, lowest, highest, strict=True):
        yield name, math.floor(least[held].min()), math.ceil(largest[held].max())
    yield "n", int(max(min(given.n), math.floor(total_low[held].min()))), max(given.n)


def _rarer(given: Given) -> Iterator[tuple[str, int, int]]:
    """The rarer outcome: n p q is at least what the errors of modes per SD of practitioners allow."""
    inflation = np.diag(np.linalg.inv(given.correlation))
    least = float((1.0 / (given.high**2 * inflation)).max())
    for n in given.n:
        if least <= n / 4:
            yield "rarer outcome", math.ceil((n - math.sqrt(n * n - 4 * n * least)) / 2), n // 2


def unprotected(table: pd.DataFrame) -> Told | None:
    """The cells of a 0/1 covariate from intercept, estimate and both variances, unrounded."""
    known = table.dropna(subset=["mandated"])
    cells = {
        (value, done): int(((known["mandated"] == value) & (known["completed"] == done)).sum())
        for value in (0.0, 1.0)
        for done in (1.0, 0.0)
    }
    if min(cells.values()) == 0:
        return None
    told: dict[str, int] = {}
    for value in (0.0, 1.0):
        yes, no = cells[value, 1.0], cells[value, 0.0]
        odds, variance = math.log(yes / no), 1 / yes + 1 / no
        told[f"{value} yes"] = round((1 + math.exp(odds)) / variance)
        told[f"{value} no"] = round((1 + math.exp(-odds)) / variance)
    told["n"] = sum(told.values())
    return Told(told, told)


WAYS = {"shared": 0, "three digits": 1, "unprotected": None}


def measured(seed: int) -> list[dict[str, object]]:
    """One cohort, given away in each way and attacked: a row per model and way."""
    table = cohort(seed)
    rows = []
    for kind in KINDS:
        true = cells_of(table, kind)
        for way, digits in WAYS.items():
            if digits is None and kind != "0/1":
                continue
            given = None if digits is None else shared(table, kind, digits)
            told = unprotected(table) if digits is None else attacked(given, kind) if given else None
            rows.append(
                {
                    "kind": kind,
                    "way": way,
                    "given": digits is None or given is not None,
                    **_scored(told, true, table),
                }
            )
    there, told = several_outcomes(table)
    true = cells_of(table, "0/1")
    rows.append({"kind": "0/1, four outcomes", "way": "shared", "given": there, **_scored(told, true, table)})
    return rows


def _scored(told: Told | None, true: Mapping[str, int], table: pd.DataFrame) -> dict[str, object]:
    """How many small counts there are, and how many are told to within the threshold, and rightly."""
    small = {name: n for name, n in true.items() if 0 < n < RULES.threshold}
    within = exact = wrong = 0
    width = np.nan
    for name, n in true.items():
        ends = _ends(told, name, table) if told else None
        if ends is None:
            continue
        holds = ends[0] <= n <= ends[1]
        wrong += not holds
        if name in small and holds:
            within += ends[1] - ends[0] < RULES.threshold
            exact += ends[1] == ends[0]
    if told and "n" in told.low:
        width = told.high["n"] - told.low["n"]
    return {"small": len(small), "within": within, "exact": exact, "excluded": wrong, "n_width": width}


def _ends(told: Told, name: str, table: pd.DataFrame) -> tuple[int, int] | None:
    """Limits of one count; who is missing is what n leaves of everybody, which is shown rounded."""
    if name != "missing":
        return (told.low[name], told.high[name]) if name in told.low else None
    if "n" not in told.low:
        return None
    least, most = could_be(rounded(len(table), RULES.base), RULES)
    return max(0, least - told.high["n"]), max(0, most - told.low["n"])


def attack(cohorts: int, write: bool) -> None:
    """Attack so many cohorts, print, and with ``write`` keep the table."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        rows = [row for found in pool.map(measured, range(cohorts), chunksize=5) for row in found]
    grouped = pd.DataFrame(rows).groupby(["kind", "way"], sort=False)
    table = grouped[["given", "small", "within", "exact", "excluded"]].sum()
    table.insert(0, "cohorts", grouped.size())
    table["n_width_median"] = grouped["n_width"].median()
    table["n_width_least"] = grouped["n_width"].min()
    table = table.reset_index()
    print(table.to_string(index=False))
    if write:
        write_csv(table, TABLE)
