"""Templates of sections to one Markdown source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from alliance_modes.words.display import escaped, markdown

if TYPE_CHECKING:
    from jinja2 import Environment

    from alliance_modes.reports.inputs import DrawnPicture


class Illustrated(Protocol):
    """What sections read: it has the figures, by name."""

    @property
    def pictures(self) -> Mapping[str, DrawnPicture]:
        """The figures that a template may place."""


Read = TypeVar("Read", bound=Illustrated, contravariant=True)


class Fills(Protocol[Read]):
    """A section: where its template is, and what fills it."""

    @property
    def name(self) -> str:
        """That of its folder."""

    @property
    def template(self) -> str:
        """The template in its folder."""

    @property
    def context(self) -> Callable[[Read], Mapping[str, Any]]:
        """What gives the template its names."""


HERE = Path(__file__).parent
FIGURE = '{% from "page/macros.md.j2" import figure with context %}{{ figure(name) }}'


def render_sections(sections: Iterable[Fills[Read]], folder: str, inputs: Read) -> str:
    """Fill the templates of a report's sections, one below the other.

    Every text that comes from data passes the filter ``md``, which escapes it, or ``table``, which
    writes a ``DisplayTable`` (nothing where there is none). Every template has ``pictures``. A figure
    that says its section and that no template places stands at the end of that section.

    Parameters
    ----------
    sections : iterable of Section
        In the order they stand in the report.
    folder : str
        The folder of ``reports`` that holds the folders of the sections.
    inputs
        What the sections read: ``ReportInputs``, or the ``Facts`` of a programme report.
    """
    templates, pictures = environment(), Pictures(inputs.pictures)
    filled = {
        section.name: templates.get_template(f"{folder}/{section.template}").render(
            pictures=pictures, **section.context(inputs)
        )
        for section in sections
    }
    figure = templates.from_string(FIGURE)
    for name in sorted(set(inputs.pictures) - pictures.placed):
        section = inputs.pictures[name].section
        if section in filled:
            filled[section] += "\n" + figure.render(name=name, pictures=inputs.pictures)
    return "\n\n".join(filled.values())


class Pictures(Mapping[str, "DrawnPicture"]):
    """The figures of a report, by name, and which of them a template has asked for."""

    def __init__(self, drawn: Mapping[str, DrawnPicture]) -> None:
        self.drawn, self.placed = drawn, set[str]()

    def __getitem__(self, name: str) -> DrawnPicture:
        self.placed.add(name)
        return self.drawn[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.drawn)

    def __len__(self) -> int:
        return len(self.drawn)

    def __contains__(self, name: object) -> bool:
        return name in self.drawn


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Templates of ``reports``, by their path in it, with the filters ``md`` and ``table``, read once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(HERE.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
        comment_start_string="{##",
        comment_end_string="##}",
    )
    templates.filters["md"] = escaped
    templates.filters["table"] = lambda table: "" if table is None else markdown(table)
    return templates


def report_style() -> str:
    """The style sheet of every page."""
    return (HERE / "html/page.css").read_text(encoding="utf-8")
