"""The shipped keys are the published ones, and a contradictory instrument file is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from alliance_modes.ground.errors import ConfigurationError, InstrumentError
from alliance_modes.instruments.administrations import administrations
from alliance_modes.instruments.model import Instrument, load_instruments, versions_that_fit
from alliance_modes.plan.relations.facets import TECHNIQUES

INSTRUMENTS = load_instruments()

# Published keys, written as the publications list them: R = reversed.
PUBLISHED = {
    "wai_36": {
        "task": "2 4 7R 11R 13 15R 16 18 24 31R 33R 35",
        "bond": "1R 5 8 17 19 20R 21 23 26 28 29R 36",
        "goal": "3R 6 9R 10R 12R 14 22 25 27R 30 32 34R",
    },
    "wai_s": {"task": "1 2 8 12", "bond": "3 5 7 9", "goal": "4R 6 10R 11"},
    "wai_sr": {"task": "1 2 10 12", "bond": "3 5 7 9", "goal": "4 6 8 11"},
    "gcq_s": {"engaged": "1 2 4 8 11", "avoiding": "3 5 9", "conflict": "6 7 10 12"},
    "srs": {"srs_total": "1 2 3 4"},
}


def minimal(**changes) -> dict:
    return {
        "id": "check",
        "title": "Check",
        "measures": "nothing",
        "raters": ["client"],
        "items": 4,
        "range": {"low": 1, "high": 5},
        "subscales": {"first": [1, 2], "second": [3, 4]},
        "scoring": {"method": "mean"},
        "source": "-",
        "rights": "-",
        "verified": "-",
        **changes,
    }


@pytest.mark.parametrize("name", PUBLISHED)
def test_shipped_key_is_the_published_one(name):
    instrument = INSTRUMENTS[name]
    keyed = {
        scale: [f"{item}R" if item in instrument.reversed else str(item) for item in items]
        for scale, items in instrument.subscales.items()
    }
    assert keyed == {scale: text.split() for scale, text in PUBLISHED[name].items()}


@pytest.mark.parametrize(
    ("name", "items", "low", "high"),
    [
        ("wai_36", 36, 1, 7),
        ("wai_s", 12, 1, 7),
        ("wai_sr", 12, 1, 5),
        ("srs", 4, 0, 10),
        ("gcq_s", 12, 0, 6),
        ("modes_of_practice", 18, 1, 5),
        ("session_engagement", 5, 1, 5),
    ],
)
def test_items_and_range(name, items, low, high):
    instrument = INSTRUMENTS[name]
    assert (instrument.items, instrument.range.low, instrument.range.high) == (items, low, high)


def test_published_inventories_ship_no_wording_and_no_response_labels():
    for name in PUBLISHED:
        assert not INSTRUMENTS[name].wording
        assert not INSTRUMENTS[name].responses


def test_study_made_instruments_have_wording_for_every_item_and_labels_for_every_response():
    for name in ("modes_of_practice", "session_engagement"):
        instrument = INSTRUMENTS[name]
        assert sorted(instrument.wording) == list(range(1, instrument.items + 1))
        assert len(set(instrument.wording.values())) == instrument.items
        assert sorted(instrument.responses["en"]) == [1, 2, 3, 4, 5]


def test_modes_survey_gives_each_mode_six_items_nine_cells_and_nine_techniques():
    survey = INSTRUMENTS["modes_of_practice"]
    assert list(survey.subscales) == ["educative", "engagement", "therapeutic"]
    for first, mode in zip((1, 7, 13), survey.subscales, strict=True):
        assert survey.subscales[mode] == tuple(range(first, first + 6))
        cells = [survey.facets[f"{mode}_{component}"] for component in ("goal", "task", "bond")]
        assert cells == [(first,), (first + 1,), (first + 2,)]
    techniques = [items for name, items in survey.facets.items() if name in TECHNIQUES]
    assert techniques == [(item,) for first in (4, 10, 16) for item in range(first, first + 3)]
    assert len(survey.facets) == 9 + len(techniques)


def test_one_item_lies_on_different_subscales_in_different_versions():
    """Positions 8 and 10 of the two 12-item versions change sides, so a version is always declared."""
    subscale = {
        name: {item: scale for scale, items in INSTRUMENTS[name].subscales.items() for item in items}
        for name in ("wai_36", "wai_s", "wai_sr")
    }
    assert (subscale["wai_s"][8], subscale["wai_sr"][8]) == ("task", "goal")
    assert (subscale["wai_s"][10], subscale["wai_sr"][10]) == ("goal", "task")
    assert subscale["wai_s"] != subscale["wai_sr"]
    assert {item: subscale["wai_36"][item] for item in range(1, 13)} != subscale["wai_s"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subscales": {"first": [1, 2], "second": [2, 3]}}, "item 2 stands on two subscales"),
        ({"subscales": {"first": [1, 5]}}, r"first names items \[5\]"),
        ({"reversed": [9]}, r"reversed names items \[9\]"),
        ({"reversed": [1, 1]}, "reversed names an item twice"),
        ({"range": {"low": 5, "high": 1}}, "range.low must be below range.high"),
        ({"responses": {"en": {1: "never", 5: "always"}}}, "must label every value 1 to 5"),
        ({"responses": {"en": dict.fromkeys(range(1, 6), "often")}}, "gives two values one label"),
        ({"range": {"low": 1, "high": 5.5}}, "limits are not whole numbers"),
        ({"subscales": {"first": [1, 2], "second": [3]}}, "items 4 are on no subscale"),
        ({"subscales": {"first": [1, 1, 2], "second": [3, 4]}}, "first names an item twice"),
        ({"shared": [1]}, "shared names items 1, which do not stand on two subscales"),
        (
            {"subscales": {"first": [1, 2], "second": [2, 3, 4]}, "shared": [2], "total": "total"},
            'the total "total" would count shared items twice',
        ),
        ({"unscored": [4]}, "items 4 are unscored, but stand on a subscale"),
        (
            {"subscales": {"first": [1, 2, 3]}, "unscored": [4], "reversed": [4]},
            "items 4 are reversed, but unscored",
        ),
        ({"wording": {1: "One", 2: "Two"}}, "items 3, 4 have none"),
        (
            {"subscales": {"first": [1, 2], "first_prorated": [3, 4]}},
            '"first_prorated" is the name of a column that belongs to another score',
        ),
        ({"id": "item"}, 'the id "item" is taken'),
        ({"raters": ["client", "client"]}, "raters names one twice"),
        ({"source": " "}, "source"),
        ({"total": "first"}, '"first" names two scores'),
        ({"subscales": {}}, "subscales"),
        ({"raters": []}, "raters"),
        ({"scoring": {"method": "mean", "min_valid": 0}}, "min_valid"),
    ],
)
def test_contradictory_instrument_is_refused(changes, said):
    with pytest.raises(ValidationError, match=said):
        Instrument.model_validate(minimal(**changes))


def test_what_is_meant_can_be_declared():
    both = Instrument.model_validate(
        minimal(items=5, subscales={"first": [1, 2], "second": [2, 3, 4]}, shared=[2], unscored=[5])
    )
    assert both.scales() == {"first": (1, 2), "second": (2, 3, 4)}


def test_an_instrument_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        INSTRUMENTS["wai_36"].items = 12


YAML = """\
id: {id}
title: Example
measures: example
raters: [client]
items: 2
range: {{low: 0, high: 3}}
subscales: {{example: [1, 2]}}
scoring: {{method: mean}}
source: own
rights: own
verified: no
"""


def test_a_study_adds_an_instrument_as_one_file(tmp_path: Path):
    (tmp_path / "example.yaml").write_text(YAML.format(id="example"), encoding="utf-8")
    found = load_instruments(tmp_path)
    assert found["example"].subscales == {"example": (1, 2)}
    assert set(found) == {*INSTRUMENTS, "example"}


@pytest.mark.parametrize(
    ("file", "said"), [("other", "must be the file's name"), ("wai_sr", "defined twice")]
)
def test_a_wrong_or_taken_id_is_refused(tmp_path: Path, file, said):
    identity = "example" if file == "other" else file
    (tmp_path / f"{file}.yaml").write_text(YAML.format(id=identity), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        load_instruments(tmp_path)


def test_versions_that_fit_are_of_the_same_inventory():
    names = [other.id for other in versions_that_fit(INSTRUMENTS["wai_sr"], [6, 7])]
    assert names == ["wai_s"]
    assert [other.id for other in versions_that_fit(INSTRUMENTS["wai_sr"], [4], items=36)] == ["wai_36"]
    assert versions_that_fit(INSTRUMENTS["gcq_s"], [9]) == ()


def alliance(**columns) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    table = pd.DataFrame({f"item_{item}": [3.0] * rows for item in range(1, 13)})
    return table.assign(source_file="alliance.csv", source_row=range(2, rows + 2), **columns)


def test_alliance_rows_are_split_by_rater_and_instrument():
    table = alliance(rater=["client", "practitioner", "client"], instrument=["wai_sr", "wai_s", "wai_s"])
    found = administrations({"alliance": table}, INSTRUMENTS)
    blocks = [(block.rater, block.instrument.id, list(block.rows.index)) for block in found]
    assert blocks == [("client", "wai_s", [2]), ("client", "wai_sr", [0]), ("practitioner", "wai_s", [1])]


def test_unknown_instrument_unverified_form_and_extra_items_are_reported_together():
    table = alliance(
        rater=["client", "practitioner", "client"], instrument=["wai_xl", "wai_sr", "wai_sr"]
    ).assign(item_13=[None, None, 2.0])
    with pytest.raises(InstrumentError) as raised:
        list(administrations({"alliance": table}, INSTRUMENTS))
    text = str(raised.value)
    assert '"wai_xl" is not a known instrument' in text and "row 2" in text
    assert 'wai_sr has no verified key for a form rated by "practitioner"' in text and "row 3" in text
    assert "wai_sr has 12 items, but item_13 hold answers" in text and "row 4" in text
    assert "wai_36" in text
    assert len(raised.value.problems) == 3
