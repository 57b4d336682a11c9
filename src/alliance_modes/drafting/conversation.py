"""What a draft leaves open, asked one by one in the terminal, each answer written at once."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.cohort import Cohort
from alliance_modes.drafting.answers import QUESTION, choices, open_answers, write_answer
from alliance_modes.drafting.opening import Opening, guesses, opening_questions
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.files import write_text
from alliance_modes.ground.yaml_models import OpenAnswer, load_model

BACK, MORE, LITERAL = "back", "?", "="
COMMANDS = (
    "  the number or the text of a choice, or Enter for the default",
    "  = TEXT   writes TEXT although it is none of the choices",
    "  back     takes the last answer back",
    "  Ctrl-C   stops; what was answered stays",
)


@dataclass(frozen=True)
class Question:
    """One question: whom it is about, its text with the evidence, choices and default ('' for none)."""

    place: str
    text: str
    choices: tuple[str, ...]
    default: str
    open: Opening | OpenAnswer

    @property
    def signs(self) -> tuple[str, ...]:
        """What a person types for each choice: numbers, or letters where choices are numbers themselves."""
        if any(choice.isdigit() for choice in self.choices):
            return tuple(string.ascii_lowercase[: len(self.choices)])
        return tuple(str(number) for number in range(1, len(self.choices) + 1))

    def chosen(self, typed: str) -> str | None:
        """The answer that was typed; none where it is no answer."""
        if typed.startswith(LITERAL):
            return typed[1:].strip() or None
        if not typed:
            return self.default or None
        if not self.choices:
            return typed
        for sign, choice in zip(self.signs, self.choices, strict=False):
            if typed.lower() in (choice.lower(), sign):
                return choice
        return None


def converse(path: Path, ask: Callable[[str], str], say: Callable[[str], None]) -> int:
    """Ask every open question of a ``cohort.yaml`` and write the answers into it.

    Parameters
    ----------
    path : Path
        The draft; comments and order of its lines stay.
    ask : callable
        Given a prompt, returns what a person types. Whatever it raises ends the conversation; the
        answers that were given are in the file.
    say : callable
        Shows one line.

    Returns
    -------
    int
        How many answers were given.
    """
    before: list[str] = []
    while True:
        left = open_questions(path)
        if not left:
            return len(before)
        question = left[0]
        _shown(question, len(before) + 1, len(before) + len(left), say)
        while True:
            typed = ask("> ").strip()
            if typed == MORE:
                _more(question, path, say)
            elif typed == BACK:
                if before:
                    write_text(before.pop(), path)
                    break
                say("  this is the first question")
            elif _answered(question, typed, path, before, say):
                break


def open_questions(path: Path) -> tuple[Question, ...]:
    """The opening questions without an answer, guesses to confirm, then every open value by line."""
    opening = (
        Question(question.key, question.text, question.choices, question.default, question)
        for question in (*opening_questions(path), *guesses(path))
    )
    below = []
    for answer in open_answers(path):
        text, offered = choices(QUESTION.sub("", answer.question, count=1))
        keys = (key for key in answer.location[1:] if isinstance(key, str) and key != "columns")
        below.append(Question(" · ".join(keys), text or "what is to stand here?", offered, "", answer))
    return (*opening, *below)


def _shown(question: Question, number: int, of: int, say: Callable[[str], None]) -> None:
    say("")
    say(f"[{number} of {of}] {question.place}")
    say(question.text)
    for sign, choice in zip(question.signs, question.choices, strict=False):
        say(f"  {sign}) {choice}")
    if question.default:
        say(f"  Enter: {question.default}")


def _more(question: Question, path: Path, say: Callable[[str], None]) -> None:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    line = question.open.line
    for number in range(max(1, line - 3), min(len(lines), line + 1) + 1):
        say(f"  {path.name}:{number}: {lines[number - 1].partition('  # ')[0]}")
    for command in COMMANDS:
        say(command)


def _answered(
    question: Question, typed: str, path: Path, before: list[str], say: Callable[[str], None]
) -> bool:
    """Write the answer; keep the file as it was, and say why, where it cannot stand there."""
    answer = question.chosen(typed)
    if answer is None:
        offered = f"type one of {', '.join(question.signs)}" if question.choices else "type an answer"
        say(f"  {offered}; ? says more")
        return False
    kept = path.read_text(encoding="utf-8")
    try:
        if isinstance(question.open, Opening):
            question.open.write(path, answer)
        else:
            write_answer(path, question.open, answer)
        wrong = _refused(path, question.open.line)
    except ConfigurationError as error:
        wrong = [problem.message for problem in error.problems]
    if wrong:
        write_text(kept, path)
        say(f"  that cannot stand here: {'; '.join(wrong)}")
        return False
    before.append(kept)
    return True


def _refused(path: Path, line: int) -> Sequence[str]:
    """What the model of ``cohort.yaml`` says of one line, beside values that are open still."""
    try:
        load_model(path, Cohort)
    except ConfigurationError as error:
        still = {answer.line for answer in open_answers(path)}
        return [problem.message for problem in error.problems if problem.line == line and line not in still]
    return ()
