"""What can be read of a cohort whose ``cohort.yaml`` is refused, so that a check tells all at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from alliance_modes.cohort import COHORT_FILE, Cohort, CohortTables, Source, source_messages
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.yaml_models import Located, Location, read_yaml


def readable_part(folder: Path) -> tuple[Cohort, Located] | None:
    """The sources of ``folder/cohort.yaml`` that are right by themselves, as a cohort.

    Parameters
    ----------
    folder : Path
        Holds a ``cohort.yaml`` that ``load_cohort`` refuses.

    Returns
    -------
    tuple of Cohort and Located, or None
        The cohort holds those sources and nothing else that could be used; the lines are those of its
        sources. None where no source is right, or the file is no YAML.
    """
    try:
        located = read_yaml(folder / COHORT_FILE)
    except ConfigurationError:
        return None
    written = located.value if isinstance(located.value, dict) else {}
    declared, data_folder = written.get("tables"), written.get("data_folder", ".")
    if not isinstance(declared, dict) or not isinstance(data_folder, str):
        return None
    lines: dict[Location, int] = {(): 1}
    tables: dict[str, Any] = {name: _sources(name, declared.get(name), located, lines) for name in TABLES}
    if not any(tables.values()):
        return None
    cohort = Cohort.model_construct(
        cohort="", title="", data_lock=date.max, data_folder=data_folder,
        tables=CohortTables.model_construct(**tables),
    )  # fmt: skip
    return cohort, Located(written, lines)


def _sources(name: str, written: Any, located: Located, lines: dict[Location, int]) -> tuple[Source, ...]:
    """The right sources of one table; their lines are noted under their new numbers."""
    listed = isinstance(written, list)
    entries = written if listed else [written]
    kept: list[Source] = []
    for number, entry in enumerate(entries):
        source = _source(name, entry)
        if source is None:
            continue
        place: Location = ("tables", name, number) if listed else ("tables", name)
        for location, line in _below(place, located.lines).items():
            lines["tables", name, len(kept), *location] = line
        kept.append(source)
    return tuple(kept)


def _source(name: str, entry: Any) -> Source | None:
    try:
        source = Source.model_validate(entry)
    except ValidationError:
        return None
    return None if any(source_messages(name, source)) else source


def _below(place: Location, lines: Mapping[Location, int]) -> dict[Location, int]:
    return {
        location[len(place) :]: line for location, line in lines.items() if location[: len(place)] == place
    }
