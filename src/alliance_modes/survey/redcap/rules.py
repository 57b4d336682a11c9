"""Whether REDCap takes a data dictionary, and whether what it makes of it is what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.survey.redcap.dictionary import read_dictionary
from alliance_modes.survey.redcap.field_rules import Fault, broken_by
from alliance_modes.survey.redcap.logic_rules import broken_logic
from alliance_modes.survey.redcap.project import MISSING_CODES
from alliance_modes.survey.redcap.project_rules import broken_by_all


def faults(content: bytes, file: str, missing_codes: Sequence[str] = ()) -> list[Problem]:
    """Every rule that a data dictionary breaks.

    Parameters
    ----------
    content : bytes
        The CSV.
    file : str
        Its name, for messages.
    missing_codes : sequence of str
        Missing data codes of the project, which must be no answer of any field.

    Returns
    -------
    list of Problem
        By row; each names the row, the column, the variable and the rule.

    Notes
    -----
    Rules are those of REDCap's own help: of the columns of a data dictionary, of matrices, of branching
    logic and of missing data codes. An installation may have further types of validation, which an
    administrator adds; and REDCap alone parses every formula, so that a dictionary without faults here is
    still looked through when it is uploaded.
    """
    fields, problems = read_dictionary(content, file)
    found: Iterator[Fault] = chain(
        (fault for field in fields for fault in broken_by(field)),
        broken_by_all(fields),
        broken_logic(fields, missing_codes),
    )
    named = [
        Problem(
            f"{field.name or 'a field without a name'}: {rule}", hint, file, column=column, rows=(field.row,)
        )
        for field, column, rule, hint in found
    ]
    return [*problems, *sorted(named, key=lambda one: one.rows)]


def check_dictionary(path: Path, missing_codes: Sequence[str] = ()) -> str:
    """Look through a data dictionary that somebody wrote or changed; return what to tell a person.

    Parameters
    ----------
    path : Path
    missing_codes : sequence of str
        As in ``faults``; none: those that a survey is written with.

    Raises
    ------
    ConfigurationError
        The file cannot be read, or breaks a rule; every one that is broken.
    """
    file = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read ({error.strerror})"
        problem = Problem(message, "Name the CSV that REDCap's data dictionary is saved as.", file=file)
        raise ConfigurationError("data dictionary", [problem]) from error
    problems = faults(content, file, missing_codes or tuple(MISSING_CODES))
    if problems:
        raise ConfigurationError("data dictionary", problems)
    fields, _ = read_dictionary(content, file)
    forms = len({field.form for field in fields})
    return f"{file}: {len(fields)} fields of {forms} form{'s' * (forms != 1)} keep the rules of REDCap"
