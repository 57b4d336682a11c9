"""Effects of practitioner-level scores put right for their measurement error, jointly for all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.models.design.design import GROUPING_COLUMNS, PRACTITIONER, Design, DesignColumn
from alliance_modes.models.inference.estimate_rows import Scale, ratio_row
from alliance_modes.models.inference.inference import CONFIDENCE, Inference
from alliance_modes.models.result import Diagnostic, Estimate, Status

LARGEST_SHARE_REFUSED = 0.10
"""Share of draws without a positive definite true covariance above which nothing is estimated."""

CHECK = "correction for measurement error"
CORRECTED: Literal["coefficient_corrected"] = "coefficient_corrected"


@dataclass(frozen=True)
class Reliability:
    """Reliability of one score over practitioners (0-1), and the SE of log(1 - reliability).

    ``value`` and ``se_log`` are None where it is not known; ``source`` says what it is (McDonald's
    omega, say), ``reason`` why it is not known.
    """

    value: float | None
    se_log: float | None
    source: str = "omega"
    reason: str = ""


@dataclass(frozen=True)
class Corrected:
    """The slope of one practitioner-level column on its true score, others' true scores held.

    In the unit of the observed slope, whose column has the reliability ``reliability`` (1 where it
    is taken as free of error). ``true_sd`` is the SD over practitioners of the true score in the same
    unit: ``estimate * true_sd`` is the effect per SD of the true score. ``refused`` is the share of
    draws without a positive definite true covariance. Numbers are None where ``reason`` says why.
    """

    column: DesignColumn
    reliability: float | None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    true_sd: float | None = None
    refused: float = 0.0
    reason: str = ""


def reliabilities_of(table: pd.DataFrame) -> dict[str, Reliability]:
    """What ``exposure_reliability.csv`` says, by column of the analysis tables.

    A score stands there under its own name and, standardised, as ``<score>_z``: both have the
    same reliability.
    """
    found: dict[str, Reliability] = {}
    for row in table.itertuples(index=False):
        known = row.status == "ok"
        one = Reliability(
            float(row.reliability) if known else None,
            float(row.se_log) if known else None,
            row.source if known else "",
            "" if known else str(row.reason),
        )
        found |= {str(row.score): one, f"{row.score}_z": one}
    return found


def correct_for_measurement_error(
    inference: Inference,
    design: Design,
    reliabilities: Mapping[str, Reliability],
    draws: int,
    seed: int | Sequence[int],
) -> tuple[Corrected, ...]:
    """Put the slopes of all practitioner-level columns right for the measurement error in some.

    Parameters
    ----------
    inference : Inference
        Observed slopes with the covariance and df that tests use.
    design : Design
        The rows that were fitted; practitioners are those of its frame.
    reliabilities : mapping of str to Reliability
        By column. Columns that are not named are taken as free of error.
    draws : int
        Draws behind the intervals.
    seed : int or sequence of int

    Returns
    -------
    tuple of Corrected
        One per practitioner-level column, in the design's order; none where no column has a
        reliability. Without numbers, and with a reason, where a reliability is not known, or where
        the covariance of the true scores is not positive definite: in the estimates, or in more than 10 %
        of the draws; and where a product of scores is among the columns.

    Notes
    -----
    beta = (I - S^-1 T)^-1 gamma, with gamma the observed slopes, S the covariance of the columns over
    practitioners (each once) and T = diag(s_k^2 (1 - reliability_k)), zero for error-free columns.
    Exact for large samples where errors are independent of the true scores, of one another and of
    the outcome, and the model is linear; for log-odds it is regression calibration, close where the
    error explains little of the outcome. Dividing each slope by its reliability is not this: with
    correlated scores it makes the bias of a score without effect larger.

    Intervals are percentiles over draws of gamma (multivariate t with the rule's covariance; each
    coefficient's own df), S (inverse Wishart, J - 1 df) and log(1 - reliability) (normal), with T
    from the drawn S. Draws without a positive definite S - T are left out and their share is given.

    Checked by simulation: benchmarks/measurement_error.csv.

    References
    ----------
    Carroll, R. J., Ruppert, D., Stefanski, L. A., & Crainiceanu, C. M. (2006). Measurement error in
    nonlinear models (2nd ed., ch. 3-4). Chapman & Hall.
    """
    columns = tuple(column for column in design.columns if column.practitioner_level)
    known = [reliabilities.get(column.name) for column in columns]
    if all(one is None for one in known):
        return ()
    why = _reason_not_to(columns, known, reliabilities)
    if why:
        return _refused(columns, known, why)
    shares, spread = _error_shares(known)
    places = [inference.place(column.name) for column in columns]
    observed = practitioner_covariance(design, columns)
    error = np.diag(observed) * shares
    if not _positive_definite(observed - np.diag(error)):
        return _refused(columns, known, "the covariance left for the true scores is not positive definite")
    beta = np.linalg.solve(observed - np.diag(error), observed @ inference.beta[places])
    practitioners = design.clusters[PRACTITIONER]
    slopes, kept = _draws(inference, places, observed, shares, spread, practitioners, draws, seed)
    refused = 1.0 - float(kept.mean())
    if refused > LARGEST_SHARE_REFUSED:
        return _refused(columns, known, _too_many_refused(refused), refused)
    tail = 0.5 - CONFIDENCE / 2.0
    low, high = np.quantile(slopes, (tail, 1.0 - tail), axis=0)
    return tuple(
        Corrected(
            column,
            1.0 - float(shares[k]),
            float(beta[k]),
            float(low[k]),
            float(high[k]),
            math.sqrt(float(observed[k, k] - error[k])),
            refused,
        )
        for k, column in enumerate(columns)
    )


def practitioner_covariance(design: Design, columns: Sequence[DesignColumn]) -> np.ndarray:
    """Covariance of practitioner-level columns over the practitioners of a fit, each counted once."""
    names = [column.name for column in columns]
    once = design.frame.groupby(GROUPING_COLUMNS[PRACTITIONER], sort=True)[names].first()
    return np.atleast_2d(np.cov(once.to_numpy(dtype=float), rowvar=False))


def correction_of(
    inference: Inference,
    design: Design,
    scale: Scale,
    status: Status,
    reliabilities: Mapping[str, Reliability],
    draws: int,
    seed: int | Sequence[int],
) -> tuple[tuple[Estimate, ...], tuple[Diagnostic, ...]]:
    """The correction as rows of estimates, and as a check that says what it rests on or why there is none.

    The rows have no p: the test is that of the observed score. Nothing where no column has a
    reliability.
    """
    corrected = correct_for_measurement_error(inference, design, reliabilities, draws, seed)
    if not corrected:
        return (), ()
    rows = [_row(one, scale.unit, status) for one in corrected]
    if scale.corrected is not None:
        rows += [ratio_row(row, scale.corrected, scale.unit, scale.ratio) for row in rows]
    return tuple(rows), (_check(corrected, reliabilities),)


def _row(one: Corrected, unit: str, status: Status) -> Estimate:
    return Estimate(
        term=one.column.term,
        level=one.column.level,
        estimand=CORRECTED,
        unit=f"{unit} per {one.column.unit}, true score",
        estimate=one.estimate,
        ci_low=one.ci_low,
        ci_high=one.ci_high,
        status="not_estimated" if one.reason else status,
    )


def _check(corrected: Sequence[Corrected], reliabilities: Mapping[str, Reliability]) -> Diagnostic:
    reason = next((one.reason for one in corrected if one.reason), "")
    if reason:
        return Diagnostic(check=CHECK, result="not_checked", detail=f"not estimated: {reason}")
    said = [
        f"{one.column.term} {one.reliability:.2f} ({reliabilities[one.column.name].source})"
        for one in corrected
        if one.column.name in reliabilities
    ]
    share = f"; {corrected[0].refused:.1%} of draws left out" if corrected[0].refused else ""
    return Diagnostic(check=CHECK, result="pass", detail=f"reliability: {', '.join(said)}{share}")


def _reason_not_to(
    columns: Sequence[DesignColumn],
    known: Sequence[Reliability | None],
    reliabilities: Mapping[str, Reliability],
) -> str:
    products = [column.term for column in columns if set(column.parts) & set(reliabilities)]
    if products:
        return f"the error of a product of scores is not known: {', '.join(products)}"
    unknown = [
        f"{column.term} ({one.reason or 'no reason given'})"
        for column, one in zip(columns, known, strict=True)
        if one is not None and (one.value is None or one.se_log is None)
    ]
    if unknown:
        return f"no reliability of {', '.join(unknown)}"
    impossible = [
        column.term
        for column, one in zip(columns, known, strict=True)
        if one is not None and one.value is not None and not 0.0 < one.value <= 1.0
    ]
    return f"a reliability outside 0 to 1 of {', '.join(impossible)}" if impossible else ""


def _error_shares(known: Sequence[Reliability | None]) -> tuple[np.ndarray, np.ndarray]:
    """1 - reliability of each column, and the SE of its logarithm; both 0 where it is free of error."""
    shares = [0.0 if one is None or one.value is None else 1.0 - one.value for one in known]
    spread = [0.0 if one is None or one.se_log is None else one.se_log for one in known]
    return np.array(shares), np.array(spread)


def _too_many_refused(share: float) -> str:
    return (
        f"in {share:.0%} of the draws the covariance left for the true scores is not positive definite "
        f"(at most {LARGEST_SHARE_REFUSED:.0%} may be): too few practitioners, or too much error"
    )


def _refused(
    columns: Sequence[DesignColumn], known: Sequence[Reliability | None], why: str, share: float = 0.0
) -> tuple[Corrected, ...]:
    return tuple(
        Corrected(column, 1.0 if one is None else one.value, refused=share, reason=why)
        for column, one in zip(columns, known, strict=True)
    )


def _draws(
    inference: Inference,
    places: Sequence[int],
    observed: np.ndarray,
    shares: np.ndarray,
    spread: np.ndarray,
    practitioners: int,
    draws: int,
    seed: int | Sequence[int],
) -> tuple[np.ndarray, np.ndarray]:
    """Drawn true slopes (draws kept x columns), and which of all draws were kept."""
    generator = np.random.default_rng(seed)
    size = len(places)
    covariance = _inverse_wishart(generator, observed, practitioners - 1, draws)
    share = np.minimum(shares * np.exp(spread * generator.standard_normal((draws, size))), 1.0)
    true = covariance.copy()
    true[:, range(size), range(size)] *= 1.0 - share
    kept = np.linalg.eigvalsh(true)[:, 0] > 0.0
    values, vectors = np.linalg.eigh(inference.vcov[np.ix_(places, places)])
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    normal = generator.standard_normal((draws, size)) @ root.T
    uniform = generator.uniform(size=draws)
    inverse = np.linalg.solve(true[kept], covariance[kept])
    slopes = np.empty((int(kept.sum()), size))
    for k, place in enumerate(places):
        df = float(inference.df[place])
        scale = 1.0 / np.sqrt(stats.chi2.ppf(uniform[kept], df) / df) if math.isfinite(df) else 1.0
        gamma = inference.beta[places] + normal[kept] * np.reshape(scale, (-1, 1))
        slopes[:, k] = np.einsum("dj,dj->d", inverse[:, k, :], gamma)
    return slopes, kept


def _inverse_wishart(generator: np.random.Generator, observed: np.ndarray, df: int, draws: int) -> np.ndarray:
    """Covariances drawn from the inverse Wishart with ``df`` and scale df x ``observed`` (Bartlett)."""
    size = len(observed)
    root = np.linalg.cholesky(np.linalg.inv(df * observed))
    triangle = np.tril(generator.standard_normal((draws, size, size)), -1)
    triangle[:, range(size), range(size)] = np.sqrt(
        generator.chisquare(df - np.arange(size), size=(draws, size))
    )
    factor = np.linalg.inv(root @ triangle)
    return factor.transpose(0, 2, 1) @ factor


def _positive_definite(matrix: np.ndarray) -> bool:
    return bool(np.linalg.eigvalsh(matrix)[0] > 0.0)
