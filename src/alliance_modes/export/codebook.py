"""The codebook of the scored data, as a table and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.export import TABLES
from alliance_modes.dictionary.named import ENROLMENT_ID, GROUP_ID, PRACTITIONER_ID
from alliance_modes.export.records import Counted
from alliance_modes.export.variables import Variable
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.names import TABLE_NAMES

HERE = Path(__file__).parent
CODEBOOK = TABLES["codebook"]
DICTIONARY = "../tables/dictionary.csv"
"""What every column of the tables of results holds, from where the page lies."""

LINKS = (ENROLMENT_ID, PRACTITIONER_ID, GROUP_ID)


def codebook(tables: Sequence[Counted]) -> pd.DataFrame:
    """One row per exported variable: what it is, and in how many records it has a value.

    Parameters
    ----------
    tables : sequence of Counted
        Of each of ``scored_tables``.

    Returns
    -------
    DataFrame
        Columns as ``dictionary/export`` says. ``values`` reads ``1 = custody; 2 = community``.
    """
    rows = [
        {
            "table": scored.name,
            "variable": variable.name,
            "stata_variable": variable.stata,
            "type": variable.type,
            "label": variable.label,
            "unit": variable.unit,
            "low": variable.low,
            "high": variable.high,
            "values": _values(variable),
            "instrument": variable.instrument,
            "item": variable.item,
            "reversed": variable.reversed,
            "scale": variable.scale,
            "records": scored.records,
            "present": scored.present[variable.name],
        }
        for scored in tables
        for variable in scored.variables
    ]
    return CODEBOOK.typed(pd.DataFrame(rows, columns=list(CODEBOOK.columns)))


def codebook_page(tables: Sequence[Counted], instruments: Mapping[str, Instrument], title: str) -> str:
    """The codebook as one HTML page: the files, every variable, and the inventories.

    Parameters
    ----------
    tables : sequence of Counted
        Of each of ``scored_tables``.
    instruments : mapping of str to Instrument
        By id; those administered are described.
    title : str
        Title of the cohort.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["shown_range"] = _shown_range
    used = sorted({name for scored in tables for name in _administered(scored)})
    return environment.get_template("codebook.html.j2").render(
        title=title,
        dictionary=DICTIONARY,
        keys_of_tables=LINKS,
        style=(HERE / "codebook.css").read_text(encoding="utf-8"),
        tables=[scored for scored in tables if scored.records],
        names=TABLE_NAMES,
        grains={scored.name: dictionary().table(scored.name).grain for scored in tables},
        absent=[TABLE_NAMES[scored.name] for scored in tables if not scored.records],
        instruments=[instruments[name] for name in used],
        keys={name: _key_rows(instruments[name]) for name in used},
    )


def _administered(scored: Counted) -> set[str]:
    return {name for variable in scored.variables for name in variable.instrument.split(", ") if name}


def _shown_range(variable: Variable) -> str:
    if variable.values:
        return _values(variable)
    if variable.low is None or variable.high is None:
        return ""
    return f"{variable.low:g} to {variable.high:g}"


def _values(variable: Variable) -> str:
    return "; ".join(f"{code} = {text}" for code, text in variable.values.items())


def _key_rows(instrument: Instrument) -> list[tuple[str, str, str, str, str]]:
    """Scale, kind, items, range and the answers it needs, for each scale."""
    rows: list[tuple[str, str, str, str, str]] = []
    for scale, numbers in instrument.scales().items():
        items = " ".join(f"{item}R" if item in instrument.reversed else str(item) for item in numbers)
        low, high = instrument.score_range(scale)
        needed = instrument.scoring.items_needed(len(numbers))
        rule = "all its subscales" if scale == instrument.total else f"{needed} of {len(numbers)} items"
        rows.append((scale, instrument.kind(scale), items, f"{low:g} to {high:g}", rule))
    return rows
