"""The items of the checklists, in words of our own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field, model_validator

from alliance_modes.ground.yaml_models import Closed, ContradictionError, load_model

LISTS = Path(__file__).parent / "lists"
ORDER = ("jars_quant", "strobe", "registry")
"""The checklists in the order in which they are shown: the names of their files."""

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]


class Item(Closed):
    """One item.

    ``item`` is its number; ``part`` the part of an article that it belongs to; ``topic`` what it asks for;
    ``write`` what a person has to write where no report answers it; ``more`` what is left to write where one
    does; ``unneeded`` why it does not apply to any of these studies.
    """

    item: Text
    part: Text
    topic: Text
    write: Text
    more: str = ""
    unneeded: str = ""


class Checklist(Closed):
    """One checklist: its short name, its title, where it was published, and its items in their order."""

    name: Text
    title: Text
    source: Text
    items: Annotated[tuple[Item, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> Checklist:
        numbers = [one.item for one in self.items]
        twice = [
            (("items", place, "item"), f'item "{number}" stands twice; give each item once')
            for place, number in enumerate(numbers)
            if number in numbers[:place]
        ]
        if twice:
            raise ContradictionError(twice)
        return self


@cache
def checklists() -> Mapping[str, Checklist]:
    """The checklists by the names of their files, in the order in which they are shown.

    Raises
    ------
    ConfigurationError
        A file is not a checklist, or an item stands twice.
    """
    return MappingProxyType({name: load_model(LISTS / f"{name}.yaml", Checklist) for name in ORDER})
