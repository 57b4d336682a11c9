"""Two nested values set side by side: which entries differ, each by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]

ORDERED = frozenset({"slopes", "earlier", "choices"})
"""Keys of a plan below which the order of a list decides numbers: slopes are left out from the last, cohorts
follow each other in time, and no more than so many ways to analyse are made."""

SUMS = frozenset({"formula"})
"""Keys whose text is names joined by +, in any order."""

ABSENT = object()
"""In place of what one side does not have."""


@dataclass(frozen=True)
class Change:
    """One entry that differs. ``before`` or ``after`` is ``ABSENT`` where one side has no such entry.

    ``in_list`` is true of an entry that was put into a list or taken out of it; ``path`` is the list's.
    """

    path: Path
    before: Any
    after: Any
    in_list: bool = False


def changes(before: Any, after: Any, path: Path = ()) -> Iterator[Change]:
    """Every entry that is not the same on both sides, in the order of the first one.

    Parameters
    ----------
    before, after : plain value
        Mappings, lists, texts and numbers, as from JSON.
    path : tuple of str
        Where they stand.

    Yields
    ------
    Change
        Of mappings the entries; of lists of mappings that have names the ones of each name; of other lists
        what was taken out and what was put in, one by one, where their order means nothing. The order of
        keys is no change, nor is ``1`` in place of ``1.0``.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _of_mappings(before, after, path)
        return
    lists = _as_list(before, path), _as_list(after, path)
    if lists[0] is None or lists[1] is None:
        if before != after:
            yield Change(path, before, after)
        return
    named = [_by_name(one) for one in lists if one is not None]
    if len(named) == 2 and named[0] is not None and named[1] is not None:
        yield from _of_mappings(named[0], named[1], path)
    elif ORDERED.isdisjoint(path):
        yield from (Change(path, one, ABSENT, True) for one in lists[0] if one not in lists[1])
        yield from (Change(path, ABSENT, one, True) for one in lists[1] if one not in lists[0])
    elif lists[0] != lists[1]:
        yield Change(path, before, after)


def _of_mappings(before: Mapping, after: Mapping, path: Path) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        yield from changes(before.get(name, ABSENT), after.get(name, ABSENT), (*path, str(name)))


def _as_list(value: Any, path: Path) -> list | None:
    if isinstance(value, list | tuple):
        return list(value)
    if path and path[-1] in SUMS and isinstance(value, str):
        return value.split(" + ")
    return None


def _by_name(entries: list) -> dict[str, Any] | None:
    """The entries of a list by their names; None where they have none. An empty list has none to lack."""
    if all(isinstance(one, Mapping) and "name" in one for one in entries):
        return {str(one["name"]): one for one in entries}
    return None
