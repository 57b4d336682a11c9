"""Whether the answers of a cohort fit the keys that its instruments declare, and which keys they fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
import pandas as pd

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.instruments.model import Instrument, same_length_versions
from alliance_modes.measurement.answers.people import KeyedBlock, keyed_blocks
from alliance_modes.measurement.items.items import item_rest
from alliance_modes.measurement.keys.keying import KeyFit, alpha_of, fit_key

SIMULTANEOUS = 0.05
"""Chance that any interval of one block misses, whatever the items measure (Bonferroni)."""

AS_DECLARED = "as_declared"
FITS_NOT_REVERSED = "fits_not_reversed"
FITS_REVERSED = "fits_reversed"
UNCLEAR = "unclear"
NOT_ESTIMATED = "not_estimated"
WRONG = (FITS_NOT_REVERSED, FITS_REVERSED)
TIED = "half of the items run against the other half; it may be the other half that is keyed the wrong way"


def audit_keys(tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """Hold the answers of every inventory of a cohort against its declared key.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name; tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    DataFrame
        One row per rater, instrument, reference (a subscale, or the total where the instrument has
        one) and item, columns as ``dictionary/measurement`` says; where the forms come from several
        files, the same again for each file (``source_file``; blank: all forms), since one site's export
        may be reversed already and another's not. ``verdict`` is of the item, the same in each of its
        references: ``as_declared``, ``fits_not_reversed`` (reversed by the key, but the answers fit
        an item that is not), ``fits_reversed`` (the other way round), ``unclear`` (the interval
        holds zero) or ``not_estimated``. ``version`` names another version of the inventory whose
        reversed items are those that fit. Nothing is re-keyed.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.

    Notes
    -----
    The first form of each person counts; complete answers of the reference (``keying.fit_key``).
    An item is judged wrong when its interval lies below zero in one reference and not above zero in
    the other. The intervals are simultaneous (95 % for all items and references of a block
    together), so a block whose items measure nothing at all is flagged in at most 2.5 %.

    ``item_rest`` and ``alpha`` are those of the declared key, ``item_rest_alternative`` and
    ``alpha_alternative`` those of the key with every wrong item of the block turned.
    """
    parts = [
        _rows(block, audited) for block in keyed_blocks(tables, instruments) for audited in _audits(block)
    ]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return TABLES["key_audit"].typed(found)


@dataclass(frozen=True)
class Audit:
    """The key of one instrument held against keyed answers (respondents x items)."""

    instrument: Instrument
    keyed: np.ndarray
    source_file: str = ""

    @cached_property
    def references(self) -> Mapping[str, np.ndarray]:
        """Positions of the items of each subscale, and of the total where there is one."""
        named = {name: items for name, items in self.instrument.scales().items() if self._is_reference(name)}
        return {name: np.array(items) - 1 for name, items in named.items()}

    def _is_reference(self, scale: str) -> bool:
        single = len(self.instrument.subscales) == 1
        kind = self.instrument.kind(scale)
        return kind == "subscale" or (kind == "total" and not single)

    @cached_property
    def fits(self) -> Mapping[str, KeyFit]:
        """The fit of each reference; subscales point the way the total does."""
        tests = sum(len(items) for items in self.references.values())
        z = NormalDist().inv_cdf(1 - SIMULTANEOUS / 2 / tests)
        fits = {name: fit_key(self.keyed[:, items], z) for name, items in self.references.items()}
        whole = self.instrument.total or ""
        total = fits.get(whole)
        if total is not None and not total.reason:
            place = {item: number for number, item in enumerate(self.references[whole])}
            for name, items in self.references.items():
                if name != whole:
                    fits[name] = _pointing_like(fits[name], total.fitted[[place[item] for item in items]])
        return {name: self._one_half(fit, self.references[name]) for name, fit in fits.items()}

    def _one_half(self, fit: KeyFit, items: np.ndarray) -> KeyFit:
        """Of two equal halves, call the one contrary that holds more reversed items."""
        if not fit.tied:
            return fit
        turned = np.isin(items + 1, self.instrument.reversed)
        agreeing, contrary = turned[fit.agreeing].sum(), turned[fit.contrary].sum()
        swap = agreeing > contrary or (agreeing == contrary and bool(fit.contrary[0]))
        return KeyFit(**{**vars(fit.turned() if swap else fit), "tied": True})

    @cached_property
    def wrong(self) -> np.ndarray:
        """One boolean per item of the instrument: keyed the other way than the answers fit."""
        contrary, agreeing = self._any("contrary"), self._any("agreeing")
        return contrary & ~agreeing

    def _any(self, which: str) -> np.ndarray:
        found = np.zeros(self.instrument.items, dtype=bool)
        for name, fit in self.fits.items():
            found[self.references[name]] |= getattr(fit, which)
        return found

    def verdicts(self) -> list[str]:
        """One verdict per item of the instrument."""
        judged = np.zeros(self.instrument.items, dtype=bool)
        for name, fit in self.fits.items():
            judged[self.references[name]] |= ~np.isnan(fit.fitted)
        fine = self._any("agreeing") & ~self._any("contrary")
        reversed_ = np.isin(np.arange(1, self.instrument.items + 1), self.instrument.reversed)
        return list(
            np.select(
                [~judged, self.wrong & reversed_, self.wrong, fine],
                [NOT_ESTIMATED, FITS_NOT_REVERSED, FITS_REVERSED, AS_DECLARED],
                default=UNCLEAR,
            )
        )

    def alternative(self) -> tuple[int, ...]:
        """Item numbers that the answers fit as reversed."""
        turned = {int(item) + 1 for item in np.flatnonzero(self.wrong)}
        return tuple(sorted(set(self.instrument.reversed) ^ turned))


def _audits(block: KeyedBlock) -> Iterator[Audit]:
    first = block.first()
    yield Audit(block.instrument, first.to_numpy())
    files = block.rows.loc[first.index].get("source_file")
    if files is not None and files.nunique() > 1:
        for file in sorted(files.dropna().unique()):
            yield Audit(block.instrument, first[files == file].to_numpy(), file)


def _pointing_like(fit: KeyFit, others: np.ndarray) -> KeyFit:
    """``fit`` in the direction in which it agrees with the signs that its items have in the total."""
    if fit.reason:
        return fit
    agreement = float(np.nansum(fit.fitted * others))
    return fit.turned() if agreement < 0 else KeyFit(**{**vars(fit), "tied": False})


def _rows(block: KeyedBlock, audit: Audit) -> pd.DataFrame:
    instrument, verdicts = audit.instrument, audit.verdicts()
    flips = np.where(audit.wrong, -1.0, 1.0)
    turned = audit.alternative() if audit.wrong.any() else None
    version = () if turned is None else same_length_versions(instrument, turned, block.rater)
    parts = []
    for name, items in audit.references.items():
        fit = audit.fits[name]
        complete = audit.keyed[:, items]
        complete = complete[~np.isnan(complete).any(axis=1)]
        judged = not fit.reason
        parts.append(
            pd.DataFrame(
                {
                    "rater": block.rater,
                    "instrument": instrument.id,
                    "source_file": audit.source_file,
                    "reference": name,
                    "item": items + 1,
                    "reversed": np.isin(items + 1, instrument.reversed),
                    "n": fit.n,
                    "loading": fit.loading,
                    "item_rest": fit.item_rest,
                    "item_rest_fitted": fit.fitted,
                    "ci_low": fit.low,
                    "ci_high": fit.high,
                    "item_rest_alternative": item_rest(pd.DataFrame(complete * flips[items]))
                    if judged
                    else np.nan,
                    "alpha": alpha_of(complete) if judged else np.nan,
                    "alpha_alternative": alpha_of(complete * flips[items]) if judged else np.nan,
                    "verdict": [verdicts[item] for item in items],
                    "version": ", ".join(version),
                    "reason": fit.reason or (TIED if fit.tied else ""),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
