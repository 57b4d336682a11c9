"""Whether REDCap takes a data dictionary, and whether what it makes of it is what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from alliance_modes.ground.errors import Problem
from alliance_modes.survey.redcap.dictionary import read_dictionary
from alliance_modes.survey.redcap.field_rules import Fault, broken_by
from alliance_modes.survey.redcap.logic_rules import broken_logic
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
