"""The two tables that a run leaves: mutants by module, and survivors with the reason why they may live."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
COUNTS = HERE / "mutants.csv"
SURVIVORS = HERE / "survivors.csv"
NAMED = ("module", "function", "kind", "before", "after", "occurrence")


def write_tables(modules: Iterable[str], verdicts: Mapping[tuple[str, ...], str]) -> None:
    """Write both tables anew for the modules of a run; other modules keep their rows.

    Parameters
    ----------
    modules : iterable of str
        Modules whose mutants were all tried.
    verdicts : mapping
        By the columns of ``NAMED``: ``killed``, ``timeout`` or ``survived``.
    """
    done = set(modules)
    reasons = {_name(row): row["reason"] for row in _read(SURVIVORS)}
    kept = [row for row in _read(SURVIVORS) if row["module"] not in done]
    for name, result in verdicts.items():
        if result == "survived":
            kept.append(dict(zip(NAMED, name, strict=True)) | {"reason": reasons.get(name, "")})
    kept.sort(key=lambda row: (row["module"], row["function"]))
    counts = [row for row in _read(COUNTS) if row["module"] not in done]
    counts += [_count(module, verdicts, reasons) for module in done]
    counts.sort(key=lambda row: row["module"])
    _write(SURVIVORS, (*NAMED, "reason"), kept)
    _write(COUNTS, ("module", "mutants", "killed", "survived", "explained"), counts)


def _count(
    module: str, verdicts: Mapping[tuple[str, ...], str], reasons: Mapping[tuple[str, ...], str]
) -> dict[str, str]:
    own = {name: result for name, result in verdicts.items() if name[0] == module}
    survived = [name for name, result in own.items() if result == "survived"]
    return {
        "module": module,
        "mutants": str(len(own)),
        "killed": str(len(own) - len(survived)),
        "survived": str(len(survived)),
        "explained": str(sum(bool(reasons.get(name)) for name in survived)),
    }


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
