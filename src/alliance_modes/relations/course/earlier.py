"""What earlier cohorts let expect of the ratings of this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype

from alliance_modes.derive.levels import as_number, standardise
from alliance_modes.dictionary.canonical import dictionary, scaled
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, GROUP_ID, PRACTITIONER_ID, SITE_ID
from alliance_modes.models.design.build import Selected, build_design, rows_about, select_rows
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.peers.courses import parts_of
from alliance_modes.models.peers.following import Following, following_by
from alliance_modes.models.peers.peers import Peers, filled, fit_peers, whose
from alliance_modes.plan.parts import RelationTask, SupervisionTask
from alliance_modes.plan.terms import Outcome
from alliance_modes.relations.course.rated import PARTS, Rated, expected_by, too_few

COHORT, INSTRUMENT = "cohort", "instrument"
IDS = (ENROLMENT_ID, CLIENT_ID, PRACTITIONER_ID, GROUP_ID, SITE_ID)
ENOUGH = 5
"""Earlier cohorts from which on the band holds how cohorts differ: each is left out in turn."""

OWN = -1
"""The part that this cohort is: nothing is learnt from it."""


@dataclass(frozen=True)
class Learnt:
    """Ratings of this cohort beside what ``cohorts`` before it let expect.

    ``before`` are the ratings of these, each expected from the others of them: the band is from their errors.
    ``table`` has the rows of all cohorts, ``own`` says which are of this one, ``asked`` is the model.
    """

    found: Following
    before: Following
    cohorts: tuple[str, ...]
    table: pd.DataFrame
    own: np.ndarray
    asked: SupervisionTask

    @property
    def differ(self) -> bool:
        """Whether the band holds how cohorts differ."""
        return len(self.cohorts) >= ENOUGH


def learnt(
    one: Rated, task: RelationTask, table: pd.DataFrame, earlier: Mapping[str, pd.DataFrame]
) -> Learnt | Refusal:
    """The ratings of this cohort beside what earlier ones let expect of them.

    Parameters
    ----------
    one : Rated
    task : RelationTask
    table : DataFrame
        The analysis table of the ratings.
    earlier : mapping of DataFrame
        The same table of earlier cohorts, by name, in the order of time.

    Returns
    -------
    Learnt or Refusal
        A refusal where no earlier cohort has such ratings, where one of those that have was rated with
        another instrument, or where theirs are too few; and where this cohort has none.

    Notes
    -----
    The model, its random effects and its variances are those of the earlier cohorts. Columns in SDs are in
    those of their clients, and what is not recorded counts as the mean of their clients. Ids are of a
    cohort: whoever is in two of them counts as two.

    The band is from the errors of ratings of the earlier cohorts, practitioners dealt into ten parts and each
    expected from the others: of cohorts that are alike it holds what it should, of those that differ less,
    for nothing in it knows how far cohorts are apart. From five earlier cohorts on each of them is expected
    from the others, and it does. A client's own earlier ratings tell in either case how far they are from
    what was expected.
    """
    asked = expected_by(one, task)
    if isinstance(asked, Refusal):
        return asked
    (outcome,) = asked.model.outcomes
    here = {name: found for name, found in earlier.items() if _rated(found, outcome)}
    refusal = _unlike(outcome, table, earlier, here)
    if refusal is not None:
        return refusal
    every = _in_one(table, here, asked)
    own = (every[COHORT] == "").to_numpy()
    peers = fit_peers(asked, every[~own].reset_index(drop=True))
    if isinstance(peers, Refusal):
        return Refusal(peers.status, f"of {' and '.join(here)}: {peers.reason}", peers.few)
    known = select_rows(every[~own].reset_index(drop=True), asked.model, outcome, asked.predictors)
    if isinstance(known, Refusal):
        return known
    asked = asked.model_copy(update={"model": known.model})
    both = _designed(every, own, peers, asked)
    if isinstance(both, Refusal):
        return both
    before = (both.rows[COHORT] != "").to_numpy()
    found = following_by(both, _parts(both, before, list(here)), before)
    told = (found.rows["part"] != OWN).to_numpy()
    few = too_few(found.of(told), task)
    if few is not None:
        return Refusal(few.status, f"of {' and '.join(here)}: {few.reason}", few=True)
    return Learnt(found.of(~told), found.of(told), tuple(here), every, own, asked)


def _rated(table: pd.DataFrame, outcome: Outcome) -> bool:
    return outcome.column in table and bool(rows_about(table, outcome)[outcome.column].notna().any())


def _unlike(
    outcome: Outcome,
    table: pd.DataFrame,
    earlier: Mapping[str, pd.DataFrame],
    here: Mapping[str, pd.DataFrame],
) -> Refusal | None:
    """Why the ratings of the cohorts cannot be set side by side."""
    if not _rated(table, outcome):
        return Refusal("not_run", "the cohort has no such ratings")
    if not here:
        return Refusal(
            "not_run", f"{' and '.join(earlier)}, from which it was to be expected: no such ratings"
        )
    told = {name: _instruments(one, outcome) for name, one in {**here, "this cohort": table}.items()}
    if len(set(told.values())) == 1:
        return None
    which = "; ".join(f"{name}: {', '.join(kinds)}" for name, kinds in told.items())
    return Refusal("not_run", f"rated with different instruments ({which}), whose points are not the same")


def _instruments(table: pd.DataFrame, outcome: Outcome) -> tuple[str, ...]:
    rows = rows_about(table, outcome)
    rows = rows[rows[outcome.column].notna()]
    return tuple(sorted(rows[INSTRUMENT].dropna().unique())) if INSTRUMENT in rows else ()


def _in_one(table: pd.DataFrame, here: Mapping[str, pd.DataFrame], asked: SupervisionTask) -> pd.DataFrame:
    """The rows of earlier cohorts and then of this one; ``cohort`` is blank of these.

    Columns in SDs are in those of the earlier cohorts, gaps are their means, and groupings that this cohort
    does not say are one of each.
    """
    rows = [_named(name, one) for name, one in here.items()]
    unsaid = {name: "" for name in (GROUP_ID, SITE_ID) if name not in table or table[name].isna().all()}
    each = [*rows, table.assign(**{COHORT: "", **unsaid})]
    every = pd.concat([_numbers(one, asked) for one in each], ignore_index=True)
    clients = ((every[COHORT] != "") & ~every.duplicated([COHORT, ENROLMENT_ID])).to_numpy()
    for name, one in dictionary().enrolments.columns.items():
        if one.standardised and name in every and scaled(name) in every:
            every[scaled(name)] = standardise(every[name], clients)
    return filled(asked, every, every[clients])


def _numbers(table: pd.DataFrame, asked: SupervisionTask) -> pd.DataFrame:
    """Yes and no of the predictors as 1 and 0, as a cohort that lacks them has neither."""
    names = {column for one in asked.predictors.values() for column in one.columns() if column in table}
    return table.assign(
        **{name: as_number(table[name]) for name in sorted(names) if is_bool_dtype(table[name])}
    )


def _named(cohort: str, table: pd.DataFrame) -> pd.DataFrame:
    """A cohort with ids of it alone."""
    ids = {
        name: (f"{cohort} " + table[name].astype("str")).where(table[name].notna())
        for name in IDS
        if name in table
    }
    return table.assign(**{COHORT: cohort, **ids})


def _designed(every: pd.DataFrame, own: np.ndarray, peers: Peers, asked: SupervisionTask) -> Peers | Refusal:
    """The rows of all cohorts, with the columns and the random effects of the model of the earlier ones."""
    (outcome,) = asked.model.outcomes
    chosen = select_rows(every, asked.model, outcome, asked.predictors)
    design = build_design(every, asked.model, outcome, asked.predictors)
    if not isinstance(chosen, Selected) or not isinstance(design, Design):
        return Refusal("not_run", "the cohort has no such ratings")
    if not own[chosen.places].any():
        return Refusal(
            "not_estimated", "no rating of this cohort has all by which it would be expected", few=True
        )
    return Peers(whose(every, chosen.places, COHORT), design, peers.structure)


def _parts(both: Peers, before: np.ndarray, cohorts: list[str]) -> np.ndarray:
    """Practitioners of earlier cohorts in ten parts, or their cohorts where these are enough."""
    if len(cohorts) >= ENOUGH:
        part = both.rows[COHORT].map({name: place for place, name in enumerate(cohorts)})
        return part.fillna(OWN).to_numpy(dtype=int)
    rows = both.rows[before].reset_index(drop=True)
    found = np.full(len(both.rows), OWN)
    found[before] = parts_of(Peers(rows, both.design, both.structure), rows, PARTS)
    return found
