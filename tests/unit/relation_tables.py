"""Tasks and analysis tables for the tests of relational analyses."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import standardise
from alliance_modes.derive.practitioner import evenness
from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.relations import Relations


def task_of(name: str, plan: Plan | None = None, **settings: object) -> RelationTask:
    """The task of one analysis of a plan (the default one), with these settings of it."""
    plan = plan or Plan()
    kind = type(getattr(Relations(), name))
    changed = plan.model_copy(update={"relations": Relations(**{name: kind(**settings)}), "draws": 200})
    return relation_task(changed, name)


def one_grouping(plan: Plan, model: str, formula: str, tested: tuple[str, ...]) -> Plan:
    """The plan with one of its models, by practitioner alone, with this formula."""
    changed = {"formula": formula, "tested": tested, "random": ("practitioner",), "slopes": {}, "curves": ()}
    return plan.model_copy(update={"models": {model: plan.models[model].model_copy(update=changed)}})


def sessions_of_practitioners(seed: int, practitioners: int, own: np.ndarray | None = None) -> pd.DataFrame:
    """Ten sessions of each practitioner with the modes' use by a survey; ``own`` is added to engagement."""
    rng = np.random.default_rng(seed)
    means = np.clip(np.round(3.0 + rng.standard_normal((practitioners, 3, 6))), 1, 5).mean(axis=2)
    table = pd.DataFrame(means, columns=list(MODES)).assign(balance=evenness(means))
    for mode in MODES:
        table[f"{mode}_z"] = standardise(table[mode])
    table["practitioner_id"] = [f"p{one:02d}" for one in range(practitioners)]
    rows = table.loc[np.repeat(table.index, 10)].reset_index(drop=True)
    level = 0.3 * rng.standard_normal(practitioners) + (0.0 if own is None else own)
    rows["session_engagement"] = 3.0 + np.repeat(level, 10) + 0.5 * rng.standard_normal(len(rows))
    rows["attended"] = True
    return rows
