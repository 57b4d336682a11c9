"""The plain words a reader meets for the names that tables and models use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from alliance_modes.domain import MODES

MODE_AIMS = {
    "educative": "delivering the manual as written and keeping the group rules",
    "engagement": "making the programme fit the person so that they take part",
    "therapeutic": "using the working relationship itself to bring about change",
}
END_NAMES = {
    "completed": "completed",
    "dropped_out": "dropped out",
    "removed": "removed by the programme",
    "administrative": "administrative end (transfer, recall, sentence end, illness)",
    "ongoing": "still on the programme",
    "not_started": "never started",
}
END_SHORT = END_NAMES | {"removed": "removed", "administrative": "administrative end"}
INSTRUMENTS = {
    "wai_36": "WAI-36",
    "wai_s": "WAI-S",
    "wai_sr": "WAI-SR",
    "wai_sr_t": "WAI-SRT",
    "srs": "Session Rating Scale",
    "gcq_s": "Group Climate Questionnaire",
    "modes_of_practice": "Modes of Practice Survey",
    "session_engagement": "Session engagement",
}
TABLE_NAMES = {
    "practitioners": "practitioners",
    "practitioner_survey": "practitioner survey",
    "enrolments": "enrolments",
    "sessions": "sessions",
    "alliance": "alliance inventories",
    "group_climate": "group climate forms",
}


def mode_name(mode: str) -> str:
    """``educative`` -> ``educative mode``."""
    return f"{mode} mode"


def instrument_name(instrument: str) -> str:
    """``wai_sr`` -> ``WAI-SR``; an instrument of the study's own with spaces for underscores."""
    return INSTRUMENTS.get(instrument, plain(instrument))


def plain(name: str) -> str:
    """A name from a table with spaces for underscores."""
    return str(name).replace("_", " ")


def sentence(text: str) -> str:
    """``text`` with a capital first letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def capital(text: str) -> str:
    """``text`` with a capital first letter."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """``text`` with a small first letter, unless it is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def scale_name(scale: str, instrument: str) -> str:
    """``srs_total`` of ``srs`` -> ``Total``; a scale named like its instrument -> ``All items``."""
    return "All items" if scale == instrument else capital(plain(scale.removeprefix(f"{instrument}_")))


def sampled_said(units: Sequence[str], single: Iterable[str] = ()) -> str:
    """The population of intervals of what was observed, by what people share (``intervals.shared``).

    ``single`` names rows of a table whose people are all of one practitioner or site, where others are not.
    """
    if not units:
        return "Intervals take people as independent: no two practitioners or sites are told apart here."
    named = listed(list(units))
    said = f"Intervals are for new {named} like these: people who share one are not taken as independent."
    rows = list(dict.fromkeys(single))
    if not rows:
        return said
    return (
        f"{said} People of {listed(rows)} share one of them: its interval is for people with that one alone."
    )


METHOD_NAMES = {"primary": "Holm", "secondary": "Benjamini–Hochberg"}
"""By whom the adjustment of each family of tests is; the others are not adjusted."""


def modes_said(modes: Collection[str]) -> str:
    """``the three modes`` where it is all of them; ``the educative mode``, ``the educative and …  modes``."""
    if len(modes) == len(MODES):
        return "the three modes"
    return f"the {listed(list(modes))} mode{'s' if len(modes) > 1 else ''}"


def adjusted_said(claims: Collection[str]) -> str:
    """How a test is adjusted, by the families of its outcomes: ``adjusted within its family (Holm)``."""
    known = [claim for claim in METHOD_NAMES if claim in claims]
    if not known:
        return "not adjusted for other tests: the plan only explores it"
    alone = len(known) == 1 == len(set(claims))
    named = [METHOD_NAMES[claim] + ("" if alone else f" in the {claim}") for claim in known]
    rest = "" if set(claims) <= set(known) else "; not adjusted where the plan only explores"
    return f"adjusted within its family ({', '.join(named)}{rest})"


def with_shared_endings(labels: Sequence[str], additions: Sequence[str] | None = None) -> str:
    """``goal agreement and bond, client-rated; completion``: an ending that several share is said once.

    An ending is what stands after a label's last comma. ``additions`` are put behind each label's name,
    e.g. its estimate in brackets; labels are written with a small first letter.
    """
    endings = [label.rpartition(", ")[2] if ", " in label else "" for label in labels]
    groups: dict[tuple[str, int], list[str]] = {}
    for place, (label, ending) in enumerate(zip(labels, endings, strict=True)):
        shared = ending if endings.count(ending) > 1 else ""
        name = uncapital(label.removesuffix(f", {shared}") if shared else label)
        addition = "" if additions is None else additions[place]
        alone = 0 if shared or ", " not in name else place + 1
        groups.setdefault((shared, alone), []).append(f"{name} {addition}".strip())
    return "; ".join(
        f"{listed(parts)}{f', {shared}' if shared else ''}" for (shared, _), parts in groups.items()
    )


def listed(parts: list[str] | tuple[str, ...], last: str = "and") -> str:
    """``a, b and c``."""
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"
