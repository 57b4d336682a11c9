"""The likelihood of ordered levels, by the log-odds of being at a level or above."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from alliance_modes.models.engine.likelihoods import RowParts


class CumulativeLikelihood:
    """Of ordered levels, with P(level k or above) = expit(eta - c_k).

    Parameters
    ----------
    codes : array of int
        The level of each row, 0 the lowest; every level below ``levels`` is there.
    levels : int
        Number of levels, 2 or more.
    reference : int
        The level (1 or more) whose threshold c is 0: eta is the log-odds of being there or above.
    nominal : array, optional
        Columns (rows x any) whose coefficient may differ from threshold to threshold, that of the reference
        being among eta's.

    Notes
    -----
    Further parameters: the logs of the distances between thresholds that follow one another, so that none
    passes another; then, by threshold but the reference, the coefficients of ``nominal``. With
    a = eta - c_k and b = eta - c_k+1 the log-likelihood of level k is
    log F(a) + log(1 - F(b)) + log(1 - exp(b - a)), F the logistic function: its derivatives in eta do not
    hold the last part, and it is concave in eta.

    References
    ----------
    McCullagh (1980) Regression models for ordinal data, JRSS B 42, 109-142.
    """

    def __init__(
        self, codes: np.ndarray, levels: int, reference: int, nominal: np.ndarray | None = None
    ) -> None:
        self._codes, self._levels, self._reference = codes, levels, reference
        self._nominal = np.zeros((len(codes), 0)) if nominal is None else nominal
        self._free = [cut for cut in range(levels - 1) if cut != reference - 1]
        self.size = (levels - 2) * (1 + self._nominal.shape[1])

    def cuts(self, further: np.ndarray) -> np.ndarray:
        """The thresholds (levels - 1), that of the reference 0."""
        at = np.concatenate([[0.0], np.cumsum(np.exp(further[: self._levels - 2]))])
        return np.asarray(at - at[self._reference - 1])

    def of_cuts(self, further: np.ndarray) -> np.ndarray:
        """Derivatives of the thresholds in the logs of their distances (thresholds x distances)."""
        gaps = np.exp(further[: self._levels - 2])
        steps = np.tril(np.ones((self._levels - 1, self._levels - 2)), -1) * gaps
        return np.asarray(steps - steps[self._reference - 1])

    def parts(self, predictor: np.ndarray, further: np.ndarray) -> RowParts:
        """See ``RowLikelihood``."""
        a, b = self._from_thresholds(predictor, further)
        with np.errstate(divide="ignore"):  # thresholds that meet: as unlikely as can be
            loglik = np.log(-np.expm1(b - a)) - np.logaddexp(0.0, -a) - np.logaddexp(0.0, b)
        lower, upper = expit(a), expit(b)
        first, second = lower * (1.0 - lower), upper * (1.0 - upper)
        slope = first * (1.0 - 2.0 * lower) + second * (1.0 - 2.0 * upper)
        return RowParts(float(loglik.sum()), 1.0 - lower - upper, first + second, slope)

    def of_further(
        self, predictor: np.ndarray, further: np.ndarray, spread: np.ndarray, moved: np.ndarray
    ) -> np.ndarray:
        """See ``RowLikelihood``; by the threshold below a row's level and the one above it."""
        a, b = self._from_thresholds(predictor, further)
        lower, upper = expit(a), expit(b)
        first, second = lower * (1.0 - lower), upper * (1.0 - upper)
        with np.errstate(over="ignore", divide="ignore"):
            beside = 1.0 / np.expm1(a - b)
        by_lower = 2.0 * (1.0 - lower + beside) + first * (moved - (1.0 - 2.0 * lower) * spread)
        by_upper = -2.0 * (upper + beside) + second * (moved - (1.0 - 2.0 * upper) * spread)
        of_distances = self.of_cuts(further).T @ self._by_cut(by_lower, by_upper)
        return np.concatenate([of_distances, self._of_nominal(by_lower, by_upper)])

    def _of_nominal(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Sums as of ``_by_cut``, of the nominal columns, by threshold but the reference."""
        found = []
        for cut in self._free:
            by_row = np.where(self._codes == cut + 1, lower, 0.0) + np.where(self._codes == cut, upper, 0.0)
            found.append(self._nominal.T @ by_row)
        return np.concatenate(found) if found else np.zeros(0)

    def _by_cut(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Sums over the rows whose level a threshold bounds from below, and from above."""
        least, most = self._codes > 0, self._codes < self._levels - 1
        size = self._levels - 1
        from_below = np.bincount(self._codes[least] - 1, lower[least], minlength=size)
        return np.asarray(from_below + np.bincount(self._codes[most], upper[most], minlength=size))

    def _from_thresholds(self, predictor: np.ndarray, further: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """eta less the threshold below the level of each row, and less the one above it."""
        cuts = np.concatenate([[-np.inf], self.cuts(further), [np.inf]])
        below, above = cuts[self._codes], cuts[self._codes + 1]
        if self._nominal.shape[1]:
            moved = np.zeros((self._levels + 1, self._nominal.shape[1]))
            moved[[cut + 1 for cut in self._free]] = further[self._levels - 2 :].reshape(len(self._free), -1)
            below = below + np.einsum("ij,ij->i", self._nominal, moved[self._codes])
            above = above + np.einsum("ij,ij->i", self._nominal, moved[self._codes + 1])
        return predictor - below, predictor - above
