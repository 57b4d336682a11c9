"""How a client's ratings would be expected to go with another practitioner, and how far they vary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.inference.random_effects import fixed_matrix, term_values
from alliance_modes.models.peers.peers import Peers

PARTS = 20
"""Into how many parts practitioners are dealt; what is expected in one is from the others."""

COVERED = 0.9
"""Share of single ratings of such clients that the band is made for."""


def expected_courses(peers: Peers) -> pd.DataFrame:
    """What other practitioners' clients like this one would be expected to rate, session by session.

    Parameters
    ----------
    peers : Peers
        The model of all ratings.

    Returns
    -------
    DataFrame
        One row per enrolment and session at which the cohort was rated: ``expected``, and ``low`` and
        ``high`` of the band for nine of ten single ratings. No rows for practitioners whose
        others could not be fitted.

    Notes
    -----
    Practitioners are dealt into 20 parts in the order of their ids (each alone where they are fewer), and the
    model is fitted without the part whose clients it is for. The band has what clients, groups, sites and
    practitioners differ by, what one client's ratings differ by, and how uncertain the coefficients are; it
    is of normal distributions and can pass the ends of the scale. What changes from session to session
    besides the course has its mean at each.
    """
    asked = _asked(peers)
    of_asked = parts_of(peers, asked)
    found = [
        _banded(fit, asked[of_asked == number])
        for number, fit in without_each(peers, parts_of(peers, peers.rows))
        if fit.converged
    ]
    columns = [ENROLMENT_ID, SESSION_NO, "expected", "low", "high"]
    return pd.concat(found).sort_values(columns[:2], kind="stable", ignore_index=True)[columns]


def parts_of(peers: Peers, rows: pd.DataFrame, parts: int = PARTS) -> np.ndarray:
    """The part of each row: practitioners in the order of their ids are dealt into ``parts``."""
    ids = np.sort(peers.rows[PRACTITIONER_ID].astype("str").unique())
    part = pd.Series(np.arange(len(ids)) % min(parts, len(ids)), index=ids)
    return part.loc[rows[PRACTITIONER_ID].astype("str")].to_numpy()


def without_each(
    peers: Peers, part: np.ndarray, learnt: np.ndarray | None = None
) -> Iterator[tuple[int, EngineFit]]:
    """Each part of the rows of the model with the fit to all others, or to those of them that are ``learnt``.

    Both have one value per row: ``part`` a number, ``learnt`` whether anything is learnt from it at all.
    """
    among = np.ones(len(part), dtype=bool) if learnt is None else learnt
    for number in np.unique(part):
        yield int(number), _fitted(peers, among & (part != number))


def _fitted(peers: Peers, rows: np.ndarray) -> EngineFit:
    """The fit to some rows of the model, of which no copy outlives it."""
    design, structure = peers.design, peers.structure
    frame = design.frame[rows].reset_index(drop=True)
    return fit_mixed(frame, OUTCOME, design.fixed, structure.groupings, start=structure.fit, quick=True)


def _asked(peers: Peers) -> pd.DataFrame:
    """A row per enrolment and session at which anybody was rated, with the columns of the model."""
    frame = peers.design.frame[list(peers.design.fixed)].assign(
        **{name: peers.rows[name].to_numpy() for name in (ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO)}
    )
    frame = frame.dropna(subset=[SESSION_NO])
    changing = _changing(peers.design, frame)
    clients = frame.drop_duplicates(ENROLMENT_ID).drop(columns=[SESSION_NO, *changing])
    sessions = frame.groupby(SESSION_NO, as_index=False)[changing].mean()
    return clients.merge(sessions, how="cross")


def _changing(design: Design, frame: pd.DataFrame) -> list[str]:
    values = frame.groupby(ENROLMENT_ID)[list(design.fixed)].nunique()
    return [name for name in design.fixed if (values[name] > 1).any()]


def _banded(fit: EngineFit, rows: pd.DataFrame) -> pd.DataFrame:
    fixed = fixed_matrix(fit, rows)
    variance = fit.dispersion + np.einsum("ij,jk,ik->i", fixed, fit.known_vcov, fixed)
    for group in fit.covariances:
        values = term_values(group.terms, rows)
        variance = variance + np.einsum("ij,jk,ik->i", values, group.covariance, values)
    expected = fixed @ fit.known_beta
    reach = float(stats.norm.ppf((1.0 + COVERED) / 2.0)) * np.sqrt(variance)
    return rows[[ENROLMENT_ID, SESSION_NO]].assign(
        expected=expected, low=expected - reach, high=expected + reach
    )
