"""``alliance-modes protocol``: the plan written down as a protocol, before there are data."""

from __future__ import annotations

import csv
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from alliance_modes.cohort import load_cohort
from alliance_modes.domain import ALPHA, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import read_json, sha256, whole_folder, write_bytes, write_json
from alliance_modes.ground.layout import STUDY_INSTRUMENTS, report
from alliance_modes.instruments.model import load_instruments
from alliance_modes.intake.origin import origin_of
from alliance_modes.plan.plan import load_plan
from alliance_modes.plan.protocol import FILE, PLAN_COPY, Analysed, Design, Protocol, Software, instrument_of
from alliance_modes.reports.inputs import SOFTWARE
from alliance_modes.running.code import PACKAGE
from alliance_modes.running.config import Config, known_cohorts, load_config
from alliance_modes.running.manifest import FILE as MANIFEST
from alliance_modes.running.manifest import commit
from alliance_modes.running.planning import FOLDER as DESIGN_FOLDER
from alliance_modes.running.planning import MADE_BY
from alliance_modes.running.study import LOCK_FILE

FOLDER = Path("protocols/study")
TITLE = "Protocol"
NOT_CODE = (".pyc",)


def register(
    folder: Path, title: str, day: date, plan_file: Path | None = None, statement: Path | None = None
) -> Protocol:
    """Write ``protocol.json``, its document in three formats and a copy of the plan.

    Parameters
    ----------
    folder : Path
        Must not be there: what was registered is not written over.
    title : str
    day : date
        The day that the document bears; no digest is taken over it.
    plan_file : Path, optional
        Default: the plan of ``config/config.yaml``.
    statement : Path, optional
        A text whose paragraphs go into the document: recruitment, when data collection ends, ethics.

    Raises
    ------
    ConfigurationError
        The folder is there, the title is empty, or plan, instruments or statement cannot be used.
    """
    if folder.exists():
        hint = "Give another one with --to; a protocol stays as it was written."
        raise ConfigurationError(str(folder), [Problem("the folder is there already", hint)])
    if not title.strip():
        raise ConfigurationError("--title", [Problem("it is empty", "Say what stands over the document.")])
    config, instruments = load_config(), load_instruments(STUDY_INSTRUMENTS)
    path = plan_file or Path(config.plan)
    plan = load_plan(path, instruments)
    found = Protocol(
        title=title,
        statement=_paragraphs(statement),
        plan_file=str(path),
        plan_sha256=sha256(path),
        plan=json.loads(plan.model_dump_json()),
        instruments={name: instrument_of(one) for name, one in sorted(instruments.items())},
        limits={"practitioners_for_a_claim": PRACTITIONERS_FOR_A_CLAIM, "alpha": ALPHA},
        software=_software(),
        design=_design(sha256(path)),
        analysed=tuple(_analysed(config, path)),
        date=day.isoformat(),
    ).sealed()
    from alliance_modes.reports.protocol.page import protocol_documents

    made = protocol_documents(found, plan)
    with whole_folder(folder) as there:
        write_json(found.model_dump(mode="json"), there / FILE)
        write_bytes(path.read_bytes(), there / PLAN_COPY)
        for form, content in made.items():
            write_bytes(content, there / f"protocol.{form}")
    return found


def _paragraphs(path: Path | None) -> tuple[str, ...]:
    if path is None:
        return ()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        hint = "Name a text file in UTF-8; paragraphs are parted by an empty line."
        raise ConfigurationError(str(path), [Problem("it cannot be read as text", hint)]) from error
    found = tuple(" ".join(one.split()) for one in text.split("\n\n") if one.strip())
    if not found:
        raise ConfigurationError(
            str(path), [Problem("it holds no text", "Write it, or leave --statement out.")]
        )
    return found


def _software() -> Software:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in NOT_CODE]
    lines = (f"{sha256(path)}  {path.relative_to(PACKAGE)}\n" for path in sorted(files))
    code = hashlib.sha256("".join(lines).encode()).hexdigest()
    versions = {"Python": platform.python_version(), **{name: version(name) for name in SOFTWARE}}
    lock = sha256(LOCK_FILE) if LOCK_FILE.is_file() else ""
    return Software(versions=versions, commit=commit(), code=code, lock=lock)


def _design(plan_sha256: str) -> Design | None:
    """The results of ``alliance-modes design`` that lie in its folder; None where there are none."""
    table, made_by = DESIGN_FOLDER / "study.csv", DESIGN_FOLDER / MADE_BY
    if not table.is_file():
        return None
    by = read_json(made_by)["plan_sha256"] if made_by.is_file() else None
    with table.open(encoding="utf-8", newline="") as stream:
        rows = tuple({name: _number(text) for name, text in row.items()} for row in csv.DictReader(stream))
    return Design(sha256=sha256(table), this_plan=None if by is None else by == plan_sha256, rows=rows)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text or None


def _analysed(config: Config, plan: Path) -> Iterator[Analysed]:
    """Every cohort of this project of which typed tables or a manifest are there."""
    for cohort in sorted(known_cohorts(config)):
        path = report(cohort, "internal", MANIFEST)
        if not (path.is_file() or origin_of(cohort)):
            continue
        inputs = read_json(path)["inputs"] if path.is_file() else None
        by = None if inputs is None else _same_plan(inputs.items(), sha256(plan))
        yield Analysed(cohort=cohort, this_plan=by, demonstration=_demonstration(config, cohort))


def _same_plan(inputs: Iterable[tuple[str, str]], plan_sha256: str) -> bool:
    return any(digest == plan_sha256 for _, digest in inputs)


def _demonstration(config: Config, cohort: str) -> bool:
    """Whether its people are simulated; where its declaration cannot be read they are taken for real."""
    try:
        return load_cohort(config.folder(cohort)).demonstration
    except ConfigurationError:
        return False
