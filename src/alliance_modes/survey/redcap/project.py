"""How a survey lies in a REDCap project: arms, events, repeated forms, and names that are unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alliance_modes.survey.form import Form, Question, Survey
from alliance_modes.words.pseudonyms import KINDS, Kind

RECORD_ID = "record_id"
ARMS: Mapping[Kind, str] = {"client": "Clients", "practitioner": "Practitioners"}
ONCE, REPEATED = "Record", "Occasions"
"""Events: what is filled in once for a person, and what is filled in again at each session or round."""

MISSING_CODES: Mapping[str, str] = {
    "UNK": "Unknown",
    "NASK": "Not asked",
    "ASKU": "Asked but unknown",
    "NAV": "Temporarily unavailable",
}
"""Missing data codes of the list that REDCap offers: none is a number, so that none is an answer."""


@dataclass(frozen=True)
class Place:
    """Where a form lies: the arm of the people whom it is about, and its event."""

    arm: int
    event: str

    @property
    def unique(self) -> str:
        """The event's unique name, as REDCap makes it."""
        return f"{self.event.lower()}_arm_{self.arm}"

    @property
    def repeats(self) -> bool:
        """Whether the form is filled in again and again."""
        return self.event == REPEATED

    def shown(self) -> tuple[str, ...]:
        """Every name that an export may give the event."""
        arm = ARMS[KINDS[self.arm - 1]]
        return self.unique, self.event, f"{self.event} (Arm {self.arm}: {arm})"


def whose(form: Form) -> Question:
    """The question for the label of the person whom a form is about: the first that asks for one."""
    return next(one for one in form.questions() if one.pseudonym)


def place(form: Form) -> Place:
    """Where a form lies.

    A form repeats where it must say by a number which time it is (the session, the survey round).
    """
    counted = any(one.kind == "number" and one.required for one in form.questions())
    arm = next(number for number, kind in enumerate(KINDS, 1) if kind == whose(form).pseudonym)
    return Place(arm, REPEATED if counted else ONCE)


def variables(survey: Survey) -> dict[tuple[str, str], str]:
    """The variable of each question of each form.

    A question that stands in one form is called as it is; others have the initials of their form in front
    (``ac_consent`` of ``alliance_client``).
    """
    times = Counter(one.name for form in survey.forms for one in form.questions())
    starts = _starts(survey)
    return {
        (form.name, one.name): one.name if times[one.name] == 1 else f"{starts[form.name]}_{one.name}"
        for form in survey.forms
        for one in form.questions()
    }


def _starts(survey: Survey) -> dict[str, str]:
    """Initials of each form, or its name where two forms have the same."""
    initials = {form.name: "".join(word[0] for word in form.name.split("_")) for form in survey.forms}
    times = Counter(initials.values())
    return {name: short if times[short] == 1 else name for name, short in initials.items()}


def labels(survey: Survey, language: str) -> dict[tuple[str, str], str]:
    """The label of each question, unique in the project: it heads a column of an export with labels.

    What reads the same in two forms has the title of its form behind it.
    """
    texts = {
        (form.name, one.name): " ".join(one.text.get(language, "").split()) or one.name
        for form in survey.forms
        for one in form.questions()
    }
    times = Counter(texts.values())
    titles = {form.name: form.title[language] for form in survey.forms}
    return {key: text if times[text] == 1 else f"{text} ({titles[key[0]]})" for key, text in texts.items()}


def form_names(form: Form) -> tuple[str, ...]:
    """Every name that an export may give a form: its own, REDCap's label of it, its title in any language."""
    return tuple(dict.fromkeys((form.name, form.name.replace("_", " ").title(), *form.title.values())))


def events(survey: Survey) -> Iterator[Place]:
    """The events of the project, by arm, those of records first."""
    found = dict.fromkeys(place(form) for form in survey.forms)
    yield from sorted(found, key=lambda one: (one.arm, one.repeats))
