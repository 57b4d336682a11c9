"""Where the plan that was used departs from the one that was registered, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alliance_modes.plan.changes import ABSENT, Change, Path, changes
from alliance_modes.plan.renamed import Renamed, renamed
from alliance_modes.plan.said import path_said, value_said

Kind = Literal["analysis", "wording"]

WORDING = frozenset(
    {"label", "title", "hypothesis", "heading", "unit", "reason", "section", "shown", "at_a_glance", "curves"}
)
"""Keys that say how results are told and where they are shown, and change none of them."""

NOT_IN_PLAN = "not in the plan"
NO_SUCH_SETTING = "no such setting"
NONE = "none"

OWN_NAMES = frozenset({"slopes", "concern", "effects", "careless", "scoring", "where"})
"""Keys whose entries have names of the plan's own: one that is not there is none, and no setting unknown."""


@dataclass(frozen=True)
class Deviation:
    """One departure. ``wording`` is one that changes what a reader is told, and no number.

    ``where`` is the path in the plan in words, ``registered`` and ``used`` are the two values in words.
    """

    kind: Kind
    where: str
    registered: str
    used: str


def deviations(registered: Mapping[str, Any], used: Mapping[str, Any]) -> tuple[Deviation, ...]:
    """Every setting of a plan that is not what was registered.

    Parameters
    ----------
    registered, used : mapping
        Plans as plain values (``plan.model_dump(mode="json")``). One may be of another version of the
        package: a setting that only one side knows is a line.

    Returns
    -------
    tuple of Deviation
        What decides numbers first, in the order of the plan; then names that are other ones, and wording.
        Models, predictors, outcomes and lists in another order are none, but where their order decides
        numbers. A model, predictor or outcome under another name, with everything else the same, is one line
        of wording.
    """
    found = renamed(registered, used, WORDING)
    lines = [*_of_names(found), *(_line(one) for one in changes(registered, found.plan))]
    return tuple(sorted(lines, key=lambda one: one.kind == "wording"))


def _of_names(found: Renamed) -> Iterator[Deviation]:
    for path, name in found.names:
        yield Deviation("wording", f"name of the {path_said(path)}", path[-1], name)


def _line(change: Change) -> Deviation:
    kind: Kind = "wording" if change.path[-1] in WORDING else "analysis"
    where = path_said(change.path)
    if change.in_list:
        taken = change.after is ABSENT
        here, there = ("listed", "not listed") if taken else ("not listed", "listed")
        return Deviation(
            kind, f"{where}: {value_said(change.before if taken else change.after)}", here, there
        )
    absent = NO_SUCH_SETTING if OWN_NAMES.isdisjoint(change.path[:-1]) else NONE
    absent = NOT_IN_PLAN if _is_part(change.path) else absent
    return Deviation(kind, where, *(_said(one, absent) for one in (change.before, change.after)))


def _is_part(path: Path) -> bool:
    """Whether the path names a whole model, predictor or outcome, and not a setting."""
    whole = len(path) == 2 and path[0] in ("models", "predictors")
    return whole or (len(path) == 4 and path[0] == "models" and path[2] == "outcomes")


def _said(value: Any, absent: str) -> str:
    if value is ABSENT:
        return absent
    if absent == NOT_IN_PLAN:
        return f"planned ({value['claim']})" if value.get("claim") else "planned"
    return value_said(value)
