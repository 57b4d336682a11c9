"""The six indices of careless responding, each for many records at once.

Four take ``answers``: records x items in the order presented, missing = NaN. A missing answer is
not an answer: it neither continues nor breaks a run, and enters no mean. The other two take what was
recorded beside the items; where it was not recorded, nothing is said of the record.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

FEWEST_ITEMS = 6
"""Inventories, and answers of one record, below which no index is computed."""

RECORDS_PER_ITEM = 5
"""A covariance matrix is estimated from more complete records than this times the items."""


def longstring(answers: np.ndarray) -> np.ndarray:
    """Longest run of identical consecutive answers.

    Parameters
    ----------
    answers : array, records x items
        Raw answers, reverse-keyed items as given: agreeing with a statement and with its opposite
        is what the index is meant to show.

    Returns
    -------
    array of int
        0 where nothing was answered.

    Notes
    -----
    max over i, j of (j - i + 1) with x_i = x_(i+1) = ... = x_j, over the items answered: items left
    out are skipped, and 4, missing, 4 is a run of two. Equals the longest run of R's ``rle``.

    References
    ----------
    Johnson, J. A. (2005). Ascertaining the validity of individual protocols from Web-based
    personality inventories. Journal of Research in Personality, 39(1), 103-129.
    Meade, A. W., & Craig, S. B. (2012). Identifying careless responses in survey data.
    Psychological Methods, 17(3), 437-455.
    """
    run = np.zeros(len(answers), dtype="int64")
    longest = run.copy()
    last = np.full(len(answers), np.nan)
    for item in np.asarray(answers, dtype="float64").T:
        given = ~np.isnan(item)
        run = np.where(given, np.where(item == last, run + 1, 1), run)
        last = np.where(given, item, last)
        longest = np.maximum(longest, run)
    return longest


def response_variability(answers: np.ndarray) -> np.ndarray:
    """Intra-individual response variability: the SD of one record's raw answers.

    Returns
    -------
    array of float
        Units of the response scale; NaN with fewer than two answers.

    Notes
    -----
    sqrt(sum((x_i - mean)^2) / (k - 1)) over the k items answered. Low values mean that the same
    answer was given over and over with few exceptions. Checked against R's ``sd(na.rm = TRUE)``, which
    is what ``irv`` of the R package careless computes.

    References
    ----------
    Dunn, A. M., Heggestad, E. D., Shanock, L. R., & Theilgard, N. (2018). Intra-individual
    response variability as an indicator of insufficient effort responding. Journal of Business
    and Psychology, 33(1), 105-121.
    """
    answers = np.asarray(answers, dtype="float64")
    given = ~np.isnan(answers)
    count = given.sum(axis=1)
    mean = _divide(np.where(given, answers, 0).sum(axis=1), count)
    squares = (np.where(given, answers - mean[:, None], 0) ** 2).sum(axis=1)
    return np.sqrt(_divide(squares, count - 1))


def even_odd_consistency(answers: np.ndarray, subscales: Iterable[tuple[int, ...]]) -> np.ndarray:
    """Correlation, within one record, of the even and odd halves of its subscales.

    Parameters
    ----------
    answers : array, records x items
        Keyed answers: reversed items turned round, or the halves would disagree in careful
        records too.
    subscales : iterable of tuple of int
        Item numbers (from 1) of each subscale.

    Returns
    -------
    array of float
        -1 to 1, Spearman-Brown corrected; NaN with fewer than three subscales of which both
        halves were answered (two points always lie on a line), or with halves that do not vary.

    Notes
    -----
    Per subscale, the mean of its 1st, 3rd, 5th ... item and of its 2nd, 4th ...; r over the
    subscales; then 2r / (1 + r), not below -1. With three or four subscales, r is mostly noise.
    Missing items enter neither mean, and a subscale with an empty half is left out. Checked against
    R's ``cor``. ``evenodd`` of the R package careless takes the same steps and turns the sign round (from
    its version 1.2.0 on, high means careless); it also gives a value, 1 or -1, from two subscales.

    References
    ----------
    Johnson (2005), after Jackson (1976), whose cut-off is .30; Meade & Craig (2012); Curran, P. G.
    (2016). Methods for the detection of carelessly invalid responses in survey data. Journal of
    Experimental Social Psychology, 66, 4-19.
    """
    answers = np.asarray(answers, dtype="float64")
    halves = [([item - 1 for item in items[0::2]], [item - 1 for item in items[1::2]]) for items in subscales]
    halves = [(odd, even) for odd, even in halves if even]
    if not halves:
        return np.full(len(answers), np.nan)
    odd = np.column_stack([_row_mean(answers[:, columns]) for columns, _ in halves])
    even = np.column_stack([_row_mean(answers[:, columns]) for _, columns in halves])
    r = _row_correlation(odd, even)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = 2 * r / (1 + r)
    return np.where(np.isnan(r), np.nan, np.clip(np.where(np.isnan(corrected), -1, corrected), -1, 1))


def mahalanobis_p(answers: np.ndarray) -> np.ndarray | None:
    """How likely a record at least as far from the centre of all records is.

    Returns
    -------
    array of float, or None
        p of the squared distance on chi-square with as many degrees of freedom as items; NaN for
        records with a missing answer. None, *not checked*, without more complete records than
        five times the items, or where an item is constant or a sum of others.

    Notes
    -----
    D^2 = (x - m)' S^-1 (x - m), m and S the means and covariances (divisor n - 1) of the complete
    records. Checked against ``outlier`` of the R package psych on complete records; with missing
    answers that function works from pairwise covariances, which need not be those of any data.

    References
    ----------
    Mahalanobis (1936); Meade & Craig (2012); Curran (2016).
    """
    from scipy.special import chdtrc

    answers = np.asarray(answers, dtype="float64")
    complete = ~np.isnan(answers).any(axis=1)
    items = answers.shape[1]
    if complete.sum() <= RECORDS_PER_ITEM * items:
        return None
    centred = answers[complete]
    centred -= centred.mean(axis=0)
    covariance = centred.T @ centred / (len(centred) - 1)
    if np.linalg.matrix_rank(covariance, hermitian=True) < items:
        return None
    distance = np.einsum("ij,ij->i", centred, np.linalg.solve(covariance, centred.T).T)
    p = np.full(len(answers), np.nan)
    p[complete] = chdtrc(items, distance)
    return p


def completion_too_fast(seconds: np.ndarray, items: int, seconds_per_item: float) -> np.ndarray:
    """Whether a record was filled in faster than its items can be read.

    Parameters
    ----------
    seconds : array of float
        Time taken for the whole form, in seconds; NaN where not recorded.
    items : int
        Items of the form, answered or not: those left out were read as well.
    seconds_per_item : float
        The plan's limit.

    Returns
    -------
    array of bool
        False where the time is not recorded.

    Notes
    -----
    seconds / items < seconds_per_item. Huang et al. took 2 s per item as the least that reading
    and answering need, Wood et al. found that data quality falls below 1 s per item.

    References
    ----------
    Huang, J. L., Curran, P. G., Keeney, J., Poposki, E. M., & DeShon, R. P. (2012). Detecting and
    deterring insufficient effort responding to surveys. Journal of Business and Psychology, 27(1), 99-114.
    Wood, D., Harms, P. D., Lowman, G. H., & DeSimone, J. A. (2017). Response speed and response
    consistency as mutually validating indicators of data quality in online samples. Social
    Psychological and Personality Science, 8(4), 454-464.
    """
    return np.asarray(seconds, dtype="float64") < seconds_per_item * items


def attention_failed(passed: np.ndarray) -> np.ndarray:
    """Whether the instructed-response item ("please choose 2 here") was answered otherwise.

    Parameters
    ----------
    passed : array of float
        1 answered as asked, 0 not, NaN not answered or not recorded.

    Returns
    -------
    array of bool
        False where it was not answered: leaving an item out is missing data, not a wrong answer.
        A study that counts it as failed declares the empty answer a label (``labels: {"": false}``).

    Notes
    -----
    failed = (answer given) and (answer != answer asked for). One item, so chance alone passes
    1 in k careless records on k response options.

    References
    ----------
    Meade & Craig (2012); DeSimone, J. A., Harms, P. D., & DeSimone, A. J. (2015). Best practice
    recommendations for data screening. Journal of Organizational Behavior, 36(2), 171-181.
    """
    return np.asarray(passed, dtype="float64") == 0


def _row_mean(values: np.ndarray) -> np.ndarray:
    given = ~np.isnan(values)
    return _divide(np.where(given, values, 0).sum(axis=1), given.sum(axis=1))


def _row_correlation(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    both = ~np.isnan(x) & ~np.isnan(y)
    count = both.sum(axis=1)
    dx = np.where(both, x - _divide(np.where(both, x, 0).sum(axis=1), count)[:, None], 0)
    dy = np.where(both, y - _divide(np.where(both, y, 0).sum(axis=1), count)[:, None], 0)
    spread = np.sqrt((dx**2).sum(axis=1) * (dy**2).sum(axis=1))
    r = _divide((dx * dy).sum(axis=1), np.where(spread > 1e-12, spread, 0))
    return np.where(count >= 3, np.clip(r, -1, 1), np.nan)


def _divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    result = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result
