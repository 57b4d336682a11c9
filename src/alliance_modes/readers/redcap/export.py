"""REDCap exports with raw or label headers: repeating instruments, events, checkboxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import Format, Parts, PartSetting
from alliance_modes.readers.raw_table import RawTable, cell_text
from alliance_modes.readers.redcap import checkboxes as redcap
from alliance_modes.readers.redcap import records
from alliance_modes.readers.row_filter import keep_rows, noted
from alliance_modes.readers.source import RawSource, undeclared

EVENT = "redcap_event_name"
LABELS = {EVENT: "Event Name", redcap.REPEAT_INSTRUMENT: "Repeat Instrument"}
"""What REDCap calls its own columns where labels are exported as headers."""

SIGNS = (redcap.REPEAT_INSTRUMENT, EVENT, "redcap_data_access_group")
FORM_STATUS = "_complete"
CHECKBOX = re.compile(r"\w+___\w+|.*\(choice=.*\)")


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the rows of one repeating instrument, or of none, and of the declared events.

    Notes
    -----
    As ``redcap.read``. In addition: in an export with labels as headers, the columns that say
    instrument and event are called ``Repeat Instrument`` and ``Event Name``, and are used in the
    same way. Rows of other events are left out and counted where ``event`` is declared; where it
    is not, all are read, and ``detected`` names the events. ``detected`` also names the
    checkboxes that are used, because 0 (or "Unchecked") stands for not ticked and for not seen.
    """
    names = set(records.names_of(source, path, file, wanted))
    if records.is_eav(tuple(names)):
        names = set(records.read_records(source, path, file, frozenset()).names)
    own = {name: label if label in names and name not in names else name for name, label in LABELS.items()}
    event, repeat = own[EVENT], own[redcap.REPEAT_INSTRUMENT]
    asked = wanted | ({event} & names)
    if repeat == redcap.REPEAT_INSTRUMENT:
        table = redcap.read(source, path, file, asked)
    else:
        table = records.read_records(source, path, file, asked | {repeat})
        table = keep_rows(table, {repeat: source.repeat_instrument or ("",)}, asked)
    table = replace(table, detected=noted(table.detected, "checkboxes", _checkboxes(table, wanted)))
    if source.event:
        if event not in names:
            raise CohortError(file, [_no_events(event, file)])
        return keep_rows(table, {event: source.event}, wanted)
    return _all_events(table, event, wanted)


def _all_events(table: RawTable, event: str, wanted: frozenset[str]) -> RawTable:
    if event not in table.columns:
        return table
    events = [text for cell in table.columns[event].values if (text := cell_text(cell))]
    note = f"all read: {', '.join(events)}" if len(events) > 1 else ""
    columns = table.only(wanted)
    used = table.used if event in wanted else (*table.used, event)
    return replace(table, columns=columns, detected=noted(table.detected, "events", note), used=used)


def _checkboxes(table: RawTable, wanted: frozenset[str]) -> str:
    boxes = [name for name in table.names if name in wanted and CHECKBOX.fullmatch(name)]
    return f"{', '.join(boxes)}: not ticked and not seen cannot be told apart" if boxes else ""


def _no_events(event: str, file: str) -> Problem:
    hint = "Export all events of the longitudinal project, or remove event from cohort.yaml."
    return Problem("the file does not say to which event a row belongs", hint, file=file, column=event)


def _own_columns(path: Path, file: str, header: Sequence[str]) -> str:
    if records.is_eav(header):
        return "record, field_name and value: the EAV form of REDCap's API"
    own = any(sign in header for sign in SIGNS) or any("___" in column for column in header)
    forms = any(column.endswith(FORM_STATUS) for column in header)
    if own or ("record_id" in header and forms):
        return "record_id, checkbox columns (field___code) or REDCap's own columns"
    return ""


def _parts(path: Path, file: str) -> list[dict[str, PartSetting]]:
    """The rows of no repeating instrument first, then those of each, apart by events of other forms.

    None where there are neither repeating instruments nor events.
    """
    try:
        header = records.names_of(undeclared("csv"), path, file)
        if not _own_columns(path, file, header) and LABELS[redcap.REPEAT_INSTRUMENT] not in header:
            return []
        header = records.read_records(undeclared("csv"), path, file, frozenset()).names
        table = records.read_records(undeclared("csv"), path, file, frozenset(header) - {""})
    except CohortError:
        return []
    names = {own: label if own not in header else own for own, label in LABELS.items()}
    own = {*names.values(), *SIGNS, "redcap_repeat_instance", "Repeat Instance", header[0]}
    rows = list(zip(*(_texts(table, names[key]) for key in (redcap.REPEAT_INSTRUMENT, EVENT)), strict=True))
    parts: list[dict[str, PartSetting]] = []
    for repeat in sorted({repeat for repeat, _ in rows}):
        groups = _alike(table, [event if mine == repeat else "" for mine, event in rows], own)
        start: dict[str, PartSetting] = {"repeat_instrument": repeat} if repeat else {}
        parts += [{**start, "event": group} for group in groups] if len(groups) > 1 else [start]
    return parts if len(parts) > 1 or any(parts) else []


def _texts(table: RawTable, name: str) -> list[str]:
    column = table.columns.get(name)
    if column is None:
        return [""] * len(table.rows)
    texts = [cell_text(cell) for cell in column.values]
    return [texts[code] for code in column.codes]


def _alike(table: RawTable, events: Sequence[str], own: set[str]) -> list[tuple[str, ...]]:
    """Events in groups that fill in the same columns, at least half of them in common."""
    filled: dict[str, set[str]] = {event: set() for event in events if event}
    for name in table.columns:
        if name in own or name.endswith(FORM_STATUS):
            continue
        for event, text in zip(events, _texts(table, name), strict=True):
            if event and text:
                filled[event].add(name)
    groups: list[tuple[str, ...]] = []
    for event, columns in filled.items():
        for place, group in enumerate(groups):
            first = filled[group[0]]
            if 2 * len(columns & first) >= len(columns | first):
                groups[place] = (*group, event)
                break
        else:
            groups.append((event,))
    return groups


FORMAT = Format(
    "redcap",
    read,
    marks={"csv": _own_columns},
    options=("repeat_instrument", "event", "delimiter"),
    decimal_comma=True,
    parts=Parts(
        _parts, "REDCap's own columns; a part for each repeating instrument, and for events of other forms"
    ),
)

API = replace(FORMAT, name="redcap_csv", marks={}, parts=None)
"""Another name for the same: what REDCap's API sends as CSV, flat or EAV."""
