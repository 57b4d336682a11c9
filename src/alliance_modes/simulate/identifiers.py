"""Invented people: names, e-mail addresses, birth dates and notes that must never leave the raw files."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST_NAMES = (
    "Alwin",
    "Bryony",
    "Caspian",
    "Delphine",
    "Edric",
    "Fenella",
    "Gethin",
    "Hestia",
    "Idris",
    "Jocasta",
    "Kester",
    "Lavinia",
    "Merrick",
    "Nerys",
    "Osric",
    "Perpetua",
    "Quillon",
    "Rosamund",
    "Sorrel",
    "Tamsin",
    "Ulric",
    "Verity",
    "Wystan",
    "Zelda",
)
LAST_NAMES = (
    "Ashtwistle",
    "Brackenbury-Holt",
    "Coldwhistle",
    "Dunnegate",
    "Eaglethorne",
    "Fennimarsh",
    "Gorsewick",
    "Hollinquist",
    "Inglesmere",
    "Jarrowdine",
    "Kettlebarrow",
    "Larkspindle",
    "Marrowdale",
    "Nettlecombe-Rae",
    "Oakenshawe",
    "Pennyfathom",
    "Quillfeather",
    "Rookhampton",
    "Saltmarrow",
    "Thistlewain",
    "Underbrough",
    "Vexleigh",
    "Wetherspun",
    "Yarrowgate",
)
NOTE_SHARE = 0.08
NOTES = (
    "{name} rang on 01632 960{number:03d}, bus late.",
    "Spoke with {name}'s sister about transport.",
    "{name} asked for large print.",
    "Letter sent to {name}, c/o 12 Fictional Row.",
)


def people(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """``count`` invented people: ``first``, ``last``, ``email``."""
    first = rng.choice(FIRST_NAMES, size=count)
    last = rng.choice(LAST_NAMES, size=count)
    mails = [f"{one}.{other}@practice.example".lower() for one, other in zip(first, last, strict=True)]
    return pd.DataFrame({"first": first, "last": last, "email": mails})


def notes(names: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Free text that names the person, in some records; empty in the others."""
    written = rng.random(len(names)) < NOTE_SHARE
    which, number = rng.integers(len(NOTES), size=len(names)), rng.integers(1000, size=len(names))
    return np.array(
        [
            NOTES[which[i]].format(name=name, number=number[i]) if written[i] else ""
            for i, name in enumerate(names)
        ],
        dtype=object,
    )


def birth_dates(ages: pd.Series, referral: pd.Series, rng: np.random.Generator) -> np.ndarray:
    """A birth date that gives the age at referral (36 where it is missing), both as the export has them."""
    age = pd.to_numeric(ages).fillna(36).to_numpy().astype(int)
    year = pd.to_datetime(referral).dt.year.to_numpy() - age - 1
    month, day = rng.integers(1, 13, size=len(age)), rng.integers(1, 29, size=len(age))
    return np.array(
        [f"{y:04d}-{m:02d}-{d:02d}" for y, m, d in zip(year, month, day, strict=True)], dtype=object
    )
