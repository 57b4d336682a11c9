"""The words of the form itself in several languages: questions, answers, instructions, messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import Closed, load_model

SHIPPED = Path(__file__).parent / "languages"
ENDING = ".yaml"
CODE = r"[a-z]{2,3}"
ENGLISH = "en"
NOT_VALIDATED = "Not a validated translation"


class Asked(Closed):
    """One question in one language."""

    text: str
    hint: str = ""


class Language(Closed):
    """Everything that the forms themselves say in one language.

    ``status`` says how the words came about. ``responses`` and ``instructions`` are of the project's own
    instruments by id, and ``instructions.licensed`` stands above those of others. In ``said``, ``{low}``
    and the like are places for what differs.
    """

    name: str
    status: str
    forms: dict[str, str]
    sections: dict[str, str]
    questions: dict[str, Asked]
    choices: dict[str, dict[str, str]]
    responses: dict[str, dict[int, str]]
    instructions: dict[str, str]
    said: dict[str, str]

    @property
    def is_validated(self) -> bool:
        """Whether the file does not call itself a translation that nobody validated."""
        return not self.status.startswith(NOT_VALIDATED)


def shipped() -> tuple[str, ...]:
    """Codes of the languages that the project has, English first."""
    codes = sorted(path.stem for path in SHIPPED.glob(f"*{ENDING}"))
    return (ENGLISH, *(code for code in codes if code != ENGLISH))


def load_languages(asked: Sequence[str]) -> dict[str, Language]:
    """The languages asked for, by code, in this order.

    Parameters
    ----------
    asked : sequence of str
        Codes of ``shipped``, or paths of files ``<code>.yaml`` of the same form.

    Raises
    ------
    ConfigurationError
        A language is not known, its file is not whole, or it is asked for twice.
    """
    found: dict[str, Language] = {}
    for one in asked:
        path = Path(one) if one.endswith(ENDING) else SHIPPED / f"{one}{ENDING}"
        if not one.endswith(ENDING) and one not in shipped():
            hint = f"There are {', '.join(shipped())}. For another, translate a copy of en.yaml, and name it."
            raise ConfigurationError("survey", [Problem(f'there is no language "{one}"', hint)])
        if path.stem in found:
            hint = "Name each language once."
            raise ConfigurationError(
                "survey", [Problem(f"the language {path.stem} is asked for twice", hint)]
            )
        found[path.stem] = _whole(path)
    return found


def _whole(path: Path) -> Language:
    language = load_model(path, Language, subject=f"language {path.name}")
    if path.parent != SHIPPED or path.stem != ENGLISH:
        english = load_model(SHIPPED / f"{ENGLISH}{ENDING}", Language)
        hint = f"{ENGLISH}{ENDING} has them: translate them, and leave no other key in."
        differing = list(_differing(english.model_dump(), language.model_dump()))
        if differing:
            message = f"these keys are missing, empty or not known: {', '.join(differing)}"
            raise ConfigurationError(f"language {path.name}", [Problem(message, hint, file=path.name)])
    return language


def _differing(wanted: Mapping, given: Mapping, above: str = "") -> Iterator[str]:
    """Keys that stand in one of two files alone, and texts that are empty in ``given`` alone."""
    for key in dict.fromkeys((*wanted, *given)):
        name = f"{above}{key}"
        if key not in wanted or key not in given:
            yield name
        elif isinstance(wanted[key], dict):
            yield from _differing(wanted[key], given[key], f"{name}.")
        elif bool(str(wanted[key]).strip()) and not str(given[key]).strip():
            yield name
