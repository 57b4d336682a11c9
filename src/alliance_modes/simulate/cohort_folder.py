"""A cohort's folder as it would arrive: raw exports, ``cohort.yaml``, and the truth behind them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.cohort import COHORT_FILE, Cohort, check_name, raw_seal
from alliance_modes.dictionary.named import WAVE
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import write_csv, write_text
from alliance_modes.ground.labelled_files import write_spss
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.codebooks.recognise import read_code_book
from alliance_modes.simulate import declaration, exports, untidiness
from alliance_modes.simulate.file_bytes import write_delimited, write_workbook
from alliance_modes.simulate.names import numbered
from alliance_modes.simulate.raw_table import RawTable
from alliance_modes.simulate.redcap_dictionary import data_dictionary
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.survey_export import header_rows, survey_export
from alliance_modes.simulate.tables import Simulated, simulate_tables
from alliance_modes.simulate.truth import Truth
from alliance_modes.simulate.yaml_text import mapping_yaml, model_yaml

TRUTH_FILE, PLANTED_FILE = "truth.yaml", "planted.csv"
TRUTH_HEADING = (
    "The truth behind the raw files in this folder, which are made from it byte for byte.\n"
    "Effects of modes are per SD of the latent mode over practitioners; see docs/generator.md."
)
COHORT_HEADING = "What the raw files of this cohort are. Every key is explained in config/README.md."
SITES_FOR_OWN_HABITS = 3
"""A site writes its dates or files in its own way only where there are at least so many sites."""
QUALTRICS_HEADERS, TABLE_HEADERS, NO_HEADERS = 3, 1, 0


def write_cohort(truth: Truth, folder: str | Path, name: str) -> None:
    """Write a simulated cohort as raw exports.

    Parameters
    ----------
    truth : Truth
    folder : path
        The cohort's folder; made if it is not there. Files of the same names are replaced.
    name : str
        Name of the cohort, as ``cohort.yaml`` has it.

    Raises
    ------
    ConfigurationError
        The name cannot be a cohort's, the truth asks for more untidy records than there are, or
        an export would have no rows. Nothing has been written then.

    Notes
    -----
    Writes ``practitioners.xlsx``, the survey as one Qualtrics CSV per wave, enrolments as REDCap
    CSV with its data dictionary, sessions as one or two CSVs, inventories as two SPSS files, ``cohort.yaml``,
    ``truth.yaml`` and ``planted.csv`` (table, kind, file, row, column, value: everything untidy,
    each row as a person sees it in its file). The bytes depend on the truth and the name alone.
    """
    check_name(name)
    folder = Path(folder)
    own_site = _site(truth, -1) if truth.untidy.semicolon_site else None
    raw = _raw_tables(simulate_tables(truth))
    _refuse_empty(raw)
    planted = [
        _write_practitioners(raw["practitioners"], folder),
        *_write_survey(raw["practitioner_survey"], folder),
        _write_enrolments(raw["enrolments"], folder),
        *_write_sessions(raw["sessions"], truth, folder, own_site),
        *(_write_inventories(raw[rater], truth, folder, rater) for rater in declaration.INVENTORY_FILES),
    ]
    write_csv(pd.concat(planted, ignore_index=True), folder / PLANTED_FILE)
    book = read_code_book(folder / declaration.DICTIONARY_FILE, declaration.DICTIONARY_FILE)
    declared = declaration.cohort_declaration(truth, name, own_site, book.digest)
    seal = raw_seal(folder, Cohort.model_validate(declared))
    write_text(mapping_yaml(_sealed(declared, seal), COHORT_HEADING), folder / COHORT_FILE)
    write_text(model_yaml(truth, TRUTH_HEADING), folder / TRUTH_FILE)


def _sealed(declared: Mapping[str, Any], seal: str) -> dict[str, Any]:
    """A declaration with the digest of the files that were simulated for it."""
    found: dict[str, Any] = {}
    for key, value in declared.items():
        found |= {key: value} if key != "demonstration" else {key: value, "simulated": seal}
    return found


def _raw_tables(simulated: Simulated) -> dict[str, RawTable]:
    """Every export with its untidiness, by table (inventories by rater)."""
    streams = Streams(simulated.truth.seed)

    def raw(name: str, frame: pd.DataFrame, part: str) -> RawTable:
        return RawTable(name, frame, streams.part(f"untidy {part}"))

    practitioners = raw("practitioners", exports.practitioners_export(simulated, streams), "practitioners")
    survey = raw("practitioner_survey", survey_export(simulated, streams), "survey")
    untidiness.plant_survey(survey, simulated)
    enrolments = raw("enrolments", exports.enrolments_export(simulated, streams), "enrolments")
    untidiness.plant_enrolments(enrolments, simulated)
    touched = [cell.record for cell in enrolments.planted if cell.kind != "missing_code"]
    contradictory = frozenset(enrolments.frame.loc[touched, "record_id"])
    sessions = raw("sessions", exports.sessions_export(simulated), "sessions")
    untidiness.plant_sessions(sessions, simulated, contradictory)
    tables = {
        "practitioners": practitioners,
        "practitioner_survey": survey,
        "enrolments": enrolments,
        "sessions": sessions,
    }
    for rater in declaration.INVENTORY_FILES:
        items = load_instruments()[getattr(simulated.truth.responses, f"{rater}_inventory")].items
        frame = exports.inventories_export(simulated, rater, items, streams)
        tables[rater] = raw("alliance", frame, f"{rater} inventories")
        untidiness.plant_inventories(tables[rater], simulated, rater)
    return tables


def _refuse_empty(raw: dict[str, RawTable]) -> None:
    waves = raw["practitioner_survey"].frame[WAVE]
    rows = {
        "survey of wave 1": (waves == 1).sum(),
        "survey of wave 2": (waves == 2).sum(),
        "sessions": len(raw["sessions"].frame),
        "clients' inventories": len(raw["client"].frame),
        "practitioners' inventories": len(raw["practitioner"].frame),
    }
    empty = [
        Problem(f"the export of the {name} would have no rows", "Simulate more enrolments.")
        for name, count in rows.items()
        if count == 0
    ]
    if empty:
        raise ConfigurationError("simulated cohort", empty)


def _site(truth: Truth, position: int) -> str | None:
    sites = numbered("S", truth.sizes.sites)
    return str(sites[position]) if len(sites) >= SITES_FOR_OWN_HABITS else None


def _account(raw: RawTable, file: str, records: np.ndarray, headers: int) -> pd.DataFrame:
    """What is planted in ``records``, the records of ``raw`` that stand in ``file`` in this order."""
    rows = {int(record): position + 1 + headers for position, record in enumerate(records)}
    here = [planted for planted in raw.planted if planted.record in rows]
    return pd.DataFrame(
        {
            "table": pd.Series([raw.name] * len(here), dtype="str"),
            "kind": pd.Series([planted.kind for planted in here], dtype="str"),
            "file": pd.Series([file] * len(here), dtype="str"),
            "row": pd.Series([rows[planted.record] for planted in here], dtype="int64"),
            "column": pd.Series([planted.column for planted in here], dtype="str"),
            "value": pd.Series([planted.value for planted in here], dtype="str"),
        }
    )


def _write_practitioners(raw: RawTable, folder: Path) -> pd.DataFrame:
    rows = [list(raw.frame.columns), *(list(row) for row in raw.frame.itertuples(index=False, name=None))]
    notes = [["About this file"], ["Exported from the staff register. Supervision is per calendar month."]]
    write_workbook({declaration.STAFF_SHEET: rows, "Notes": notes}, folder / declaration.PRACTITIONERS_FILE)
    return _account(raw, declaration.PRACTITIONERS_FILE, raw.frame.index.to_numpy(), TABLE_HEADERS)


def _write_survey(raw: RawTable, folder: Path) -> list[pd.DataFrame]:
    planted = []
    for wave, file in declaration.SURVEY_FILES.items():
        part = raw.frame[raw.frame[WAVE] == wave].drop(columns=WAVE)
        headers = header_rows(tuple(part.columns))
        write_delimited(part, folder / file, headers=headers, encoding="utf-8-sig")
        planted.append(_account(raw, file, part.index.to_numpy(), QUALTRICS_HEADERS))
    return planted


def _write_enrolments(raw: RawTable, folder: Path) -> pd.DataFrame:
    write_delimited(raw.frame, folder / declaration.ENROLMENTS_FILE)
    write_delimited(data_dictionary(), folder / declaration.DICTIONARY_FILE)
    return _account(raw, declaration.ENROLMENTS_FILE, raw.frame.index.to_numpy(), TABLE_HEADERS)


def _write_sessions(raw: RawTable, truth: Truth, folder: Path, own_site: str | None) -> list[pd.DataFrame]:
    frame = raw.frame
    day_first = _site(truth, 1) if truth.untidy.day_first_site else None
    in_own_file = (frame["site"] == own_site).to_numpy()
    turned = in_own_file | (frame["site"] == day_first).to_numpy()
    days = pd.to_datetime(frame.loc[turned, "date"], format=exports.ISO)
    frame.loc[turned, "date"] = exports.dates_as_text(days, exports.DAY_FIRST)
    files = {declaration.SESSIONS_FILE: (~in_own_file, ",")}
    if own_site is not None:
        for line in exports.RATING_LINES:
            frame.loc[in_own_file, line] = frame.loc[in_own_file, line].str.replace(".", ",", regex=False)
        files[declaration.SITE_SESSIONS_FILE.format(site=own_site)] = (in_own_file, ";")
    planted = []
    for file, (rows, delimiter) in files.items():
        part = frame[rows].drop(columns="site")
        write_delimited(part, folder / file, delimiter)
        planted.append(_account(raw, file, part.index.to_numpy(), TABLE_HEADERS))
    return planted


def _write_inventories(raw: RawTable, truth: Truth, folder: Path, rater: str) -> pd.DataFrame:
    instrument = load_instruments()[getattr(truth.responses, f"{rater}_inventory")]
    items = [f"wai_{item}" for item in range(1, instrument.items + 1)]
    reasons = {float(untidiness.REFUSED): "refused", float(untidiness.NOT_APPLICABLE): "not applicable"}
    labels = {"completed": {1.0: "on paper", 2.0: "on a tablet"}, "check": {1.0: "as asked"}}
    variables = {
        "enrolment": "Enrolment",
        "session": "Session",
        "done_on": "Completed on",
        "seconds": "Seconds taken",
        "completed": "How the form was completed",
        "check": "Attention check",
        **{item: f"Item {item.removeprefix('wai_')}" for item in items},
    }
    file = declaration.INVENTORY_FILES[rater]
    write_spss(
        raw.frame.assign(done_on=raw.frame["done_on"].dt.date),
        folder / file,
        labels={name: text for name, text in variables.items() if name in raw.frame},
        value_labels={name: values for name, values in labels.items() if name in raw.frame}
        | {item: reasons for item in items},
        user_missing={item: list(reasons) for item in items},
        formats={
            name: "F6.0" for name in variables if name in raw.frame and name not in ("enrolment", "done_on")
        },
        measures={},
    )
    return _account(raw, file, raw.frame.index.to_numpy(), NO_HEADERS)
