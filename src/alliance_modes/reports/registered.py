"""The protocol that a project registered, and every line in which its analysis departs from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from alliance_modes.domain import ALPHA, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.instruments.model import Instrument
from alliance_modes.models.result import WITHOUT, ModelResult
from alliance_modes.plan.changes import ABSENT, changes
from alliance_modes.plan.deviations import deviations
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.protocol import Protocol, instrument_of
from alliance_modes.plan.said import path_said, value_said
from alliance_modes.words.names import listed

KINDS = {
    "analysis": "Analysis",
    "limit": "Limit",
    "instrument": "Instrument",
    "software": "Software",
    "added": "Added",
    "not run": "Not run",
    "reduced": "Reduced",
    "wording": "Wording",
}
"""Kinds of lines, in the order in which they are told."""

NONE = "No protocol was registered with this project."
NOT_REGISTERED = "not registered"


@dataclass(frozen=True)
class Line:
    """One departure: its kind, where it is, what was registered and what was used."""

    kind: str
    where: str
    registered: str
    used: str


@dataclass(frozen=True)
class Registered:
    """A protocol as a report tells of it, and the lines, in the order of ``KINDS``."""

    title: str
    date: str
    sha256: str
    analysed_before: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def departures(self) -> tuple[Line, ...]:
        """Lines of which a number may depend."""
        return tuple(one for one in self.lines if one.kind != "wording")

    @property
    def numbers(self) -> frozenset[int]:
        """Whole numbers that the lines say, of settings and versions: none of people."""
        texts = [text for one in self.lines for text in (one.where, one.registered, one.used)]
        return frozenset(int(number) for text in texts for number in re.findall(r"\d+", text))

    def without_reasons(self, said: str) -> Registered:
        """The same with ``said`` in place of why models were not run, which may hold counts of people."""
        lines = tuple(replace(one, used=said) if one.kind == "not run" else one for one in self.lines)
        return replace(self, lines=lines)


def registered(
    protocol: Protocol,
    plan: Plan,
    added: Iterable[str],
    instruments: Mapping[str, Instrument],
    versions: Mapping[str, str],
    models: Mapping[str, ModelResult],
) -> Registered:
    """Set what was done beside what was registered.

    Parameters
    ----------
    protocol : Protocol
    plan : Plan
        The plan in use, without what the cohort adds.
    added : iterable of str
        Names of the models that the cohort adds.
    instruments : mapping of Instrument
        Those that the cohort used.
    versions : mapping of str
        Of the software in use, by name.
    models : mapping of ModelResult
        Those of the plan, with their reasons in words.
    """
    lines = [
        Line(one.kind, one.where, one.registered, one.used)
        for one in deviations(protocol.plan, json.loads(plan.model_dump_json()))
    ]
    limits = {"practitioners_for_a_claim": PRACTITIONERS_FOR_A_CLAIM, "alpha": ALPHA}
    lines += _of_values("limit", protocol.limits, limits)
    lines += _of_instruments(protocol, instruments)
    known = {name: version for name, version in versions.items() if name in protocol.software.versions}
    lines += _of_values("software", protocol.software.versions, known)
    lines += [Line("added", f"model {name}", NOT_REGISTERED, "exploratory, of this cohort") for name in added]
    lines += [line for name, model in models.items() for line in _of_model(name, model)]
    order = list(KINDS)
    before = tuple(one.cohort for one in protocol.analysed_before)
    told = tuple(sorted(lines, key=lambda one: order.index(one.kind)))
    return Registered(protocol.title, protocol.date, protocol.sha256, before, told)


def _of_values(kind: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Line]:
    for one in changes(dict(before), dict(now)):
        values = ["none" if value is ABSENT else value_said(value) for value in (one.before, one.after)]
        yield Line(kind, path_said(one.path), values[0], values[1])


def _of_instruments(protocol: Protocol, used: Mapping[str, Instrument]) -> Iterator[Line]:
    for name, instrument in sorted(used.items()):
        before = protocol.instruments.get(name)
        if before is None:
            yield Line("instrument", instrument.title, NOT_REGISTERED, "used")
            continue
        now = instrument_of(instrument)
        found = [one for one in changes(before, now) if one.path != ("sha256",)]
        for one in found:
            values = ["none" if value is ABSENT else value_said(value) for value in (one.before, one.after)]
            yield Line("instrument", f"{instrument.title}: {path_said(one.path)}", values[0], values[1])
        if not found and before["sha256"] != now["sha256"]:
            yield Line("wording", f"{instrument.title}: texts of its file", "others", "as they are")


def _of_model(name: str, model: ModelResult) -> Iterator[Line]:
    """A model, or outcomes of it, that was planned and has no numbers, or fewer predictors than planned."""
    if model.reason and not model.fits:
        yield Line("not run", f"model {name}", "planned", model.reason)
    for fit in model.fits:
        where = f"model {name}, outcome {fit.outcome}"
        if fit.status in WITHOUT:
            yield Line("not run", where, "planned", fit.reason or model.reason or "no reason was recorded")
        elif fit.reduced:
            yield Line("reduced", where, "planned", f"without {listed(list(fit.reduced))}")


def counted(found: Registered | None) -> str:
    """Whether there was a protocol and how far it was followed, in a sentence for a manager."""
    if found is None:
        return NONE
    n = len(found.departures)
    lines = f"departed from in {n} line{'' if n == 1 else 's'}; the research report lists each"
    return (
        f"The analysis was registered as {found.title} ({found.date}, SHA-256 {found.sha256[:12]}…) and "
        f"{lines if n else 'followed in everything'}."
    )
