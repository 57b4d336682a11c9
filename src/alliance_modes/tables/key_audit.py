"""Whether the answers fit the keys, in plain words: the warning on the first page, a table and a count."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.measurement.keys.audit import FITS_NOT_REVERSED, NOT_ESTIMATED, UNCLEAR, WRONG
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name, listed, scale_name, uncapital
from alliance_modes.words.rounding import bounded, interval, whole

BLOCK = ["rater", "instrument", "source_file"]


@dataclass(frozen=True)
class KeyFinding:
    """One inventory whose answers do not fit its key: a headline, and what it means."""

    headline: str
    sentences: tuple[str, ...]


def key_findings(audit: pd.DataFrame) -> tuple[KeyFinding, ...]:
    """One finding per inventory and rater, and per file where a file alone does not fit."""
    wrong = _wrong(audit)
    whole_form = {
        key[:2]: set(here["item"]) for key, here in wrong[wrong["source_file"] == ""].groupby(BLOCK)
    }
    found = []
    for key, here in wrong.groupby(BLOCK, sort=True):
        rater, instrument, file = key
        if not file or set(here["item"]) != whole_form.get((rater, instrument), set()):
            rows = _texts(audit)
            rows = rows[(rows[BLOCK] == list(key)).all(axis=1)]
            found.append(_finding(rater, instrument, file, here, rows))
    return tuple(found)


def key_audit_sentences(audit: pd.DataFrame) -> list[str]:
    """How many items were held against their key, and which inventories could not be."""
    rows = _texts(audit)
    rows = rows[rows["source_file"] == ""]
    items = rows.drop_duplicates(["rater", "instrument", "item"])
    if items.empty:
        return ["No inventory was there to hold against its key."]
    judged = items[items["verdict"] != NOT_ESTIMATED]
    unclear = judged[judged["verdict"] == UNCLEAR]
    blocks = judged.groupby(["rater", "instrument"]).ngroups
    wrong = int(judged["verdict"].isin(WRONG).sum())
    told = f"{whole(wrong)} of them run against it" if wrong else "none of them runs against it"
    sentences = (
        [
            f"{whole(len(judged))} items of {whole(blocks)} {'inventories' if blocks > 1 else 'inventory'} "
            f"were held against the direction that their key declares: {told}."
        ]
        if len(judged)
        else []
    )
    if len(unclear):
        sentences.append(
            f"For {whole(len(unclear))} of them the direction cannot be told: the interval of their "
            "correlation with the other items holds zero."
        )
    left = items[items["verdict"] == NOT_ESTIMATED]
    for (rater, instrument), here in left.groupby(["rater", "instrument"], sort=True):
        reasons = listed(sorted(set(here["reason"]) - {""}))
        what = "item" if len(here) == 1 else "items"
        sentences.append(
            f"Not judged: {whole(len(here))} {what} of the {_who(rater, instrument)}"
            f"{f' ({reasons})' if reasons else ' (answered alike by everyone)'}."
        )
    return sentences


def key_audit_table(audit: pd.DataFrame) -> DisplayTable | None:
    """Each item that runs against its key: the correlation as keyed, and with the key that fits."""
    rows = _texts(audit)
    rows = rows[rows["verdict"].isin(WRONG)]
    if rows.empty:
        return None
    lines = [
        (
            f"{_who(row.rater, row.instrument)}{f', {row.source_file}' if row.source_file else ''}",
            whole(row.item),
            "reversed" if row.verdict == FITS_NOT_REVERSED else "not reversed",
            scale_name(row.reference, row.instrument),
            bounded(row.item_rest_fitted),
            interval(row.ci_low, row.ci_high, limited=True),
            bounded(row.item_rest_alternative),
            bounded(row.alpha),
            bounded(row.alpha_alternative),
        )
        for row in rows.itertuples()
    ]
    return display_table(
        "Items that run against their key",
        ("Inventory", "Item", "Keyed", "Scale", "r", "95 % interval", "r turned", "Alpha", "Alpha turned"),
        "lrllrrrrr",
        lines,
        "r: correlation with the sum of the other items of the scale, these turned as the answers fit. "
        "The intervals hold together for all items of the inventory. Turned: with every item of this table "
        "keyed the other way.",
    )


def _texts(audit: pd.DataFrame) -> pd.DataFrame:
    """The audit with blank for no text, however its CSV was read."""
    columns = ("rater", "source_file", "version", "reason")
    return audit.assign(**{name: audit[name].astype("object").fillna("").astype("str") for name in columns})


def _wrong(audit: pd.DataFrame) -> pd.DataFrame:
    rows = _texts(audit)
    return rows[rows["verdict"].isin(WRONG)].drop_duplicates([*BLOCK, "item"])


def _who(rater: str, instrument: str) -> str:
    return f"{instrument_name(instrument)}{f', {rater}-rated' if rater else ''}"


def _finding(rater: str, instrument: str, file: str, wrong: pd.DataFrame, rows: pd.DataFrame) -> KeyFinding:
    where = f" in {file}" if file else ""
    unreversed = sorted(wrong.loc[wrong["verdict"] == FITS_NOT_REVERSED, "item"])
    turned = sorted(wrong.loc[wrong["verdict"] != FITS_NOT_REVERSED, "item"])
    headline = f"The answers{where} do not fit the key of the {_who(rater, instrument)}."
    fits = listed([*_part(unreversed, "not reversed"), *_part(turned, "reversed")])
    sentences = [f"They fit a key in which {fits}.", *_explained(unreversed, turned, rows)]
    sentences += [f"{capital(text)}." for text in sorted(set(rows["reason"])) if text.startswith("half")]
    sentences += _consequences(wrong, rows, instrument)
    sentences.append(
        "Nothing was changed: every score and model in this report uses the key as it is declared. Before "
        "any of them is read, compare number, direction and version of these items with the form that "
        "people were given and with the export."
    )
    return KeyFinding(headline, tuple(sentences))


def _part(items: list[int], how: str) -> list[str]:
    numbers = [whole(item) for item in items]
    many = len(items) > 1
    return [f"item{'s' if many else ''} {listed(numbers)} {'are' if many else 'is'} {how}"] if items else []


def _explained(unreversed: list[int], turned: list[int], rows: pd.DataFrame) -> list[str]:
    """What most likely lies behind it."""
    version = next((text for text in rows["version"] if text), "")
    declared = set(rows.loc[rows["reversed"].astype(bool), "item"])
    if version:
        return [f"That is the key of the {listed(version.split(', '), 'or')}: look at the version first."]
    if not turned and len(unreversed) > 1 and set(unreversed) == declared:
        return [
            "These are all the items that the key reverses: the export has probably reversed them already."
        ]
    if unreversed and turned and len(unreversed) == len(turned):
        names, meant = (listed([whole(item) for item in items]) for items in (unreversed, turned))
        return [f"The key, or the export, probably has {names} in place of {meant}."]
    return ["Either they were turned round in the export already, or the key is not that of the form."]


def _consequences(wrong: pd.DataFrame, rows: pd.DataFrame, instrument: str) -> list[str]:
    """Alpha as keyed and with the key that fits, per scale that holds such an item."""
    touched = rows[rows["item"].isin(wrong["item"]) & rows["alpha"].notna()]
    parts = [
        f"{uncapital(scale_name(scale, instrument))} {bounded(here['alpha'].iloc[0])} as keyed and "
        f"{bounded(here['alpha_alternative'].iloc[0])} with that key"
        for scale, here in touched.groupby("reference", sort=False)
    ]
    return [f"Cronbach's alpha: {'; '.join(parts)}."] if parts else []
