"""Effects over cohorts: alike or varying between them, in one model of all and pooled in three ways."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.derive.levels import standardise
from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, cohorts_task
from alliance_modes.plan.plan import Plan
from alliance_modes.pooling.univariate import Pooled, dersimonian_laird, pooled, reml
from alliance_modes.relations.cohorts.analysis import ENOUGH, over_cohorts
from relation_studies.study import Recovered, Setting, Study

ROWS = 8
EFFECT = 0.2
SETTINGS = {
    f"{practitioners}_{cohorts}_{name}": Setting(practitioners, {"cohorts": cohorts, "tau": tau})
    for practitioners in (15, 40)
    for cohorts in (2, 3, 5, 10, 20)
    for name, tau in {"alike": 0.0, "varying": 0.1}.items()
}
"""Practitioners are of one cohort; ``tau`` is the SD of the first mode's effect between cohorts."""

PLAN = Plan()
_MODEL, _OUTCOME = "engagement", "session_engagement"


def _task() -> RelationTask:
    """The engagement model with the modes alone, by practitioner, as the only one that is looked at."""
    planned = PLAN.models[_MODEL]
    changed = {
        "formula": " + ".join(MODES),
        "tested": tuple(MODES),
        "random": ("practitioner",),
        "slopes": {},
        "claim": "primary",
        "outcomes": tuple(one.model_copy(update={"claim": "primary"}) for one in planned.outcomes),
    }
    return cohorts_task(PLAN.model_copy(update={"models": {_MODEL: planned.model_copy(update=changed)}}))


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """Several cohorts: what they come to by one model (fewer than five) or pooled, and by the usual ways."""
    cohorts = int(setting.values["cohorts"])
    effects = EFFECT + setting.values["tau"] * rng.standard_normal(cohorts + 1)
    tables = {
        f"c{place:02d}": {"session": _sessions(rng, setting.practitioners, effects[place])}
        for place in range(cohorts)
    }
    own = {name: _own(found["session"]) for name, found in tables.items()}
    if cohorts < ENOUGH:
        yield from _together(over_cohorts(_task(), tables, own), float(effects[:-1].mean()))
    for term, truth in zip(MODES[:2], (EFFECT, 0.0), strict=True):
        rows = pd.concat([one[one["term"] == term] for one in own.values()])
        values, variances = rows["estimate"].to_numpy(), rows["se"].to_numpy() ** 2
        tau2 = reml(values, variances)
        plain = pooled(values, variances, tau2, 0.0)
        found = {
            "DerSimonian-Laird, normal": pooled(values, variances, dersimonian_laird(values, variances), None)
        }
        if cohorts >= ENOUGH:
            found |= {"two-stage": pooled(values, variances, tau2), "Knapp-Hartung below 1": plain}
        yield from (_recovered(term, method, truth, one) for method, one in found.items())
        if cohorts >= ENOUGH and term == MODES[0]:
            low, high = found["two-stage"].prediction()
            yield Recovered("another cohort", "two-stage", float(effects[-1]), None, low, high)


def _recovered(term: str, method: str, truth: float, found: Pooled) -> Recovered:
    low, high = found.interval
    return Recovered(term, method, truth, found.estimate, low, high, found.p)


def _together(found: pd.DataFrame, of_these: float) -> Iterator[Recovered]:
    """One model's effects beside their mean in these cohorts, and its test that they differ."""
    rows = found[found["way"] == "one_stage"].set_index(["term", "estimand"])
    for term, truth in zip(MODES[:2], (of_these, 0.0), strict=True):
        row = rows.loc[(term, "coefficient")]
        yield Recovered(term, "one model", truth, *row[["estimate", "ci_low", "ci_high", "p"]].astype(float))
        test = rows.loc[(term, "cohorts_differ"), "p"]
        yield Recovered(f"{term} differs", "one model", None, p=float(test))


def _sessions(rng: np.random.Generator, practitioners: int, effect: float) -> pd.DataFrame:
    modes = pd.DataFrame()
    for mode in MODES:
        modes[mode] = modes[f"{mode}_z"] = standardise(pd.Series(rng.standard_normal(practitioners)))
    own = effect * modes[f"{MODES[0]}_z"].to_numpy() + 0.3 * rng.standard_normal(practitioners)
    modes["practitioner_id"] = [f"p{one:03d}" for one in range(practitioners)]
    rows = modes.loc[np.repeat(modes.index, ROWS)].reset_index(drop=True)
    noise = 0.6 * rng.standard_normal(len(rows))
    return rows.assign(attended=True, session_engagement=3.0 + np.repeat(own, ROWS) + noise)


def _own(table: pd.DataFrame) -> pd.DataFrame:
    """A cohort's own coefficients: with as many rows of each, those of least squares on their means."""
    means = table.groupby("practitioner_id")[["session_engagement", *(f"{mode}_z" for mode in MODES)]].mean()
    design = np.column_stack([np.ones(len(means)), means.iloc[:, 1:].to_numpy()])
    beta, squares = np.linalg.lstsq(design, means.iloc[:, 0].to_numpy(), rcond=None)[:2]
    df = len(means) - design.shape[1]
    se = np.sqrt(float(squares[0]) / df * np.diag(np.linalg.inv(design.T @ design)))
    rows = pd.DataFrame({"term": list(MODES), "estimate": beta[1:], "se": se[1:]})
    statistic, half = rows["estimate"] / rows["se"], stats.t.ppf(0.975, df) * rows["se"]
    return rows.assign(
        model=_MODEL,
        outcome=_OUTCOME,
        level="between",
        estimand="coefficient",
        df=float(df),
        statistic=statistic,
        p=2 * stats.t.sf(statistic.abs(), df),
        ci_low=rows["estimate"] - half,
        ci_high=rows["estimate"] + half,
        n=len(table),
        clusters=f"practitioner={len(means)}",
        status="ok",
    )


STUDY = Study(SETTINGS, once)
