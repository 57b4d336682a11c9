"""The one way into the release folder of a cohort: judged, written, searched, and only then put in place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from alliance_modes.disclosure.attack import Bounded
from alliance_modes.disclosure.counts import WITHHELD, CountTable
from alliance_modes.disclosure.earlier import to_json
from alliance_modes.ground import layout
from alliance_modes.ground.errors import Problem, ReleaseError
from alliance_modes.ground.files import sha256, whole_folder, write_csv, write_text
from alliance_modes.pooling.shared_set import FILE as SHARED
from alliance_modes.release.certificate import Subject, certificate
from alliance_modes.release.contents import (
    PEOPLE_OF_MEAN,
    Document,
    Numbers,
    Part,
    Picture,
    Release,
    file_name,
)
from alliance_modes.release.reading import READERS, read
from alliance_modes.release.record import all_tables, as_json, config, inner_record, listed, public_record
from alliance_modes.release.search import Hidden, Sought, findings, hidden, released_numbers

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""How a file of a release may be called, without its suffix."""

EDITION = re.compile(r"\bedition:\s*release\b|\brelease edition\b", flags=re.IGNORECASE)
"""What every document of a release says of itself; any other was made for those who hold the data."""

RECORD, LIST = "results.json", "outputs.csv"
CONFIG = "config.json"
PUBLISHED, FILES, SAID = "published.json", "files.csv", "said.csv"
ATTACK = "attack.csv"
CERTIFICATE = "certificate.html"
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        CERTIFICATE: "What an attack on this release and all before it could find",
        LIST: "Every file of the release, and what is behind it",
    }
)
"""Files that a release gets besides its own, and what they are."""

NONE_MADE = "No release was made; the reports for those who hold the data are not touched by that."
FOUND = (
    f"{NONE_MADE} Where a sentence or a table is right and only happens to say the number, change the label "
    "or the title that it comes from (cohort.yaml, config/plan.yaml) and run again. Where it is not, this is "
    "a defect of the software: hand over nothing of this cohort."
)
DEFECT = f"{NONE_MADE} This is a defect of the software, not of the data: hand over nothing of this cohort."

DOCUMENTS = ("html", "docx", "pdf")
TAKEN = frozenset({"results", "config", "outputs", "certificate"})


@dataclass(frozen=True)
class Written:
    """Where a release was written: its folder, and the one of the counts behind it, which stays inside."""

    folder: Path
    inside: Path


def write_release(release: Release, root: Path = Path()) -> Written:
    """Write the release of a cohort and the record of what is behind it, both whole or not at all.

    Parameters
    ----------
    release : Release
        What it is made of.
    root : Path
        The project folder.

    Raises
    ------
    ReleaseError
        Something of it has no place in a release, or what it says must not leave: each is listed.
    """
    refused = [*_shape(release), *(problem for part in release.parts for problem in _refused(part, release))]
    if refused:
        raise ReleaseError(f"release of {release.cohort}", refused, DEFECT)
    told = [_too_tight(one, release) for one in release.attacked.narrow]
    if told:
        raise ReleaseError(f"release of {release.cohort}", told, DEFECT)
    target = root / layout.report(release.cohort, layout.RELEASE)
    inside = root / layout.report(release.cohort, "internal", layout.RELEASE_RECORD)
    with whole_folder(target) as folder:
        _write(release, folder)
        found = list(search_files(folder, hidden(release), released_numbers(release)))
        found += _in_shared(release)
        if found:
            raise ReleaseError(f"release of {release.cohort}", found, FOUND)
        with whole_folder(inside) as kept:
            _write_inside(release, folder, kept)
            _set_modes(kept, 0o700, 0o600)
        _set_modes(folder, 0o755, 0o644)
    return Written(target, inside)


def _too_tight(one: Bounded, release: Release) -> Problem:
    label = release.labels.get((one.population, one.where), "what counts leave of each other")
    return Problem(f'anybody could tell "{label}" of release {one.release} to within {one.width:.0f}')


def _set_modes(folder: Path, of_folders: int, of_files: int) -> None:
    """What leaves can be read by others, what stays cannot, whatever the mode of files that a run makes."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(of_folders if path.is_dir() else of_files)


def _shape(release: Release) -> Iterator[Problem]:
    """Files of one name, and tables that did not pass the gate."""
    names = [f"{name}.csv" for name in all_tables(release)]
    names += [file_name(part) for part in release.parts if isinstance(part, Part)]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield Problem("two parts of the release have one name", file=name)
    for name in names:
        stem = name.rpartition(".")[0]
        if not NAME.fullmatch(stem) or stem in TAKEN:
            yield Problem("a file of a release cannot be called so", file=name)
    for table in release.counted:
        yield from _of_the_gate(table, release)


def _of_the_gate(table: CountTable, release: Release) -> Iterator[Problem]:
    """A table is shown as the gate decided, with the labels that it had."""
    shown = release.released.tables.get(table.name)
    if shown is None or (shown.rows, shown.columns) != (table.rows, table.columns):
        yield Problem("the table did not pass the disclosure gate", file=f"{table.name}.csv")
    elif any(one.status == "exact" for row in shown.cells for one in row):
        yield Problem("the table holds exact counts", file=f"{table.name}.csv")


def _refused(part: Part, release: Release) -> Iterator[Problem]:
    """Why one part has no place in a release; nothing where it has."""
    if not isinstance(part, Part):
        yield Problem(
            f"a {type(part).__name__} has no place in a release: only tables that passed the gate, "
            "raster pictures and documents have"
        )
        return
    name = file_name(part)
    if isinstance(part, Document) and part.suffix not in DOCUMENTS:
        yield Problem(f"a file of the kind .{part.suffix} has no place in a release", file=name)
        return
    unknown = set() if isinstance(part, Numbers) else {*part.tables} - {*all_tables(release)}
    for table in sorted(unknown):
        yield Problem(
            f'it says that its numbers are of "{table}", which the release does not hold', file=name
        )
    if isinstance(part, Numbers):
        yield from _too_few(part, release)
    elif isinstance(part, Picture):
        yield from _no_picture(part)


def _too_few(part: Numbers, release: Release) -> Iterator[Problem]:
    rules = release.released.rules
    if not len(part.rows) == len(part.residual_df) == len(part.units):
        yield Problem("not every row says what it rests on", file=file_name(part))
    for place, (df, units) in enumerate(zip(part.residual_df, part.units, strict=False), start=2):
        if df < rules.residual_df or units < rules.threshold:
            yield Problem(
                f"a model with {df:g} residual degrees of freedom over {units:g} units is not released",
                file=file_name(part),
                rows=(place,),
            )


def _no_picture(part: Picture) -> Iterator[Problem]:
    try:
        marks = read("png", part.png).marks
    except ValueError:
        yield Problem(
            "a picture of a release is a PNG: other kinds can carry the data they were drawn of",
            file=file_name(part),
        )
        return
    for mark in marks:
        yield Problem(f'the picture carries a text: "{mark}"', file=file_name(part))


def _write(release: Release, folder: Path) -> None:
    for table in release.counts:
        shown = [
            [WITHHELD if one.value is None else str(one.value) for one in row] for row in table.shown.cells
        ]
        write_csv(_table(table.shown.rows, table.shown.columns, shown), folder / f"{table.shown.name}.csv")
    for means in release.released.means.values():
        rows = [[one.n.text.replace(",", ""), one.text, one.sd_text] for one in means.means]
        write_csv(_table(means.labels, (PEOPLE_OF_MEAN, "mean", "SD"), rows), folder / f"{means.name}.csv")
    for part in release.parts:
        if isinstance(part, Numbers):
            write_csv(pd.DataFrame(part.rows, columns=list(part.columns)), folder / file_name(part))
        else:
            content = part.png if isinstance(part, Picture) else part.content
            (folder / file_name(part)).write_bytes(content)
    subject = Subject(release.title, release.order, release.data_lock, release.demonstration)
    page = certificate(subject, release.released, release.attacked, release.labels)
    (folder / CERTIFICATE).write_bytes(page)
    write_csv(pd.DataFrame(listed(release, OTHERS)), folder / LIST)
    (folder / CONFIG).write_bytes(as_json(config(release)))
    (folder / RECORD).write_bytes(as_json(public_record(release, OTHERS)))
    _write_checksums(folder)


def _table(rows: tuple[str, ...], columns: tuple[str, ...], cells: list[list[str]]) -> pd.DataFrame:
    table = pd.DataFrame(cells, columns=list(columns), dtype="str")
    table.insert(0, "", list(rows))
    return table


def _write_checksums(folder: Path) -> None:
    files = sorted(path for path in folder.iterdir() if path.is_file())
    (folder / "checksums").mkdir()
    for path in files:
        (folder / "checksums" / f"{path.name}.txt").write_text(sha256(path), encoding="ascii")


def search_files(folder: Path, secrets: tuple[Hidden, ...], allowed: frozenset[int]) -> Iterator[Problem]:
    """What must not stand in the files of a release folder, by file."""
    sought, nothing = Sought(secrets), Sought(())
    for path in sorted(one for one in folder.iterdir() if one.is_file()):
        suffix = path.suffix.removeprefix(".")
        if suffix not in READERS:
            yield Problem("a file of this kind has no place in a release", file=path.name)
            continue
        found = read(suffix, path.read_bytes())
        of_file = nothing if path.name == CERTIFICATE else sought  # its limits are made of what is public
        yield from (Problem(said, file=path.name) for said in findings(found, of_file, allowed))
        if suffix in DOCUMENTS and not EDITION.search(found.text):
            yield Problem("the document does not say that it is the release edition", file=path.name)


def _in_shared(release: Release) -> Iterator[Problem]:
    """What must not stand in what may be given away to be pooled."""
    if release.shared is not None:
        found = read("json", release.shared.text().encode("utf-8"))
        for said in findings(found, Sought(hidden(release)), released_numbers(release)):
            yield Problem(said, file=SHARED)


def _write_inside(release: Release, folder: Path, kept: Path) -> None:
    """What the team keeps: counts as they are, reasons, what a reader knows, and the digest of every file."""
    for table in release.counted:
        cells = [[str(cell.n) for cell in row] for row in table.cells]
        write_csv(_table(table.rows, table.columns, cells), kept / f"{table.name}.csv")
    for means in release.averaged:
        rows = [vars(group) | {"where": str(group.where)} for group in means.groups]
        write_csv(pd.DataFrame(rows), kept / f"{means.name}.csv")
    for part in release.parts:
        if isinstance(part, Numbers):
            behind = pd.DataFrame({"residual_df": part.residual_df, "units": part.units})
            write_csv(behind, kept / file_name(part))
    (kept / CONFIG).write_bytes(as_json(config(release)))
    (kept / RECORD).write_bytes(as_json(inner_record(release)))
    write_csv(pd.DataFrame({"number": sorted(release.said)}), kept / SAID)
    write_csv(pd.DataFrame(_attacked(release)), kept / ATTACK)
    (kept / PUBLISHED).write_text(to_json(release.published), encoding="utf-8", newline="\n")
    if release.shared is not None:
        write_text(release.shared.text(), kept / SHARED)
    write_csv(pd.DataFrame(digests(folder)), kept / FILES)
    _write_checksums(kept)  # without them the viewer marks no cell


def _attacked(release: Release) -> list[dict[str, str]]:
    """The attack beside the counts as they are, where these are of this release."""
    counts = {(one.population, one.where): one.n for one in release.released.counts}
    why = {(one.population, one.where): reason for one, reason in release.released.withheld.items()}
    rows = []
    for one in release.attacked.bounded:
        here = (one.population, one.where) if one.release == release.order else ("", ())
        rows.append(
            {
                "population": one.population,
                "release": str(one.release),
                "count": release.labels.get((one.population, one.where), str(one.where)),
                "low": str(one.low),
                "high": "" if one.high is None else str(one.high),
                "is": str(counts.get(here, "")),
                "reason": why.get(here, ""),
            }
        )
    return rows


def digests(folder: Path) -> list[dict[str, str]]:
    """SHA-256 of every file of a release folder, by its name in it; a link or a pipe has none."""
    files = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return [
        {
            "file": path.relative_to(folder).as_posix(),
            "sha256": sha256(path) if path.is_file() and not path.is_symlink() else "",
        }
        for path in files
    ]
