"""How often a mode without effect is found, and one with an effect, in cohorts of few practitioners.

Simulated enrolments of clients of practitioners at sites, with the covariates of the default plan, through
``estimate_design``: a 0/1 outcome (``completion``), a count of sessions (``attendance``) and a rating
(``rating``, linear). Each cohort of 15 practitioners is fitted with the covariates split into two columns
each, as until November 2026, and as the plan says (``Predictor.pooled_below``). Each fit of 25 and more is
tested with a practitioner variance at zero left there, as until November 2026, and kept off zero. Settings
beside the plain one: a fifth of the practitioners hold 70 % of the clients (``unequal``), the predictor is
0/1 and 1 on one, three or four practitioners (``on_1`` and so on), 5 % have the outcome (``rare``),
practitioners' effects are from a t distribution with 2.5 df (``heavy``), and practitioners differ by an SD of
.2 (``sd_20``) or not at all (``sd_0``), where it is .35 otherwise.

    .venv/bin/python benchmarks/few.py --write
    .venv/bin/python benchmarks/few.py --write --cohorts 2000 --only 40_unequal 40_rare 40_on_1 40_on_4

With ``--only`` rows of other settings stay as they were written.

    .venv/bin/python benchmarks/few.py --only 15_plain --cohorts 100

Parts of a run are kept under .alliance_modes/few/ and are not made again: stop it and start it when you like,
and remove that folder after a change of the code.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from alliance_modes.domain import ALPHA, MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.ground.files import write_csv
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import OBSERVATION_COLUMN, OUTCOME, TRIALS, Design
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_design
from alliance_modes.models.result import Status
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PlannedModel, Predictor

RESULT = Path(__file__).with_suffix(".csv")
PARTS = Path(__file__).resolve().parents[1] / ".alliance_modes" / "few"
PART = 50
CLIENTS, GROUPS, SESSIONS = 20, 2.25, 20
CORRELATIONS = np.array([[1.0, 0.1, -0.15], [0.1, 1.0, 0.45], [-0.15, 0.45, 1.0]])
"""Of the modes, as in the demonstration cohorts."""

COVARIATES = {"mandated": 0.2, "risk_score_z": -0.3, "readiness_z": 0.2, "needs": -0.05}
"""Log-odds (of the rating, SD of a client) per unit."""

DEVIATIONS = {"practitioner": 0.35, "group": 0.25, "site": 0.2}
EFFECTS = {"completion": 0.6, "attendance": 0.4, "rating": 0.35}
"""Of the engagement mode, per SD, where there is an effect."""

LOG_ODDS = {"completion": 0.6, "attendance": 1.5}
ATTENDANCE_SD = 0.6
RARE, DF, HELD, HOLDERS = 0.05, 2.5, 0.7, 0.2
SPLIT, PLANNED = "split", "as planned"
LEFT = "left at zero"
ALL, AT_ZERO = "all", "at zero"
REFUSED = "refused"


@dataclass(frozen=True)
class Setting:
    """One kind of cohort.

    ``on`` is on how many practitioners the 0/1 predictor is 1, ``spread`` the SD of practitioners.
    """

    name: str
    practitioners: int
    sites: int
    outcomes: tuple[str, ...] = ("completion",)
    effect: bool = False
    unequal: bool = False
    rare: bool = False
    heavy: bool = False
    on: int = 0
    spread: float = DEVIATIONS["practitioner"]


def _settings() -> Iterator[Setting]:
    every = ("completion", "attendance", "rating")
    for practitioners, sites in ((25, 4), (40, 6)):
        for name, spread in (("sd_20", 0.2), ("sd_0", 0.0)):
            yield Setting(f"{practitioners}_{name}", practitioners, sites, spread=spread)
    yield Setting("25_plain", 25, 4)
    yield Setting("25_effect", 25, 4, effect=True)
    for practitioners, sites in ((15, 3), (40, 6)):
        size = (practitioners, sites)
        head = f"{practitioners}_"
        outcomes = every if practitioners == 15 else every[:1]
        yield Setting(f"{head}plain", *size, outcomes)
        yield Setting(f"{head}effect", *size, outcomes, effect=True)
        yield Setting(f"{head}unequal", *size, unequal=True)
        yield Setting(f"{head}rare", *size, rare=True)
        yield Setting(f"{head}heavy", *size, heavy=True)
        for on in (1, 3, 4):
            yield Setting(f"{head}on_{on}", *size, on=on)


SETTINGS = {one.name: one for one in sorted(_settings(), key=lambda one: one.practitioners)}


def enrolments(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    """One cohort: a row per client, with the columns that the default plan reads."""
    people = setting.practitioners
    modes = rng.multivariate_normal(np.zeros(3), CORRELATIONS, size=people)
    modes = (modes - modes.mean(axis=0)) / modes.std(axis=0, ddof=1)
    if setting.on:
        modes[:, 0] = np.isin(np.arange(people), rng.permutation(people)[: setting.on])
    site = np.concatenate([np.arange(setting.sites), rng.integers(0, setting.sites, people - setting.sites)])
    lead, group = _clients(rng, setting)
    rows = pd.DataFrame({f"{mode}_z": modes[lead, place] for place, mode in enumerate(MODES)})
    rows = rows.assign(
        practitioner_id=lead.astype(str),
        group_id=group.astype(str),
        site_id=site[lead].astype(str),
        denominator=True,
        **_covariates(rng, site[lead], setting.sites),
    )
    for name in COVARIATES:
        rows[f"{name}_between"] = rows.groupby("practitioner_id")[name].transform("mean")
        rows[f"{name}_within"] = rows[name] - rows[f"{name}_between"]
    deviation = _practitioners(rng, setting)[lead] + sum(
        rows[name] * each for name, each in COVARIATES.items()
    )
    deviation += DEVIATIONS["group"] * rng.standard_normal(group.max() + 1)[group]
    deviation += DEVIATIONS["site"] * rng.standard_normal(setting.sites)[site[lead]]
    return _outcomes(rng, rows, deviation.to_numpy(), setting)


def _clients(rng: np.random.Generator, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Lead practitioner and group of each client; everybody has two clients at least."""
    people = setting.practitioners
    shares = np.full(people, 1.0 / people)
    if setting.unequal:
        holders = round(HOLDERS * people)
        shares = np.concatenate(
            [np.full(holders, HELD / holders), np.full(people - holders, (1 - HELD) / (people - holders))]
        )
    more = rng.choice(people, CLIENTS * people - 2 * people, p=shares)
    lead = np.concatenate([np.repeat(np.arange(people), 2), more])
    counts = np.bincount(lead, minlength=people)
    groups = np.maximum(np.round(counts * GROUPS / CLIENTS), 1).astype(int)
    first = np.concatenate([[0], np.cumsum(groups)[:-1]])
    return lead, first[lead] + rng.integers(0, groups[lead])


def _covariates(rng: np.random.Generator, site: np.ndarray, sites: int) -> dict[str, np.ndarray]:
    custody = np.arange(sites) % 2 == 0
    risk, readiness = 0.15 * rng.standard_normal((2, sites))
    return {
        "mandated": (rng.random(len(site)) < np.where(custody[site], 0.55, 0.8)).astype(float),
        "risk_score_z": risk[site] + rng.standard_normal(len(site)),
        "readiness_z": readiness[site] + rng.standard_normal(len(site)),
        "needs": rng.binomial(6, 0.3, len(site)).astype(float),
    }


def _practitioners(rng: np.random.Generator, setting: Setting) -> np.ndarray:
    if setting.heavy:
        return setting.spread * rng.standard_t(DF, setting.practitioners) / np.sqrt(DF / (DF - 2))
    return setting.spread * rng.standard_normal(setting.practitioners)


def _outcomes(
    rng: np.random.Generator, rows: pd.DataFrame, deviation: np.ndarray, setting: Setting
) -> pd.DataFrame:
    moved = {
        name: deviation + (rows["engagement_z"].to_numpy() * size if setting.effect else 0.0)
        for name, size in EFFECTS.items()
    }
    level = float(np.log(RARE / (1 - RARE))) if setting.rare else LOG_ODDS["completion"]
    come = LOG_ODDS["attendance"] + moved["attendance"] + ATTENDANCE_SD * rng.standard_normal(len(rows))
    return rows.assign(
        completed=(rng.random(len(rows)) < expit(level + moved["completion"])).astype(float),
        sessions_attended_after_first=rng.binomial(SESSIONS, expit(come)).astype(float),
        sessions_offered_after_first=float(SESSIONS),
        rating=moved["rating"] + rng.standard_normal(len(rows)),
    )


def models(plan: Plan) -> dict[str, PlannedModel]:
    """The plan's models of completion and of attendance, and that of completion for a rating."""
    completion = plan.models["completion"]
    rating = completion.outcomes[0].model_copy(update={"name": "rating", "column": "rating"})
    linear = completion.model_copy(update={"family": "linear", "outcomes": (rating,), "curves": ()})
    return {"completion": completion, "attendance": plan.models["attendance"], "rating": linear}


def always_split(plan: Plan) -> dict[str, Predictor]:
    """The predictors, none of them pooled however few the practitioners."""
    return {name: one.model_copy(update={"pooled_below": None}) for name, one in plan.predictors.items()}


def tests_of(found: Estimated, setting: Setting) -> Iterator[tuple[str, float]]:
    """What is tested and its p: the joint test and each mode, or the 0/1 predictor."""
    tested = {column.term for column in found.design.columns if column.tested}
    for row in found.estimates:
        if row.p is None:
            continue
        if setting.on:
            if row.estimand == "coefficient" and row.term == MODES[0]:
                yield "single", row.p
        elif row.estimand == "joint_test":
            yield "joint", row.p
        elif row.estimand == "coefficient" and row.term in tested:
            yield ("effect" if setting.effect and row.term == "engagement" else "single"), row.p


def ways_of(setting: Setting) -> tuple[str, ...]:
    """How covariates enter: of many practitioners both are the same."""
    return (SPLIT, PLANNED) if setting.practitioners < PRACTITIONERS_FOR_A_CLAIM else (PLANNED,)


def variance_left(found: Estimated, model: PlannedModel) -> Estimated:
    """The same fit of a 0/1 outcome, its practitioner variance left at zero where it is estimated there."""
    design, structure = replace(found.design, few=True), found.structure
    status: Status = "singular" if structure.fit.singular else "ok"
    inference, estimates = family_of(model.family).estimates(design, structure, status)
    return Estimated(design, structure, inference, estimates)


def part(name: str, way: str, first: int) -> pd.DataFrame:
    """p of every test in ``PART`` cohorts of a setting from number ``first`` on, by outcome.

    ``p_left`` is that with a practitioner variance at zero left there, ``at_zero`` (1 or 0) whether it is at
    zero; of few practitioners both are blank.
    """
    setting, plan = SETTINGS[name], Plan()
    predictors = always_split(plan) if way == SPLIT else plan.predictors
    known: dict[str, Design] = {}
    rows = []
    for number in range(first, first + PART):
        table = enrolments(np.random.default_rng([number, *name.encode()]), setting)
        for outcome in setting.outcomes:
            model = models(plan)[outcome]
            if outcome not in known:
                built = build_design(table, model, model.outcomes[0], predictors)
                assert isinstance(built, Design)
                known[outcome] = built
            found = estimate_design(with_rows(known[outcome], table, model), model)
            if way == SPLIT and outcome == "completion" and isinstance(found, Estimated):
                found = variance_left(found, model)
            rows += [(number, outcome, way, *test) for test in _with_variance_left(found, model, setting)]
    columns = ["cohort", "outcome", "covariates", "test", "p", "p_left", "at_zero"]
    return pd.DataFrame(rows, columns=columns)


def _with_variance_left(
    found: Estimated | Refused, model: PlannedModel, setting: Setting
) -> Iterator[tuple[str, float, float | None, float | None]]:
    if isinstance(found, Refused):
        yield REFUSED, np.nan, None, None
        return
    many = setting.practitioners >= PRACTITIONERS_FOR_A_CLAIM
    at_zero = float(found.inference.practitioner_variance is not None) if many else None
    left = variance_left(found, model) if at_zero else found
    for (test, p), (_, p_left) in zip(tests_of(found, setting), tests_of(left, setting), strict=True):
        yield test, p, p_left if many else None, at_zero


def with_rows(design: Design, table: pd.DataFrame, model: PlannedModel) -> Design:
    """The design of another cohort of as many practitioners: ``build_design`` takes as long as the fit."""
    (outcome,) = model.outcomes
    made_of = {OUTCOME: outcome.column, TRIALS: outcome.trials}
    rows = [f"{place:07d}" for place in range(len(table))]
    columns = {
        name: pd.Series(rows) if name == OBSERVATION_COLUMN else table[made_of.get(name) or name]
        for name in design.frame
    }
    return replace(design, frame=pd.DataFrame(columns))


def made(asked: tuple[str, str, int]) -> pd.DataFrame:
    """``part``, kept."""
    name, way, first = asked
    path = PARTS / name / way.replace(" ", "_") / f"{first:05d}.csv"
    if not path.exists():
        write_csv(part(*asked), path)
    return pd.read_csv(path)


def summary(setting: Setting, found: pd.DataFrame) -> Iterator[dict]:
    """One row per outcome, way, test and variance; the error allows for several tests of one cohort."""
    cohorts = found["cohort"].nunique()
    for (outcome, way, test), group in found.groupby(["outcome", "covariates", "test"], sort=False):
        if test == REFUSED:
            continue
        zero = group[group["at_zero"].eq(1)]
        for among, rows in ((ALL, group), (AT_ZERO, zero)):
            for variance, p in ((PLANNED, "p"), (LEFT, "p_left")):
                if rows[p].notna().any():
                    each = (rows[p] < ALPHA).groupby(rows["cohort"]).mean()
                    yield {
                        "setting": setting.name,
                        "practitioners": setting.practitioners,
                        "outcome": outcome,
                        "test": test,
                        "covariates": way,
                        "variance": variance,
                        "among": among,
                        "cohorts": cohorts,
                        "estimated": len(each),
                        "rejected": round(float(each.mean()), 4),
                        "mc_error": round(float(each.std(ddof=1)) / len(each) ** 0.5, 4),
                    }


def _beside(table: pd.DataFrame) -> pd.DataFrame:
    """The rows made, and those of other settings as they were written before."""
    kept = pd.read_csv(RESULT)
    kept = kept[~kept["setting"].isin(table["setting"])]
    order = list(SETTINGS)
    both = pd.concat([kept, table])
    return both.sort_values("setting", key=lambda names: names.map(order.index), kind="stable")


def main() -> int:
    """Print the table; write it with ``--write``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cohorts", type=int, default=1000, help="per setting")
    parser.add_argument("--only", nargs="+", choices=list(SETTINGS), default=list(SETTINGS))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name}")
    asked = parser.parse_args()
    rows: list[dict] = []
    with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
        for name in asked.only:
            starts = range(0, asked.cohorts, PART)
            asked_for = [(name, way, start) for way in ways_of(SETTINGS[name]) for start in starts]
            found = pd.concat(pool.map(made, asked_for, chunksize=1))
            rows += summary(SETTINGS[name], found)
            print(f"{name} done", file=sys.stderr)
    table = pd.DataFrame(rows).assign(date=date.today().isoformat())
    if asked.write:
        write_csv(_beside(table), RESULT)
    print(table.to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
