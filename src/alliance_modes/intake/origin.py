"""From what the typed tables of a cohort were made: the bytes of its files, and the key of its ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
        ``files``: name and SHA-256 of each, in order, which reports show; ``key``: its fingerprint;
        ``withdrawn``: SHA-256 of ``withdrawn.yaml``, apart from the others since whether somebody withdrew
        is told in no report.
    """
    digests = [[Path(file).name, sha256(file)] for file in files]
    found: dict[str, Any] = {
        "files": [one for one in digests if one[0] != WITHDRAWN_FILE],
        "key": key_fingerprint(key),
    }
    listed = [digest for name, digest in digests if name == WITHDRAWN_FILE]
    return {**found, "withdrawn": listed[0]} if listed else found


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
