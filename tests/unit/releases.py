"""Small releases for tests: a cohort of two programmes at three sites, and reports of it."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd

from alliance_modes.disclosure.counts import CountTable, count_table
from alliance_modes.disclosure.means import MeanTable, mean_table
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.release.contents import Document, Numbers, Picture, Release

COURSES = {
    ("North", "completed"): 43,
    ("North", "dropped out"): 21,
    ("South", "completed"): 57,
    ("South", "dropped out"): 34,
    ("Hill", "completed"): 28,
    ("Hill", "dropped out"): 3,
    ("Lake", "completed"): 26,
    ("Lake", "dropped out"): 12,
}
PEOPLE = pd.DataFrame(
    [(site, end) for (site, end), n in COURSES.items() for _ in range(n)], columns=["site", "end"]
)
PEOPLE["bond"] = [3 + (place % 7) / 3 for place in range(len(PEOPLE))]


def courses(people: pd.DataFrame = PEOPLE) -> CountTable:
    """Courses by site."""
    sites = {site: {"site": [site]} for site in dict.fromkeys(people["site"])}
    ends = {end.capitalize(): {"end": [end]} for end in dict.fromkeys(people["end"])}
    return count_table(
        people, "course_by_site", "How courses ended, by site", "enrolments", {**sites, "All": {}},
        {**ends, "Started": {}},
    )  # fmt: skip


def bonds(people: pd.DataFrame = PEOPLE) -> MeanTable:
    """Mean bond by site."""
    sites = {site: {"site": [site]} for site in dict.fromkeys(people["site"])}
    return mean_table(people, "bond", "bond_by_site", "Mean bond, by site", "enrolments", sites)


def png(**metadata: str) -> bytes:
    """A grey picture, with texts in it where they are given."""
    from PIL import Image, PngImagePlugin

    texts = PngImagePlugin.PngInfo()
    for name, text in metadata.items():
        texts.add_text(name, text)
    stream = io.BytesIO()
    Image.new("L", (8, 8), 128).save(stream, "PNG", pnginfo=texts)
    return stream.getvalue()


def page(*sentences: str, title: str = "A programme report") -> bytes:
    """A page of the release edition that says these sentences."""
    said = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return f"<html lang=en><title>{title}</title><body><p>Edition: release.</p>{said}</body></html>".encode()


def report(*sentences: str, **more) -> Document:
    """The page as a document of a release."""
    made = Document("report", "html", "The programme report", page(*sentences), ("course_by_site",))
    return replace(made, **more)


FOREST = Numbers(
    "effects", "Effects of the modes", ("outcome", "estimate"), (("completion", 8.6),), (98.0,), (104.0,)
)


def release(*parts, people: pd.DataFrame = PEOPLE, said: frozenset[int] = frozenset()) -> Release:
    """A release of the cohort with these parts; of a page, a picture and a table without any."""
    counted, averaged = (courses(people),), (bonds(people),)
    given = parts or (
        report("Of about 225 people who started, about 155 people completed."),
        FOREST,
        Picture("flow", "The flow of participants", png(), ("course_by_site",)),
    )
    return Release(
        "north",
        "A cohort",
        "2024-12-31",
        counted,
        averaged,
        released(counted, Disclosure(), means=averaged),
        given,
        said,
    )
