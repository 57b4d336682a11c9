"""What stands on the sheet of each practitioner, before it is put in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.cohort import Cohort
from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENROLMENT_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    STARTED_ON,
    WAVE,
)
from alliance_modes.domain import MODES
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.effects.shrunken import Shrunken
from alliance_modes.models.peers.courses import expected_courses
from alliance_modes.models.peers.own import Caseload, OwnClient, own_clients, short_names
from alliance_modes.models.peers.peers import Peers, fit_peers
from alliance_modes.plan.parts import SupervisionTask
from alliance_modes.words.rounding import whole

SURVEYS = "practitioner_survey"
NO_COURSES = pd.DataFrame(columns=[ENROLMENT_ID, SESSION_NO, "expected", "low", "high"])


@dataclass(frozen=True)
class Standing:
    """Where the ratings of own clients stand beside what is expected of such clients, with 95 % limits."""

    estimate: float
    low: float
    high: float
    spread: float

    @property
    def apart(self) -> bool:
        """Whether both limits are on one side of what is expected."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True)
class ModeUse:
    """Use of each mode at each survey (``surveys``: what each is called), in order of time.

    ``changed`` are the modes that differ between the last two by more than answering twice alike would.
    """

    surveys: tuple[str, ...]
    uses: Mapping[str, tuple[float, ...]]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """One practitioner: own mode use, own clients, and standing beside peers.

    ``standing`` is None where ``unplaced`` says why; ``placed`` is the number of sheets of the cohort with a
    standing, ``rated`` that of own rated clients, ``ends`` the ends of the rating's scale.
    """

    practitioner: str
    name: str
    cohort: Cohort
    rating: str
    comparable_by: tuple[str, ...]
    ends: tuple[float, float]
    mode_use: ModeUse
    clients: tuple[OwnClient, ...]
    rated: int
    clients_at_least: int
    standing: Standing | None
    unplaced: str
    placed: int


def supervision_sheets(
    task: SupervisionTask,
    tables: Mapping[str, pd.DataFrame],
    scores: pd.DataFrame,
    scales: pd.DataFrame,
    cohort: Cohort,
) -> tuple[Sheet, ...]:
    """What stands on the sheet of every practitioner who leads an enrolment, in the order of their ids.

    Parameters
    ----------
    task : SupervisionTask
    tables : mapping of DataFrame
        The analysis tables ``enrolment``, ``session``, and that of the ratings.
    scores, scales : DataFrame
        ``scores.parquet``, and ``scales.csv`` for how far answers differ by error alone.
    cohort : Cohort

    Notes
    -----
    A practitioner with fewer rated clients than the plan asks for has no standing, and neither has anybody
    where too few practitioners have a rated client.
    """
    found = fit_peers(task, tables[task.model.table])
    peers, reason = (None, found.reason) if isinstance(found, Refusal) else (found, "")
    courses = NO_COURSES if peers is None else expected_courses(peers)
    caseload = Caseload(tables["enrolment"], tables["session"], peers, courses)
    standings = {} if peers is None else _standings(peers, task.clients_at_least)
    leads = sorted(tables["enrolment"][PRACTITIONER_ID].dropna().astype("str").unique())
    names, uses = short_names(leads), mode_uses(scores, scales)
    rated = pd.Series(dtype="int64") if peers is None else peers.clients()
    return tuple(
        Sheet(
            practitioner=lead,
            name=names[lead],
            cohort=cohort,
            rating=task.model.outcomes[0].label,
            comparable_by=tuple(task.predictors[name].label for name in task.model.predictors),
            ends=_ends(peers),
            mode_use=uses.get(lead, ModeUse((), {}, ())),
            clients=own_clients(caseload, lead, STARTED_ON),
            rated=int(rated.get(lead, 0)),
            clients_at_least=task.clients_at_least,
            standing=standings.get(lead),
            unplaced=reason or _too_few(int(rated.get(lead, 0)), task.clients_at_least),
            placed=len(standings),
        )
        for lead in leads
    )


def _standings(peers: Peers, clients_at_least: int) -> dict[str, Standing]:
    found, clients = peers.positions(), peers.clients()
    return {
        level: Standing(estimate, low, high, found.spread)
        for level, estimate, low, high in _each(found)
        if clients[level] >= clients_at_least
    }


def _each(found: Shrunken) -> Iterator[tuple[str, float, float, float]]:
    numbers = np.column_stack([found.estimate, found.low, found.high])
    for level, (estimate, low, high) in zip(found.levels, numbers, strict=True):
        yield level, float(estimate), float(low), float(high)


def _too_few(rated: int, clients_at_least: int) -> str:
    counted = "client of yours has" if rated == 1 else "clients of yours have"
    return f"{whole(rated) if rated else 'no'} {counted} a rating; {clients_at_least} are needed"


def _ends(peers: Peers | None) -> tuple[float, float]:
    if peers is None:
        return 0.0, 1.0
    response = peers.structure.fit.response
    return float(math.floor(response.min())), float(math.ceil(response.max()))


def mode_uses(scores: pd.DataFrame, scales: pd.DataFrame) -> dict[str, ModeUse]:
    """Use of each mode at each survey, by practitioner."""
    answers = scores[(scores["table"] == SURVEYS) & scores["scale"].isin(MODES)]
    least = scales[scales["scale"].isin(MODES)].set_index("scale")["sdc"]
    wide = answers.pivot_table(
        index=[PRACTITIONER_ID, WAVE], columns="scale", values="item_mean", aggfunc="first"
    ).reindex(columns=list(MODES))
    days = answers.groupby([PRACTITIONER_ID, WAVE])[COMPLETED_ON].first()
    return {
        str(lead): _mode_use(of_one.droplevel(0), days.loc[lead], least)
        for lead, of_one in wide.groupby(level=0, sort=True)
    }


def _mode_use(waves: pd.DataFrame, days: pd.Series, least: pd.Series) -> ModeUse:
    order = days.sort_values(kind="stable").index
    waves = waves.loc[order]
    changed: tuple[str, ...] = ()
    if len(waves) > 1:
        change = (waves.iloc[-1] - waves.iloc[-2]).abs()
        changed = tuple(mode for mode in MODES if change[mode] > least.get(mode, np.inf))
    named = tuple(f"survey {wave}" if pd.isna(days[wave]) else f"{days[wave]:%B %Y}" for wave in order)
    return ModeUse(named, {mode: tuple(waves[mode].astype("float64")) for mode in MODES}, changed)
