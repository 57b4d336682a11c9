"""The two tables that a run leaves: mutants by module, and survivors with the reason why they may live."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
COUNTS = HERE / "mutants.csv"
SURVIVORS = HERE / "survivors.csv"
NAMED = ("module", "function", "kind", "before", "after", "occurrence")


def write_tables(module: str, mutants: int, verdicts: Mapping[tuple[str, ...], str]) -> None:
    """Write both tables anew for one module; other modules keep their rows.

    Parameters
    ----------
    module : str
        Below ``src/alliance_modes``.
    mutants : int
        How many it has.
    verdicts : mapping
        Of those that were tried, by the columns of ``NAMED``: ``killed``, ``timeout`` or ``survived``.
    """
    reasons = {_name(row): row["reason"] for row in _read(SURVIVORS)}
    kept = [row for row in _read(SURVIVORS) if row["module"] != module]
    for name, result in verdicts.items():
        if result == "survived":
            kept.append(dict(zip(NAMED, name, strict=True)) | {"reason": reasons.get(name, "")})
    kept.sort(key=lambda row: (row["module"], row["function"]))
    survived = [name for name, result in verdicts.items() if result == "survived"]
    row = {
        "module": module,
        "mutants": str(mutants),
        "tried": str(len(verdicts)),
        "killed": str(len(verdicts) - len(survived)),
        "survived": str(len(survived)),
        "explained": str(sum(bool(reasons.get(name)) for name in survived)),
    }
    counts = [*(other for other in _read(COUNTS) if other["module"] != module), row]
    counts.sort(key=lambda row: row["module"])
    _write(SURVIVORS, (*NAMED, "reason"), kept)
    _write(COUNTS, tuple(row), counts)


def _name(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row[column] for column in NAMED)


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
