"""The certificate of a release: what an attack on it and on all before it could find, in words for anybody.

It is made of what releases publish and of nothing else, so that it tells no more than they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from alliance_modes.disclosure.attack import Attack, Bounded
from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.release import Released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.disclosure.said import rounding_said
from alliance_modes.reports.page.documents import documents
from alliance_modes.words.display import DisplayTable, display_table, escaped, markdown
from alliance_modes.words.rounding import number

Labels = Mapping[tuple[str, Where], str]
"""What a count is of, as a reader knows it, by its population and units."""

TIGHTEST = 10
KIND = "Release certificate"


@dataclass(frozen=True)
class Subject:
    """Which release a certificate is of: its cohort, its number, and the day of its data lock."""

    title: str
    order: int
    data_lock: str
    demonstration: bool


def certificate(subject: Subject, released: Released, found: Attack, labels: Labels) -> bytes:
    """The certificate as a page.

    Parameters
    ----------
    subject : Subject
        The release.
    released : Released
        Its counts and means as they are shown.
    found : Attack
        On this release with all before it.
    labels : mapping
        Of the counts of this release.
    """
    parts = [*_tried(found, released.rules), *_bounded(found, labels), *_means(released), *_not_excluded()]
    source = "\n\n".join([_front(subject), *parts])
    made = documents(source, subject.title, KIND, {}, formats=("html",), contents=False)
    return made["html"]


def _front(subject: Subject) -> str:
    simulated = "**The people in this cohort are simulated.** " if subject.demonstration else ""
    said = (
        f"{simulated}**Edition: release.** This page may be read by anybody. It belongs to release "
        f"{subject.order} of this cohort, with data up to {escaped(subject.data_lock)}."
    )
    return f"---\nfront: |\n  ::: notice\n  {said}\n  :::\n---"


def _tried(found: Attack, rules: Disclosure) -> list[str]:
    before = len(found.releases) - 1
    releases = {0: "It is the first release of this cohort."}.get(
        before, f"It was attacked together with the {before} before it." if before > 1 else
        "It was attacked together with the one before it."
    )  # fmt: skip
    apart = [
        f"Of the {escaped(population)}, release {' and '.join(map(str, missing))} was left out: with all "
        "releases since, there was too much to attack at once."
        for population, used in found.linked
        if (missing := sorted({*found.releases} - {*used}))
    ]
    apart += [
        f"Not all releases can be true of the same {escaped(population)}: some were taken out since, or put "
        f"right. The attacker supposed as few of them as can be, {gone} in all."
        for population, gone in found.gone
        if gone
    ]
    rounding = f"all others {rounding_said(rules)}"
    return [
        "# What was tried",
        f"In every table, counts below {rules.threshold}, zero, and all but fewer than {rules.threshold} are "
        "withheld, and so are those from which one of these could be worked out; one word is used for all of "
        f"them, and {rounding}.",
        "An attacker was given every table of the release, and these rules. They knew that parts add up to "
        "their whole, that everybody is counted once, which programmes and sites there are, which runs where "
        "and in which setting where that is one, and which values cannot change from one release to the "
        f"next. {releases} Of every count that is withheld they worked out the smallest and the largest "
        "value that contradicts nothing of this, all tables together (linear programming); of the tightest "
        "ones again among whole numbers. They did the same for what counts leave of each other.",
        *apart,
    ]


def _bounded(found: Attack, labels: Labels) -> list[str]:
    if not found.bounded:
        return ["# What could be found out", "Nothing is withheld in this release: no count of it is small."]
    narrowest = found.bounded[0].width
    recovered, limit = len(found.recovered), found.threshold
    told = "None of them could be told exactly" if not recovered else f"{recovered} could be told exactly"
    return [
        "# What could be found out",
        f"{len(found.bounded):,} counts are withheld. {told}. The one that could be told most tightly may "
        f"still be any of {_values(narrowest)}; the least that is accepted is {limit + 1}.",
        markdown(_by_population(found)),
        markdown(_tightest(found, labels)),
    ]


def _means(released: Released) -> list[str]:
    """What the attack says of the means that nobody may know: of few, and of those who came since."""
    if not released.averaged:
        return []
    withheld = sum(one.mean is None for one in released.averaged.values())
    told = released.told_means
    tightest = (
        f"The one that could be told most tightly still has limits {number(told[0].spreads, 1)} standard "
        "deviations apart; the least that is accepted is 1."
        if told
        else "Nothing that is shown limits any of them."
    )
    return [
        "# What could be found out of means",
        f"Of {len(released.averaged):,} means {withheld:,} are withheld. The attacker was given all that are "
        "shown, their standard deviations and numbers of people, and those of every release before. What "
        "they worked out: between which limits the mean of a few people can lie, of a sum that few people "
        f"make up, and of fewer than {released.rules.threshold} people who came since an earlier release. "
        f"{tightest}",
    ]


def _values(width: float) -> str:
    return "any number" if width == float("inf") else f"{width + 1:.0f} values"


def _by_population(found: Attack) -> DisplayTable:
    rows = []
    for population, _ in found.linked:
        widths = [one.width for one in found.bounded if one.population == population]
        exactly = sum(one.population == population for one in found.recovered)
        if widths:
            rows.append(
                (
                    population.capitalize(),
                    f"{len(widths):,}",
                    f"{exactly}",
                    _wide(min(widths)),
                    _wide(median(widths)),
                )
            )
    return display_table(
        "Counts that are withheld, and how tightly they could be told",
        ("Of", "Withheld", "Told exactly", "Values left, fewest", "Values left, median"),
        "lrrrr",
        rows,
        "Values left: how many whole numbers a count may still be.",
    )


def _wide(width: float) -> str:
    return "no limit" if width == float("inf") else f"{width + 1:.0f}"


def _tightest(found: Attack, labels: Labels) -> DisplayTable:
    shown = found.bounded[:TIGHTEST]
    return display_table(
        f"The {len(shown)} counts that could be told most tightly",
        ("Count", "Release", "At least", "At most"),
        "lrrr",
        [
            (
                _label(one, labels),
                f"{one.release}",
                f"{one.low}",
                "no limit" if one.high is None else f"{one.high}",
            )
            for one in shown
        ],
        "What anybody can work out from the release; where a count lies between these limits is not public.",
    )


def _label(one: Bounded, labels: Labels) -> str:
    if one.told == "rest":
        return "what counts leave of each other"
    plain = ", ".join(f"{column}: {' or '.join(values)}" for column, values in one.where)
    return labels.get((one.population, one.where), plain or "all")


def _not_excluded() -> Sequence[str]:
    return [
        "# What else was done, and what it cannot exclude",
        "Every file was searched for ids of people, for places of a machine and for numbers of people that "
        "no table releases. Pictures are made of dots, of released numbers; none carries its data.",
        "Whoever knows people of this cohort may know more than this attacker. What a reader is told in "
        "other ways, such as a number in a letter, was not part of the attack.",
    ]
