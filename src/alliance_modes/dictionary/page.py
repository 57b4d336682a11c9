"""The page of the documentation that lists every table and its columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from alliance_modes.dictionary.columns import Column
from alliance_modes.dictionary.every import STAGES
from alliance_modes.dictionary.result_table import ResultTable
from alliance_modes.ground.files import write_text

PAGE = Path("docs/tables.md")
HEAD = """# Every table, column by column

For readers of the files that the line writes. This page is made from the dictionary under
`src/alliance_modes/dictionary/` by `.venv/bin/python -m alliance_modes.dictionary.page`, and every file is
written and read by it: a table that says anything else stops the run. The clean tables are in
[config/README.md](../config/README.md); what leads from one table to the next is in
[pipeline.md](pipeline.md).

`P` is `data/processed/<cohort>`, `R` is `reports/<cohort>/internal`. A column with **·** has a value in
every row; the key of a table are the columns that tell its rows apart. Dtypes: identifiers, labels and
categories `str` (missing = NaN, an empty field in CSV), integers `Int64`, numbers `float64`, booleans
`boolean`, dates `datetime64[us]`. A name with `<…>` stands for one column of each scale or instrument.
`R/tables/dictionary.csv` says the same of the tables in its folder.
"""


def tables_page() -> str:
    """``docs/tables.md``: for each stage its tables, with their grain, key and columns."""
    parts = [HEAD]
    for stage, tables in STAGES.items():
        parts.append(f"## {stage}\n")
        parts += ["\n".join(_lines(table)) for table in tables.values()]
    return "\n".join(parts)


def _lines(table: ResultTable) -> Iterator[str]:
    file = table.file.replace("data/processed/{cohort}", "P").replace("reports/{cohort}/internal", "R")
    yield f"### `{file}`\n"
    key = f" Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    grain = f"{table.grain[0].upper()}{table.grain[1:]}"
    yield f"{table.meaning} {grain}; {table.rows} rows, by `{table.rule}`.{key}\n"
    yield "| column | type | range | meaning |"
    yield "|---|---|---|---|"
    for name, column in table.columns.items():
        always = " ·" if column.filled else ""
        yield f"| `{name}`{always} | {column.type} | {_range(column)} | {_cell(column.meaning)} |"
    yield ""


def _range(column: Column) -> str:
    low, high = ("" if limit is None else f"{limit:g}" for limit in (column.low, column.high))
    limits = f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}" if high else ""
    said = [", ".join(f"`{value}`" for value in column.values), limits, _cell(column.unit)]
    return "; ".join(part for part in said if part)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    write_text(tables_page(), PAGE)
