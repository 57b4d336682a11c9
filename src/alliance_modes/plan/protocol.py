"""A registered protocol as it is kept: ``protocol.json``, which is never changed once it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import read_json
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.instruments.model import Instrument

FILE = "protocol.json"
PLAN_COPY = "plan.yaml"
APART = ("sha256", "date")
"""What the digest of a protocol is not taken over: itself, and the day."""

WORDS_OF_INSTRUMENTS = {"wording", "responses", "rights", "verified", "source"}
"""What of an instrument no protocol holds: wording may belong to somebody, and decides no score."""


class Analysed(Closed):
    """A cohort of which results were there as the protocol was written.

    ``this_plan`` is whether they were made by the registered plan; None where nothing says by which.
    ``demonstration``: its people are simulated.
    """

    cohort: str
    this_plan: bool | None
    demonstration: bool


class Design(Closed):
    """The results of ``alliance-modes design`` that were there: a mapping per row of ``study.csv``.

    ``this_plan`` is whether the registered plan was used; None where nothing says which one was.
    """

    sha256: str
    this_plan: bool | None
    rows: tuple[dict[str, Any], ...]


class Software(Closed):
    """What would make the analysis: versions by name, and digests of the package's code and of the lock."""

    versions: dict[str, str]
    commit: str
    code: str
    lock: str


class Protocol(Closed):
    """Everything that was decided before the data, and what the decision was made with.

    ``plan`` holds every setting as plain values, defaults included, so that it can be set beside the plan of
    a later version; ``plan_sha256`` is of the file, a copy of which lies beside. ``instruments`` are versions
    and keys by id, without wording, ``limits`` what the field fixes. ``sha256`` is taken over everything but
    itself and ``date``.
    """

    form: Literal[1] = 1
    title: str
    statement: tuple[str, ...] = ()
    plan_file: str
    plan_sha256: str
    plan: dict[str, Any]
    instruments: dict[str, dict[str, Any]]
    limits: dict[str, float]
    software: Software
    design: Design | None = None
    analysed: tuple[Analysed, ...] = ()
    sha256: str = ""
    date: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")

    @property
    def analysed_before(self) -> tuple[Analysed, ...]:
        """Cohorts of real people of which results were there."""
        return tuple(one for one in self.analysed if not one.demonstration)

    def digest(self) -> str:
        """SHA-256 over everything but ``sha256`` and ``date``."""
        return _digest(self.model_dump(mode="json"))

    def sealed(self) -> Protocol:
        """The same with its digest."""
        return self.model_copy(update={"sha256": self.digest()})


def instrument_of(instrument: Instrument) -> dict[str, Any]:
    """What decides the scores of one instrument, without wording, and the SHA-256 of its whole version."""
    whole = instrument.model_dump(mode="json")
    text = json.dumps(whole, sort_keys=True, ensure_ascii=False)
    kept = {name: value for name, value in whole.items() if name not in WORDS_OF_INSTRUMENTS}
    return {**kept, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def instrument_digest(instrument: Instrument) -> str:
    """SHA-256 of what decides the scores of one instrument: the same in every language of its wording."""
    return _digest(instrument_of(instrument))


def _digest(found: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in found.items() if name not in APART}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def load_protocol(folder: str | Path) -> Protocol:
    """Read the protocol of a folder.

    Raises
    ------
    ConfigurationError
        There is none, it is not one, or it was changed since it was written.
    """
    path = Path(folder) / FILE
    try:
        found = read_json(path)
        protocol = Protocol.model_validate(found)
    except FileNotFoundError:
        hint = f"Name a folder that alliance-modes protocol wrote; {FILE} is in it."
        raise _refused(path, "there is no protocol", hint) from None
    except (OSError, ValueError) as error:
        why = (
            f"{error.error_count()} entries are not those of one"
            if isinstance(error, ValidationError)
            else ""
        )
        raise _refused(path, f"this is no protocol{f': {why}' if why else ''}", RESTORE) from None
    if _digest(found) != protocol.sha256:
        raise _refused(path, "it is not what was written: its SHA-256 is another one", RESTORE)
    return protocol


RESTORE = "Restore it from where it was committed or deposited. Who changes a plan changes config/plan.yaml."


def protocol_digest(folder: str | Path) -> str:
    """The SHA-256 by which a protocol is named, in its report and wherever it is referred to.

    Raises
    ------
    ConfigurationError
        As ``load_protocol``.
    """
    return load_protocol(folder).sha256


def _refused(path: Path, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(str(path), [Problem(message, hint)])
