"""Spellings that are offered: never one whose meaning could be the opposite."""

from __future__ import annotations

import pytest

from alliance_modes.words.spelling import near_spelling, opposite

OPPOSITES = [
    ("Non-completer", "Completed"),
    ("incomplete", "complete"),
    ("did not complete", "complete"),
    ("didn't complete", "completed"),
    ("noncompleter", "completed"),
    ("unmandated", "mandated"),
    ("unattended", "attended"),
    ("voluntary", "involuntary"),
    ("without support", "with support"),
    ("nicht beendet", "beendet"),
    ("unvollständig", "vollständig"),
    ("sans succès", "succès"),
    ("incomplet", "complet"),
    ("no completado", "completado"),
    ("incompleto", "completo"),
    ("niet voltooid", "voltooid"),
    ("onvoltooid", "voltooid"),
]


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_a_denial_is_offered_neither_way(one, other):
    assert opposite(one, other)
    assert opposite(other, one)
    assert near_spelling(one, [other]) == ""
    assert near_spelling(other, [one]) == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Completd", "completed"), ("prsion", "prison"), ("droped out", "dropped out"), ("onging", "ongoing")],
)
def test_a_misspelling_is_offered(text, meant):
    assert near_spelling(text, ["administrative", meant]) == meant
