"""The items of an instrument as a section of a form: own wording, a licence holder's, or places for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from alliance_modes.dictionary.named import ATTENTION_CHECK
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.instruments.model import Instrument
from alliance_modes.survey.form import Choice, Condition, Question, Section, Text
from alliance_modes.survey.languages import ENGLISH
from alliance_modes.survey.questions import CONSENT, YES, Words
from alliance_modes.survey.wording import Part, Worded, Wordings
from alliance_modes.words.names import instrument_name

MOST_CHOICES = 11
"""Numbers of a range up to which each is a choice of its own (0 to 10); above, a number is typed."""

PROJECT = ("modes_of_practice", "session_engagement")
"""The project's own instruments, whose responses and instructions the languages have."""


@dataclass(frozen=True)
class Wording:
    """Where the texts of items and answers come from."""

    words: Words
    files: Wordings

    def worded(self, part: Part, language: str) -> Worded | None:
        """What a wording file says of it in this language."""
        return self.files.get((language, part.instrument.id, part.rater))

    def lacks(self, part: Part, language: str) -> bool:
        """Whether a wording file could still say something: items of others, or translations of own ones."""
        own = part.instrument.wording and language == ENGLISH
        return not own and self.worded(part, language) is None

    def item(self, part: Part, item: int) -> Text:
        """One item in every language: of a file, the instrument's own, or a place for its wording."""
        return {code: self._item(part, item, code) for code in self.words.languages}

    def _item(self, part: Part, item: int, code: str) -> str:
        worded = self.worded(part, code)
        if worded:
            return " ".join(worded.items[item].split())
        if part.instrument.wording:
            return part.instrument.wording[item]
        name = instrument_name(part.instrument.id)
        return self.words.languages[code].said["placeholder"].format(item=item, instrument=name)

    def responses(self, part: Part) -> dict[str, Mapping[int, str]]:
        """The words of the answers by language; none for a language where the numbers stand alone."""
        return {code: self._responses(part, code) for code in self.words.languages}

    def _responses(self, part: Part, code: str) -> Mapping[int, str]:
        worded, instrument = self.worded(part, code), part.instrument
        given = worded.responses if worded else {}
        if any(text.strip() for text in given.values()):
            return {number: " ".join(text.split()) for number, text in given.items()}
        own = self.words.languages[code].responses.get(instrument.id) if instrument.id in PROJECT else None
        return own or instrument.responses.get(code, {})

    def instructions(self, part: Part) -> Text:
        """What stands above the items."""
        return {code: self._instructions(part, code) for code in self.words.languages}

    def _instructions(self, part: Part, code: str) -> str:
        worded, said = self.worded(part, code), self.words.languages[code].instructions
        if worded and worded.instructions.strip():
            return " ".join(worded.instructions.split())
        if part.instrument.id in PROJECT:
            return said[part.instrument.id]
        return (
            ""
            if part.instrument.wording
            else said["licensed"].format(instrument=instrument_name(part.instrument.id))
        )


def untranslated(wording: Wording, part: Part) -> tuple[str, ...]:
    """Languages other than English in which the items stand in the instrument's own wording."""
    own = part.instrument.wording and [
        code for code in wording.words.languages if code != ENGLISH and wording.worded(part, code) is None
    ]
    return tuple(own or ())


def without_words(wording: Wording, part: Part) -> Iterator[Problem]:
    """A problem where an answer has words in one language of the survey and none in another."""
    instrument, responses = part.instrument, wording.responses(part)
    bare = [code for code, words in responses.items() if not words]
    if instrument.range.whole and bare and (len(bare) < len(responses) or instrument.responses):
        message = f"the answers of {instrument.id} have no words in {', '.join(bare)}"
        hint = (
            f"Write them into the wording file of that language (wording.{bare[0]}.yaml), or under responses "
            "in the file of the instrument, or leave the language out."
        )
        yield Problem(message, hint)


def inventory_section(wording: Wording, part: Part, attention: bool) -> Section:
    """One inventory: its items in order, none required, the attention check among them where it is asked."""
    instrument = part.instrument
    choices = _choices(instrument, wording.responses(part))
    questions = [_item_question(wording, part, item, choices) for item in range(1, instrument.items + 1)]
    if attention and choices:
        questions.insert((len(questions) + 1) // 2, _attention(wording.words, choices))
    title = {code: _title(instrument) for code in wording.words.languages}
    texts = wording.instructions(part)
    return Section(instrument.id, title, tuple(questions), texts, Condition(CONSENT, (YES,)))


def _title(instrument: Instrument) -> str:
    return instrument.title.partition(",")[0]


def _choices(instrument: Instrument, responses: Mapping[str, Mapping[int, str]]) -> tuple[Choice, ...]:
    numbers = instrument.range.numbers()
    if not instrument.range.whole or len(numbers) > MOST_CHOICES:
        return ()
    return tuple(
        Choice(
            str(number), {code: words.get(number, str(number)) for code, words in responses.items()}, number
        )
        for number in numbers
    )


def _item_question(wording: Wording, part: Part, item: int, choices: tuple[Choice, ...]) -> Question:
    name = f"{part.instrument.id}_{item}"
    question = Question(name, "scale", wording.item(part, item), choices=choices)
    if choices:
        return question
    ends = part.instrument.range
    return replace(question, kind="number", low=ends.low, high=ends.high, whole=ends.whole)


def _attention(words: Words, choices: tuple[Choice, ...]) -> Question:
    """One item that says itself which answer is right: the last but one, which is no middle of the row."""
    wanted = choices[-2]
    text = {
        code: language.said["attention"].format(answer=wanted.text[code])
        for code, language in words.languages.items()
    }
    told = tuple(replace(choice, value=choice.code == wanted.code) for choice in choices)
    return Question(ATTENTION_CHECK, "scale", text, choices=told)


def refuse(problems: list[Problem]) -> None:
    """Raise what is wrong with a survey, all at once."""
    if problems:
        raise ConfigurationError("survey", problems)
