"""What would be analysed, table by table, in lines that a person reads before anything is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.ground.errors import shown
from alliance_modes.instruments.direction import against_others
from alliance_modes.instruments.responses import keyed_values
from alliance_modes.intake.agreements import Judged, LossRules, counted, judge
from alliance_modes.intake.loss import Loss
from alliance_modes.intake.losses import losses_of, near_ids
from alliance_modes.intake.surveys import choice_said, times_of, times_said
from alliance_modes.readers import NO_ROWS, SECOND_ENTRY
from alliance_modes.readers.grid import UNSEEN_ROWS
from alliance_modes.readers.row_filter import LEFT_OUT
from alliance_modes.readers.statistical import UNSEEN_REASONS

if TYPE_CHECKING:
    from alliance_modes.cleaning.clean import Cleaned
    from alliance_modes.ground.compact_table import CompactTable
    from alliance_modes.ingest.seen import SeenColumn
    from alliance_modes.ingest.stage import Ingested
    from alliance_modes.instruments.model import Instrument

MOST_OCCASIONS = 8
MOST_MAPPED = 12
OF_CELLS = ("set_missing", "filled_in_day", "one_day", "long_ago", "before_referral")
"""Losses that are told with the column whose cells they are of."""

NOTES = (
    (NO_ROWS, "none yet"),
    (LEFT_OUT, "rows not asked for"),
    (SECOND_ENTRY, "entered twice"),
    (UNSEEN_ROWS, "whether rows are hidden"),
    (UNSEEN_REASONS, "reasons of missing numbers"),
)
"""Notes of a reader that stand on the terminal too, in words."""

MEETS = (
    ("enrolments", ENROLMENT_ID, ("sessions", "alliance", "group_climate")),
    ("practitioners", PRACTITIONER_ID, ("practitioner_survey", "enrolments")),
    ("practitioner_survey", PRACTITIONER_ID, ("enrolments",)),
)
"""Table that an id belongs to, the id, and the tables in which it should be met."""


@dataclass(frozen=True)
class Link:
    """How the ids of two tables meet, in distinct ids: of ``one`` also in ``other``, and the reverse."""

    one: str
    other: str
    column: str
    of_one: int
    one_met: int
    of_other: int
    other_met: int

    @property
    def said(self) -> str:
        """In words."""
        return (
            f"{self.column}: {self.one_met:,} of {self.of_one:,} of {self.one} stand in {self.other}, "
            f"{self.other_met:,} of {self.of_other:,} of {self.other} in {self.one}"
        )


@dataclass(frozen=True)
class FileView:
    """One file of a table: rows read, kept and left out by reason, and its columns that are not read."""

    file: str
    format: str
    rows: int
    kept: int
    excluded: Mapping[str, int]
    known_unread: Mapping[str, int]
    unread: tuple[str, ...]
    detected: Mapping[str, str]


@dataclass(frozen=True)
class FormsView:
    """The inventories of one instrument and rater in one file: how many, at which occasions, answers used.

    ``mapped``: which cells stand for which number, where that is not the number itself; ``against``: items
    that run against the others, keyed.
    """

    file: str
    instrument: str
    rater: str
    forms: int
    occasions: str
    used: str
    declared: str
    mapped: str = ""
    against: str = ""


@dataclass(frozen=True)
class TableView:
    """What would be analysed of one canonical table."""

    table: str
    declared: bool
    files: tuple[FileView, ...]
    set_missing: tuple[Loss, ...]
    seen: tuple[SeenColumn, ...]
    forms: tuple[FormsView, ...]

    @property
    def rows(self) -> int:
        """Rows read."""
        return sum(file.rows for file in self.files)

    @property
    def kept(self) -> int:
        """Rows kept."""
        return sum(file.kept for file in self.files)


@dataclass(frozen=True)
class View:
    """What would be analysed of a cohort, what its losses are worth, and what is left out on purpose.

    ``surveys``: when practitioners were surveyed, and what the plan makes of it, in sentences. ``near``: ids
    that differ from one of another table only in how they are written. ``beside``: files that lie among those
    that are read, and that no source names.
    """

    tables: tuple[TableView, ...]
    links: tuple[Link, ...]
    judged: Judged
    left_out: Mapping[str, str] = field(default_factory=dict)
    surveys: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def view_of(
    ingested: Ingested,
    cleaned: Cleaned,
    rules: LossRules,
    instruments: Mapping[str, Instrument],
    left_out: Mapping[str, str],
) -> View:
    """Look at what was read and what cleaning kept of it.

    Parameters
    ----------
    ingested : Ingested
        What was read.
    cleaned : Cleaned
        From ``clean_cohort`` on it.
    rules : LossRules
        The plan's limits and exposure, and what the cohort agrees to.
    instruments : mapping of Instrument
        Every known instrument, for the ranges of answers.
    left_out : mapping of str
        Files, or columns of one, that the cohort does not read, with the reason.
    """
    tables, sources = ingested.held, ingested.sources
    losses = losses_of(tables, cleaned, sources, rules.exposure, ingested.id_forms)
    times = times_of(cleaned.held, sources)
    return View(
        tables=tuple(_table(name, ingested, cleaned, losses, instruments) for name in TABLES),
        links=tuple(links_of(tables, sources)),
        judged=judge(losses, rules.limits, rules.accepted),
        left_out=left_out,
        near=tuple(near_ids(sources, ingested.id_forms)),
        surveys=() if times is None else (times_said(times), choice_said(times, rules.exposure)),
    )


def _table(
    name: str,
    ingested: Ingested,
    cleaned: Cleaned,
    losses: Sequence[Loss],
    instruments: Mapping[str, Instrument],
) -> TableView:
    read, source = ingested.held[name], ingested.sources.get(name, {})
    excluded = cleaned.excluded[cleaned.excluded["table"] == name]
    kept = cleaned.held[name]["source_file"].value_counts()
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for entry in source.get("files", ()):
        entries.setdefault(str(entry["file"]), []).append(entry)
    rows = read["source_file"].value_counts()
    files = tuple(
        FileView(
            file=file,
            format=str(parts[0]["format"]),
            rows=int(rows.get(file, 0)),
            kept=int(kept.get(file, 0)),
            excluded={
                str(reason): int(count)
                for reason, count in excluded.loc[excluded["source_file"] == file, "reason"]
                .value_counts(sort=False)
                .items()
            },
            known_unread={
                column: cells for part in parts for column, cells in part.get("known_unread", {}).items()
            },
            unread=tuple(dict.fromkeys(column for part in parts for column in part["columns_unused"])),
            detected={key: text for part in parts for key, text in part.get("detected", {}).items()},
        )
        for file, parts in entries.items()
    )
    cells = tuple(loss for loss in losses if loss.table == name and loss.reason in OF_CELLS)
    seen = tuple(column for column in ingested.seen if column.table == name)
    return TableView(
        table=name,
        declared=bool(source.get("declared", False)),
        files=files,
        set_missing=cells,
        seen=tuple(column for column in seen if not column.item),
        forms=tuple(_forms(cleaned.held[name], instruments, seen)) if name == "alliance" else (),
    )


def _forms(
    kept: CompactTable, instruments: Mapping[str, Instrument], seen: Sequence[SeenColumn]
) -> Iterator[FormsView]:
    kinds = ["source_file", "instrument", "rater"]
    blocks = kept.numbered(kinds).reset_index(drop=True)
    blocks = blocks[(blocks >= 0).all(axis=1)]
    for _, block in blocks.groupby(kinds, sort=False):
        here = kept.rows(block.index.to_numpy())
        file, instrument, rater = here.frame(kinds, np.zeros(1, dtype="int64")).iloc[0]
        known = instruments[str(instrument)]
        answers = here.numbers([f"item_{item}" for item in range(1, known.items + 1)])
        used = _used(answers)
        answers = keyed_values(answers, known)
        yield FormsView(
            file=str(file),
            instrument=str(instrument),
            rater=str(rater),
            forms=len(here),
            occasions=_occasions(here[SESSION_NO]),
            used=used,
            declared=str(known.range),
            mapped=_mapped(str(file), seen),
            against=_against(answers, known),
        )


def _used(answers: np.ndarray) -> str:
    """The least and the largest answer, and the mean: ``1 to 7, mean 5.21``."""
    given = answers[~np.isnan(answers)]
    return f"{given.min():g} to {given.max():g}, mean {given.mean():.2f}" if len(given) else "none"


def _mapped(file: str, seen: Sequence[SeenColumn]) -> str:
    """Which cells of the items of a file stand for which number: "never" = 1 (40), with the file's labels."""
    counts: dict[tuple[str, str, str], int] = {}
    items = [column for column in seen if column.file == file and column.item]
    for column in items:
        for code in column.codes:
            if code.meaning and (code.label or code.raw != code.meaning):
                key = code.meaning, code.raw, code.label
                counts[key] = counts.get(key, 0) + code.rows
    listed = sorted(counts.items(), key=lambda entry: (float(entry[0][0]), entry[0][1:]))
    shown_codes = [
        f'"{shown(raw, 40)}"{_labelled(label)} = {meaning} ({rows:,})'
        for (meaning, raw, label), rows in listed
    ]
    more = len(shown_codes) - MOST_MAPPED
    return ", ".join(shown_codes[:MOST_MAPPED]) + (f" and {more} more" if more > 0 else "")


def _labelled(label: str) -> str:
    return f", which the file calls {shown(label, 40)}," if label else ""


def _against(keyed: np.ndarray, instrument: Instrument) -> str:
    """Items whose answers go against those of the others, once the key is applied, with r."""
    found = against_others(keyed, instrument)
    return ", ".join(f"item {item} (r = {r:.2f})" for item, r in found.items())


def _occasions(session_no: pd.Series) -> str:
    """``3 (48 forms), 12 (48)``; many occasions as first to last."""
    counts = session_no.value_counts().sort_index()
    unknown = int(session_no.isna().sum())
    said = [f"{int(number)} ({rows:,})" for number, rows in counts.items()]
    if len(said) > MOST_OCCASIONS:
        said = [f"{int(counts.index[0])} to {int(counts.index[-1])} ({int(counts.sum()):,})"]
    return ", ".join([*said, *([f"not known ({unknown:,})"] if unknown else [])])


def links_of(tables: Mapping[str, CompactTable], sources: Mapping[str, Any]) -> Iterator[Link]:
    """How the ids of every two declared tables meet, before any row is left out."""
    for one, column, others in MEETS:
        for other in others:
            if not all(sources.get(name, {}).get("declared", False) for name in (one, other)):
                continue
            own, theirs = (set(tables[name].distinct(column).dropna()) for name in (one, other))
            both = len(own & theirs)
            yield Link(one, other, column, len(own), both, len(theirs), both)


def _dates_said(column: SeenColumn) -> str:
    often = f"most often {column.most} ({column.most_rows:,})" if column.most_rows > 1 else "no day twice"
    return f"{column.column} ({column.file}): {column.first} to {column.last}, {often}"


def view_lines(view: View) -> list[str]:
    """The view for the terminal: per file what is kept, what is left out and why, and how ids meet."""
    lines = []
    for table in view.tables:
        if not table.declared:
            continue
        for file in table.files:
            lost = "".join(f"; {count:,} left out: {reason}" for reason, count in file.excluded.items())
            lines.append(f"  {table.table} · {file.file}: {file.rows:,} rows, {file.kept:,} kept{lost}")
            lines += [f"    {said}: {file.detected[note]}" for note, said in NOTES if note in file.detected]
            known = [f'"{column}" ({cells:,} cells)' for column, cells in file.known_unread.items()]
            other = [column for column in file.unread if column not in file.known_unread]
            if known:
                lines.append(f"    known by name, and not read: {', '.join(known)}")
            if other:
                lines.append(f"    not read: {len(other)} column{'s' * (len(other) > 1)}")
        lines += dict.fromkeys(f"    {_dates_said(column)}" for column in table.seen if column.first)
        for form in table.forms:
            lines.append(f"    {form.instrument}, {form.rater}: session {form.occasions}")
            lines += [f"      answers: {form.mapped}"] if form.mapped else []
            lines += [f"      against the other items, keyed: {form.against}"] if form.against else []
        lines += [f"    {loss.column}: {counted(loss)} {loss.said}" for loss in table.set_missing]
    lines += [f"  {link.said}" for link in view.links]
    lines += [f"  written otherwise? {said}" for said in view.near]
    lines += [f"  surveys: {said}" for said in view.surveys]
    lines += [f"  in the folder, and read by no source: {shown(name)}" for name in view.beside]
    lines += [f"  left out on purpose: {what}: {why}" for what, why in view.left_out.items()]
    lines += [
        f"  agreed: {loss.table}, {counted(loss)} {loss.said}: {agreement.why}"
        for loss, agreement in view.judged.agreed
    ]
    return lines
