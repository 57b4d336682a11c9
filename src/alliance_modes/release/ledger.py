"""What was handed over of a cohort: one file for each release, of what anybody can read in it."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.disclosure.earlier import EarlierRelease, from_json, to_json
from alliance_modes.ground import layout
from alliance_modes.ground.errors import Problem, ReleaseError
from alliance_modes.ground.files import sha256, write_text
from alliance_modes.release.folder import FILES, PUBLISHED

SEAL = ".sha256"
"""Beside each entry: its digest, as ``sha256sum -c`` reads it."""


def read_ledger(files: list[str]) -> tuple[EarlierRelease, ...]:
    """The releases of a ledger, in their order.

    Raises
    ------
    ReleaseError
        One is missing between others, cannot be read, or is not what was recorded: what is released next
        would not be protected against it.
    """
    found: list[EarlierRelease] = []
    for place, file in enumerate(sorted(files), start=1):
        try:
            release = from_json(Path(file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _broken(file, "it cannot be read") from error
        if release.order != place or Path(file).stem != f"{place:03}":
            raise _broken(file, f"it is not release {place}, which would be next")
        if not _is_as_recorded(Path(file)):
            raise _broken(file, "it is not what was recorded as handed over")
        found.append(release)
    return tuple(found)


def next_order(published: EarlierRelease, earlier: tuple[EarlierRelease, ...]) -> int:
    """Which release this one is: that of the last one where it publishes the same, else the one after it."""
    if earlier and published.model_copy(update={"order": earlier[-1].order}) == earlier[-1]:
        return earlier[-1].order
    return len(earlier) + 1


def record_release(cohort: str, inside: Path, root: Path = Path()) -> Path:
    """Add the release whose record lies in ``inside`` to the ledger: what it publishes, and its digests.

    Raises
    ------
    ReleaseError
        It is there already, or the ledger grew since the release was made.
    """
    published = from_json((inside / PUBLISHED).read_text(encoding="utf-8"))
    earlier = read_ledger(layout.handed_over(cohort, root))
    if published.order <= len(earlier):
        again = f"release {published.order} of {cohort} was handed over before, and nothing is new since"
        raise ReleaseError("ledger of releases", [Problem(again)])
    entry = root / layout.RELEASED / cohort / f"{published.order:03}.json"
    write_text((inside / FILES).read_text(encoding="utf-8"), entry.with_suffix(".csv"), lasting=True)
    write_text(to_json(published), entry, lasting=True)
    write_text(f"{sha256(entry)}  {entry.name}\n", entry.with_suffix(SEAL), lasting=True)
    return entry


def _is_as_recorded(entry: Path) -> bool:
    """Whether an entry has the digest that was noted with it; of an older one, none was."""
    seal = entry.with_suffix(SEAL)
    return not seal.is_file() or seal.read_text(encoding="utf-8").startswith(sha256(entry))


def _broken(file: str, what: str) -> ReleaseError:
    hint = "Restore the ledger from a copy: without it, nobody knows what the next release may add."
    return ReleaseError("ledger of releases", [Problem(what, hint, file=file)])
