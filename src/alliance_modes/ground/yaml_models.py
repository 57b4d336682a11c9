"""Reading a YAML file into a frozen, closed model, with every problem named by its line.

YAML is read by the 1.2 rules: only ``true`` and ``false`` are booleans (``no`` and ``on`` stay
text), and ``12:30`` stays text. Duplicate keys, anchors, aliases and tags are refused.
"""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from alliance_modes.ground.errors import ConfigurationError, Problem, shown

Location = tuple[str | int, ...]
LARGEST_FILE = 1_000_000
DEEPEST_LEVEL = 50
LONGEST_NUMBER = 300
"""Digits of a whole number; a longer one stays text."""

MOST_PROBLEMS = 500
"""Problems of one file that are looked into; a person mends those first."""

OPEN = "?"
"""A value that a person has yet to give; the question stands in the comment of its line."""

STILL_OPEN = f'"{OPEN}" stands for an answer that is still to be given'
"""How a problem says that a value is open."""

UNKNOWN_KEY = "extra_forbidden"
MISSING_KEY = "missing"
NOT_KEYS, NOT_KEYS_EITHER = "model_type", "dict_type"


class Closed(BaseModel):
    """Base of every model of a YAML file: unknown keys refused, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ContradictionError(ValueError):
    """Parts of a file that do not fit together, each with its place below the model that says so.

    Raised by a model's validator, it becomes one problem per part, each with its line.
    """

    def __init__(self, found: Iterable[tuple[Location, str]]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(message for _, message in self.found))


@dataclass(frozen=True)
class OpenAnswer:
    """A value that stands as ``?``: where, on which line, and the question that its comment asks."""

    location: Location
    line: int
    question: str


@dataclass(frozen=True)
class Located:
    """What a YAML file says, the line of each key or list entry, and the answers still to be given."""

    value: Any
    lines: Mapping[Location, int]
    open: tuple[OpenAnswer, ...] = ()

    def line(self, location: Location) -> int | None:
        """Line of ``location``, or of the nearest enclosing key that has one."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]] or None
        return None


RESOLVERS = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ("~", "n", "N", "")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    (
        "float",
        r"^[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$",
        "-+.0123456789",
    ),
)
"""Type, form and first signs of the plain texts that are not text."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: ClassVar[dict] = {}  # type: ignore[misc]


_by_libyaml: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _FastLoader(_by_libyaml):
    """The same by libyaml, where PyYAML has it: ten times as fast, with other words for mistakes."""

    yaml_implicit_resolvers: ClassVar[dict] = {}


for _loader in (_Loader, _FastLoader):
    for _kind, _form, _first in RESOLVERS:
        _loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_form), list(_first))

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")
)


def read_yaml(path: str | Path) -> Located:
    """Read one YAML document.

    Parameters
    ----------
    path : path
        A UTF-8 file (a byte-order mark is allowed) of at most 1 MB.

    Returns
    -------
    Located
        The content and the line of every key.

    Raises
    ------
    ConfigurationError
        The file is missing, not UTF-8, not YAML, holds more than one document, a duplicate key,
        an anchor, an alias or a tag, or is nested more than 50 levels deep.
    """
    name = Path(path).name
    text = _read_text(Path(path))
    try:
        node = _composed(text, name)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it cannot be read"
        raise _refusal(
            name,
            mark.line + 1 if mark else None,
            f"not valid YAML: {said}",
            "Check quotes, colons and indentation on this line and the one above.",
        ) from None
    if node is None:
        raise _refusal(name, None, "the file is empty", "Start from the example in config/README.md.")
    lines: dict[Location, int] = {}
    problems: list[Problem] = []
    value = _construct(node, (), lines, problems, name)
    if problems:
        raise ConfigurationError(name, problems)
    return Located(value, lines, tuple(_open_answers(value, (), lines, text.splitlines())))


def _open_answers(
    value: Any, location: Location, lines: Mapping[Location, int], text: Sequence[str]
) -> Iterator[OpenAnswer]:
    parts: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    elif value == OPEN:
        line = lines[location]
        comment = text[line - 1].rpartition(f'"{OPEN}"')[2].partition("# ")[2].strip()
        yield OpenAnswer(location, line, comment)
    for part, below in parts:
        yield from _open_answers(below, (*location, part), lines, text)


ModelType = TypeVar("ModelType", bound=BaseModel)


def load_model(path: str | Path, model: type[ModelType], subject: str | None = None) -> ModelType:
    """Read a YAML file into ``model``; all problems are raised together, each with its line.

    Raises
    ------
    ConfigurationError
        As ``read_yaml``, and for every unknown key (with the nearest known one), missing key,
        value that the model refuses, and value that stands as ``?``.
    """
    return _validated(read_yaml(path), model, Path(path).name, subject or str(path))


def model_of(value: Any, model: type[ModelType], subject: str) -> ModelType:
    """What was read elsewhere as ``model``; all problems are raised together.

    Raises
    ------
    ConfigurationError
        For every unknown key, missing key and value that the model refuses.
    """
    nowhere = dict.fromkeys(_places(value, ()), 0)
    return _validated(Located(value, nowhere), model, "", subject)


def _places(value: Any, location: Location) -> Iterator[Location]:
    """The location of each key and list entry below ``location``, and this."""
    yield location
    entries = list(value.items()) if isinstance(value, Mapping) else []
    entries += enumerate(value) if isinstance(value, list) else []
    for key, below in entries:
        yield from _places(below, (*location, key))


def _validated(located: Located, model: type[ModelType], name: str, subject: str) -> ModelType:
    problems = [_unanswered(answer, name) for answer in located.open]
    found: ModelType | None = None
    try:
        found = model.model_validate(located.value)
    except ValidationError as error:
        details = _first_of_each_union(_causes(error.errors()[:MOST_PROBLEMS]), located)
        asked = {answer.location for answer in located.open}
        problems += [
            problem
            for detail in details
            if _written(detail["loc"], located) not in asked
            for problem in _problems(detail, located, name, model)
        ]
    if found is None or problems:
        raise ConfigurationError(subject, problems)
    return found


def _unanswered(answer: OpenAnswer, name: str) -> Problem:
    message = f"{_path(answer.location)}: {STILL_OPEN}"
    hint = f"Write the answer in place of the question mark. {answer.question}".strip()
    return Problem(message, hint, name, line=answer.line)


def _read_text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise _refusal(str(path), None, "this is a pipe or a device, not a file", "Name a YAML file.")
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            hint = "A configuration file this large is a mistake; data belong into files of their own."
            raise _refusal(path.name, None, "the file is larger than 1 MB", hint)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise _refusal(
            str(path),
            None,
            "the file does not exist",
            "Check the path; see config/README.md for what belongs there.",
        ) from None
    except IsADirectoryError:
        raise _refusal(
            str(path), None, "this is a folder, not a file", "Name the YAML file itself."
        ) from None
    except UnicodeDecodeError:
        raise _refusal(path.name, None, "the file is not UTF-8 text", "Save it again as UTF-8.") from None
    except (OSError, ValueError) as error:
        strerror = getattr(error, "strerror", None) or "no file can have this name"
        said = f"the file cannot be read: {strerror}"
        raise _refusal(str(path), None, said, "Check who may read it.") from None


def _refusal(name: str, line: int | None, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(name, [Problem(message, hint, file=name, line=line)])


def _composed(text: str, name: str) -> yaml.Node | None:
    """The document as nodes; what is not YAML is refused in the words of the slower loader."""
    try:
        _refuse_references(text, name, _FastLoader)
        return yaml.compose(text, Loader=_FastLoader)
    except yaml.YAMLError:
        _refuse_references(text, name, _Loader)
        return yaml.compose(text, Loader=_Loader)


def _refuse_references(text: str, name: str, loader: type) -> None:
    documents = depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(
                name,
                line,
                "anchors and aliases (& and *) are not allowed",
                "Write the value out, or quote the text.",
            )
        tag = getattr(event, "tag", None)
        if tag and tag not in _PLAIN_TAGS and tag != "!":
            raise _refusal(
                name,
                line,
                f"the tag {tag} is not allowed",
                "Remove it; plain text, numbers, lists and keys are enough.",
            )
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _refusal(
                name, line, "the file holds more than one document (---)", "Keep one document per file."
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_LEVEL:
            raise _refusal(
                name, line, f"nested more than {DEEPEST_LEVEL} levels deep", "Check the indentation."
            )


def _construct(node: yaml.Node, location: Location, lines: dict, problems: list, name: str) -> Any:
    lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [
            _construct(child, (*location, i), lines, problems, name) for i, child in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        value: dict = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(
                    Problem("a key must be plain text", "Write the key as one word.", file=name, line=line)
                )
                continue
            key = key_node.value
            if key in value:
                problems.append(
                    Problem(
                        f'the key "{key}" stands twice',
                        f"Keep one of them (the first is on line {lines[(*location, key)]}).",
                        file=name,
                        line=line,
                    )
                )
                continue
            lines[(*location, key)] = line
            value[key] = _construct(child, (*location, key), lines, problems, name)
        return value
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind == "int" and len(node.value) <= LONGEST_NUMBER:
        return int(node.value)
    if kind == "float":
        return float(node.value)
    return node.value


def _problems(detail: Mapping, located: Located, name: str, model: type[BaseModel]) -> Iterator[Problem]:
    location = _written(detail["loc"], located)
    line = located.line(location)
    path = _path(location)
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, ContradictionError):
        for place, said in error.found:
            below = _written((*detail["loc"], *place), located)
            yield Problem(_about(below, said), "", file=name, line=located.line(below))
    elif detail["type"] == UNKNOWN_KEY:
        hint = _near_keys(str(location[-1]), _known_keys(model, location[:-1]))
        yield Problem(f'unknown key "{path}"', hint, file=name, line=line)
    elif detail["type"] == MISSING_KEY:
        missing = _path((*location, detail["loc"][-1]))
        yield Problem(f'the key "{missing}" is missing', "Add it.", file=name, line=line)
    elif detail["type"] in (NOT_KEYS, NOT_KEYS_EITHER):
        message = f"{path or 'the file'} must hold keys, each written as key: value"
        yield Problem(message, "See the example in config/README.md.", file=name, line=line)
    else:
        given = detail.get("input")
        parts = isinstance(given, dict | list | tuple | BaseModel)
        value = "" if parts else f" (it says {shown(repr(given))})"
        yield Problem(_about(location, _plain(detail["msg"])) + value, "", file=name, line=line)


def _path(location: Location) -> str:
    return ".".join(str(part) for part in location)


def _about(location: Location, message: str) -> str:
    return f"{_path(location)}: {message}" if location else message


def _plain(message: str) -> str:
    """A message of pydantic in the words of YAML."""
    said = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return said.replace("a valid tuple", "a list").replace("a valid string", "text")


def _causes(details: Sequence[Mapping]) -> list[Mapping]:
    """Without the lists that are too short because the entries in them are refused."""
    inner = {detail["loc"][:-1] for detail in details}
    return [detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in inner]


def _first_of_each_union(details: Iterable[Mapping], located: Located) -> list[Mapping]:
    """One detail per value of the wrong type, where pydantic gives one per member of a union."""
    kept: dict[Any, Mapping] = {}
    for place, detail in enumerate(details):
        wrong_type = detail["type"].endswith("_type")
        kept.setdefault((_written(detail["loc"], located), "type") if wrong_type else place, detail)
    return list(kept.values())


def _written(location: Location, located: Located) -> Location:
    """A pydantic location as it stands in the file.

    Steps that are not written there are left out: those of unions, and the place in a list where
    the file gives its only entry without the list.
    """
    written: Location = ()
    for part in location:
        if (*written, part) in located.lines:
            written = (*written, part)
    return written


def _near_keys(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known keys here: {', '.join(sorted(set(known)))}." if known else "Remove it."


def _known_keys(model: Any, location: Location) -> list[str]:
    """Field names of the model found by walking ``location`` through ``model``'s annotations."""
    models = _models_in(model)
    for part in location:
        following: list[type[BaseModel]] = []
        for candidate in models:
            field = candidate.model_fields.get(str(part))
            following += _models_in(field.annotation) if field else [candidate]
        models = following
    return [key for candidate in models for key in candidate.model_fields]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]
