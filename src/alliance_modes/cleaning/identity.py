"""Keyed ids: tables of one cohort link, and two holders of different keys cannot join theirs."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from alliance_modes.cohort import Cohort, is_simulated
from alliance_modes.dictionary.named import CO_PRACTITIONER_ID, PRACTITIONER_ID, SITE_ID
from alliance_modes.ground.errors import IdentityError, OtherKeyError

DEFAULT_KEY_FILE = Path("~/.config/alliance-modes/identity.key")

DEMONSTRATION_KEY = hashlib.sha256(b"alliance-modes: public key of the demonstration cohorts").digest()
"""Known to everyone, so that simulated cohorts have the same ids everywhere. Never for real people."""

KEY_BYTES = 32
ID_DIGITS = 16

PLACES = {SITE_ID: "S"}
"""Ids that are nobody's, told from those of people by their form: reports and releases name them."""

PLACE_DIGITS = 8
SAME_KIND = {CO_PRACTITIONER_ID: PRACTITIONER_ID}
PROJECT_MARKS = ("Snakefile", ".git")
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keyed_id(key: bytes, column: str, text: str) -> str:
    """The id that stands for ``text`` in every table of a cohort.

    Parameters
    ----------
    key : bytes
        The cohort's secret.
    column : str
        Canonical column; the lead and the second practitioner share one kind of id.
    text : str
        The raw id as text.

    Returns
    -------
    str
        16 hexadecimal digits; of a site, which is nobody, S and 8 of them.

    Notes
    -----
    HMAC-SHA-256(key, kind + ":" + text), the first 64 bits. Among a million ids of one kind two
    share these with probability 3e-8; among a thousand sites 1e-4.
    """
    kind = SAME_KIND.get(column, column)
    digits = hmac.digest(key, f"{kind}:{text}".encode(), "sha256").hex()
    return PLACES[kind] + digits[:PLACE_DIGITS] if kind in PLACES else digits[:ID_DIGITS]


def key_fingerprint(key: bytes) -> str:
    """Eight hexadecimal digits by which two runs can tell whether they used the same key."""
    return hmac.digest(key, b"fingerprint", "sha256").hex()[:8]


def identity_key(
    cohort: Cohort,
    folder: str | Path,
    path: str | Path | None = None,
    project: Path | None = None,
    made_with: str = "",
    make: bool = True,
) -> bytes:
    """The key for the ids of ``cohort``.

    Parameters
    ----------
    cohort : Cohort
        Simulated people have a fixed public key and no file.
    folder : str or Path
        That of its ``cohort.yaml``: whether its raw files are those that were simulated.
    path : str or Path, optional
        The key file: 64 or more hexadecimal digits. Default:
        ``~/.config/alliance-modes/identity.key``. It is made on first use, readable by its owner
        alone; only the default's folder is made as well, so that a mistyped path is noticed.
    project : Path, optional
        The project folder, which must not hold the key. Default: the working directory or the
        nearest folder above it that holds a Snakefile or a repository.
    made_with : str
        ``key_fingerprint`` of the key by which the results of the cohort that are there were made; empty
        where there are none.
    make : bool
        Whether a key is made where there is none yet.

    Raises
    ------
    IdentityError
        There is none and none is to be made, or the file is inside the project, can be read by other
        users, is too short, is not hexadecimal, or can be neither read nor made.
    OtherKeyError
        There are results whose ids were made with another secret key, or one that is gone.
    """
    if is_simulated(folder, cohort):
        return DEMONSTRATION_KEY
    file = _expanded(path or DEFAULT_KEY_FILE)
    _refuse_inside(file, project or _project_folder())
    secret = made_with not in ("", key_fingerprint(DEMONSTRATION_KEY))
    if not _exists(file):
        if secret:
            raise OtherKeyError(_other(cohort, made_with, f"{file} is not there"))
        if not make:
            raise IdentityError(f"there is no key of ids yet: {file} is made by the first run")
        _make(file, with_folder=path is None)
    key = _read(file)
    if secret and key_fingerprint(key) != made_with:
        raise OtherKeyError(_other(cohort, made_with, f"{file} holds another, {key_fingerprint(key)}"))
    return key


def _other(cohort: Cohort, made_with: str, why: str) -> str:
    return (
        f"cohort {cohort.cohort}: its ids were made with the key {made_with}, and {why}\n"
        "    -> Restore that key from where you keep it, or name it as key_file in config/config.yaml: "
        "with another one no id matches one of before.\n"
        f"    -> Where it is lost for good, remove data/processed/{cohort.cohort} and run again."
    )


def _expanded(path: str | Path) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise IdentityError(
            f"{path}: the key for hashing ids has no place, as this user has no home folder\n"
            "    -> Set HOME, or name a key file as key_file in config/config.yaml."
        ) from None


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except OSError as error:
        raise IdentityError(
            f"{file}: the key for hashing ids cannot be looked for: {error.strerror}\n"
            "    -> Set HOME to a folder that you may read, or name a key_file in config/config.yaml."
        ) from None


def _project_folder() -> Path | None:
    here = Path.cwd()
    marked = (
        folder for folder in (here, *here.parents) if any((folder / mark).exists() for mark in PROJECT_MARKS)
    )
    return next(marked, None)


def _refuse_inside(file: Path, project: Path | None) -> None:
    if project is not None and file.resolve().is_relative_to(project.resolve()):
        raise IdentityError(
            f"{file}: the key for hashing ids must not be inside the project folder\n"
            f"    -> Move it outside {project}; with the key, ids could be traced back to people."
        )


def _make(file: Path, with_folder: bool) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        if with_folder:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(descriptor)
        try:
            os.link(temporary, file)
        except FileExistsError:
            pass
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise IdentityError(
            f"{file}: the key for hashing ids cannot be made: {error.strerror}\n"
            "    -> Make the folder, or name a key file in a folder that exists and that you may write to."
        ) from None


def _read(file: Path) -> bytes:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise IdentityError(
            f"{file}: the key for hashing ids cannot be read\n"
            "    -> Restore it (a text file of 64 hexadecimal digits); with a new key, ids match no old ones."
        ) from None
    if os.name == "posix" and mode & OTHERS:
        raise IdentityError(
            f"{file}: the key for hashing ids can be read or changed by other users\n"
            f"    -> Run: chmod 600 {file}"
        )
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", text) is None or len(text) < 2 * KEY_BYTES:
        raise IdentityError(
            f"{file}: the key for hashing ids must be at least {2 * KEY_BYTES} hexadecimal digits\n"
            "    -> Restore the file, or remove it to have a new one made (ids will then differ from before)."
        )
    return bytes.fromhex(text)
