"""The draft as a commented ``cohort.yaml``."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

from alliance_modes.drafting.blocks import NUMBERED
from alliance_modes.drafting.decisions import (
    Asked,
    ColumnDraft,
    Draft,
    InventoryDraft,
    Scalar,
    SourceDraft,
)
from alliance_modes.ground.errors import LONGEST_TEXT, shown
from alliance_modes.ground.yaml_models import OPEN

WIDTH = 105
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?: [A-Za-z0-9_]+)*")
RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))
DEFAULT_DATES = ("%Y-%m-%d",)
NUMBERS = {"header_row": "  # likely: the first row that is about as full as the rows below it"}
"""Settings of a source that are numbers, with what decided them."""


def draft_yaml(draft: Draft) -> str:
    """Write a draft: questions first, then every entry with how sure it is and why."""
    lines = [
        f"# Draft of cohort.yaml for {draft.cohort}, made by looking at the files. Check every entry marked",
        "# likely or guess; each key is explained in config/README.md. Then: alliance-modes check "
        + draft.cohort,
        "#",
        "# What could not be decided:",
    ]
    for number, question in enumerate(draft.questions, 1):
        lines += textwrap.wrap(
            f"{number}. {question}", WIDTH, initial_indent="#  ", subsequent_indent="#     ",
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    lines += [
        "",
        f"cohort: {draft.cohort}",
        f"title: {quoted(draft.cohort.replace('_', ' '))}  # question: give it a title",
        f'data_lock: "{draft.data_lock}"  # guess: see the question',
    ]
    if draft.data_folder is not None:
        lines.append(f"data_folder: {quoted(draft.data_folder)}")
    lines += ["left_out:"] if draft.left_out else []
    lines += [
        f"  {quoted(what)}: {quoted(OPEN)}{_question(asked, draft.questions)}"
        for what, asked in draft.left_out.items()
    ]
    lines.append("tables:" if draft.sources else "tables: {}")
    table = ""
    for source in draft.sources:
        if source.table != table:
            table = source.table
            lines.append(f"  {table}:")
        lines += _source(source, draft.questions)
    return "\n".join(lines) + "\n"


def quoted(value: Scalar | None) -> str:
    """A scalar as YAML that reads back to the same value."""
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.lower() not in RESERVED:
        return value
    return "".join(map(_visible, json.dumps(value, ensure_ascii=False)))


def _visible(sign: str) -> str:
    """A sign as it can stand in double quotation marks; YAML refuses control characters."""
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"


def _source(source: SourceDraft, questions: Sequence[str]) -> Iterator[str]:
    yield f"    # {source.why}"
    yield from textwrap.wrap(source.note, WIDTH, initial_indent="    # ", subsequent_indent="    #   ")
    if source.further:
        yield "    # files of equal form, read one after the other; each row keeps its file"
        names = [quoted(name) for name in (source.file, *source.further)]
        yield from _long_list("    - files: ", names)
    else:
        yield f"    - files: {quoted(source.file)}"
    yield f"      format: {source.format}"
    for key, value in source.settings.items():
        yield f"      {key}: {value + NUMBERS[key] if key in NUMBERS else quoted(value)}"
    for line in source.shape:
        yield f"      {line.text}{_question(line.asked, questions)}{f'  # {line.why}' if line.why else ''}"
    formats = [
        column.date_formats
        for column in source.columns.values()
        if column.date_formats and not column.left_out
    ]
    common = formats[0] if formats and all(form == formats[0] for form in formats) else DEFAULT_DATES
    if common != DEFAULT_DATES:
        yield f"      date_formats: {_flow(common)}"
    yield (
        "      columns:"
        if any(not column.left_out for column in source.columns.values())
        else "      columns: {}"
    )
    for name, column in source.columns.items():
        yield from _column(name, column, common, questions)
    if source.inventories:
        yield "      inventories:"
        for inventory in source.inventories:
            yield from _inventory(inventory, questions)
    if source.missing:
        yield f"      missing: {_mapping(source.missing)}  # codes found; are the reasons right?"
    if source.drop:
        yield from _listed("# direct identifiers and free text, by name or content", [])
        yield from _long_list("      drop: ", [quoted(name) for name in source.drop])
    if source.unused:
        yield from _listed("# not used, and not stored:", [shown(name) for name in source.unused])


def _column(
    name: str, column: ColumnDraft, common: tuple[str, ...], questions: Sequence[str]
) -> Iterator[str]:
    mark = "# " if column.left_out else ""
    note = f"  # {column.sure}: {column.why}"
    if ("column",) in column.asked:
        yield f"        {mark}{name}: {quoted(OPEN)}{_question(column.asked['column',], questions)}"
        return
    if column.parts:
        yield f"        {mark}{name}:{note}"
        yield f"          {mark}columns:"
        for part in column.parts:
            asked = column.asked.get(("parts",)) if part == OPEN else None
            yield f"            {mark}- {quoted(part)}{_question(asked, questions)}"
        return
    key, value = ("column", column.raw) if column.raw is not None else ("constant", column.constant)
    parts = [f"{key}: {quoted(value)}{_question(column.asked.get((key,)), questions)}"]
    if column.date_formats and column.date_formats != common:
        parts.append(f"date_formats: {_flow(column.date_formats)}")
    if column.asked:
        yield f"        {mark}{name}:{note}"
        for line in (*parts, *_lines(column, questions)):
            yield f"          {mark}{line}"
        return
    if column.labels:
        parts.insert(1, f"labels: {_mapping(column.labels)}")
    if column.missing:
        parts.append(f"missing: {_mapping(column.missing)}")
    parts += [f"{key}: {quoted(value)}" for key, value in column.settings.items()]
    if column.raw is not None and len(parts) == 1:
        yield f"        {mark}{name}: {quoted(column.raw)}{note}"
    elif len(", ".join(parts)) < WIDTH - 20:
        yield f"        {mark}{name}: {{{', '.join(parts)}}}{note}"
    else:
        yield f"        {mark}{name}:{note}"
        for part in parts:
            yield f"          {mark}{part}"


def _question(asked: Asked | None, questions: Sequence[str]) -> str:
    """The comment of an open value: the number of its question, and the question."""
    if asked is None:
        return ""
    text = shown(asked.text, LONGEST_TEXT)
    return f"  # question {questions.index(text) + 1}: {text}"


def _lines(entry: ColumnDraft | InventoryDraft, questions: Sequence[str]) -> Iterator[str]:
    """Labels, missing codes and settings, an open one on a line of its own with its question."""
    for key, mapping in (("labels", entry.labels), ("missing", entry.missing)):
        if not any((key, text) in entry.asked for text in mapping):
            if mapping:
                yield f"{key}: {_mapping(mapping)}"
            continue
        yield f"{key}:"
        for text, value in mapping.items():
            yield f"  {quoted(text)}: {quoted(value)}{_question(entry.asked.get((key, text)), questions)}"
    for key, value in entry.settings.items():
        yield f"{key}: {quoted(value)}{_question(entry.asked.get((key,)), questions)}"


def _inventory(inventory: InventoryDraft, questions: Sequence[str]) -> Iterator[str]:
    asked = inventory.asked.get(("instrument",))
    note = _question(asked, questions) or f"  # {inventory.sure}: {inventory.why}"
    yield f"        - instrument: {quoted(OPEN) if asked else inventory.instrument}{note}"
    if inventory.rater is not None:
        rater = inventory.asked.get(("rater",))
        yield f"          rater: {quoted(OPEN) if rater else inventory.rater}{_question(rater, questions)}"
    pattern = _pattern(inventory.columns)
    if pattern:
        yield f"          items: {quoted(pattern)}"
    else:
        yield from _long_list("          items: ", [quoted(name) for name in inventory.columns])
    for line in _lines(inventory, questions):
        yield f"          {line}"


def _pattern(columns: tuple[str, ...]) -> str:
    match = NUMBERED.fullmatch(columns[0])
    prefix = match["prefix"] if match else ""
    end = match["end"] if match else ""
    same = tuple(f"{prefix}{item}{end}" for item in range(1, len(columns) + 1)) == columns
    return f"{prefix}{{item}}{end}" if same else ""


def _mapping(entries: Mapping[str, Scalar]) -> str:
    return "{" + ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in entries.items()) + "}"


def _flow(values: Iterable[str]) -> str:
    return "[" + ", ".join(json.dumps(value) for value in values) + "]"


def _long_list(start: str, values: list[str]) -> Iterator[str]:
    text = start + "[" + ", ".join(values) + "]"
    yield from (
        textwrap.wrap(
            text, WIDTH, subsequent_indent=" " * len(start), break_long_words=False, break_on_hyphens=False
        )
        if all(" " not in value for value in values)
        else [text]
    )


def _listed(start: str, names: Iterable[str]) -> list[str]:
    text = f"{start} {', '.join(names)}".rstrip()
    return textwrap.wrap(
        text, WIDTH, initial_indent="      ", subsequent_indent="      #   ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
