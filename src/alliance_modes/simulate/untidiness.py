"""Planting what is wrong with real exports: so many of each kind as the truth declares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.enrolments import of_enrolments
from alliance_modes.dictionary.named import ATTENDED, ENDED_ON, ENROLMENT_ID, ENROLMENT_STATUS
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate import headers
from alliance_modes.simulate.exports import CLIENT_CHECK, ENGAGEMENT_ITEMS, ISO, RATING_LINES
from alliance_modes.simulate.measures import Careless
from alliance_modes.simulate.names import numbered
from alliance_modes.simulate.raw_table import Planted, RawTable
from alliance_modes.simulate.survey_export import ITEMS, SURVEY_CHECK
from alliance_modes.simulate.tables import Simulated

REFUSED, NOT_APPLICABLE = -99, -98
SURVEY_LABELS = {"1": "never", "2": "rarely", "3": "sometimes", "4": "often", "5": "always"}
ATTENDED_LABELS = {"1": "yes", "0": "no"}
FEW_SESSIONS = 12
STRANGERS_FROM = 50
"""Orphans carry numbers that start so many beyond the last enrolment."""
FAST_SECONDS_PER_ITEM = 0.8


def plant_survey(raw: RawTable, simulated: Simulated) -> None:
    """Careless responders, exact duplicates, missing codes and typed-out answers."""
    declared = simulated.truth.untidy
    items = [f"mop_{item}" for item in range(1, ITEMS + 1)]
    _plant_careless(
        raw, declared.careless_survey, items, (1, 5), "Duration (in seconds)", "check_1", SURVEY_CHECK, str
    )
    _plant_duplicates(raw, declared.duplicates.survey)
    _plant_missing(raw, items, declared.missing_codes.survey, ("-99",))
    _type_out(raw, items, SURVEY_LABELS, declared.typed_labels_survey)


def plant_enrolments(raw: RawTable, simulated: Simulated) -> None:
    """Contradictions, corrected and exact duplicates, missing codes."""
    declared = simulated.truth.untidy
    wrong, frame = declared.contradictions, raw.frame
    sessions = simulated.tables["sessions"]
    attended = sessions[sessions[ATTENDED]].groupby(ENROLMENT_ID).size()
    attended = attended.reindex(frame["record_id"]).fillna(0).to_numpy()
    over = attended > FEW_SESSIONS
    not_started = (frame["outcome"] == _code("not_started")).to_numpy()
    ended = (frame["end_date"] != "").to_numpy() & ~not_started
    for record in raw.choose("end_before_start", wrong.end_before_start, ended):
        before = pd.Timestamp(frame.loc[record, "start_date"]) - pd.Timedelta(days=10)
        raw.put("end_before_start", record, "end_date", before.strftime(ISO))
    for record in raw.choose("attended_over_planned", wrong.attended_over_planned, over):
        raw.put("attended_over_planned", record, "planned_sessions", str(FEW_SESSIONS))
    for record in raw.choose("attended_not_started", wrong.attended_not_started, attended > 0):
        raw.put("attended_not_started", record, "outcome", _code("not_started"))
    first_day = frame.groupby("group_no")["start_date"].max()
    for record in raw.choose("commencement_not_started", wrong.commencement_not_started, not_started):
        raw.put("commencement_not_started", record, "start_date", first_day[frame.loc[record, "group_no"]])
    _plant_corrected(raw, "risk_score", declared.corrected.enrolments, (0, 100), step=9, spelled=str)
    _plant_duplicates(raw, declared.duplicates.enrolments)
    _plant_missing(
        raw, headers.client_numbers(), declared.missing_codes.enrolments, ("-99", "refused", "n/a")
    )


def plant_sessions(raw: RawTable, simulated: Simulated, contradictory: frozenset[str]) -> None:
    """Sessions after the end, orphans, corrected and exact duplicates, missing codes, typed labels.

    ``contradictory`` are the enrolments in which something is planted already.
    """
    declared, frame = simulated.truth.untidy, raw.frame
    ends = of_enrolments(simulated.tables["enrolments"], ENDED_ON).reindex(frame["enrolment"])
    there = (frame["attended"] == "1").to_numpy()
    eligible = there & ~frame["enrolment"].isin(contradictory).to_numpy() & ends.notna().to_numpy()
    for record in raw.choose("session_after_end", declared.contradictions.session_after_end, eligible):
        later = pd.Timestamp(frame.loc[record, "date"]) + pd.Timedelta(days=365)
        raw.put("session_after_end", record, "date", later.strftime(ISO))
    _plant_orphans(raw, "enrolment", declared.orphans.sessions, simulated, first=0)
    _plant_corrected(raw, "use_engagement", declared.corrected.sessions, (0, 4), step=1, spelled=str)
    _plant_duplicates(raw, declared.duplicates.sessions)
    columns = [*(f"eng{item}" for item in range(1, ENGAGEMENT_ITEMS + 1)), *RATING_LINES]
    _plant_missing(raw, columns, declared.missing_codes.sessions, ("-99",), there)
    _type_out(raw, ["attended"], ATTENDED_LABELS, declared.typed_labels_attended)


def plant_inventories(raw: RawTable, simulated: Simulated, rater: str) -> None:
    """Careless clients, orphans, corrected and exact duplicates, user-missing codes."""
    declared = simulated.truth.untidy
    instrument = load_instruments()[getattr(simulated.truth.responses, f"{rater}_inventory")]
    items = [f"wai_{item}" for item in range(1, instrument.items + 1)]
    low, high = int(instrument.range.low), int(instrument.range.high)
    if rater == "client":
        _plant_careless(
            raw, declared.careless_client, items, (low, high), "seconds", "check", CLIENT_CHECK, float
        )
        _plant_orphans(
            raw, "enrolment", declared.orphans.client_inventories, simulated, first=declared.orphans.sessions
        )
        _plant_corrected(
            raw, items[4], declared.corrected.client_inventories, (low, high), step=1, spelled=float
        )
    _plant_duplicates(raw, getattr(declared.duplicates, f"{rater}_inventories"))
    share = getattr(declared.missing_codes, f"{rater}_inventories")
    _plant_missing(raw, items, share, (float(REFUSED), float(NOT_APPLICABLE)))


def _code(status: str) -> str:
    return headers.codes(dictionary().enrolments.columns[ENROLMENT_STATUS])[status]


def _plant_careless(
    raw: RawTable,
    declared: Careless,
    items: list[str],
    limits: tuple[int, int],
    seconds: str,
    check: str,
    passes: int,
    spelled: type,
) -> None:
    low, high = limits
    others = np.array([answer for answer in range(1, 6) if answer != passes])
    for kind in type(declared).model_fields:
        records = raw.choose(f"careless_{kind}", getattr(declared, kind))
        answers = raw.rng.integers(low, high + 1, size=(len(records), len(items)))
        if kind == "longstring":
            answers[:] = answers[:, :1]
        raw.frame.loc[records, items] = _spelled(answers, spelled)
        if kind == "fast":
            quick = raw.rng.integers(3, int(FAST_SECONDS_PER_ITEM * len(items)) + 1, size=len(records))
            raw.frame.loc[records, seconds] = _spelled(quick, spelled)
        if kind == "failed_check":
            wrong = others[raw.rng.integers(len(others), size=len(records))]
            raw.frame.loc[records, check] = _spelled(wrong, spelled)
        raw.note(f"careless_{kind}", records)


def _spelled(values: np.ndarray, spelled: type) -> np.ndarray:
    """Whole numbers as the export has them: as text, or as numbers."""
    return values.astype(spelled) if spelled is float else values.astype(spelled).astype(object)


def _plant_orphans(raw: RawTable, key: str, count: int, simulated: Simulated, first: int) -> None:
    """Copies of records under ids that the enrolments do not hold."""
    size = simulated.truth.sizes.enrolments
    strangers = numbered("E", size + STRANGERS_FROM + first + count)[size + STRANGERS_FROM + first :]
    copies = raw.frame.loc[raw.choose("orphan", count)].copy()
    copies[key] = strangers
    raw.add("orphan", copies)


def _plant_corrected(
    raw: RawTable, column: str, count: int, limits: tuple[int, int], step: int, spelled: type
) -> None:
    """Enter records again at the end as they are right, and put one field of the first entry wrong."""
    low, high = limits
    known = pd.to_numeric(raw.frame[column], errors="coerce").notna().to_numpy()
    chosen = raw.choose("corrected", count, known)
    right = raw.frame.loc[chosen].copy()
    for record in chosen:
        value = int(float(raw.frame.loc[record, column]))
        wrong = value + step if value + step <= high else max(value - step, low)
        raw.put("corrected_first_entry", record, column, spelled(wrong))
    raw.add("corrected_second_entry", right)


def _plant_duplicates(raw: RawTable, count: int) -> None:
    chosen = raw.choose("exact_duplicate", count)
    raw.add("exact_duplicate", raw.frame.loc[chosen].copy())


def _type_out(raw: RawTable, columns: list[str], labels: Mapping[str, str], count: int) -> None:
    """Spell ``count`` coded cells of untouched records out in words."""
    values = raw.frame[columns].to_numpy(dtype=object)
    cells = np.argwhere(np.isin(values, list(labels)) & raw.free()[:, None])
    if count > len(cells):
        message = f"{count} cells of {raw.name} are to be typed out, but only {len(cells)} can be"
        raise ConfigurationError("truth: untidy", [Problem(message, "Lower this number, or simulate more.")])
    for record, position in cells[np.sort(raw.rng.choice(len(cells), size=count, replace=False))]:
        column = columns[position]
        raw.put("typed_label", record, column, labels[raw.frame.loc[record, column]])


def _plant_missing(
    raw: RawTable, columns: list[str], share: float, codes: tuple, rows: np.ndarray | None = None
) -> None:
    """Fill the declared share of empty cells (in ``rows``, and in untouched records) with codes."""
    values = raw.frame[columns].to_numpy(dtype=object)
    empty = (pd.isna(values) | (values == "")) & raw.free()[:, None]
    if rows is not None:
        empty[: len(rows)] &= rows[:, None]
        empty[len(rows) :] = False
    cells = np.argwhere(empty)
    chosen = np.sort(raw.rng.choice(len(cells), size=round(share * len(cells)), replace=False))
    which = raw.rng.integers(len(codes), size=len(chosen))
    for column in np.unique(cells[chosen, 1]):
        here = cells[chosen, 1] == column
        records = cells[chosen][here, 0]
        filled = raw.frame[columns[column]].to_numpy(dtype=object).copy()
        filled[records] = np.array(codes, dtype=object)[which[here]]
        raw.frame[columns[column]] = filled if isinstance(codes[0], str) else filled.astype("float64")
        texts = [str(codes[i]) if isinstance(codes[i], str) else f"{codes[i]:.0f}" for i in which[here]]
        raw.planted.extend(
            Planted("missing_code", int(record), columns[column], text)
            for record, text in zip(records, texts, strict=True)
        )
