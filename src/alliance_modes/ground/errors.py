"""Every error a user can meet: what is wrong, where, and what to do about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN_ROWS = 3
LONGEST_TEXT = 1500
"""Characters of a message, or of a hint, that are shown."""

SHOWN_PROBLEMS = 200
"""Problems that are written out; ``problems`` holds all."""

NOT_PRINTED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys, or that cannot be seen or written."""


def shown(text: str, most: int = 80) -> str:
    """``text`` as a message may quote it: on one line, without control characters, shortened.

    Escape codes of a terminal, line breaks, invisible and bidirectional signs and halves of
    surrogate pairs appear as Python writes them (``\\x1b``, ``\\u200b``).
    """
    more = len(text) - most
    text = text[:most]
    if not text.isprintable():
        text = "".join(_visible(sign) for sign in text)
    return text + (f"… ({more:,} characters more)" if more > 0 else "")


def _visible(sign: str) -> str:
    return sign.encode("unicode_escape").decode() if unicodedata.category(sign) in NOT_PRINTED else sign


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, located as exactly as it is known.

    Parameters
    ----------
    message : str
        What is wrong, in plain words.
    hint : str
        What the person should do about it.
    file : str
        File name as the user knows it (relative to the cohort folder or the project).
    table, column, value : str
        Canonical table, raw column name and raw value, where they apply.
    rows : tuple of int
        1-based row numbers as a person sees them in the file, header rows included.
    line : int
        Line of a text file such as YAML.
    """

    message: str
    hint: str = ""
    file: str = ""
    table: str = ""
    column: str = ""
    value: str = ""
    rows: tuple[int, ...] = ()
    line: int | None = None

    def __str__(self) -> str:
        where = [part for part in (shown(self.file, 200), self._row_text(), self._column_text()) if part]
        message = shown(self.message, LONGEST_TEXT)
        head = f"{', '.join(where)}: {message}" if where else message
        return f"{head}\n    -> {shown(self.hint, LONGEST_TEXT)}" if self.hint else head

    def _row_text(self) -> str:
        if self.line is not None:
            return f"line {self.line}"
        if not self.rows:
            return ""
        if len(self.rows) == 1:
            return f"row {self.rows[0]}"
        shown = ", ".join(str(row) for row in self.rows[:SHOWN_ROWS])
        more = len(self.rows) - SHOWN_ROWS
        return f"rows {shown}" + (f" and {more} more" if more > 0 else "")

    def _column_text(self) -> str:
        return f'column "{shown(self.column)}"' if self.column else ""


class AllianceModesError(Exception):
    """Base of every error that is the input's fault and that a person can mend."""


class ProblemsError(AllianceModesError):
    """Several problems of one thing, reported together.

    Parameters
    ----------
    subject : str
        What the problems are of, e.g. ``cohort demo_2024`` or ``config/plan.yaml``.
    problems : iterable of Problem
        At least one.
    advice : str
        What to do about all of them, said once below them.
    """

    def __init__(self, subject: str, problems: Iterable[Problem], advice: str = "") -> None:
        self.subject = subject
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{subject}: {count} problem{'s' if count != 1 else ''}"
        lines = [f"  {i}. {p}" for i, p in enumerate(self.problems[:SHOWN_PROBLEMS], 1)]
        if count > SHOWN_PROBLEMS:
            lines.append(f"  and {count - SHOWN_PROBLEMS} more; mend the first ones and check again")
        if advice:
            lines.append(f"    -> {advice}")
        super().__init__("\n".join([head, *lines]))


class ConfigurationError(ProblemsError):
    """A YAML file (config, plan, cohort, instrument, truth) cannot be used as written."""


class CohortError(ProblemsError):
    """The raw files of a cohort do not hold what its ``cohort.yaml`` declares."""


class NoRowsError(CohortError):
    """A raw file can be read, and has no row for its source.

    Parameters
    ----------
    file : str
        As ``cohort.yaml`` names it.
    problem : Problem
        What to say where there must be some.
    names : tuple of str
        All columns of the file, where a row that comes later would have the same.
    parts : tuple of str
        Where the rows of the file belong to others: the events, or repeating instruments, that it has.
    """

    def __init__(
        self, file: str, problem: Problem, names: tuple[str, ...] = (), parts: tuple[str, ...] = ()
    ) -> None:
        super().__init__(file, [problem])
        self.problem = problem
        self.names = names
        self.parts = parts


class TableError(ProblemsError):
    """A table at a boundary of the workflow breaks its schema."""


class ReleaseError(ProblemsError):
    """Something must not leave the building, or what is about to leave is not what was made."""


class SharingError(ProblemsError):
    """What a holder would give away, or what several gave, cannot be used as it is."""


class InstrumentError(ProblemsError):
    """Responses do not fit the instrument that they are declared to come from."""


class ModelError(AllianceModesError):
    """A model was asked for that its data cannot carry, or that the plan misnames."""


class IdentityError(AllianceModesError):
    """The key file for hashing ids is missing, unreadable or too weak."""


class OtherKeyError(IdentityError):
    """Results are there whose ids were made with another key: a run would part them from all that comes."""


class WorkflowError(AllianceModesError):
    """The workflow cannot be started or did not finish."""
