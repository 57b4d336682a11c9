"""Reading a YAML file into a frozen, closed model, with every problem named by its line.

YAML is read by the 1.2 rules: only ``true`` and ``false`` are booleans (``no`` and ``on`` stay
text), and ``12:30`` stays text. Duplicate keys, anchors, aliases and tags are refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from alliance_modes.errors import ConfigurationError, Problem

Location = tuple[str | int, ...]
LARGEST_FILE = 5_000_000
DEEPEST_LEVEL = 50

UNKNOWN_KEY = "extra_forbidden"
MISSING_KEY = "missing"


class Closed(BaseModel):
    """Base of every model of a YAML file: unknown keys refused, nothing changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Located:
    """What a YAML file says, and the line on which each key or list entry stands."""

    value: Any
    lines: Mapping[Location, int]

    def line(self, location: Location) -> int | None:
        """Line of ``location``, or of the nearest enclosing key that has one."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return None


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict = {}


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)

_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map"))


def read_yaml(path: str | Path) -> Located:
    """Read one YAML document.

    Parameters
    ----------
    path : path
        A UTF-8 file (a byte-order mark is allowed) of at most 5 MB.

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
        _refuse_references(text, name)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it cannot be read"
        raise _refusal(name, mark.line + 1 if mark else None, f"not valid YAML: {said}", "Check quotes, colons and indentation on this line and the one above.") from None
    if node is None:
        raise _refusal(name, None, "the file is empty", "Start from the example in config/README.md.")
    lines: dict[Location, int] = {}
    problems: list[Problem] = []
    value = _construct(node, (), lines, problems, name)
    if problems:
        raise ConfigurationError(name, problems)
    return Located(value, lines)


ModelType = TypeVar("ModelType", bound=BaseModel)


def load_model(path: str | Path, model: type[ModelType], subject: str | None = None) -> ModelType:
    """Read a YAML file into ``model``; all problems are raised together, each with its line.

    Raises
    ------
    ConfigurationError
        As ``read_yaml``, and for every unknown key (with the nearest known one), missing key and
        value that the model refuses.
    """
    located = read_yaml(path)
    try:
        return model.model_validate(located.value)
    except ValidationError as error:
        problems = [_problem(detail, located, Path(path).name, model) for detail in error.errors()]
        raise ConfigurationError(subject or str(path), problems) from None


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _refusal(path.name, None, "the file is larger than 5 MB", "A configuration file this large is a mistake.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise _refusal(str(path), None, "the file does not exist", "Check the path; see config/README.md for what belongs there.") from None
    except IsADirectoryError:
        raise _refusal(str(path), None, "this is a folder, not a file", "Name the YAML file itself.") from None
    except UnicodeDecodeError:
        raise _refusal(path.name, None, "the file is not UTF-8 text", "Save it again as UTF-8.") from None


def _refusal(name: str, line: int | None, message: str, hint: str) -> ConfigurationError:
    return ConfigurationError(name, [Problem(message, hint, file=name, line=line)])


def _refuse_references(text: str, name: str) -> None:
    documents = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refusal(name, line, "anchors and aliases (& and *) are not allowed", "Write the value out, or quote the text.")
        tag = getattr(event, "tag", None)
        if tag and tag not in _PLAIN_TAGS and tag != "!":
            raise _refusal(name, line, f"the tag {tag} is not allowed", "Remove it; plain text, numbers, lists and keys are enough.")
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise _refusal(name, line, "the file holds more than one document (---)", "Keep one document per file.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_LEVEL:
            raise _refusal(name, line, f"nested more than {DEEPEST_LEVEL} levels deep", "Check the indentation.")


def _construct(node: yaml.Node, location: Location, lines: dict, problems: list, name: str) -> Any:
    lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, (*location, i), lines, problems, name) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        value: dict = {}
        for key_node, child in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problems.append(Problem("a key must be plain text", "Write the key as one word.", file=name, line=line))
                continue
            key = key_node.value
            if key in value:
                problems.append(Problem(f'the key "{key}" stands twice', f"Keep one of them (the first is on line {lines[(*location, key)]}).", file=name, line=line))
                continue
            lines[(*location, key)] = line
            value[key] = _construct(child, (*location, key), lines, problems, name)
        return value
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind == "int":
        return int(node.value)
    if kind == "float":
        return float(node.value)
    return node.value


def _problem(detail: Mapping, located: Located, name: str, model: type[BaseModel]) -> Problem:
    location = tuple(part for part in detail["loc"])
    line = located.line(location)
    path = ".".join(str(part) for part in location)
    if detail["type"] == UNKNOWN_KEY:
        key = str(location[-1])
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(key, known, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Known keys here: {', '.join(sorted(known))}." if known else "Remove it."
        return Problem(f'unknown key "{path}"', hint, file=name, line=line)
    if detail["type"] == MISSING_KEY:
        return Problem(f'the key "{path}" is missing', "Add it.", file=name, line=line)
    message = str(detail["msg"]).removeprefix("Value error, ")
    shown = detail.get("input")
    value = "" if isinstance(shown, dict | list | BaseModel) else f" (it says {shown!r})"
    return Problem(f"{path}: {message}{value}" if path else message, "", file=name, line=line)


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
