"""The draft of a whole cohort: files recognised, tables chosen, columns matched, ids linked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alliance_modes.dictionary.canonical import TABLES, dictionary
from alliance_modes.dictionary.named import (
    CLIENT_ID,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    SITE_ID,
    WAVE,
)
from alliance_modes.drafting.block_questions import incomplete, not_recognised
from alliance_modes.drafting.blocks import draft_inventories, incomplete_blocks, numbered_blocks
from alliance_modes.drafting.blocks_of_rows import with_blocks_asked
from alliance_modes.drafting.boxes import checkbox_columns
from alliance_modes.drafting.columns import (
    column_by_content,
    match_columns,
    overlap,
    own_columns,
)
from alliance_modes.drafting.date_columns import with_dates
from alliance_modes.drafting.decisions import (
    LOOKED_UP,
    Asked,
    ColumnDraft,
    Draft,
    InventoryDraft,
    SourceDraft,
)
from alliance_modes.drafting.events import events_read, session_of_event
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.joining import join_question
from alliance_modes.drafting.misfits import misfits, nearly_named
from alliance_modes.drafting.occasions import occasion_column, with_repeats_asked
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.registers import with_marks_asked
from alliance_modes.drafting.shapes import shape_lines
from alliance_modes.drafting.starts import with_starts_asked
from alliance_modes.drafting.survey_days import with_survey_times
from alliance_modes.drafting.tables import file_tables, inventory_table
from alliance_modes.drafting.time_shares import time_shares
from alliance_modes.drafting.totals import score_questions
from alliance_modes.drafting.twins import with_twins_asked
from alliance_modes.drafting.values import with_values
from alliance_modes.drafting.wide import of_other_occasions
from alliance_modes.ground.errors import LONGEST_TEXT, shown
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.ingest.dates import date_reading
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.date_forms import EPOCHS
from alliance_modes.words.survey_tools import response_numbers
from alliance_modes.words.vocabulary import plain

NUMBER_OF_WAVE = re.compile(r"(?:wave|welle|time|t|w)[ _-]?([0-9]{1,2})(?![0-9])", re.IGNORECASE)
PERSON_WORDS = ("user", "client", "participant", "person", "patient", "subject")
LINKED = 0.5
"""Share of an id's values that must stand in the other table for it to be taken as linked."""

QUALTRICS_UNANSWERED = "seen but not answered"


def draft_cohort(
    name: str, files: Sequence[RawFile], known: Mapping[str, Instrument], data_folder: str | None = None
) -> Draft:
    """Propose what every file and column is.

    Parameters
    ----------
    name : str
        Name of the cohort.
    files : sequence of RawFile
        Every raw file, looked at; those of equal form joined (``joining.join_equal_forms``).
    known : mapping of str to Instrument
        Every known instrument.
    data_folder : str, optional
        Where the files are, if not beside ``cohort.yaml``.
    """
    drafting = _Drafting(files, known)
    for file in files:
        drafting.read(file)
    drafting.link("enrolments", ENROLMENT_ID, ("sessions", "alliance", "group_climate"))
    drafting.link("practitioners", PRACTITIONER_ID, ("practitioner_survey", "enrolments"))
    drafting.found = with_repeats_asked(drafting.found, drafting.files)
    drafting.found = with_starts_asked(drafting.found, drafting.files)
    drafting.found = with_survey_times(drafting.found, drafting.files, drafting.questions)
    sources = drafting.sources()
    drafting.questions += _open_answers(sources, drafting.questions)
    lock = drafting.last_day(sources)
    questions = (*_opening_questions(sources, lock), *drafting.questions)
    asked = tuple(shown(question, LONGEST_TEXT) for question in questions)
    return Draft(name, lock or "1900-01-01", sources, asked, data_folder, drafting.left_out)


class _Drafting:
    """One pass over the files, collecting sources and questions."""

    def __init__(self, files: Sequence[RawFile], known: Mapping[str, Instrument]) -> None:
        self.files = {file.key: file for file in files}
        self.known = known
        self.questions: list[str] = []
        self.found: list[SourceDraft] = []
        self.left_out: dict[str, Asked] = {}

    def leave_out(self, what: str, asked: Asked) -> None:
        """Ask why something is not read."""
        self.left_out[what] = asked
        self.questions.append(asked.text)

    def read(self, file: RawFile) -> None:
        """Add the sources of one file."""
        inventories, questions, strangers = draft_inventories(file, self.known)
        self.questions += questions
        self.questions += score_questions(file, self.known, [entry.instrument for entry in inventories])
        tables = [inventory_table(self.known[inventory.instrument]) for inventory in inventories]
        chosen = file_tables(file, inventories, tables)
        items = {column for inventory in inventories for column in inventory.columns}
        lacking = {
            f"{file.title_of_part}, {prefix}…": incomplete(file, prefix, columns, count)
            for prefix, columns, count in incomplete_blocks(file, self.known)
            if not items & {*columns}
        }
        for what, asked in lacking.items() if chosen else ():
            self.leave_out(what, asked)
        if not chosen:
            self.leave_out(file.title_of_part, next(iter(lacking.values()), not_recognised(file)))
        if chosen and file.further:
            self.questions.append(join_question(file, chosen))
        for repeated in file.repeated:
            self.questions.append(f'{file.title}: two columns are called "{repeated}"; rename one to use it.')
        for table, why in sorted(chosen.items(), key=lambda entry: TABLES.index(entry[0])):
            here = [entry for entry, own in zip(inventories, tables, strict=True) if own == table]
            for part in _parts(table, here):
                self.found.append(self._source(file, table, why, part, items, strangers))

    def _source(
        self,
        file: RawFile,
        table: str,
        why: str,
        inventories: tuple[InventoryDraft, ...],
        items: set[str],
        strangers: Sequence[str],
    ) -> SourceDraft:
        occasion = inventories[0].occasion if inventories else ""
        others = of_other_occasions(tuple(file.facts), occasion) if occasion else set()
        columns = match_columns(file, table, items | others)
        columns |= occasion_column(file, table, inventories, columns, items)
        blocks = [block.columns for block in numbered_blocks(tuple(file.facts))]
        if table == "practitioner_survey":
            said = items | {column.raw for column in columns.values() if column.raw is not None}
            columns |= time_shares(file, blocks, said, columns, self.questions)
            if WAVE not in columns:
                columns[WAVE] = self._wave(file)
        if table == "enrolments":
            columns |= checkbox_columns(file, self.questions)
            columns = _person(file, columns)
        declared = dictionary().table(table).columns
        if SESSION_NO in declared and SESSION_NO not in columns:
            session = session_of_event(file, self.questions)
            columns |= {SESSION_NO: session} if session else {}
        columns |= misfits(file, table, columns, items, self.questions)
        columns = with_twins_asked(file, table, columns, items | others, self.questions)
        columns = {
            name: self._decided(file, table, name, columns[name]) for name in declared if name in columns
        }
        columns = dict(with_marks_asked(file, with_blocks_asked(file, table, columns)))
        mapped = {column.raw for column in columns.values()}
        drop = {
            raw: facts.not_kept
            for raw, facts in own_columns(file).items()
            if facts.not_kept and raw not in mapped
        }
        used = {*items, *drop, *(column.raw for column in columns.values())}
        if table == "enrolments":
            for raw, asked in nearly_named(file, table, columns, used).items():
                self.leave_out(f"{file.title_of_part}, {raw}", asked)
        missing = self._missing(file, columns, inventories)
        return SourceDraft(
            table, file.name, file.format, f"{file.why}; {table}: {why}", file.settings, columns, inventories,
            missing, drop, tuple(raw for raw in own_columns(file) if raw not in used), file.further,
            (*events_read(file), *shape_lines(file)), file.key,
        )  # fmt: skip

    def _decided(self, file: RawFile, table: str, name: str, column: ColumnDraft) -> ColumnDraft:
        """Formats of a date, labels of a category; what only a person can say is open, and asked."""
        if column.raw is None or column.labels or column.asked.keys() - {(LOOKED_UP,)}:
            return column
        facts = file.facts[column.raw]
        place = f'{file.title}, column "{column.raw}"'
        declared = dictionary().table(table).columns[name]
        if declared.type != "date":
            return (
                with_values(name, declared, facts, column, place, self.questions) if facts.counts else column
            )
        others = {
            other.title: dates.order
            for other in self.files.values()
            if other is not file and set(other.facts) == set(file.facts)
            if (dates := other.facts[column.raw].dates).order
        }
        shown_as = facts.coded.day_order if facts.coded else ""
        return with_dates(facts.dates, column, place, others, self.questions, shown_as)

    def _wave(self, file: RawFile) -> ColumnDraft:
        match = NUMBER_OF_WAVE.search(plain(file.name))
        if match:
            return ColumnDraft(None, "the number in the file's name", "likely", constant=int(match[1]))
        asked = Asked(
            f"{file.title}: which survey wave is it? Nothing in it says so. Write its number", ("1",)
        )
        why = "nothing says which wave it is"
        return ColumnDraft(None, why, "guess", constant=OPEN, asked={("constant",): asked})

    def _missing(
        self, file: RawFile, columns: Mapping[str, ColumnDraft], inventories: Iterable[InventoryDraft]
    ) -> dict[str, str]:
        """Missing codes of the columns in use, each with a reason."""
        items = [name for inventory in inventories for name in inventory.columns]
        mapped = [column.raw for column in columns.values() if column.raw is not None]
        canonical = {
            value for name in columns for table in TABLES
            if name in dictionary().table(table).columns
            for value in dictionary().table(table).columns[name].values
        }  # fmt: skip
        found: dict[str, str] = {}
        for raw in (*items, *mapped):
            for code, reason in file.facts[raw].missing.items():
                if code.lower() not in canonical:
                    found.setdefault(code, reason or _reason(file, raw in items))
        return dict(sorted(found.items()))

    def link(self, table: str, column: str, others: Sequence[str]) -> None:
        """Find the id ``column`` of ``others`` by its values where its name did not tell."""
        keys = [
            self.files[source.key].facts[source.columns[column].raw or ""]
            for source in self.found
            if source.table == table and column in source.columns and source.columns[column].raw
        ]
        if not keys:
            return
        key = max(keys, key=lambda facts: len(facts.counts))
        self.found = [
            self._linked(source, column, key, table) if source.table in others else source
            for source in self.found
        ]

    def _linked(self, source: SourceDraft, column: str, key: Facts, table: str) -> SourceDraft:
        file = self.files[source.key]
        items = [name for inventory in source.inventories for name in inventory.columns]
        drafted = source.columns.get(column)
        if drafted is None or not drafted.raw or overlap(file.facts[drafted.raw], key) < LINKED:
            taken = {*items, *response_numbers(file.facts)}
            raw = column_by_content(file, key, taken) or column_by_content(file, key, items)
            if raw is not None:
                share = overlap(file.facts[raw], key)
                drafted = ColumnDraft(raw, f"{share:.0%} of its values stand in {table}", "likely")
            elif drafted is not None and drafted.raw:
                drafted = self._unlinked(file, column, drafted, overlap(file.facts[drafted.raw], key), table)
        elif drafted.raw:
            share = overlap(file.facts[drafted.raw], key)
            drafted = replace(drafted, why=f"{drafted.why}; {share:.0%} of its values stand in {table}")
        if drafted is None:
            return source
        declared = dictionary().table(source.table).columns
        columns = {
            name: entry
            for name, entry in source.columns.items()
            if name in (column, CLIENT_ID) or entry.raw != drafted.raw
        } | {column: drafted}
        ordered = {name: columns[name] for name in declared if name in columns}
        return replace(source, columns=ordered, unused=tuple(n for n in source.unused if n != drafted.raw))

    def _unlinked(
        self, file: RawFile, column: str, drafted: ColumnDraft, share: float, table: str
    ) -> ColumnDraft:
        """An id by its name alone: its values do not say that it is one."""
        said = f"{share:.0%} of its values stand in {table}"
        self.questions.append(
            f'{file.title}: is "{drafted.raw}" the {column} of {table}? Only {said}, and no other column has '
            "more. Ids written differently, or the number of a response?"
        )
        return replace(drafted, why=f"by its name alone: {said}", sure="guess")

    def sources(self) -> tuple[SourceDraft, ...]:
        """The sources in the order of the tables; those that lack a required column are asked about."""
        kept = []
        for source in sorted(self.found, key=lambda source: TABLES.index(source.table)):
            required = [
                name
                for name, column in dictionary().table(source.table).columns.items()
                if column.need == "required" and name not in ("rater", "instrument")
            ]
            lost = [name for name in required if name not in source.columns]
            if lost:
                self.questions.append(
                    f"{source.file}: which column is {' and '.join(lost)} of {source.table}? None could be "
                    "found; cohort.yaml cannot be used before it is mapped. "
                    f"Columns: {', '.join(source.unused[:12])}."
                )
            kept.append(source)
        return tuple(kept)

    def last_day(self, sources: Iterable[SourceDraft]) -> str:
        """The latest day that any mapped date column can hold, ISO, or ''."""
        days = []
        for source in sources:
            for column in source.columns.values():
                facts = self.files[source.key].facts.get(column.raw or "")
                if facts is None or not (facts.kind == "date" or facts.dates.found):
                    continue
                usual = (*column.date_formats, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")
                for form in facts.dates.choices[: 1 if facts.dates.counted else None] or ("",):
                    found = (date_reading(text, (form,) if form else usual).value for text in facts.counts)
                    days += [day for day in found if isinstance(day, datetime) and day.date() not in EPOCHS]
        return max(days).date().isoformat() if days else ""


def _open_answers(sources: Iterable[SourceDraft], asked: Iterable[str]) -> list[str]:
    """Questions of open answers that are not among those asked already."""
    texts: list[str] = []
    for source in sources:
        texts += [line.asked.text for line in source.shape if line.asked]
        for column in source.columns.values():
            texts += [one.text for one in column.asked.values()]
    known = set(asked)
    return [text for text in dict.fromkeys(texts) if text not in known]


def _parts(table: str, inventories: Sequence[InventoryDraft]) -> list[tuple[InventoryDraft, ...]]:
    """Inventories that one source can read: one of alliance, of other tables those of one occasion."""
    if table == "alliance":
        return [(entry,) for entry in inventories]
    occasions = dict.fromkeys(entry.occasion for entry in inventories)
    return [
        tuple(entry for entry in inventories if entry.occasion == occasion) for occasion in occasions
    ] or [()]


def _person(file: RawFile, columns: dict[str, ColumnDraft]) -> dict[str, ColumnDraft]:
    """In a file with one row per person, the id of the enrolment is that of the client as well."""
    key = columns.get(ENROLMENT_ID)
    if key is None or key.raw is None or CLIENT_ID in columns:
        return columns
    if file.facts[key.raw].unique == 1 and any(word in plain(key.raw) for word in PERSON_WORDS):
        why = "the enrolment's id is named like a person's and stands once: one row per person"
        return {**columns, CLIENT_ID: ColumnDraft(key.raw, why, "likely")}
    return columns


def _reason(file: RawFile, item: bool) -> str:
    if item and file.format == "qualtrics":
        return QUALTRICS_UNANSWERED
    return "not answered" if item else "not recorded"


def _opening_questions(sources: Sequence[SourceDraft], lock: str) -> list[str]:
    tables = {source.table for source in sources}
    asked = []
    if "enrolments" not in tables:
        asked.append(
            "Which file holds the enrolments (one row per start on a programme)? None was found; "
            "it is required."
        )
    if not tables & {"alliance", "practitioner_survey"}:
        asked.append(
            "Which file holds an alliance inventory or the practitioner survey? None was found; "
            "one is required."
        )
    latest = f"the latest day in the files, {lock}" if lock else "a placeholder, as no date was found"
    asked.append(f"What is the data lock, the last day that the data can speak of? The draft says {latest}.")
    asked.append("What are title and description of the cohort? Simulated people: set demonstration: true.")
    if any(SITE_ID in source.columns or GROUP_ID in source.columns for source in sources):
        asked.append(
            "May the names of sites or groups be read as they are? The draft hashes them; if they may, add "
            "readable_ids: [site_id]."
        )
    return asked
