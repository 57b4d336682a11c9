"""The figure and the tables of missing data say the numbers of the map."""

from __future__ import annotations

from typing import Any

import contract_report
import pandas as pd
import pytest
from drawn_numbers import lines

from alliance_modes.dictionary.cleaning import TABLES
from alliance_modes.figures.missing_data import missing_data
from alliance_modes.figures.picture import write_picture
from alliance_modes.tables.missing import missing_table, screening_table, totals

MAP = contract_report.missing_map()


def texts(figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]


def test_figure_shows_shares_by_reason_and_says_them_in_words():
    picture = missing_data(MAP)
    assert picture.status == "ok" and picture.figure.get_figheight() <= 4.6
    said = texts(picture.figure)
    assert {"refused", "no reason recorded", "5.0\u00a0%"} <= set(said)
    assert "b  Forms not received, by session" in said
    assert "WAI-SR, client 5.0\u00a0%" in picture.alt
    assert "By practitioner 2.0\u00a0% to 11.0\u00a0% of cells." in picture.alt
    (by_session,) = [line for line in lines(picture) if "forms not received, by session" in line]
    assert by_session.endswith("20.0\u00a0% to 50.0\u00a0%")
    assert lines(picture)[-1].startswith("All cells, by practitioner (n = 2)")
    assert "1,200 cells" in picture.caption


def test_bars_add_up_to_the_share_missing_and_the_line_spans_the_items():
    bars: Any = missing_data(MAP).figure.axes[0]
    assert round(sum(bar.get_width() for bar in bars.patches), 6) == 0.05
    (span,) = bars.collections[0].get_segments()
    assert [round(float(end), 6) for end in span[:, 0]] == [0.33, 0.33]


def test_where_nothing_is_known_of_forms_due_answers_are_shown():
    occasion = MAP[MAP["view"] == "planned"].assign(view="occasion", unit="cells")
    picture = missing_data(pd.concat([MAP[MAP["view"] != "planned"], occasion], ignore_index=True))
    assert "b  Answers missing, by session" in texts(picture.figure)


def test_a_map_of_numbers_alone_reads_the_same_from_its_csv(tmp_path):
    """Without a text among the levels, pandas alone would read them as 3.0."""
    numbers = MAP[MAP["view"].isin(["table", "item", "planned"])]
    TABLES["missing_map"].write(TABLES["missing_map"].typed(numbers), tmp_path / "map.csv")
    read = TABLES["missing_map"].read(tmp_path / "map.csv")
    assert read["level"].dropna().str.fullmatch("[0-9]+").all()
    assert missing_data(read).alt == missing_data(numbers).alt
    assert missing_table(read) == missing_table(numbers)
    assert totals(read, "planned")["level"].tolist() == ["3", "12"]


def test_nothing_missing_and_no_map_are_said():
    none = MAP[MAP["reason"] == ""].assign(count=0, share=0.0)
    assert "no column or item has a missing value." in missing_data(none).alt
    assert missing_data(None).status.startswith("not_run: ")
    assert missing_data(MAP.iloc[:0]).status.startswith("not_run: ")


def test_more_reasons_than_fills_are_put_together():
    reasons = [f"reason {number}" for number in range(7)]
    line = MAP[(MAP["view"] == "table") & (MAP["reason"] == "")].iloc[0]
    rows = pd.DataFrame(
        [line.to_dict() | {"reason": name, "count": 8, "share": 8 / 1200} for name in reasons]
    )
    bars: Any = missing_data(pd.concat([MAP[MAP["reason"] == ""], rows])).figure.axes[0]
    assert [text.get_text() for text in bars.get_legend().get_texts()] == [*reasons[:3], "other reasons"]
    assert round(sum(bar.get_width() for bar in bars.patches), 6) == round(7 * 8 / 1200, 6)


@pytest.mark.slow
def test_the_same_map_gives_the_same_bytes(tmp_path):
    for folder in ("one", "two"):
        write_picture(missing_data(MAP), tmp_path / folder, "missing_data")
    for suffix in ("png", "pdf", "json"):
        one, two = (tmp_path / folder / f"missing_data.{suffix}" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_table_of_missing_data():
    (row,) = missing_table(MAP).rows
    assert [cell.strip("\u2007\u2008") for cell in row] == [
        "WAI-SR, client", "58 of 200", "61.0\u00a0%", "5.0\u00a0%", "refused 45; no reason recorded 15",
    ]  # fmt: skip
    assert missing_table(MAP.iloc[:0]) is None


def test_table_of_flags_gives_what_was_not_checked_and_why():
    table = screening_table(contract_report.checks())
    cells = {row[1]: [cell.strip("\u2007") for cell in row[2:]] for row in table.rows}
    assert cells["one answer nearly throughout (longest run)"] == ["1,200", "7", ""]
    assert cells["pattern far from all others"] == [
        "–",
        "–",
        "not checked in WAI-S, client: 41 complete records",
    ]
    assert cells["one person under two client ids"] == ["600", "4", ""]
    assert screening_table(contract_report.checks().iloc[:0]) is None
