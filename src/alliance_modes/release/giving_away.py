"""The folder that a holder gives away so that a cohort can be pooled, and what to know before it goes."""

from __future__ import annotations

from pathlib import Path

from alliance_modes import __version__
from alliance_modes.ground.files import whole_folder, write_text
from alliance_modes.pooling.shared_set import FILE, SharedFit, SharedSet
from alliance_modes.words.names import listed

README = "README.txt"

WHAT = """What may be given away of the cohort "{title}" ({cohort}), to be pooled with other cohorts

For whoever decides whether this folder leaves. It belongs to release {release} of the cohort (data lock
{lock}), which is recorded as handed over: what the next release may show is decided with it.

In it
- {file}: of each model of the plan, what it tests: estimates, their standard errors, degrees of
  freedom, and how the estimates are correlated ({given} outcomes);
- how many rows, practitioners, groups and sites a model rests on, as the release would show them;
- the spread (SD) of practitioners' use of each mode, as the release shows it; reliability of the scales;
- the plan of the models with its codings, digests of the instruments and of a registered protocol,
  departures from that, which checks a model failed, and the versions of the software.

Not in it
- any row, any id or key, any date but the data lock;
- intercepts, covariates and their covariances, variances, predictions: counts could be worked out of them;
- any count that the release withholds, and exact numbers of people.

{withheld}

Certificate
- Estimates, errors and degrees of freedom are those of {table} of the release, in fewer digits.
- A model that tells of few people who share an outcome or a value (below {threshold}, or hardly more) is
  not in it.
- {file} was searched for ids, places of machines and numbers of people that the release does not
  show: none found.
- SHA-256 of what is given away: {sha256}
- Written by Alliance Modes {version}. docs/pooling.md says what was tried to get at counts.

Whoever gets it runs: alliance-modes pool FOLDER FOLDER ...
"""
TABLE_OF_RELEASE = "estimates.csv"


def give_away(shared: SharedSet, folder: Path) -> None:
    """Write the folder that a holder gives away, whole or not at all.

    Parameters
    ----------
    shared : SharedSet
        As the release has it.
    folder : Path
        A folder of this name is replaced.
    """
    with whole_folder(folder) as place:
        write_text(shared.text(), place / FILE)
        write_text(readme(shared), place / README)
        place.chmod(0o755)
        for path in place.iterdir():
            path.chmod(0o644)


def readme(shared: SharedSet) -> str:
    """What is in the folder and what is not, for whoever decides whether it leaves."""
    given = sum(bool(fit.terms) for fit in shared.fits)
    return WHAT.format(
        title=shared.title,
        cohort=shared.cohort,
        release=shared.release,
        lock=shared.data_lock,
        file=FILE,
        given=given,
        withheld=_withheld(shared.fits),
        table=TABLE_OF_RELEASE,
        threshold=shared.threshold,
        sha256=shared.sha256,
        version=__version__,
    )


def _withheld(fits: tuple[SharedFit, ...]) -> str:
    """Which outcomes are not given away, by why."""
    by_reason: dict[str, list[str]] = {}
    for fit in fits:
        if not fit.terms:
            why = fit.withheld or f"no estimates ({fit.status.replace('_', ' ')})"
            by_reason.setdefault(why, []).append(f"{fit.model}.{fit.outcome}")
    if not by_reason:
        return "Withheld: none of the outcomes."
    lines = [f"- {listed(names)}: {why}." for why, names in by_reason.items()]
    return "\n".join(["Withheld", *lines])
