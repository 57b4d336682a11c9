"""From a planned study to what it would find: simulated people, drawn outcomes, this plan's fit of each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool

import pandas as pd

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.inference.inference import too_few_practitioners
from alliance_modes.models.outcome import estimate_design
from alliance_modes.plan.plan import Plan
from alliance_modes.power.answers import Answer, Family, answers, in_turn
from alliance_modes.power.injected import effect_columns
from alliance_modes.power.planned.asked import PER_STRUCTURE, PlannedStudy, Size
from alliance_modes.power.planned.assumed import (
    BLOCKS,
    PRACTITIONERS,
    Asked,
    Assumed,
    Fitted,
    assumed,
    fitted,
    outcomes_of,
)
from alliance_modes.power.planned.found import Found, Planned, found_of
from alliance_modes.power.planned.people import attended_of, completed_of, tables_of, with_rates
from alliance_modes.simulate import Truth, simulate_tables

MANY, FEW = 0, 1
"""Streams of the many people behind what is assumed, and of those of each study."""


@dataclass(frozen=True)
class Work:
    """What every process needs: the plan, the truth of the people, the outcomes, what is assumed of them."""

    plan: Plan
    truth: Truth
    study: PlannedStudy
    asked: tuple[Asked, ...]
    assumed: tuple[Assumed, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Some draws for one size, all of the same people: numbers of the size, the people, the first draw."""

    size: int
    structure: int
    first: int
    draws: int


Outcomes = tuple[tuple[Answer | None, ...] | str, ...]
"""Per outcome the answers of one piece, or why there are none."""


def planned(
    study: PlannedStudy, plan: Plan, truth: Truth, processes: int, say: Callable[[str], None]
) -> Planned:
    """Answer a planned study by simulation.

    Parameters
    ----------
    study : PlannedStudy
    plan : Plan
        Whose models are fitted, with its rules for few practitioners.
    truth : Truth
        Of the simulated people, and of the variances of outcomes.
    processes : int
        Side by side; the answer is the same with any number.
    say : callable
        Told what is being done.

    Returns
    -------
    Planned

    Raises
    ------
    ConfigurationError
        The plan has no such outcome, no size can be analysed, or what is assumed cannot be had.

    Notes
    -----
    What is assumed of an outcome (its level, covariates, variances) are the means of the plan's fits of
    four simulated cohorts of 200 practitioners. For each size people are simulated (survey, sessions,
    drop-out, missing answers), and for each lot of people eight times outcomes from what is assumed, in
    turn without an effect and with the effect in one mode per SD of its survey score.
    """
    asked = outcomes_of(plan, study.outcomes)
    _refuse_too_small(study, asked)
    truth = with_rates(truth, study)
    work = Work(plan, truth, study, asked)
    say(f"what is assumed: the plan's fit of {BLOCKS * PRACTITIONERS} simulated practitioners")
    with _processes(work, processes) as pool:
        blocks = pool.map(_block, range(BLOCKS), chunksize=1)
    made = tuple(
        assumed(one, _made(one, [block[place] for block in blocks]), study) for place, one in enumerate(asked)
    )
    work = Work(plan, truth, study, asked, made)
    pieces = tuple(_pieces(study))
    with _processes(work, processes) as pool:
        outcomes = list(_told(pool.imap(_piece, pieces, chunksize=1), pieces, study, say))
    simulated = simulate_tables(truth).tables
    rates = (completed_of(simulated), attended_of(simulated))
    claims = dict.fromkeys(one.model.claim_of(one.outcome) for one in asked)
    families = tuple(family_in(plan, claim) for claim in claims)
    return Planned(study, made, rates, tuple(_found(work, pieces, outcomes)), families)


def _refuse_too_small(study: PlannedStudy, asked: Sequence[Asked]) -> None:
    """Refuse where no size has practitioners for what any of the outcomes tests between them."""
    least = min(len(one.model.tested) for one in asked)
    reasons = {too_few_practitioners(size.practitioners, least) for size in study.sizes}
    if "" not in reasons:
        hint = "Give more practitioners (sites x practitioners at each)."
        raise ConfigurationError("a study of this size", [Problem(one, hint) for one in sorted(reasons)])


def _made(one: Asked, found: Sequence[Fitted | str]) -> list[Fitted]:
    reasons = [each for each in found if isinstance(each, str)]
    if reasons:
        hint = "Leave it out: the generator has no such outcome."
        raise ConfigurationError(f"the outcome {one.name}", [Problem(reasons[0], hint)])
    return [each for each in found if isinstance(each, Fitted)]


def _pieces(study: PlannedStudy) -> Iterator[Piece]:
    """The largest studies first, so that no process waits for the last of another."""
    for size in reversed(range(len(study.sizes))):
        for structure, first in enumerate(range(0, study.draws, PER_STRUCTURE)):
            yield Piece(size, structure, first, min(PER_STRUCTURE, study.draws - first))


def _told(
    found: Iterable[Outcomes], pieces: Sequence[Piece], study: PlannedStudy, say: Callable[[str], None]
) -> Iterator[Outcomes]:
    for place, one in enumerate(found):
        yield one
        piece = pieces[place]
        if place + 1 == len(pieces) or pieces[place + 1].size != piece.size:
            size = study.sizes[piece.size]
            say(f"{size.practitioners} practitioners with {size.clients} clients each: {study.draws} studies")


def _found(work: Work, pieces: Sequence[Piece], outcomes: Sequence[Outcomes]) -> Iterator[Found]:
    for place, one in enumerate(work.assumed):
        for number, size in enumerate(work.study.sizes):
            here = [of[place] for piece, of in zip(pieces, outcomes, strict=True) if piece.size == number]
            reason = next((each for each in here if isinstance(each, str)), "")
            given = [each for each in here if not isinstance(each, str)]
            every = [answer for each in given for answer in each]
            yield found_of(one, size, every, work.study.draws, reason)


_WORK: list[Work] = []


def _processes(work: Work, processes: int) -> Pool:
    """Processes that have ``work``, which is not sent: what a model knows of its distribution cannot be."""
    return multiprocessing.get_context("fork").Pool(processes, _begin, (work,))


def _begin(work: Work) -> None:
    _WORK[:] = [work]


def _block(number: int) -> tuple[Fitted | str, ...]:
    """The fits of one lot of very many people."""
    (work,) = _WORK
    own = work.truth.sizes
    clients = max(round(own.enrolments / own.practitioners), 1)
    sites = max(round(PRACTITIONERS * own.sites / own.practitioners), 1)
    size = Size(sites, max(round(PRACTITIONERS / sites), 1), clients)
    return fitted(
        work.asked, work.plan, tables_of(work.truth, work.plan, size, [work.study.seed, MANY, number])
    )


def _piece(piece: Piece) -> Outcomes:
    """Every outcome of one lot of people."""
    (work,) = _WORK
    size = work.study.sizes[piece.size]
    seed = [work.study.seed, FEW, size.sites, size.per_site, size.clients]
    tables = tables_of(work.truth, work.plan, size, [*seed, piece.structure])
    return tuple(
        _answers(work, one, piece, tables.get(one.asked.model.table), [*seed, place])
        for place, one in enumerate(work.assumed)
    )


def _answers(
    work: Work, one: Assumed, piece: Piece, table: pd.DataFrame | None, seed: list[int]
) -> tuple[Answer | None, ...] | str:
    model, outcome = one.asked.model, one.asked.outcome
    design = build_design(table, model, outcome, work.plan.predictors)
    if isinstance(design, Refusal):
        return design.reason
    first = estimate_design(design, model)
    if isinstance(first, Refused):
        return first.refusal.reason
    names = [column.name for column in effect_columns(design)]
    turns = in_turn(names, work.study.draws)[piece.first : piece.first + piece.draws]
    draws = [
        (piece.first + number, name, 0.0 if name is None else one.coefficients[name])
        for number, name in enumerate(turns)
    ]
    family = family_in(work.plan, model.claim_of(outcome))
    return tuple(
        answers(design, model, family, one.injected, draws, seed, piece.structure, _start(first.structure))
    )


def _start(structure: Structure) -> EngineFit:
    """The fit with every random effect of the plan, from which searches for drawn outcomes start."""
    return structure.fit if structure.planned is None else structure.planned


def family_in(plan: Plan, claim: str) -> Family:
    """How many tests the plan has of a claim."""
    tests = sum(
        model.joint_tests(plan.predictors)
        * len([one for one in model.outcomes if model.claim_of(one) == claim])
        for model in plan.models.values()
    )
    return Family(claim, tests)
