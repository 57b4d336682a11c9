"""Reliable change: by hand, by simulation of nobody changing, and what is left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.reliability.change import reliable_change
from alliance_modes.tables.reliable_change import change_sentences, change_table

SEM = 2.0  # so that sqrt(2) x SEM = 2.828 and the limit is 5.544


def scores(first: list[float], last: list[float], **further: object) -> pd.DataFrame:
    names = [f"e{place:03d}" for place in range(len(first))]
    part = {"rater": "client", "instrument": "wai_sr", "scale": "bond", "items": 4, "items_valid": 4}
    both = [
        pd.DataFrame({"enrolment_id": names, "session_no": session, "score": values, **part})
        for session, values in ((3, first), (9, last))
    ]
    return pd.concat(both, ignore_index=True).assign(completed_on=pd.NaT, **further)


def scales(sem: float | None = SEM) -> pd.DataFrame:
    return pd.DataFrame(
        {"rater": ["client"], "instrument": ["wai_sr"], "scale": ["bond"], "sem_score": [sem]}
    )


def enrolments(count: int, practitioners: int = 5) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "enrolment_id": [f"e{place:03d}" for place in range(count)],
            "practitioner_id": [f"p{place % practitioners}" for place in range(count)],
        }
    )


def test_index_and_rates_by_hand() -> None:
    first = [10.0] * 10
    last = [16.0, 15.0, 4.0, 5.0, 10.0, 12.0, 16.0, 10.0, 9.0, 11.0]
    found = reliable_change(scores(first, last), scales(), enrolments(10))
    clients = found.clients.set_index("enrolment_id")
    assert clients.loc["e000", "index"] == pytest.approx(6 / 2.8284271247)  # 2.12
    assert clients["verdict"].tolist() == [
        *("rose", "within error", "fell", "within error", "within error"),
        *("within error", "rose", "within error", "within error", "within error"),
    ]
    assert clients.loc["e000", ["first_session", "last_session"]].tolist() == [3, 9]
    (row,) = found.rates.itertuples()
    assert (row.n, row.rose, row.fell, row.share_rose, row.share_fell) == (10, 2, 1, 0.2, 0.1)
    assert row.limit == pytest.approx(5.5437, abs=1e-4) and row.mean_change == pytest.approx(0.8)
    assert row.shared == "practitioners"
    assert row.share_rose_low < 0.2 < row.share_rose_high


def test_where_nobody_changes_error_alone_moves_as_many_as_expected() -> None:
    rng = np.random.default_rng(3)
    true = rng.normal(15.0, 4.0, 20_000)
    first, last = (true + rng.normal(0.0, SEM, len(true)) for _ in range(2))
    found = reliable_change(scores(list(first), list(last)), scales(), enrolments(len(true), 400))
    (row,) = found.rates.itertuples()
    for share in (row.share_rose, row.share_fell):
        assert share == pytest.approx(row.expected, abs=3 * np.sqrt(0.025 * 0.975 / len(true)))
    assert "No rate is above that by its interval" in change_sentences(found.rates)[0]


def test_first_and_last_are_by_session_and_scores_with_gaps_are_left_out() -> None:
    table = scores([10.0] * 3, [12.0] * 3)
    between = table[table["session_no"] == 9].assign(session_no=6, score=40.0)
    table = pd.concat([between, table], ignore_index=True).iloc[::-1]
    found = reliable_change(table, scales(), enrolments(3))
    assert found.clients["change"].tolist() == [2.0] * 3
    assert found.rates["status"].tolist() == ["not_estimated"]
    assert found.rates["reason"].str.startswith("3 enrolments with two complete").all()
    gaps = table.assign(items_valid=[3 if session == 9 else 4 for session in table["session_no"]])
    assert reliable_change(gaps, scales(), enrolments(3)).clients["last"].tolist() == [40.0] * 3
    unplaced = table.assign(session_no=[None if session == 9 else session for session in table["session_no"]])
    assert reliable_change(unplaced, scales(), enrolments(3)).clients["last"].tolist() == [40.0] * 3


def test_by_day_where_no_session_is_known_and_nothing_where_neither_is() -> None:
    table = scores([10.0] * 3, [12.0] * 3)
    days = pd.to_datetime(["2025-03-01"] * 3 + ["2025-02-01"] * 3)
    dated = table.assign(session_no=pd.array([None] * 6, dtype="Int64"), completed_on=days)
    assert reliable_change(dated, scales(), enrolments(3)).clients["change"].tolist() == [-2.0] * 3
    undated = dated.assign(completed_on=pd.NaT)
    assert reliable_change(undated, scales(), enrolments(3)).rates.empty


def test_without_an_error_nothing_is_called_reliable() -> None:
    found = reliable_change(scores([10.0] * 12, [19.0] * 12), scales(None), enrolments(12))
    assert found.clients["index"].isna().all() and set(found.clients["verdict"]) == {""}
    assert found.rates["reason"].tolist() == ["no error of a score is known that is above zero"]
    assert change_table(found.rates) is None
    assert change_sentences(found.rates)[0].startswith("Reliable change: not estimated")


def test_more_than_error_gives_is_said_with_the_scale() -> None:
    found = reliable_change(scores([10.0] * 40, [17.0, 17.0, 10.0, 11.0] * 10), scales(), enrolments(40))
    said = change_sentences(found.rates)
    assert "50.0\u00a0% of enrolments rose" in said[0] and "2.5\u00a0% each way" in said[0]
    assert said[0].endswith("Above that by its interval: bond (rose).")
    table = change_table(found.rates)
    assert table is not None and len(table.rows) == 1
    assert "new practitioners like these" in table.note
