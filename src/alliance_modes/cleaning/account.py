"""The account of a cleaning: rows read = rows excluded, by reason, + rows kept, to the row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.cleaning import TABLES as RESULTS
from alliance_modes.ground.errors import Problem, TableError


def cleaning_account(ledger: Ledger) -> pd.DataFrame:
    """The account of every table.

    Parameters
    ----------
    ledger : Ledger
        After all checks.

    Returns
    -------
    DataFrame
        table, step (``read``, ``excluded``, ``kept``), reason (blank unless excluded), rows.

    Raises
    ------
    TableError
        A row is neither kept nor excluded, or stands in the account twice.
    """
    lines = []
    for name in TABLES:
        kept, excluded = ledger[name], ledger.excluded_rows(name)
        check_balance(name, ledger.rows_read[name], kept.index, [rows.index for _, rows in excluded])
        lines.append((name, "read", "", ledger.rows_read[name]))
        reasons: dict[str, int] = {}
        for reason, rows in excluded:
            reasons[reason] = reasons.get(reason, 0) + len(rows)
        lines += [(name, "excluded", reason, count) for reason, count in reasons.items()]
        lines.append((name, "kept", "", len(kept)))
    account = RESULTS["account"]
    return account.typed(pd.DataFrame(lines, columns=list(account.columns)))


def check_balance(name: str, read: int, kept: pd.Index, excluded: Sequence[pd.Index]) -> None:
    """Raise ``TableError`` unless each of the ``read`` rows is kept, or excluded, exactly once.

    Rows are told apart by their place among the rows read.
    """
    places = np.concatenate([kept.to_numpy(), *(rows.to_numpy() for rows in excluded)])
    if len(places) == read and np.array_equal(np.sort(places), np.arange(read)):
        return
    gone = sorted(set(range(read)) - set(places.tolist()))
    message = (
        f"the account does not balance: {read} rows read, {len(kept)} kept, "
        f"{sum(map(len, excluded))} excluded, {len(gone)} without a reason"
    )
    hint = "This is an error of the program, not of the data: please report it with the cohort's cohort.yaml."
    raise TableError(f"cleaning of {name}", [Problem(message, hint, table=name)])
