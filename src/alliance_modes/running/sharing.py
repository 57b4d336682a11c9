"""``alliance-modes share``: what may be given away of a cohort so that it can be pooled with others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from alliance_modes.ground import layout
from alliance_modes.ground.errors import Problem, SharingError
from alliance_modes.pooling.shared_set import FILE, load_shared
from alliance_modes.release.finished import folders
from alliance_modes.release.giving_away import give_away
from alliance_modes.release.ledger import read_ledger
from alliance_modes.running.config import choose_cohorts, load_config
from alliance_modes.running.handing_over import check_release, recorded, refuse_unless_up_to_date
from alliance_modes.running.jobs import OWNER_ALONE
from alliance_modes.running.launch import clear_after_killed_run, only_run_here


def share(cohort: str, to: Path | None, tell: Callable[[str], None]) -> Path:
    """Write what may be given away of a cohort, and record its release as handed over.

    Parameters
    ----------
    cohort : str
        A cohort of the config, whose release is up to date.
    to : Path, optional
        Default: ``reports/<cohort>/shared``.
    tell : function of str
        Where lines for the person go.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ReleaseError
        The release is not what was made, holds what must not leave, or is older than what it is made of.
    SharingError
        Nothing of it can be given away, or a folder is there that ``share`` did not write.
    """
    os.umask(OWNER_ALONE)
    (cohort,) = choose_cohorts(load_config(), [cohort])
    target = to or layout.report(cohort, layout.SHARED)
    if target.exists() and not (target / FILE).is_file():
        hint = "Give another folder with --to: this one is not replaced."
        raise SharingError(str(target), [Problem(f"it is there and holds no {FILE}", hint)])
    for line in check_release(cohort):
        tell(line)
    with only_run_here(Path()):
        clear_after_killed_run(Path(), tell)
        refuse_unless_up_to_date(cohort)
        _, inside = folders(cohort)
        shared = load_shared(inside)
        given = [fit for fit in shared.fits if fit.terms]
        if not given:
            reasons = dict.fromkeys(fit.withheld or f"not estimated ({fit.status})" for fit in shared.fits)
            problems = [Problem(reason) for reason in reasons] or [Problem("its plan tests nothing")]
            raise SharingError(f"what may be given away of {cohort}", problems)
        if shared.release > len(read_ledger(layout.handed_over(cohort))):
            tell(f"recorded as handed over, since what is given away is of it: {recorded(cohort)}")
        give_away(shared, target)
    tell(f"{target}: {len(given)} of {len(shared.fits)} outcomes; read {target}/README.txt before it leaves")
    return target
