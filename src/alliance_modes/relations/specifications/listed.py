"""Which specifications of an outcome there are: combinations of options, of which so many are taken."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.specifications import PLANNED, Specifications
from alliance_modes.plan.terms import PRACTITIONER, Predictor
from alliance_modes.relations.fitted import Asked

COMPLETED = "completed"
OF_INVENTORIES = "alliance"
NEEDLESS = ("group", "site")
"""Groupings that ``practitioners_alone`` leaves out."""


@dataclass(frozen=True)
class Specification:
    """One way to analyse an outcome: ``options`` by choice; ``number`` 0 is the plan's own."""

    number: int
    options: Mapping[str, str]

    @property
    def otherwise(self) -> tuple[str, ...]:
        """The choices that are not made as the plan makes them."""
        return tuple(choice for choice, option in self.options.items() if option != PLANNED)


def outcomes_of(task: RelationTask) -> Iterator[Asked]:
    """The outcomes that the settings name, as far as the plan has them."""
    for name, wanted in task.settings(Specifications).named:
        model = task.models.get(name)
        if model is not None:
            for outcome in model.outcomes:
                if outcome.name == wanted:
                    yield Asked(f"{name}.{wanted}", model, outcome)


def looked_at(one: Asked, predictors: Mapping[str, Predictor]) -> tuple[str, ...]:
    """The tested predictors that differ between practitioners: each has a curve."""
    return tuple(
        name for name in one.model.tested if name in predictors and predictors[name].level == "between"
    )


def of_clients(one: Asked, predictors: Mapping[str, Predictor]) -> tuple[str, ...]:
    """Covariates that are not tested and that an enrolment has: what changes in its course is none."""
    known = set(DERIVE["enrolment"].columns)
    return tuple(name for name in one.model.covariates if set(predictors[name].columns()) <= known)


def options_of(one: Asked, task: RelationTask) -> dict[str, tuple[str, ...]]:
    """The options of each choice that can make a difference to this outcome by the plan alone."""
    model, outcome = one.model, one.outcome
    raters = [other.told_by for other in model.outcomes if other.column == outcome.column]
    can: dict[str, Sequence[str] | bool] = {
        "inventories": model.table == OF_INVENTORIES,
        "administrative_end": outcome.column == COMPLETED,
        "practitioners": PRACTITIONER in model.random,
        "covariates": bool(of_clients(one, task.predictors)),
        "random": [
            *(["without_slopes"] if any(model.slopes.values()) else []),
            *(["practitioners_alone"] if set(NEEDLESS) & set(model.random) else []),
        ],
        "rater": [str(rater) for rater in raters if rater != outcome.told_by],
    }
    found = {}
    for choice, options in task.settings(Specifications).choices.options.items():
        given = can.get(choice, True)
        kept = tuple(
            option
            for option in options
            if option == PLANNED or (given if isinstance(given, bool) else option in given)
        )
        if len(kept) > 1:
            found[choice] = kept
    return found


def listed(one: Asked, task: RelationTask) -> tuple[Specification, ...]:
    """The specifications of one outcome, in their order.

    Parameters
    ----------
    one : Asked
    task : RelationTask

    Returns
    -------
    tuple of Specification
        The plan's own, each choice alone made otherwise, then others up to ``at_most``, drawn once from the
        plan's seed and the outcome's name. All of them where there are no more.
    """
    options = options_of(one, task)
    sizes = tuple(len(each) for each in options.values())
    near = [_at(options, (0,) * len(sizes))]
    for place, size in enumerate(sizes):
        for option in range(1, size):
            near.append(_at(options, tuple(option * (other == place) for other in range(len(sizes)))))
    left = task.settings(Specifications).at_most - len(near)
    far = [_at(options, places) for places in _further(sizes, left, task.seed, one.part)]
    return tuple(Specification(number, each) for number, each in enumerate((*near, *far)))


def _at(options: Mapping[str, tuple[str, ...]], places: Sequence[int]) -> dict[str, str]:
    return {name: each[place] for (name, each), place in zip(options.items(), places, strict=True)}


def _further(sizes: tuple[int, ...], wanted: int, seed: int, part: str) -> Iterator[tuple[int, ...]]:
    """Combinations with two choices or more made otherwise."""
    if wanted < 1 or not sizes:
        return
    every = np.column_stack(np.unravel_index(np.arange(prod(sizes)), sizes))
    far = np.flatnonzero((every > 0).sum(axis=1) > 1)
    if len(far) > wanted:
        rng = np.random.default_rng([seed, zlib.crc32(f"specifications.{part}".encode())])
        far = np.sort(rng.choice(far, wanted, replace=False))
    for place in far:
        yield tuple(map(int, every[place]))
