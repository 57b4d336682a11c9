"""What ``check`` found: problems grouped by table and file, or what was read, as lines and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.ground.errors import Problem
from alliance_modes.ground.yaml_models import STILL_OPEN
from alliance_modes.intake.agreements import counted
from alliance_modes.reports.page.render import report_style

if TYPE_CHECKING:
    from alliance_modes.intake.view import View

SHOWN_ROWS = 5
SHOWN_PROBLEMS = 6
"""Problems of one group that the terminal lists; the page lists all of them."""

SHOWN_OF_COLUMN = 2
"""Of them, those of one column, so that a mistake in one does not hide those in the others."""

SIGNS = {",": "comma", ";": "semicolon", "|": "vertical bar"}
DECLARATION = "the declaration"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Group:
    """Problems of one table and file."""

    table: str
    file: str
    problems: tuple[Problem, ...]

    @property
    def title(self) -> str:
        """Table and file as a heading."""
        return " · ".join(part for part in (self.table or DECLARATION, self.file) if part)

    @property
    def cells(self) -> int:
        """Rows that the problems name."""
        return sum(len(problem.rows) for problem in self.problems)

    @property
    def size(self) -> str:
        """How much there is, in words."""
        said = _count(len(self.problems), "problem")
        return f"{said} in {_count(self.cells, 'place')}" if self.cells else said


def grouped(problems: Sequence[Problem]) -> list[Group]:
    """Problems by table (in the order of the dictionary) and file; those of no table come first."""
    places: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        places.setdefault((problem.table, problem.file), []).append(problem)
    order = {table: place for place, table in enumerate(("", *TABLES))}
    keys = sorted(places, key=lambda key: order.get(key[0], len(order)))
    return [Group(table, file, tuple(places[table, file])) for table, file in keys]


def problem_lines(subject: str, problems: Sequence[Problem], page: str) -> list[str]:
    """The problems for the terminal: grouped, counted, each piece of advice once.

    Parameters
    ----------
    subject : str
        What was checked.
    problems : sequence of Problem
        At least one.
    page : str
        Where the whole list is.
    """
    groups = grouped(problems)
    lines = [f"{subject}: {_count(len(problems), 'problem')}"]
    for group in groups:
        lines.append(f"{group.title}: {group.size}")
        listed = _first_of_each_column(_alike(group.problems))
        for place, problems_alike in enumerate(listed):
            lines.append(f"  {_said(problems_alike)}")
            hint = problems_alike[0].hint
            following = listed[place + 1][0].hint if place + 1 < len(listed) else None
            if hint and hint != following:
                lines.append(f"    -> {hint}")
        left = len(group.problems) - sum(map(len, listed))
        if left:
            lines.append(f"  and {_count(left, 'further problem')} (see the page)")
    lines.append(f"all of them, with first rows and what to do: {page}")
    return lines


def problems_page(
    name: str, problems: Sequence[Problem], files: Mapping[str, str], view: View | None = None
) -> str:
    """The problems as one self-contained HTML page.

    Parameters
    ----------
    name : str
        The cohort.
    problems : sequence of Problem
        At least one. They never name a value of a column that identifies.
    files : mapping of str to str
        SHA-256 of every file that was looked at.
    view : View, optional
        What would be analysed, where everything could be read.
    """
    groups = [
        {"title": group.title, "size": group.size, "rows": list(_entries(group.problems))}
        for group in grouped(problems)
    ]
    return _render(name, groups, view, [], files, _count(len(problems), "problem"))


def read_page(
    name: str,
    missing: Sequence[tuple[str, str, str, int]],
    files: Mapping[str, str],
    view: View | None,
) -> str:
    """What would be analysed, where nothing is wrong, as one self-contained HTML page.

    Parameters
    ----------
    name : str
        The cohort.
    missing : sequence of (table, reason, columns, cells)
        Cells that are missing for a stated reason.
    files : mapping of str to str
        SHA-256 of every file that was looked at.
    view : View
        From ``view_of``.
    """
    return _render(name, [], view, list(missing), files, "no problems")


def rows_text(problem: Problem) -> str:
    """The first rows of a problem and how many more there are, or its line."""
    if problem.line is not None:
        return f"line {problem.line}"
    shown = ", ".join(f"{row}" for row in problem.rows[:SHOWN_ROWS])
    more = len(problem.rows) - SHOWN_ROWS
    word = "row" if len(problem.rows) == 1 else "rows"
    return f"{word} {shown}" + (f" and {more:,} more" if more > 0 else "") if shown else ""


def _alike(problems: Sequence[Problem]) -> list[list[Problem]]:
    """Problems that say the same of several columns, together."""
    found: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.message, problem.hint), []).append(problem)
    return list(found.values())


def _first_of_each_column(alike: Sequence[list[Problem]]) -> list[list[Problem]]:
    """Those that the terminal lists: the first few, and no more than two of one column."""
    listed: list[list[Problem]] = []
    for problems in alike:
        same = sum(1 for other in listed if other[0].column and other[0].column == problems[0].column)
        if same < SHOWN_OF_COLUMN and len(listed) < SHOWN_PROBLEMS:
            listed.append(problems)
    return listed


def _said(problems: Sequence[Problem]) -> str:
    """One line for problems that say the same: where the first is, and in which columns the others."""
    first, *others = problems
    where = ", ".join(part for part in (_column(first), rows_text(first)) if part)
    line = f"{where}: {first.message}" if where else first.message
    if not others:
        return line
    columns = ", ".join(dict.fromkeys(f'"{problem.column}"' for problem in others if problem.column))
    places = sum(len(problem.rows) for problem in problems)
    counted = f" ({places:,} places in all)" if places else ""
    return f"{line}; likewise {columns or _count(len(others), 'time')}{counted}"


def _column(problem: Problem) -> str:
    return f'column "{problem.column}"' if problem.column else ""


def _entries(problems: Sequence[Problem]) -> Iterator[dict[str, Any]]:
    """Rows of the page's table; advice that the row above gives already is not said again."""
    said = ""
    for problem in problems:
        yield {
            "column": problem.column,
            "rows": rows_text(problem),
            "count": f"{len(problem.rows):,}" if problem.rows else "",
            "message": problem.message,
            "hint": problem.hint if problem.hint != said else "",
        }
        said = problem.hint


def _setting(key: str, value: str) -> str:
    """A setting that was found out, in words."""
    return f"{key}: {SIGNS.get(value, value)}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _render(
    name: str,
    groups: list[dict[str, Any]],
    view: View | None,
    missing: list[tuple[str, str, str, int]],
    files: Mapping[str, str],
    verdict: str,
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.filters |= {"counted": counted, "setting": _setting}
    style = f"{report_style()}\n{(HERE / 'problems.css').read_text(encoding='utf-8')}"
    asks = any(STILL_OPEN in row["message"] for group in groups for row in group["rows"])
    return environment.get_template("problems.html.j2").render(
        name=name, groups=groups, view=view, missing=missing, files=files, verdict=verdict, style=style,
        asks=asks,
    )  # fmt: skip
