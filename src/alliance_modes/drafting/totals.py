"""Columns that hold scores of an inventory instead of its items: said, and never read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from alliance_modes.drafting.recognise import RawFile
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import plain, vocabulary

FEWEST_SCORES = 2
TOTALS = ("total", "sum", "score", "mean", "gesamt")


def score_questions(file: RawFile, known: Mapping[str, Instrument], drafted: Collection[str]) -> list[str]:
    """What to tell of columns named as an instrument's subscales or total, where its items are not there.

    Parameters
    ----------
    file : RawFile
        The raw file.
    known : mapping of str to Instrument
        Every known instrument.
    drafted : collection of str
        Instruments whose items the file holds: their scores are computed again and not missed.

    Notes
    -----
    Scores without items are refused: which items were answered, and so the missing rule, reliability,
    the check of the key and careless answers, cannot be had from them, and whether a total was formed
    by the published key and with the right items reversed nobody can see.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for name in file.facts:
        fits = tuple(_instruments(name, known))
        if fits and not set(fits) & set(drafted):
            found.setdefault(fits, []).append(name)
    return [_question(file, names, fits) for fits, names in found.items() if len(names) >= FEWEST_SCORES]


def _instruments(name: str, known: Mapping[str, Instrument]) -> Iterator[str]:
    """Instruments of which ``name`` can be a score: a name of it, then a scale."""
    text = plain(name)
    for instrument in known.values():
        scales = {*map(plain, instrument.subscales), *TOTALS}
        names = vocabulary().instruments.get(instrument.id, (plain(instrument.id),))
        if any(text == f"{own} {scale}" or text == f"{scale} {own}" for own in names for scale in scales):
            yield instrument.id


def _question(file: RawFile, names: list[str], fits: tuple[str, ...]) -> str:
    return (
        f"{file.title}: {', '.join(names)} look like scores of {' or '.join(fits)} without its items. Scores "
        "alone are not read: nobody can see which items were answered or reversed, and reliability, the "
        "missing rule and the check of the key need the items. Export the answers to the single items (in "
        "the survey tool: the raw responses) beside them."
    )
