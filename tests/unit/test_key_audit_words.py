"""What the report says of a key that does not fit: which key fits, what lies behind it, what it changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.tables.key_audit import key_audit_sentences, key_audit_table, key_findings


def audit(verdicts: dict[int, str], reversed_: tuple[int, ...] = (), **more) -> pd.DataFrame:
    """One scale of items, as its CSV is read: no text is NaN."""
    table = pd.DataFrame({"item": list(verdicts), "verdict": list(verdicts.values())})
    return table.assign(
        rater="client", instrument="wai_36", source_file=np.nan, reference="bond", n=150,
        reversed=table["item"].isin(reversed_), loading=0.6, item_rest=0.4, item_rest_fitted=-0.5,
        ci_low=-0.7, ci_high=-0.2, item_rest_alternative=0.6, alpha=0.6, alpha_alternative=0.9,
        version=np.nan, reason=np.nan,
    ).assign(**more)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            audit({28: "fits_not_reversed", 29: "fits_reversed", 5: "as_declared"}, (28,)),
            ["a key in which item 28 is not reversed and item 29 is reversed", "has 28 in place of 29"],
        ),
        (
            audit({1: "fits_not_reversed", 20: "fits_not_reversed", 5: "as_declared"}, (1, 20)),
            ["items 1 and 20 are not reversed", "all the items that the key reverses"],
        ),
        (audit({8: "fits_reversed", 5: "as_declared"}), ["Either they were turned round in the export"]),
        (
            audit({4: "fits_not_reversed"}, (4,), version="wai_sr"),
            ["That is the key of the wai_sr: look at the version first"],
        ),
        (
            audit({4: "fits_not_reversed", 5: "as_declared"}, (4,), reason="half of the items run against"),
            ["Half of the items run against."],
        ),
    ],
)
def test_the_finding_names_the_key_that_fits_and_what_lies_behind_it(table, said):
    (found,) = key_findings(table)
    assert found.headline == "The answers do not fit the key of the WAI-36, client-rated."
    text = " ".join(found.sentences)
    for part in [*said, "bond .60 as keyed and .90 with that key", "Nothing was changed"]:
        assert part in text


def test_a_file_is_named_only_where_it_says_more_than_the_whole():
    whole = audit({8: "fits_reversed", 5: "as_declared"})
    same, other = whole.assign(source_file="a.csv"), whole.assign(source_file="b.csv")
    other = other.assign(verdict=["fits_reversed", "fits_reversed"])
    found = key_findings(pd.concat([whole, same, other], ignore_index=True))
    assert [finding.headline for finding in found] == [
        "The answers do not fit the key of the WAI-36, client-rated.",
        "The answers in b.csv do not fit the key of the WAI-36, client-rated.",
    ]


def test_sound_unclear_and_unjudged_items_are_counted():
    table = audit({1: "as_declared", 2: "unclear", 3: "not_estimated"}).assign(reason=["", "", "too few"])
    assert key_findings(table) == () and key_audit_table(table) is None
    assert key_audit_sentences(table) == [
        "2 items of 1 inventory were held against the direction that their key declares: none of them runs "
        "against it.",
        "For 1 of them the direction cannot be told: the interval of their correlation with the other items "
        "holds zero.",
        "Not judged: 1 item of the WAI-36, client-rated (too few).",
    ]
    assert key_audit_sentences(table.iloc[:0]) == ["No inventory was there to hold against its key."]
