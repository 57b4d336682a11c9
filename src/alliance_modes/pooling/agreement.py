"""Whether what several holders gave away can be pooled: models, instruments and codings, or which differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance_modes.ground.errors import Problem, SharingError
from alliance_modes.plan.deviations import deviations
from alliance_modes.pooling.shared_set import SharedFit, SharedSet
from alliance_modes.words.names import listed

RENAMED = "name of"
"""How a line begins of what has another name: estimates are told apart by names."""

MOST_TOLD = 3
LEAST = 2


@dataclass(frozen=True)
class Left:
    """A cohort that is not in a pooled outcome, and why."""

    cohort: str
    reason: str


@dataclass(frozen=True)
class Agreed:
    """One outcome of one model over the cohorts: the fits that can be pooled, by cohort, and who is left out.

    ``refused`` says why none is pooled; empty where they are.
    """

    model: str
    outcome: str
    fits: Mapping[str, SharedFit]
    left: tuple[Left, ...] = ()
    refused: str = ""

    @property
    def any_fit(self) -> SharedFit:
        """A fit of it, for its words."""
        return next(iter(self.fits.values()))


def check_sets(sets: Sequence[SharedSet]) -> None:
    """See that there are several sets, each of another cohort.

    Raises
    ------
    SharingError
        There is one alone, or two are of one cohort, or the same.
    """
    problems = []
    if len(sets) < LEAST:
        hint = "Name the folders of two holders or more; what one cohort came to stands in its own report."
        problems.append(Problem(f"{len(sets)} of a cohort was given: there is nothing to pool", hint))
    for place, one in enumerate(sets):
        for other in sets[:place]:
            if one.sha256 == other.sha256 or _people_of(one) == _people_of(other):
                hint = "Give each cohort once: it would count twice."
                problems.append(Problem(f"{other.cohort} and {one.cohort} give the same estimates", hint))
            elif one.cohort == other.cohort:
                hint = "Give the later one alone, or ask the holders to share under other names of cohorts."
                problems.append(Problem(f"two sets are called {one.cohort}", hint))
    if problems:
        raise SharingError("sets to pool", problems)


def _people_of(one: SharedSet) -> Any:
    """Estimates of a set, by which two under other names are seen to be of the same people."""
    found = [term.estimate for fit in one.fits for term in fit.terms]
    return found or one.sha256


def agreed(sets: Sequence[SharedSet]) -> tuple[Agreed, ...]:
    """Every outcome of every model over the cohorts, in the order of the first set that has it.

    Parameters
    ----------
    sets : sequence of SharedSet
        Of cohorts with names of their own (``check_sets``).

    Returns
    -------
    tuple of Agreed

    Notes
    -----
    A model is refused where anything that decides its numbers differs between two sets: its definition, a
    predictor, how answers are cleaned, whose mode use counts, the key of an instrument; and an outcome where
    cohorts told it by different instruments. A cohort is left out of an outcome where it has no estimates,
    where they are withheld, and where it lacks a covariate that the others hold constant, unless the plan
    says that a reduced model keeps its claim: these are other effects.
    """
    keys = dict.fromkeys((fit.model, fit.outcome) for one in sets for fit in one.fits)
    differing = _instruments_differ(sets)
    return tuple(_of_outcome(model, outcome, sets, differing) for model, outcome in keys)


def _of_outcome(model: str, outcome: str, sets: Sequence[SharedSet], differing: str) -> Agreed:
    found: dict[str, SharedFit] = {}
    left: list[Left] = []
    for one in sets:
        fit = one.fit(model, outcome)
        why = _why_left(one, fit, model)
        if fit is None or why:
            left.append(Left(one.cohort, why))
        else:
            found[one.cohort] = fit
    those = [one for one in sets if one.fit(model, outcome) is not None]
    refused = differing or _plans_differ(model, those) or _told_otherwise(found)
    if not refused and len(found) < LEAST:
        refused = f"{len(found)} of {len(sets)} cohorts give estimates of it"
    return Agreed(model, outcome, found, tuple(left), refused)


def _why_left(one: SharedSet, fit: SharedFit | None, model: str) -> str:
    if fit is None:
        return "it has no such outcome in its plan"
    if fit.withheld:
        return fit.withheld
    if not fit.terms:
        return f"its model was not estimated ({fit.status.replace('_', ' ')})"
    if fit.reduced and not one.asked.models[model].reduced_keeps_claim:
        return f"it lacks {listed(list(fit.reduced))}, which the others hold constant"
    return ""


def _instruments_differ(sets: Sequence[SharedSet]) -> str:
    """Which instrument is keyed differently in which cohorts; empty where none is."""
    for name in sorted({name for one in sets for name in one.instruments}):
        by_digest: dict[str, list[str]] = {}
        for one in sets:
            if name in one.instruments:
                by_digest.setdefault(one.instruments[name], []).append(one.cohort)
        if len(by_digest) > 1:
            sides = " and ".join(listed(cohorts) for cohorts in by_digest.values())
            return f"the instrument {name} has other items, keys or ranges in {sides}"
    return ""


def _told_otherwise(fits: Mapping[str, SharedFit]) -> str:
    told: dict[tuple[str, ...], list[str]] = {}
    for cohort, fit in fits.items():
        told.setdefault(fit.instruments, []).append(cohort)
    if len(told) < LEAST:
        return ""
    which = "; ".join(
        f"{listed(cohorts)}: {listed(list(kinds)) or 'none'}" for kinds, cohorts in told.items()
    )
    return f"told by different instruments ({which}), whose points are not the same"


def _plans_differ(model: str, sets: Sequence[SharedSet]) -> str:
    """What decides the numbers of a model and differs from the first set; empty where nothing does."""
    first = sets[0].asked.of_model(model)
    for other in sets[1:]:
        lines = list(_lines(first, other.asked.of_model(model)))
        if lines:
            more = f", and {len(lines) - MOST_TOLD} more" if len(lines) > MOST_TOLD else ""
            return f"{sets[0].cohort} and {other.cohort} differ: {'; '.join(lines[:MOST_TOLD])}{more}"
    return ""


def _lines(first: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    for one in deviations(first, other):
        if one.kind == "analysis" or one.where.startswith(RENAMED):
            yield f"{one.where} ({one.registered}; {one.used})"
