"""Which direction of each item the answers themselves fit: the sign of an item among the others."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alliance_modes.measurement.reliability.alpha import NO_VARIANCE

FEWEST_RESPONDENTS = 30
"""Below this many complete respondents the signs are not judged."""

FEWEST_ITEMS = 3
"""Of two items that run against each other, nothing says which is keyed the wrong way round."""

EDGE_95 = 0.9793
"""95th percentile of the Tracy-Widom law of the largest eigenvalue of real white noise."""


@dataclass(frozen=True)
class KeyFit:
    """How the items of one reference (a subscale, or all items) fit their key; one entry per item.

    Everything stands in the direction of the declared key: a negative value says that the item runs
    against its declared direction. ``loading`` is the correlation with the first principal
    component; ``item_rest`` the correlation with the sum of the others under the declared key;
    ``fitted`` the same with the others turned as the data fit; ``low`` and ``high`` its interval.
    ``tied`` says that one half of the items runs against the other half. Values are NaN where
    ``reason`` is not empty.
    """

    n: int
    loading: np.ndarray
    item_rest: np.ndarray
    fitted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    tied: bool = False
    reason: str = ""

    @property
    def contrary(self) -> np.ndarray:
        """Items whose interval lies wholly below zero."""
        return self.high < 0

    @property
    def agreeing(self) -> np.ndarray:
        """Items whose interval lies wholly above zero."""
        return self.low > 0

    def turned(self) -> KeyFit:
        """The same fit with the reference pointing the other way."""
        return replace(
            self, loading=-self.loading, fitted=-self.fitted, low=-self.high, high=-self.low, tied=False
        )


def fit_key(keyed: np.ndarray, z: float) -> KeyFit:
    """Judge the direction of each item against the common factor of all of them.

    Parameters
    ----------
    keyed : array, respondents x items
        Independent respondents; reversed items already turned round by the declared key; missing
        = NaN (respondents with a missing answer are left out).
    z : float
        Normal quantile of the intervals, e.g. 1.96, or more where many items are judged at once.

    Returns
    -------
    KeyFit
        With a ``reason`` and no values below 30 complete respondents or below 3 items that vary,
        or where the items share no more than noise does.

    Notes
    -----
    One wrong item lowers the item-rest correlation of all others, and several can turn it round. So
    the others are turned first as the data fit: signs start from the first principal component of
    the correlation matrix, then the item that runs most against the sum of the others is turned
    until none does. Each turn raises the variance of the sum, so this ends. The direction of the
    whole is the one in which more items keep their declared sign (``tied`` where neither has more).
    The correlation of an item with the sum of the others, turned so, has Fisher's interval
    tanh(atanh(r) +- z / sqrt(n - 3)).

    Turning finds some agreement even in noise. Nothing is judged unless the largest eigenvalue
    exceeds the 95th percentile for uncorrelated items (Johnstone's limit).

    Checked on cohorts with planted keying errors, and on clean ones: ``benchmarks/keying.csv``.

    References
    ----------
    Johnstone, I. M. (2001). On the distribution of the largest eigenvalue in principal components
    analysis. Annals of Statistics, 29(2), 295-327.
    """
    complete = keyed[~np.isnan(keyed).any(axis=1)]
    n, size = complete.shape
    varies = complete.var(axis=0) > NO_VARIANCE if n else np.zeros(size, dtype=bool)
    reason = _reason_not_to(n, int(varies.sum()))
    if reason:
        return _not_judged(n, size, reason)
    covariance = np.cov(complete[:, varies].T)
    spread = np.sqrt(np.diag(covariance))
    values, vectors = np.linalg.eigh(covariance / np.outer(spread, spread))
    if values[-1] <= noise_edge(n, len(spread)):
        return _not_judged(n, size, "the items share no more than unrelated items do by chance")
    signs = _turned_signs(covariance, np.where(vectors[:, -1] < 0, -1.0, 1.0))
    fitted = _with_rest(covariance, signs)
    lost = z / np.sqrt(n - 3)
    middle = np.arctanh(np.clip(fitted, -1 + 1e-12, 1 - 1e-12))
    fit = KeyFit(
        n,
        _spread(vectors[:, -1] * np.sqrt(values[-1]) * np.sign(signs @ vectors[:, -1]), varies),
        _spread(_with_rest(covariance, np.ones(len(spread))), varies),
        _spread(fitted, varies),
        _spread(np.tanh(middle - lost), varies),
        _spread(np.tanh(middle + lost), varies),
    )
    contrary, agreeing = int(fit.contrary.sum()), int(fit.agreeing.sum())
    if contrary > agreeing:
        fit = fit.turned()
    return replace(fit, tied=contrary == agreeing and contrary > 0)


def noise_edge(n: int, items: int) -> float:
    """95th percentile of the largest eigenvalue of the correlations of unrelated items."""
    rows, columns = np.sqrt(n - 1), np.sqrt(items)
    middle = (rows + columns) ** 2 / n
    width = (rows + columns) / n * (1 / rows + 1 / columns) ** (1 / 3)
    return float(middle + EDGE_95 * width)


def alpha_of(keyed: np.ndarray) -> float:
    """Cronbach's alpha of complete rows (NaN where the sum does not vary), for comparing two keys."""
    covariance = np.atleast_2d(np.cov(keyed.T))
    size, total = len(covariance), covariance.sum()
    return float(size / (size - 1) * (1 - np.trace(covariance) / total)) if total > NO_VARIANCE else np.nan


def _reason_not_to(n: int, varying: int) -> str:
    if n < FEWEST_RESPONDENTS:
        return f"{n} complete respondents; at least {FEWEST_RESPONDENTS} are needed"
    if varying < FEWEST_ITEMS:
        return f"{varying} items that vary; at least {FEWEST_ITEMS} are needed"
    return ""


def _not_judged(n: int, size: int, reason: str) -> KeyFit:
    nothing = np.full(size, np.nan)
    return KeyFit(n, nothing, nothing, nothing, nothing, nothing, reason=reason)


def _turned_signs(covariance: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Turn the item that runs most against the sum of the others, until none does."""
    own = np.diag(covariance)
    for _ in range(len(signs) ** 2):
        with_rest = signs * (covariance @ signs) - own
        worst = int(np.argmin(with_rest))
        if with_rest[worst] >= 0:
            break
        signs[worst] = -signs[worst]
    return signs


def _with_rest(covariance: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Correlation of each item, as it is, with the sum of the others turned by ``signs``."""
    own, with_sum = np.diag(covariance), covariance @ signs
    with_rest = with_sum - signs * own
    of_rest = signs @ with_sum - 2 * signs * with_sum + own
    return with_rest / np.sqrt(own * np.maximum(of_rest, NO_VARIANCE))


def _spread(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    whole = np.full(len(place), np.nan)
    whole[place] = values
    return whole
