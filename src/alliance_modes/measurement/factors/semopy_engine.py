"""The one adapter to semopy: a factor structure in, its estimates in the project's terms out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel
from alliance_modes.measurement.factors.structures import FactorStructure


@dataclass(frozen=True)
class SemopyFit:
    """What semopy found. ``start`` are its estimates as parameters of the project's model.

    ``chi2`` is n times its discrepancy (covariances of divisor n, as lavaan counts); NaN and None
    where it did not converge, and ``problem`` says how.
    """

    chi2: float
    start: np.ndarray | None
    problem: str = ""


def description(structure: FactorStructure) -> str:
    """The structure in semopy's (lavaan's) syntax; item 4 is ``i4``."""
    lines = [
        f"{name} =~ {' + '.join(f'i{item}' for item in items)}" for name, items in structure.factors.items()
    ]
    names, related = list(structure.factors), structure.related()
    lines += [
        f"{names[one]} ~~ 0*{names[other]}"
        for one in range(len(names))
        for other in range(one)
        if not related[one, other]
    ]
    return "\n".join(lines)


def fit_with_semopy(values: np.ndarray, structure: FactorStructure, model: MeanCovarianceModel) -> SemopyFit:
    """Fit a structure with semopy by maximum likelihood (Wishart).

    Parameters
    ----------
    values : array, respondents x items
        Complete answers, in the order of ``structure.items``.
    structure : FactorStructure
    model : MeanCovarianceModel
        ``factor_model(structure)``: semopy's estimates are turned into its parameters (factors of
        variance 1 in place of a first loading of 1).

    Notes
    -----
    semopy 2.3.11 keeps variances at or above zero. It has no means here; those of the model are
    the observed ones.
    """
    import semopy

    columns = [f"i{item}" for item in structure.items]
    engine = semopy.Model(description(structure))
    try:
        result = engine.fit(pd.DataFrame(values, columns=columns))
    except (np.linalg.LinAlgError, ValueError) as error:
        return SemopyFit(np.nan, None, f"semopy stopped: {error}")
    if not (result.success and np.isfinite(result.fun)):
        return SemopyFit(np.nan, None, "semopy did not converge")
    factors = list(structure.factors)
    loadings = _matrix(engine.mx_lambda, engine.names_lambda, columns, factors)
    cov = _matrix(engine.mx_psi, engine.names_psi, factors, factors)
    residual = _matrix(engine.mx_theta, engine.names_theta, columns, columns)
    sd = np.sqrt(np.diag(cov))
    if not (sd > 0).all():
        return SemopyFit(np.nan, None, "semopy put a factor's variance at zero")
    parts = {
        "loadings": loadings * sd,
        "factor_cov": cov / np.outer(sd, sd),
        "residual_cov": residual,
        "intercepts": values.mean(axis=0),
    }
    start = np.zeros(len(model.names))
    for name, found in parts.items():
        place = model.groups[0][name].place
        start[place[place >= 0]] = found[place >= 0]
    return SemopyFit(len(values) * float(result.fun), start)


def _matrix(
    values: np.ndarray, names: tuple[list[str], list[str]], rows: list[str], columns: list[str]
) -> np.ndarray:
    """A matrix of semopy's with its rows and columns put in the given order."""
    return pd.DataFrame(values, index=names[0], columns=names[1]).loc[rows, columns].to_numpy()
