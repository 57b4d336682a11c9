"""From what a cohort's results were made, by what, and what they are; the same file for the same results."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes import __version__
from alliance_modes.ground.files import write_json
from alliance_modes.ground.layout import report
from alliance_modes.intake.origin import named_so, origin_of
from alliance_modes.running.code import whole_digest
from alliance_modes.running.held import made_files
from alliance_modes.running.installed import locked
from alliance_modes.running.study import Study
from alliance_modes.shipped import CLONE, IS_CLONE, LOCK_FILE

FILE = "manifest.json"
SHORT = 12


def write_manifest(study: Study, cohort: str) -> Path:
    """Write ``reports/<cohort>/internal/manifest.json`` of the results that are there."""
    path = report(cohort, "internal", FILE)
    write_json(manifest(study, cohort), path)
    return path


def manifest(study: Study, cohort: str) -> dict[str, Any]:
    """What made the results of one cohort.

    Returns
    -------
    dict
        ``inputs`` and ``outputs``: SHA-256 by path; ``origin``: raw files as they were read, and the key of
        the ids by its fingerprint; ``software``: version and commit of the package, SHA-256 over its code,
        Python, platform, and every locked package; ``seeds`` of the plan; ``agreements`` with losses;
        ``sha256`` of all this. No times: the same results have the same manifest.
    """
    declared = study.cohort(cohort)
    found: dict[str, Any] = {
        "cohort": cohort,
        "origin": dict(origin_of(cohort)),
        "inputs": study.source_digests_of(cohort),
        "software": _software(),
        "seeds": dict(_seeds(study.plan_of(cohort).model_dump(mode="json"))),
        "agreements": [one.model_dump(mode="json") for one in declared.accepted] if declared else [],
        "outputs": made_files(cohort),
    }
    text = json.dumps(found, sort_keys=True, ensure_ascii=False)
    return {**found, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def changed_sources(study: Study, cohort: str) -> list[str]:
    """Raw files of a cohort that are not what its results were made from, whatever their times say."""
    before = {name: digest for name, digest in origin_of(cohort).get("files", ())}
    now = study.source_digests_of(cohort).items()
    return sorted(path for path, digest in now if (name := named_so(before, path)) and before[name] != digest)


def _software() -> dict[str, Any]:
    packages = locked(LOCK_FILE.read_text(encoding="utf-8")) if LOCK_FILE.is_file() else {}
    return {
        "alliance-modes": __version__,
        "commit": commit(),
        "code": whole_digest(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": packages,
    }


def commit() -> str:
    """The commit of the code, with a mark where it was edited; empty where it is in no repository of its own.

    A study that uses an installed package may be a repository too: its commit says nothing of the code.
    """
    if shutil.which("git") is None or not IS_CLONE or not (CLONE / ".git").exists():
        return ""
    command = ["git", "-c", "safe.directory=*", "describe", "--always", "--dirty", f"--abbrev={SHORT}"]
    said = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def _seeds(found: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, int]]:
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from _seeds(value, f"{above}{key}.")
        elif key == "seed":
            yield f"{above}{key}", value
