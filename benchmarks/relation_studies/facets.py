"""Facets of the modes that go with their own component, or do not; techniques without effect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import standardise
from alliance_modes.domain import COMPONENTS
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.facets.analysis import AS_INDEPENDENT, EVERY, OWN_LESS_OTHERS, analyse
from alliance_modes.relations.facets.components import CELLS
from alliance_modes.relations.facets.techniques import ADJUSTED, JOINT
from alliance_modes.relations.result import Relation
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, INVENTORIES = 10, 2
PART, OUTCOME = "alliance.client", "alliance.client_total"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, {"own": own})
    for practitioners in (15, 20, 40)
    for name, own in {"null": 0.0, "own": 0.1}.items()
}
"""``own``: what each facet does to its own component more than to the other two, per SD. With 15
practitioners the analysis is refused."""

GENERAL, PROFILE_SD, CLIENT_SD, STATE_SD = 0.05, 0.2, 0.3, 0.4


def _task() -> RelationTask:
    plan = Plan()
    alliance = plan.models["alliance"].model_copy(
        update={
            "formula": "educative + time",
            "tested": ("educative",),
            "random": ("practitioner", "enrolment"),
            "slopes": {},
        }
    )
    asked = Facets(models=("alliance",), outcomes=("client_total",))
    changed = {"relations": Relations(facets=asked), "models": {"alliance": alliance}, "draws": 100}
    return relation_task(plan.model_copy(update=changed), "facets")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: own against other components, and claims about nine techniques without effect."""
    task = _task()
    techniques = task.settings(Facets).techniques
    people = _people(rng, setting.practitioners, techniques)
    found = analyse(task, {"practitioner": people, "alliance": _inventories(rng, setting, people)})
    own = setting.values["own"]
    for term, said in ((EVERY, "all facets"), ("educative_goal", "one facet")):
        yield of_row(row_of(found, PART, term, OWN_LESS_OTHERS), "stacked", own, said)
        yield of_row(row_of(found, PART, term, AS_INDEPENDENT), "as independent", own, said)
    yield of_row(row_of(found, OUTCOME, JOINT, "joint_test"), "joint test", None, "techniques")
    for estimand, method in ((ADJUSTED, "adjusted"), ("coefficient", "each alone")):
        yield _least(found, techniques, estimand, method)


def _least(found: Relation, techniques: tuple[str, ...], estimand: str, method: str) -> Recovered:
    """Whether any technique is claimed, by its smallest p."""
    rows = [row_of(found, OUTCOME, name, estimand) for name in techniques]
    known = [row.p for row in rows if row is not None and row.p is not None]
    return Recovered("any technique", method, None, p=min(known) if known else None)


def _people(rng: np.random.Generator, practitioners: int, techniques: tuple[str, ...]) -> pd.DataFrame:
    """Practitioners whose answers to items of one mode go together."""
    columns: dict[str, np.ndarray] = {}
    for names in (tuple(CELLS), techniques):
        modes = rng.standard_normal((practitioners, 3))  # of techniques others, which go with nothing
        for place, name in enumerate(names):
            columns[name] = modes[:, place // 3] + rng.standard_normal(practitioners)
    table = pd.DataFrame(columns)
    named = [f"p{one:02d}" for one in range(practitioners)]
    return table.assign(practitioner_id=named, educative_z=standardise(table["educative_goal"]))


def _inventories(rng: np.random.Generator, setting: Setting, people: pd.DataFrame) -> pd.DataFrame:
    facets = np.column_stack([standardise(people[cell]) for cell in CELLS])
    general = GENERAL * facets.sum(axis=1) + 0.2 * rng.standard_normal(len(people))
    by_component = np.stack([facets[:, [of == k for _, of in CELLS.values()]].sum(axis=1) for k in range(3)])
    own = setting.values["own"] * by_component.T + PROFILE_SD * rng.standard_normal((len(people), 3))
    lead = np.repeat(np.arange(len(people)), CLIENTS)
    client = general[lead, None] + own[lead] + CLIENT_SD * rng.standard_normal((len(lead), 3))
    client += CLIENT_SD * rng.standard_normal((len(lead), 1))
    place = np.repeat(np.arange(len(lead)), INVENTORIES)
    ratings = 3.5 + client[place] + STATE_SD * rng.standard_normal((len(place), 3))
    ratings += STATE_SD * rng.standard_normal((len(place), 1))
    session = np.tile(np.arange(INVENTORIES), len(lead))
    table = pd.DataFrame(dict(zip(COMPONENTS, ratings.T, strict=True)))
    return table.assign(
        total=ratings.mean(axis=1),
        rater="client",
        session_no=3 + 9 * session,
        time=0.9 * session,
        enrolment_id=[f"e{one:04d}" for one in place],
        practitioner_id=people["practitioner_id"].to_numpy()[lead[place]],
        educative_z=people["educative_z"].to_numpy()[lead[place]],
    )


STUDY = Study(SETTINGS, once)
