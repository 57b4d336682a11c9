"""Names that nothing uses. What is kept all the same stands in kept.yaml beside this, with its reason.

A name counts as used where Python code outside the tests or a rule has it, an expression of a template, or a
YAML file of the package or the truth of a demonstration as a whole key or value: a property of the study
stands in a rule, a column in the dictionary. A word of a sentence is no use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from vulture import Vulture

HERE = Path(__file__).parents[1]
KEPT = Path(__file__).with_name("kept.yaml")
CODE = ("src", "workflow/scripts", "benchmarks", "docs/building", "docs/tutorial")
OTHER = (
    "Snakefile",
    "workflow/**/*.smk",
    "workflow/Snakefile",
    "src/**/*.j2",
    "src/**/*.yaml",
    "data/raw/*/truth.yaml",
)
CALLED_BY_LIBRARIES = ["@model_validator*", "@field_validator*", "@click.command*"]


def names_in(suffix: str, text: str) -> set[str]:
    """Names that a file uses: of a template those of its expressions, of YAML its whole keys and values."""
    if suffix == ".yaml":
        return {one for one in _scalars(yaml.safe_load(text)) if one.isidentifier()}
    if suffix == ".j2":
        text = " ".join(re.findall(r"\{[{%](.*?)[%}]\}", text, flags=re.DOTALL))
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in (*value, *value.values()):
            yield from _scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from _scalars(one)


def unused() -> Iterator[tuple[str, str]]:
    """Each name that nothing uses, and where it stands."""
    search = Vulture(ignore_decorators=CALLED_BY_LIBRARIES)
    search.scavenge([str(HERE / folder) for folder in CODE])
    for pattern in OTHER:
        for path in HERE.glob(pattern):
            search.used_names.update(names_in(path.suffix, path.read_text(encoding="utf-8")))
    for item in search.get_unused_code():
        place = f"{item.filename.relative_to(HERE)}:{item.first_lineno}"
        yield item.name, f"{place}: the {item.typ} {item.name} is used by nothing"


def main() -> int:
    """Print what is unused, and what is kept without need; 1 where there is any."""
    kept = yaml.safe_load(KEPT.read_text(encoding="utf-8"))
    found = dict(unused())
    said = [place for name, place in found.items() if name not in kept]
    said += [f"{KEPT.relative_to(HERE)}: {name} is used, or is gone" for name in kept if name not in found]
    print(*said, sep="\n", end="\n" if said else "")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
