"""The secret of the ids of a cohort that people were, or are to be, taken out of."""

from __future__ import annotations

from alliance_modes.cleaning.identity import identity_key, key_fingerprint
from alliance_modes.cohort import Cohort
from alliance_modes.ground.errors import IdentityError, OtherKeyError
from alliance_modes.ingest.withdrawn import other_key, read_withdrawn
from alliance_modes.intake.origin import origin_of
from alliance_modes.running.config import Config


def withdrawal_key(config: Config, name: str, cohort: Cohort) -> bytes:
    """The secret of a cohort's ids, which is that of its list and of its results where there are any.

    Raises
    ------
    IdentityError
        It is another, or is gone.
    """
    folder = config.folder(name)
    listed = read_withdrawn(folder)
    made_with = listed.key if listed else origin_of(name).get("key", "")
    try:
        key = identity_key(cohort, folder, config.key_file, made_with=made_with)
    except OtherKeyError as error:
        raise IdentityError(other_key(folder, made_with)) if listed else error from None
    if listed and key_fingerprint(key) != listed.key:
        raise IdentityError(other_key(folder, listed.key))
    return key
