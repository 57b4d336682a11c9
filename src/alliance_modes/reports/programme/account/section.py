"""The account of rows: what was read, left out and kept."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.account import account_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"account": account_table(inputs.account)}


ACCOUNT = Section("account", ("account",), _context)
