"""What a release published, as anybody can read it: for the releases after it, and for an attack."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.ground.yaml_models import Closed


class Population(Closed):
    """What a reader may know of the units that are counted, without any table.

    ``settled`` names columns that may still change for a unit, each with the values after which it does
    not: of a course the end, which is final once it is not ``ongoing``; of a site every one that there is, so
    that one which is not recorded, or was one of before, may become another. Every other column is final
    from the start. ``impossible`` says which units cannot exist, such as courses of a programme at a site
    that does not run it; ``somebody`` of which there is at least one, such as the people of a site that has a
    row of its own.
    """

    name: str
    settled: Mapping[str, tuple[str, ...]] = {}
    impossible: tuple[Where, ...] = ()
    somebody: tuple[Where, ...] = ()


class PublishedCount(Closed):
    """One count of a release: which units, and what was shown, None where it was withheld."""

    population: str
    where: Where
    value: int | None


class PublishedMean(Closed):
    """A mean and SD of a release: of which quantity and units, and as they were shown.

    ``half`` is how far each can lie from what it stands for.
    """

    population: str
    of: str
    where: Where
    n: int
    mean: float
    sd: float
    half: float


class EarlierRelease(Closed):
    """What one release published of a cohort.

    ``order`` says which release of the cohort it is, from 1; ``data_lock`` the day up to which its data
    reach, as text; ``rules`` under which it was made. ``values`` are, per population, those of each column
    that a count names; ``counts`` has each count once, whichever tables show it; ``means`` those that are
    shown.
    """

    order: int
    data_lock: str
    rules: Disclosure
    populations: tuple[Population, ...]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    counts: tuple[PublishedCount, ...]
    means: tuple[PublishedMean, ...] = ()


def to_json(release: EarlierRelease) -> str:
    """The release as text for a ledger; the same release gives the same text."""
    return release.model_dump_json(indent=1) + "\n"


def from_json(text: str) -> EarlierRelease:
    """A release from the text of ``to_json``."""
    return EarlierRelease.model_validate_json(text)
