"""The wording of inventories that belong to others: a file that the holder of a licence fills in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from alliance_modes.domain import Rater
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed, Located, load_model, read_yaml
from alliance_modes.instruments.model import Instrument

LONGEST_TEXT, LONGEST_RESPONSE = 255, 100
"""Characters of an item, and of a response: what every tool and statistics program keeps whole."""


class Worded(Closed):
    """The wording of one form of an instrument.

    ``responses`` are the words of the numbers, all of them or none (the numbers stand alone then).
    """

    instructions: str = ""
    items: dict[int, str]
    responses: dict[int, str] = Field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nobody has filled in any item: places stand in the form then, as without the file."""
        return not any(text.strip() for text in self.items.values())


class WordingFile(Closed):
    """The wording of several instruments in one language: by id, then by rater."""

    language: str
    wording: dict[str, dict[Rater, Worded]]


@dataclass(frozen=True)
class Part:
    """One instrument as one kind of person fills it in."""

    instrument: Instrument
    rater: Rater


Wordings = Mapping[tuple[str, str, str], Worded]
"""By language, instrument and rater."""


def load_wordings(files: Sequence[Path], parts: Sequence[Part], languages: Sequence[str]) -> Wordings:
    """What the files say, each held against the instruments of the survey.

    Raises
    ------
    ConfigurationError
        A file is of a language that the survey has not, or words what is not in it; items are missing,
        empty, not known, too long or equal; every problem of every file together.
    """
    found: dict[tuple[str, str, str], Worded] = {}
    problems: list[Problem] = []
    for file in files:
        read = load_model(file, WordingFile, subject=f"wording {file.name}")
        located = read_yaml(file)
        problems += _problems(read, located, file.name, parts, languages)
        for instrument, raters in read.wording.items():
            for rater, worded in raters.items():
                key = (read.language, instrument, rater)
                if worded.is_empty:
                    continue
                if key in found:
                    message = f"{instrument} of the {rater} is worded in {read.language} by two files"
                    problems.append(Problem(message, "Keep one of them.", file=file.name))
                found[key] = worded
    if problems:
        raise ConfigurationError("wording", problems)
    return found


def _problems(
    read: WordingFile, located: Located, file: str, parts: Sequence[Part], languages: Sequence[str]
) -> Iterator[Problem]:
    if read.language not in languages:
        hint = (
            f"The survey is in {', '.join(languages)}: correct the file, or add --language {read.language}."
        )
        yield Problem(f"the wording is in {read.language}", hint, file=file, line=located.line(("language",)))
    known = {(part.instrument.id, part.rater): part.instrument for part in parts}
    for name, raters in read.wording.items():
        for rater, worded in raters.items():
            place = ("wording", name, rater)
            instrument = known.get((name, rater))
            if instrument is None:
                message = f"{name} of the {rater} is not in the survey"
                hint = f"It has: {', '.join(f'{one} of the {who}' for one, who in known)}."
                yield Problem(message, hint, file=file, line=located.line(place))
                continue
            for message, hint in () if worded.is_empty else wrong(worded, instrument):
                yield Problem(f"{name} of the {rater}: {message}", hint, file=file, line=located.line(place))


def wrong(worded: Worded, instrument: Instrument) -> Iterator[tuple[str, str]]:
    """What is wrong with the wording of an instrument: a message and what to do."""
    numbers = set(range(1, instrument.items + 1))
    given = {item for item, text in worded.items.items() if text.strip()}
    if numbers - given:
        yield (
            f"no wording of item {_few(numbers - given)}",
            "Write every item: a form with gaps is not the instrument.",
        )
    if set(worded.items) - numbers:
        extra = _few(set(worded.items) - numbers)
        yield f"item {extra} is none of its {instrument.items} items", "Check the version, or take it out."
    yield from _texts(worded.items, "item", LONGEST_TEXT)
    if any(text.strip() for text in worded.responses.values()):
        yield from _responses(worded.responses, instrument)


def _responses(responses: Mapping[int, str], instrument: Instrument) -> Iterator[tuple[str, str]]:
    expected = set(instrument.range.numbers())
    given = {code for code, text in responses.items() if text.strip()}
    if given != expected or not instrument.range.whole:
        hint = (
            f"Word every answer of {instrument.range}, and no other, or none: then the numbers stand alone."
        )
        yield f"responses word {_few(given)}", hint
    yield from _texts(responses, "response", LONGEST_RESPONSE)


def _texts(texts: Mapping[int, str], what: str, longest: int) -> Iterator[tuple[str, str]]:
    written = {number: " ".join(text.split()) for number, text in texts.items() if text.strip()}
    for number, text in written.items():
        if len(text) > longest:
            yield (
                f"{what} {number} has {len(text)} characters",
                f"At most {longest}: survey tools cut longer ones.",
            )
        if text.startswith("=") or "${" in text:
            yield (
                f"{what} {number} would be computed by a survey tool (it begins with = or has ${{)",
                "Write it out.",
            )
    for number, text in written.items():
        first = next(one for one, other in written.items() if other == text)
        if first != number:
            yield f"{what} {number} has the same text as {what} {first}", "Correct one of the two."


def _few(numbers: set[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


def template(parts: Sequence[Part], language: str) -> str:
    """A wording file to be filled in, with every item of ``parts`` empty."""
    lines = [
        "# Wording of inventories that belong to their rights holders. Whoever has a licence fills it in",
        "# and gives it to the same command with --wording. Never publish it, and keep it out of git.",
        f"language: {language}",
        "wording:",
    ]
    for name in dict.fromkeys(part.instrument.id for part in parts):
        lines.append(f"  {name}:")
        for part in parts:
            if part.instrument.id == name:
                lines += _form_lines(part)
    return "\n".join(lines) + "\n"


def _form_lines(part: Part) -> Iterator[str]:
    yield f"    {part.rater}:  # {part.instrument.title}"
    yield '      instructions: ""'
    yield "      items:"
    yield from (f'        {item}: ""' for item in range(1, part.instrument.items + 1))
    if part.instrument.range.whole:
        yield "      responses:  # all of them, or none: then the numbers stand alone"
        yield from (f'        {number}: ""' for number in part.instrument.range.numbers())
