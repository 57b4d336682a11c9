"""Error of a score, correlations, clustering and occasions, each as a table and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from alliance_modes.tables.measurement import block_name, not_estimated, span
from alliance_modes.tables.rater_agreement import agreement_sentences, agreement_table
from alliance_modes.tables.reliable_change import change_sentences, change_table
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, scale_name
from alliance_modes.words.rounding import bounded, interval, number, percent, whole

CROWDED = 0.15
"""Share of respondents at one end of a scale from which it is called crowded there (Terwee et al. 2007)."""


def scales_table(scales: pd.DataFrame) -> DisplayTable | None:
    """Missing answers, ends of the range and error of one score, per scale."""
    if scales.empty:
        return None
    rows = [
        (
            block_name(row.rater, row.instrument),
            scale_name(row.scale, row.instrument),
            whole(row.answered),
            percent(row.missing / row.cells if row.cells else None),
            number(row.mean),
            number(row.sd),
            percent(row.floor),
            percent(row.ceiling),
            number(row.sem),
            number(row.sdc),
            number(row.sdc_score, 1),
        )
        for row in scales.itertuples()
    ]
    return display_table(
        "Scores, and how far one of them can be off",
        (
            "Instrument, rater",
            "Scale",
            "n",
            "Missing",
            "Mean",
            "SD",
            "Lowest",
            "Highest",
            "SEM",
            "SDC",
            "SDC, score",
        ),
        "llrrrrrrrrr",
        rows,
        "n: respondents with any answer; missing: of their answers. The rest is of those with every item "
        "answered, as item means. Lowest, highest: share with every item at that end. SEM: standard error "
        "of measurement, from omega (alpha where there is none). SDC: smallest detectable change, which a "
        "difference of two scores of one person exceeds by error alone in 5 % of cases; last column in the "
        "instrument's own metric. What changes from day to day counts as true here.",
    )


def scales_sentences(scales: pd.DataFrame) -> list[str]:
    """Missing answers, crowded ends, and what a change of one person's score has to exceed."""
    known = scales[scales["cells"] > 0]
    if known.empty:
        return ["No scale was answered."]
    share = known["missing"] / known["cells"]
    sentences = [
        f"Of the answers to a scale {percent(share.min())} to {percent(share.max())} are missing "
        f"(n = {span(known['answered'])} respondents)."
    ]
    crowded = known[(known["floor"] > CROWDED) | (known["ceiling"] > CROWDED)]
    names = listed([_named(row) for row in crowded.itertuples()])
    sentences.append(
        f"More than 15 % of respondents are at one end of: {names}. "
        "Differences and changes beyond that end cannot be seen."
        if len(crowded)
        else "No scale has more than 15 % of its respondents at its lowest or highest score."
    )
    totals = known[(known["kind"] != "facet") & known["sdc_score"].notna()]
    for row in totals[totals["kind"] == "total"].itertuples():
        sentences.append(
            f"{capital(_named(row))}: a change of one person's score of less than {number(row.sdc_score, 1)} "
            f"can be error alone (SEM {number(row.sem_score, 1)}, n = {whole(row.complete)})."
        )
    without = known[known["status"] != "ok"]
    return [*sentences, *not_estimated("The error of a score", without)]


def correlations_table(correlations: pd.DataFrame) -> DisplayTable | None:
    """Correlations of the subscales of each inventory."""
    known = correlations[correlations["r"].notna()]
    if known.empty:
        return None
    rows = [
        (
            block_name(row.rater, row.instrument),
            f"{scale_name(row.first, row.instrument)} and {scale_name(row.second, row.instrument).lower()}",
            whole(row.n),
            bounded(row.r),
            interval(row.ci_low, row.ci_high, limited=True),
            bounded(row.disattenuated),
            interval(row.disattenuated_low, row.disattenuated_high, limited=True),
        )
        for row in known.itertuples()
    ]
    return display_table(
        "Correlations of the subscales of one inventory",
        ("Instrument, rater", "Subscales", "n", "r", "95 % interval", "Without error", "95 % interval"),
        "llrrrrr",
        rows,
        "Without error: r divided by the root of the product of both reliabilities; its interval takes "
        "these as known. A value above 1 means that the two cannot be told apart.",
    )


def correlations_sentences(correlations: pd.DataFrame) -> list[str]:
    """Whether the subscales of an inventory can be told apart."""
    sentences = []
    known = correlations[correlations["disattenuated"].notna()]
    for _, rows in known.groupby(["rater", "instrument"], sort=False, dropna=False):
        low, high = rows["disattenuated"].min(), rows["disattenuated"].max()
        reading = (
            "some of them can hardly be told apart"
            if high >= 0.9
            else "they overlap and are not the same"
            if high >= 0.5
            else "they measure different things"
        )
        spread = bounded(low) if len(rows) == 1 else f"{bounded(low)} to {bounded(high)}"
        sentences.append(
            f"Subscales of the {block_name(rows['rater'].iloc[0], rows['instrument'].iloc[0])}: without "
            f"measurement error they correlate {spread} (n = {span(rows['n'])}): {reading}."
        )
    left = correlations[correlations["status"] != "ok"]
    names = left.assign(scale=left["first"] + " and " + left["second"]) if len(left) else left
    return [*sentences, *not_estimated("The correlation", names)]


def clusters_table(icc: pd.DataFrame) -> DisplayTable | None:
    """ICC(1), ICC(2) and design effect per scale and grouping."""
    known = icc[icc["icc1"].notna()]
    if known.empty:
        return None
    rows = [
        (
            f"{block_name(row.rater, row.instrument)}: {scale_name(row.scale, row.instrument).lower()}",
            row.grouping,
            f"{whole(row.n)} in {whole(row.clusters)}",
            bounded(row.icc1),
            interval(row.icc1_low, row.icc1_high, limited=True),
            number(row.size, 1),
            bounded(row.icc2),
            interval(row.icc2_low, row.icc2_high, limited=True),
            number(row.design_effect, 1),
        )
        for row in known.itertuples()
    ]
    return display_table(
        "How alike ratings of one practitioner, group or site are",
        (
            "Scale",
            "Within one",
            "n in",
            "ICC(1)",
            "95 % interval",
            "k",
            "ICC(2)",
            "95 % interval",
            "Design effect",
        ),
        "llrrrrrrr",
        rows,
        "n in: enrolments in practitioners, groups or sites, one value each: the first inventory (alliance) "
        "or the mean over sessions. ICC(1): share of the variance of one value that lies between clusters; "
        "ICC(2): reliability of a mean of k values of a cluster (k allows for unequal sizes). Design effect: "
        "factor by which the variance of a mean exceeds that of independent people. One grouping at a time: "
        "what sites differ in is in all three.",
    )


def clusters_sentences(icc: pd.DataFrame) -> list[str]:
    """How much lies between practitioners, per rater and instrument."""
    sentences = []
    known = icc[icc["icc1"].notna() & (icc["grouping"] == "practitioner")]
    for _, rows in known.groupby(["rater", "instrument"], sort=False, dropna=False):
        name = block_name(rows["rater"].iloc[0], rows["instrument"].iloc[0])
        sentences.append(
            f"{name}: {_percents(rows['icc1'])} of the variance of one enrolment's value lies between "
            f"practitioners (n = {span(rows['n'])} enrolments of {span(rows['clusters'])}); the mean "
            "of a practitioner's enrolments tells practitioners apart with a reliability of "
            f"{_range(rows['icc2'])}."
        )
    left = icc[icc["status"] != "ok"]
    if len(left):
        why = left.assign(scale=left["scale"] + " by " + left["grouping"])
        sentences += not_estimated("ICCs", why)
    return sentences


def repeated_table(repeated: pd.DataFrame) -> DisplayTable | None:
    """Reliability between and within persons, per scale."""
    known = repeated[repeated["r_c"].notna()]
    if known.empty:
        return None
    rows = [
        (
            block_name(row.rater, row.instrument),
            scale_name(row.scale, row.instrument),
            whole(row.persons),
            number(row.per_person, 1),
            *(
                f"{bounded(getattr(row, name))} "
                f"{interval(getattr(row, f'{name}_low'), getattr(row, f'{name}_high'), limited=True)}"
                for name in ("r_kf", "r_kr", "r_c")
            ),
            number(row.sem_within),
        )
        for row in known.itertuples()
    ]
    return display_table(
        "Reliability between and within persons [95 % interval]",
        (
            "Instrument, rater",
            "Scale",
            "Persons",
            "k",
            "Between (R kF)",
            "Lasting level",
            "Change (R C)",
            "SEM",
        ),
        "llrrrrrr",
        rows,
        "Complete inventories of all occasions; k: occasions per person (harmonic mean). Between: mean of a "
        "person's occasions, the state on the day counted as true (Shrout and Lane's R kF); lasting level: "
        "the same mean, the state counted as error; change: differences of one person from occasion to "
        "occasion (R C). SEM: error of one item mean. Intervals by drawing practitioners again.",
    )


def repeated_sentences(repeated: pd.DataFrame) -> list[str]:
    """Whether change within persons is more than noise."""
    sentences = []
    known = repeated[repeated["r_c"].notna()]
    for _, rows in known.groupby(["rater", "instrument"], sort=False, dropna=False):
        name = block_name(rows["rater"].iloc[0], rows["instrument"].iloc[0])
        lasting, change = _range(rows["r_kr"]), _range(rows["r_c"])
        care = " Too low to read one person's change from." if rows["r_c"].min() < 0.5 else ""
        sentences.append(
            f"{name}, {span(rows['occasions'])} occasions: a person's lasting level is measured with a "
            f"reliability of {lasting}, change within a person with {change} "
            f"(n = {span(rows['persons'])}).{care}"
        )
    return [*sentences, *not_estimated("Reliability over occasions", repeated[repeated["status"] != "ok"])]


def _named(row: Any) -> str:
    return f"{scale_name(row.scale, row.instrument).lower()} of the {block_name(row.rater, row.instrument)}"


def _range(values: pd.Series) -> str:
    low, high = bounded(values.min()), bounded(values.max())
    return low if low == high else f"{low} to {high}"


def _percents(shares: pd.Series) -> str:
    low, high = percent(shares.min(), 0), percent(shares.max(), 0)
    return low if low == high else f"{low} to {high}"


def quality(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, object]]:
    """Table and sentences of each part, by part.

    Parameters
    ----------
    tables : mapping
        ``scales``, ``subscale_correlations``, ``icc``, ``reliability_repeated``, ``reliable_change_rates``
        and ``agreement_raters``, from ``measurement_tables``.
    """
    parts = {
        "scales": (scales_table, scales_sentences, "scales"),
        "correlations": (correlations_table, correlations_sentences, "subscale_correlations"),
        "clusters": (clusters_table, clusters_sentences, "icc"),
        "repeated": (repeated_table, repeated_sentences, "reliability_repeated"),
        "change": (change_table, change_sentences, "reliable_change_rates"),
        "agreement": (agreement_table, agreement_sentences, "agreement_raters"),
    }
    return {
        part: {"table": table(tables[name]), "sentences": sentences(tables[name])}
        for part, (table, sentences, name) in parts.items()
    }
