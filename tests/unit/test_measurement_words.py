"""Measurement as a reader meets it: a table and sentences for each part, and what is missing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import contract_report as cohorts

from alliance_modes.tables import measurement_quality


def test_each_part_of_measurement_has_a_table_and_sentences_with_their_numbers():
    parts: Mapping[str, Any] = measurement_quality.quality(cohorts.measurement())
    for name in ("scales", "correlations", "clusters", "repeated", "agreement"):
        assert parts[name]["table"].rows and parts[name]["sentences"], name
        assert any("n = 60" in text for text in parts[name]["sentences"]), name
    told = " ".join(parts["clusters"]["sentences"])
    assert "ICCs: not estimated for" in told and "3 clusters; at least 5 are needed" in told
    agreement = parts["agreement"]["table"]
    assert agreement.caption.startswith("Client (WAI-SR) and practitioner (WAI-S) on")
    assert [row[0] for row in agreement.rows] == ["Goal", "Task", "Bond", "Total"]
    assert any("two raters on two forms" in text for text in parts["agreement"]["sentences"])


def test_what_a_cohort_does_not_have_is_said_and_not_tabled():
    parts: Mapping[str, Any] = measurement_quality.quality(cohorts.measurement(("client",)))
    assert parts["agreement"]["table"] is None and parts["clusters"]["table"] is None
    assert "their agreement is not known" in parts["agreement"]["sentences"][0]
    assert parts["clusters"]["sentences"] == []
    empty = measurement_quality.quality(
        {name: table.iloc[:0] for name, table in cohorts.measurement().items()}
    )
    assert empty["scales"]["sentences"] == ["No scale was answered."]
    assert all(part["table"] is None for part in empty.values())


def test_a_crowded_end_is_named():
    scales = cohorts.measurement()["scales"].assign(ceiling=0.2)
    sentences = measurement_quality.scales_sentences(scales)
    assert any("More than 15 % of respondents are at one end of: goal of the WAI-SR" in s for s in sentences)
