"""Which canonical table, or tables, a raw file holds."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_modes.dictionary.canonical import ITEM_BLOCKS, CanonicalColumn, dictionary
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO, STARTED_ON
from alliance_modes.drafting.columns import match_columns
from alliance_modes.drafting.decisions import InventoryDraft
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.instruments.model import Instrument

TOLD_BY_COLUMNS = ("practitioners", "sessions", "enrolments")
"""Tables that their columns tell, where no inventory does; of two that as many tell, the first."""

FEWEST_OWN = 2


def _tells_table(column: CanonicalColumn) -> bool:
    return column.tells_table


def inventory_table(instrument: Instrument) -> str:
    """The table that an instrument's items belong to."""
    for table, blocks in ITEM_BLOCKS.items():
        if any(prefix == instrument.id for prefix, _ in blocks):
            return table
    return "alliance"


def file_tables(
    file: RawFile, inventories: Sequence[InventoryDraft], tables: Sequence[str]
) -> dict[str, str]:
    """Tables of one file, each with the reason.

    Parameters
    ----------
    file : RawFile
        The raw file.
    inventories : sequence of InventoryDraft
        What was found in it.
    tables : sequence of str
        The table of each of them.
    """
    if file.unpivot is not None:
        return {"sessions": "columns of marks, one per session"}
    items = {column for inventory in inventories for column in inventory.columns}
    found = {
        table: f"it holds {inventory.instrument}"
        for inventory, table in zip(inventories, tables, strict=True)
    }
    own = {
        table: list(match_columns(file, table, items, telling))
        for table in TOLD_BY_COLUMNS
        if table not in found and (telling := dictionary().table(table).those(_tells_table))
    }
    if "practitioner_survey" in found or "sessions" in found:
        return found
    best = max(own, key=lambda table: len(own[table]), default="")
    if "alliance" in found:
        best = "enrolments" if STARTED_ON in own.get("enrolments", ()) else ""
    told = best == "enrolments" and _one_row_per_enrolment(file, items)
    told = told or (best == "sessions" and _has_key(file, items))
    enough = 1 if told else FEWEST_OWN
    if best and len(own[best]) >= enough:
        found[best] = f"its columns: {', '.join(own[best][:4])}"
    return found


def _has_key(file: RawFile, items: set[str]) -> bool:
    """Whether an id and a number of the session stand beside what tells of sessions."""
    return len(match_columns(file, "sessions", items, [ENROLMENT_ID, SESSION_NO])) > 1


def _one_row_per_enrolment(file: RawFile, items: set[str]) -> bool:
    key = match_columns(file, "enrolments", items, [ENROLMENT_ID]).get(ENROLMENT_ID)
    return key is not None and key.raw is not None and file.facts[key.raw].unique == 1
