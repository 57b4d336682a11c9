"""The checks of session rows written plainly, one row at a time with ``DataFrame.apply``."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from datetime import datetime
from pathlib import Path

import pandas as pd

KEY = b"a key"
DATA_LOCK = "data_lock"
FORMATS = ("%Y-%m-%d", "%d.%m.%Y")
ATTENDED = {"yes": True, "no": False, "1": True, "0": False, "true": True, "false": False}
RUPTURES = ("none", "withdrawal", "confrontation")
MISSING = "-99"
USE = ("use_educative", "use_engagement", "use_therapeutic")
RATINGS = {f"eng{item}": (1, 5) for item in range(1, 6)} | {
    f"sr_{line}": (0, 10) for line in ("relationship", "goals", "approach", "overall")
}
ID, NUMBER, HELD, HERE = 0, 1, 2, 3
"""Places in a read row: enrolment, session number, date, attendance."""


def plain_sessions(folder: Path) -> dict[str, int]:
    """Read and clean the sessions of a cohort; how many of what was found, as the package counts it."""
    found: Counter[str] = Counter()
    lock = _lock(folder / "cohort.yaml")
    enrolments = _enrolments(folder / "enrolments.csv", lock)
    raw = pd.read_csv(folder / "sessions.csv", dtype=str, keep_default_na=False)
    rows = raw.apply(lambda row: _read(row, found), axis=1)
    table = pd.DataFrame({"row": rows})
    found["read"] = len(table)

    table = _without(table, table.apply(lambda r: None in r["row"][:2], axis=1), "missing", found)
    seen: set[tuple] = set()
    table = _without(table, table.apply(lambda r: _repeated(r["row"], seen), axis=1), "exact", found)
    orphan = table.apply(lambda r: r["row"][ID] not in enrolments, axis=1)
    table = _without(table, orphan, "orphan", found)
    table["row"] = table.apply(lambda r: _mended(r["row"], enrolments, lock, found), axis=1)
    best: dict[tuple, tuple] = {}
    table.apply(lambda r: _compete(r.name, r["row"], best), axis=1)
    kept = {place for *_, place in best.values()}
    table = _without(table, table.apply(lambda r: r.name not in kept, axis=1), "conflicting", found)
    table.apply(lambda r: _contradictions(r["row"], enrolments, found), axis=1)
    found["kept"] = len(table)
    return {name: count for name, count in found.items() if count}


def _lock(path: Path) -> datetime:
    line = next(line for line in path.read_text().splitlines() if line.startswith(DATA_LOCK))
    return datetime.strptime(line.partition(":")[2].strip(" '\""), "%Y-%m-%d")


def _keyed(text: str) -> str | None:
    text = text.strip()
    message = f"enrolment_id:{text}".encode()
    return hmac.new(KEY, message, hashlib.sha256).hexdigest()[:16] if text else None


def _date(text: str) -> datetime | None:
    if not text:
        return None
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError(f"{text} is not a date")


def _number(text: str, low: float, high: float, found: Counter) -> float | None:
    text = text.strip()
    if text == MISSING:
        found["reasons"] += 1
        return None
    if not text:
        return None
    number = float(text)
    if not low <= number <= high:
        raise ValueError(f"{text} is out of range")
    return number


def _category(text: str, values: tuple[str, ...] | dict, found: Counter) -> object:
    text = text.strip()
    if text == MISSING:
        found["reasons"] += 1
        return None
    if not text:
        return None
    if text not in values:
        raise ValueError(f"{text} is not one of {values}")
    return values[text] if isinstance(values, dict) else text


def _read(row: pd.Series, found: Counter) -> tuple:
    held = _date(row["date"].strip() if row["date"] != MISSING else "")
    found["reasons"] += row["date"] == MISSING
    found["date_format"] += held is not None and "." in row["date"]
    found["label"] += row["attended"] in ("yes", "no")
    return (
        _keyed(row["enrolment"]),
        _number(row["session"], 1, 500, found),
        held,
        _category(row["attended"], ATTENDED, found),
        _category(row["rupture"], RUPTURES, found),
        _category(row["repaired"], ATTENDED, found),
        *(_number(row[column], 0, 4, found) for column in USE),
        *(_number(row[column], low, high, found) for column, (low, high) in RATINGS.items()),
    )


def _enrolments(path: Path, lock: datetime) -> dict[str | None, tuple]:
    """Start, end and planned sessions of each enrolment; of repeats the fullest, latest, last."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    best: dict[str | None, tuple] = {}

    def add(row: pd.Series) -> None:
        start, end = (_known(row[column]) for column in ("start_date", "end_date"))
        start = None if start and start > lock else start
        end = None if end and (end > lock or (start and end < start)) else end
        planned = _known_number(row["planned_sessions"])
        filled = sum(
            bool(_plain(text)) for column, text in row.items() if column not in ("full_name", "notes")
        )
        rank = (filled, end or datetime.min, row.name)
        key = _keyed(row["record_id"])
        if key not in best or rank > best[key][3]:
            best[key] = (start, end, planned, rank)

    raw.apply(add, axis=1)
    return best


def _plain(text: str) -> str:
    return "" if text in (MISSING, "refused", "n/a") else text.strip()


def _known(text: str) -> datetime | None:
    return _date(_plain(text))


def _known_number(text: str) -> float | None:
    return float(text) if _plain(text) else None


def _without(table: pd.DataFrame, out: pd.Series, reason: str, found: Counter) -> pd.DataFrame:
    found[reason] += int(out.sum())
    return table[~out.astype(bool)].copy()


def _repeated(row: tuple, seen: set[tuple]) -> bool:
    known = row in seen
    seen.add(row)
    return known


def _mended(row: tuple, enrolments: dict, lock: datetime, found: Counter) -> tuple:
    start, end, _, _ = enrolments[row[ID]]
    held, here = row[HELD], row[HERE]
    if held and held > lock:
        found["held_on_after_data_lock"] += 1
        held = None
    if held and start and held < start:
        found["session_before_start"] += 1
        held = None
    if held and end and held > end and here is not False:
        found["session_after_end"] += 1
        found["attended_after_end"] += here is True
        held = None
    return (*row[:HELD], held, *row[HERE:])


def _compete(place: int, row: tuple, best: dict[tuple, tuple]) -> None:
    filled = sum(value is not None for value in row)
    rank = (filled, row[HELD] or datetime.min, place)
    key = row[:HELD]
    if key not in best or rank > best[key]:
        best[key] = rank


def _contradictions(row: tuple, enrolments: dict, found: Counter) -> None:
    planned = enrolments[row[ID]][2]
    found["session_above_planned"] += planned is not None and row[NUMBER] > planned
    rated = any(value is not None for value in row[HERE + 3 + len(USE) :])
    found["absent_but_rated"] += row[HERE] is False and rated
