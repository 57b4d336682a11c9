"""The reproduction report in three formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alliance_modes.published.verdicts import Verdict
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.page.render import environment
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING

TITLE = "Reproduction: {}"
KIND = "Reproduction report"
HEADINGS = ("Quantity", "Published", "This run", "Verdict", "Where")
MOST_SHOWN = 400
"""Rows of the list of numbers; all of them are in verdicts.csv."""


def reproduction_documents(
    title: str, source: str, made_from: Sequence[str], found: Sequence[Verdict]
) -> dict[str, bytes]:
    """The report by format: ``html``, ``docx``, ``pdf``.

    Parameters
    ----------
    title, source : str
        What was published, and where.
    made_from : sequence of str
        Sentences on data, plan and program of this run.
    found : sequence of Verdict
    """
    other = [one for one in found if one.kind != "reproduced"]
    template = environment().get_template("reproduction/page.md.j2")
    shown = found[:MOST_SHOWN]
    text = template.render(
        summary=summary(found),
        source=source,
        made_from=made_from,
        other=numbers_table("Numbers that did not come out again", other[:MOST_SHOWN]) if other else None,
        every=numbers_table("Published numbers and those of this run", shown),
        left_out=len(found) - len(shown),
    )
    name = TITLE.format(title)
    return documents(text, name, KIND, {}, foot=name, contents=False)


def summary(found: Sequence[Verdict]) -> str:
    """How many numbers came out again, differ, and could not be computed, in one sentence."""
    of = {
        kind: sum(one.kind == kind for one in found) for kind in ("reproduced", "differs", "not computable")
    }
    if of["reproduced"] == len(found):
        return f"All {len(found):,} published numbers came out again."
    return (
        f"Of {len(found):,} published numbers {of['reproduced']:,} came out again, "
        f"{of['differs']:,} {'differs' if of['differs'] == 1 else 'differ'}, "
        f"{of['not computable']:,} could not be computed."
    )


def numbers_table(caption: str, found: Sequence[Verdict]) -> DisplayTable:
    """One row per number; where it was published where that is said of any."""
    columns = len(HEADINGS) if any(one.expected.where for one in found) else len(HEADINGS) - 1
    rows = [row[:columns] for row in _rows(found)]
    return display_table(caption, HEADINGS[:columns], "lrrll"[:columns], rows)


def _rows(found: Sequence[Verdict]) -> Iterator[tuple[str, ...]]:
    for one in found:
        expected, digits = one.expected, one.expected.digits
        published = f"{expected.value:.8g}" if digits is None else f"{expected.value:.{digits}f}"
        mine = MISSING if one.found is None else f"{one.found:.8g}"
        yield str(expected.quantity), published, mine, one.text, expected.where or MISSING
