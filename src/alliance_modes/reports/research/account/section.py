"""The account of rows: what was read, left out and kept, and what the holder of the data agreed to."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.account import account_table, agreements_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "account": account_table(inputs.account),
        "agreements": agreements_table(inputs.cohort.accepted),
    }


ACCOUNT = Section(
    "account",
    ("account", "cohort"),
    _context,
    inside="the account of rows",
    answers=(by_table("Rows read, left out and kept", "jars_quant T1.32", "strobe 13b"),),
)
