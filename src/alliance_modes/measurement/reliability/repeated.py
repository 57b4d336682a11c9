"""Reliability between and within persons, where an inventory was answered several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from alliance_modes.measurement.resampling import cluster_interval

FEWEST_PERSONS = 10
_LITTLE = 1e-12


@dataclass(frozen=True)
class RepeatedReliability:
    """Generalizability of a scale over persons, occasions and items.

    ``persons`` counts those with at least one complete inventory, ``repeated`` those with two or
    more, ``per_person`` the harmonic mean of inventories per person. Variances are of one item's
    answer. The numbers are None where ``status`` is ``not_estimated``; ``reason`` says why, and
    otherwise which variances came out below zero and were taken as zero.
    """

    items: int
    persons: int
    repeated: int
    inventories: int
    occasions: int
    per_person: float | None = None
    var_person: float | None = None
    var_person_item: float | None = None
    var_person_occasion: float | None = None
    var_residual: float | None = None
    r_1f: float | None = None
    r_kf: float | None = None
    r_kf_low: float | None = None
    r_kf_high: float | None = None
    r_kr: float | None = None
    r_kr_low: float | None = None
    r_kr_high: float | None = None
    r_c: float | None = None
    r_c_low: float | None = None
    r_c_high: float | None = None
    sem_within: float | None = None
    status: Literal["ok", "not_estimated"] = "ok"
    reason: str = ""


def repeated_reliability(
    items: pd.DataFrame,
    person: pd.Series,
    occasion: pd.Series,
    clusters: pd.Series | None = None,
) -> RepeatedReliability:
    """Estimate how reliably a scale tells persons apart, and one person's occasions.

    Parameters
    ----------
    items : DataFrame
        One row per administration, one column per item, reversed items already turned round, in
        one unit; missing = NaN. Administrations with an item missing are left out, and of several
        of one person and occasion all but the first.
    person, occasion : Series, same index
        Who was rated, and when (session number, wave); rows without one are left out.
    clusters : Series, optional, same index
        What is drawn again for the intervals (the practitioner, say); persons where missing.

    Returns
    -------
    RepeatedReliability
        ``not_estimated`` below 2 items, below 10 persons with two complete inventories, and where
        nothing varies. Intervals are None below 10 clusters.

    Notes
    -----
    An answer is the mean of its item at its occasion, plus person (P), person x item (PI), person
    x occasion (PO) and a residual (E). The variances are those of the ANOVA with all three
    crossed; persons may have different numbers of occasions. With m items and k occasions
    (``per_person``):

    - ``r_1f`` = (P + PI/m) / (P + PI/m + E/m), one occasion, and ``r_kf`` with E/(km), the mean
      of k occasions: reliability *between* persons where the occasions are fixed, so that a
      state on the day is not error;
    - ``r_kr`` = (P + PI/m) / (P + PI/m + PO/k + E/(km)): the same mean as a measure of what lasts;
    - ``r_c`` = PO / (PO + E/m): reliability of change *within* persons;
    - ``sem_within`` = sqrt(E/m), the error of one score, in the unit of the item mean.

    Intervals are percentiles of 2,000 resamples of clusters. Persons who left early add to what
    differs between persons, and to change only what they answered.

    Equal to psych's ``multilevel.reliability`` on balanced data (1e-8; ``r_kr`` there has the
    occasions' own variance in its denominator as well, and is not compared); on unbalanced data
    the simulated truth is recovered.

    References
    ----------
    Shrout, P. E., & Lane, S. P. (2012). Psychometrics. In M. R. Mehl & T. S. Conner (Eds.), Handbook
    of research methods for studying daily life (pp. 302-320). Guilford.
    Cranford, J. A., et al. (2006). A procedure for evaluating sensitivity to within-person change.
    Personality and Social Psychology Bulletin, 32(7), 917-929.
    """
    kept = _complete(items, person, occasion)
    facts, reason = _facts(items, kept)
    if reason:
        return RepeatedReliability(**facts, status="not_estimated", reason=reason)
    size, occasions = facts["items"], facts["occasions"]
    parts = _parts(kept)
    variances = _variances(parts.sum(axis=0), size, occasions)
    if variances[0] + variances[2] + variances[3] <= _LITTLE:
        return RepeatedReliability(**facts, status="not_estimated", reason="nothing varies between answers")
    codes = kept.drop_duplicates("person").index
    drawn = kept.loc[codes, "person"].reset_index(drop=True)
    if clusters is not None:
        named = clusters.loc[codes].reset_index(drop=True).astype("str")
        drawn = ("cluster " + named).where(named.notna(), drawn)

    def statistic(sums: np.ndarray) -> np.ndarray:
        found, per_person = _variances(sums, size, occasions), sums[..., 0] / sums[..., 6]
        return np.stack(_coefficients(found, size, per_person)[1:4], axis=-1)

    limits = cluster_interval(parts, drawn, statistic)
    return _result(facts, parts, variances, limits)


def _complete(items: pd.DataFrame, person: pd.Series, occasion: pd.Series) -> pd.DataFrame:
    """Complete inventories with person and occasion, one per pair, in the order of persons."""
    whole = items.notna().all(axis=1) & person.notna() & occasion.notna()
    table = items[whole].assign(person=person[whole].astype("str"), occasion=occasion[whole])
    table = table[~table.duplicated(["person", "occasion"])]
    return table.sort_values(["person", "occasion"], kind="stable")


def _facts(items: pd.DataFrame, kept: pd.DataFrame) -> tuple[dict[str, int], str]:
    counts = kept["person"].value_counts()
    facts = {
        "items": items.shape[1],
        "persons": len(counts),
        "repeated": int((counts > 1).sum()),
        "inventories": len(kept),
        "occasions": int(kept["occasion"].nunique()),
    }
    if facts["items"] < 2:
        return facts, "a single item cannot tell change from error"
    if facts["repeated"] < FEWEST_PERSONS:
        few = f"{facts['repeated']} rated twice or more with every item answered"
        return facts, f"{few}; at least {FEWEST_PERSONS} are needed"
    return facts, ""


def _parts(kept: pd.DataFrame) -> np.ndarray:
    """What each person adds: 1, occasions, three sums of squares, mean, 1/occasions, mean^2."""
    names = [name for name in kept.columns if name not in ("person", "occasion")]
    answers = kept[names]
    centred = (answers - answers.groupby(kept["occasion"]).transform("mean")).to_numpy(dtype=float)
    codes = pd.factorize(kept["person"])[0]
    counts = np.bincount(codes).astype(float)
    by_item = np.column_stack([np.bincount(codes, column) for column in centred.T]) / counts[:, None]
    mean = by_item.mean(axis=1)
    by_occasion = centred.mean(axis=1)
    residual = centred - by_occasion[:, None] - by_item[codes] + mean[codes][:, None]
    return np.column_stack(
        [
            np.ones_like(counts),
            counts,
            np.bincount(codes, (residual**2).sum(axis=1)),
            np.bincount(codes, len(names) * (by_occasion - mean[codes]) ** 2),
            counts * ((by_item - mean[:, None]) ** 2).sum(axis=1),
            mean,
            1 / counts,
            mean**2,
        ]
    )


def _variances(sums: np.ndarray, items: int, occasions: int) -> tuple[np.ndarray, ...]:
    """Variances of person, person x item, person x occasion and residual; unbounded below."""
    persons, inventories, residual, occasion, item, mean, inverse, square = np.moveaxis(sums, -1, 0)
    changes = inventories - persons - (occasions - 1)
    error = residual / (changes * (items - 1))
    of_occasion = (occasion / changes - error) / items
    freedom = (persons - 1) / persons
    of_item = (item / (items - 1) - (persons - 1) * error) / (inventories * freedom)
    of_means = (square - mean**2 / persons) / (persons - 1)
    of_person = of_means - of_item / items - inverse / persons * (of_occasion + error / items)
    return of_person, of_item, of_occasion, error


def _coefficients(
    variances: tuple[np.ndarray, ...], items: int, per_person: np.ndarray
) -> tuple[np.ndarray, ...]:
    """``r_1f``, ``r_kf``, ``r_kr`` and ``r_c``, variances below zero taken as zero."""
    person, item, occasion, error = (np.maximum(value, 0.0) for value in variances)
    lasting = person + item / items
    return (
        lasting / (lasting + error / items),
        lasting / (lasting + error / (per_person * items)),
        lasting / (lasting + occasion / per_person + error / (per_person * items)),
        occasion / (occasion + error / items),
    )


def _result(
    facts: dict[str, Any],
    parts: np.ndarray,
    variances: tuple[np.ndarray, ...],
    limits: Sequence[tuple[float, float] | None],
) -> RepeatedReliability:
    sums = parts.sum(axis=0)
    per_person = float(sums[0] / sums[6])
    r_1f, r_kf, r_kr, r_c = _coefficients(variances, facts["items"], np.array(per_person))
    person, item, occasion, error = (float(np.maximum(value, 0.0)) for value in variances)
    kf, kr, c = ((None, None) if each is None else each for each in limits)
    return RepeatedReliability(
        **facts,
        per_person=per_person,
        var_person=person,
        var_person_item=item,
        var_person_occasion=occasion,
        var_residual=error,
        r_1f=float(r_1f),
        r_kf=float(r_kf),
        r_kf_low=kf[0],
        r_kf_high=kf[1],
        r_kr=float(r_kr),
        r_kr_low=kr[0],
        r_kr_high=kr[1],
        r_c=float(r_c),
        r_c_low=c[0],
        r_c_high=c[1],
        sem_within=float(np.sqrt(error / facts["items"])),
        reason=_taken_as_zero(variances),
    )


def _taken_as_zero(variances: tuple[np.ndarray, ...]) -> str:
    labels = ("person", "person x item", "person x occasion", "residual")
    below = [label for label, value in zip(labels, variances, strict=True) if value < 0]
    return f"variance below zero, taken as zero: {', '.join(below)}" if below else ""
