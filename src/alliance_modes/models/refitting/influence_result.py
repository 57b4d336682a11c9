"""What leaving out each practitioner and site gives: rows of ``influence.csv``, and diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from alliance_modes.dictionary.models import TABLES
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.result import Check, Diagnostic, Level

CHANGE_OF_CONCERN = 1.0
CHECK = "influence"


class InfluenceRow(Closed):
    """One tested coefficient (or joint test) while each of ``units`` is left out in turn.

    ``refitted`` of them were left out by a refit, the others by the deletion formula. ``without`` is the
    level (keyed id) whose absence moves it most: by ``largest_change_in_se``, to ``estimate_without`` and
    ``p_without``. ``sign_changes`` and ``claim_changes`` count the levels without which the sign, or
    p < .05, is another; ``claim_changed_by`` names the latter. ``p_highest`` is the largest p without one of
    them: of a coefficient by closed testing, as a claim about it is made.
    """

    outcome: str
    unit: str
    term: str
    level: Level
    units: int = 0
    failures: int = 0
    refitted: int = 0
    largest_change_in_se: float | None = None
    without: str = ""
    estimate: float | None = None
    estimate_without: float | None = None
    p: float | None = None
    p_without: float | None = None
    p_highest: float | None = None
    sign_changes: int | None = None
    claim_changes: int | None = None
    claim_changed_by: tuple[str, ...] = ()
    result: Check
    reason: str = ""


class InfluenceResult(Closed):
    """Every row of one model; none where it has no primary outcome."""

    model: str
    rows: tuple[InfluenceRow, ...] = ()


def influence_table(
    results: Iterable[InfluenceResult], as_adjusted: Callable[[InfluenceResult, InfluenceRow], float | None]
) -> pd.DataFrame:
    """``influence.csv``, in the order given; ``as_adjusted`` gives a row's ``p_adjusted_highest``."""
    rows = [
        {
            "model": result.model,
            **row.model_dump(),
            "claim_changed_by": " ".join(row.claim_changed_by),
            "p_adjusted_highest": as_adjusted(result, row),
        }
        for result in results
        for row in result.rows
    ]
    return TABLES["influence"].from_rows(rows)


def influence_diagnostics(result: InfluenceResult) -> dict[str, Diagnostic]:
    """One diagnostic per outcome: ``fail`` where a row fails, ``pass`` where any was looked at."""
    by_outcome: dict[str, list[InfluenceRow]] = {}
    for row in result.rows:
        by_outcome.setdefault(row.outcome, []).append(row)
    return {outcome: _diagnostic(rows) for outcome, rows in by_outcome.items()}


def _diagnostic(rows: Sequence[InfluenceRow]) -> Diagnostic:
    said = [
        _said(unit, [row for row in rows if row.unit == unit]) for unit in dict.fromkeys(r.unit for r in rows)
    ]
    results = {row.result for row in rows}
    result: Check = "fail" if "fail" in results else "pass" if "pass" in results else "not_checked"
    return Diagnostic(check=CHECK, result=result, detail="; ".join(said))


def _said(unit: str, rows: Sequence[InfluenceRow]) -> str:
    moved = [row for row in rows if row.largest_change_in_se is not None]
    if not moved:
        return rows[0].reason
    worst = max(moved, key=lambda row: abs(row.largest_change_in_se or 0.0))
    changed = sorted({f"{row.term} ({row.level})" for row in rows if row.claim_changes})
    claims = f"; p crosses .05 for {', '.join(changed)}" if changed else "; no p crosses .05"
    return (
        f"without one {unit} of {worst.units} a coefficient moves by "
        f"{abs(worst.largest_change_in_se or 0.0):.2f} SE at most ({worst.term}){claims}{_how(worst)}"
    )


def _how(row: InfluenceRow) -> str:
    """That most levels were left out by formula; blank where all were by refits."""
    if row.refitted >= row.units:
        return ""
    return f"; {row.refitted} of them refitted (extremes, and those near .05), the others by formula"
