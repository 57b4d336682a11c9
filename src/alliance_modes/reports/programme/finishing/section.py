"""Who finished, beside the cohort and published rates, and what goes with it."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import Rate
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.known import RATES
from alliance_modes.reports.programme.effects import effects_tables
from alliance_modes.reports.programme.numbers.shares import due, finished, finished_of_all, left_early, to
from alliance_modes.reports.programme.page_one.starts import own_rates
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING

CURVE = "_over_mode_use"


def _context(facts: Facts) -> dict[str, Any]:
    return {
        "cohort": facts.scope == COHORT,
        "due": due(facts) is not None,
        "rates": _rates(facts),
        "published": _published(facts),
        "effects": effects_tables(facts, ("completion", "moderation")),
        "curves": _curves(facts) if facts.scope == COHORT else [],
    }


def _curves(facts: Facts) -> list[str]:
    """The figures of the chance of an outcome over the use of each way of working."""
    return [
        name for name, one in facts.pictures.items() if one.section == "completion" and name.endswith(CURVE)
    ]


def _rates(facts: Facts) -> DisplayTable | None:
    """Finished and left early, by what they are counted of; of a part, beside the whole cohort."""
    beside = facts.scope != COHORT
    rows = []
    for label, found in (
        ("Finished, of those who started", finished),
        ("Left early, of those who started", left_early),
        ("Finished, of all enrolled", finished_of_all),
    ):
        own, whole = found(facts), found(facts, COHORT)
        rows.append((label, _text(own), to(own), *([_text(whole)] if beside else [])))
    if all(row[1] == MISSING for row in rows):
        return None
    heads = ["", "Of every 100", "Range (95 %)"] + (["Whole cohort"] if beside else [])
    return display_table(
        "Who finished, in people of every 100",
        heads,
        "l" + "r" * (len(heads) - 1),
        rows,
        "Left early: dropped out, or removed by the programme. The range is for new people, practitioners "
        f"and sites like these. {MISSING}: no number may be shown, or no range can be given.",
    )


def _text(found: Rate | None) -> str:
    return MISSING if found is None else str(found.of_hundred)


def _published(facts: Facts) -> DisplayTable | None:
    own = own_rates(facts)
    rows = [
        (
            capital(one.ends),
            one.of,
            capital(one.where),
            str(round(one.per_hundred)),
            _text(own[(one.ends, one.of)]),
            one.source,
        )
        for one in RATES
    ]
    if all(row[4] == MISSING for row in rows):
        return None
    return display_table(
        "Beside published rates, in people of every 100",
        ("", "Counted", "Where", "There", "Here", "Source"),
        "lllrrl",
        rows,
        "Other programmes have other people. A rate is set beside the one that counts the same people.",
    )


FINISHING = ProgrammeSection(
    "finishing",
    _context,
    answers=(by_table("Beside published rates", "jars_quant T1.53", "strobe 20"),),
)
