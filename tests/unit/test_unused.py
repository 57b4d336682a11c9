"""What counts as a use of a name: code and declarations, and no word of a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ci"))
from unused import names_in


@pytest.mark.parametrize(
    ("suffix", "text", "used"),
    [
        (".yaml", "analysed: {meaning: the scores collected of everybody, only: [held_on]}", {"held_on"}),
        (".j2", "{% if attended %}Scores collected: {{ attended | md }}{% endif %}", {"attended", "md"}),
        (".smk", "params:\n    plan=study.figures,", {"study", "figures"}),
    ],
)
def test_a_declaration_uses_a_name_and_a_sentence_does_not(suffix, text, used):
    found = names_in(suffix, text)
    assert used <= found
    assert "collected" not in found
