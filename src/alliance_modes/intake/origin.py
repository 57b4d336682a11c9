"""From what the typed tables of a cohort were made: the bytes of its files, and the key of its ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from alliance_modes.cleaning.identity import key_fingerprint
from alliance_modes.ground.files import read_json, sha256
from alliance_modes.ground.layout import processed
from alliance_modes.ingest.withdrawn import WITHDRAWN_FILE

FILE = "origin.json"


def origin(files: Iterable[str | Path], key: bytes) -> dict[str, Any]:
    """What is noted of the origin of typed tables.

    Parameters
    ----------
    files : iterable of path
        ``cohort.yaml``, the raw files, and ``withdrawn.yaml`` where there is one.
    key : bytes
        The key by which ids were made.

    Returns
    -------
    dict
        ``files``: name (``told_apart``) and SHA-256 of each, in order, which reports show; ``key``: its
        fingerprint;
        ``withdrawn``: SHA-256 of ``withdrawn.yaml``, apart from the others since whether somebody withdrew
        is told in no report.
    """
    paths = [Path(file) for file in files]
    digests = [[name, sha256(path)] for name, path in zip(told_apart(paths), paths, strict=True)]
    found: dict[str, Any] = {
        "files": [one for one in digests if one[0] != WITHDRAWN_FILE],
        "key": key_fingerprint(key),
    }
    listed = [digest for name, digest in digests if name == WITHDRAWN_FILE]
    return {**found, "withdrawn": listed[0]} if listed else found


def told_apart(paths: Sequence[str | Path]) -> list[str]:
    """The name of each file, with as many of the folders above it as tell it from others of its name."""
    parts = [Path(path).parts for path in paths]
    names = []
    for own in parts:
        others = [other for other in parts if other != own]
        length = 1
        while length < len(own) and any(other[-length:] == own[-length:] for other in others):
            length += 1
        names.append("/".join(own[-length:]))
    return names


def named_so(names: Collection[str], path: str | Path) -> str | None:
    """The one of ``names``, from ``told_apart``, that a file has; None where it has none of them."""
    parts = Path(path).parts
    ends = ("/".join(parts[-length:]) for length in range(len(parts), 0, -1))
    return next((end for end in ends if end in names), None)


def origin_of(cohort: str, root: Path = Path()) -> Mapping[str, Any]:
    """What is noted of the origin of the typed tables of a cohort; nothing where that cannot be read.

    A file that was cut short is made again with the tables.
    """
    path = root / processed(cohort, "typed", FILE)
    try:
        found = read_json(path) if path.is_file() else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
