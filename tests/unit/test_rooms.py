"""The rooms of the package: no import climbs, none goes in a circle, no level is crowded.

The layers are stated once, as the picture in CONTRIBUTING.md: a room imports from lower lines only.
Imports for type checking count too, since whoever reads a module follows them.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "src/alliance_modes"
MOST_FILES_AT_ONE_LEVEL = 8

Parts = tuple[str, ...]
Graph = dict[str, dict[str, set[str]]]


def layers_drawn(text: str) -> list[list[str]]:
    """The lines of the picture of rooms, highest first, each the rooms that stand side by side."""
    picture = re.search(r"^```text\n# rooms: [^\n]*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    if picture is None:
        raise LookupError("CONTRIBUTING.md holds no picture of rooms")
    return [re.split(r"\s{2,}", line)[0].split(" · ") for line in picture.group(1).splitlines()]


@cache
def imports(package: Path) -> tuple[tuple[Path, Parts, Parts], ...]:
    """Each import inside ``package``: the file, its parts below the package, the parts of what it imports."""
    return tuple(_imports(package))


def _imports(package: Path) -> Iterator[tuple[Path, Parts, Parts]]:
    for file in sorted(package.rglob("*.py")):
        own = file.relative_to(package).with_suffix("").parts
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for name in _names(node):
                first, *rest = name.split(".")
                if first == package.name:
                    yield file, own, _module(package, tuple(rest))


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError(f"line {node.lineno}: name the package in full")
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _module(package: Path, parts: Parts) -> Parts:
    """The module that holds ``parts``; a package's own names are held by its ``__init__``."""
    for length in range(len(parts), 0, -1):
        base = package.joinpath(*parts[:length])
        if base.with_suffix(".py").is_file():
            return parts[:length]
        if (base / "__init__.py").is_file():
            return (*parts[:length], "__init__")
    return ("__init__",)


def graph(package: Path, node: Callable[[Parts], str | None]) -> Graph:
    """Which node imports which, and in what files; ``node`` names the node of a module (None: outside)."""
    found: Graph = defaultdict(lambda: defaultdict(set))
    for file, own, other in imports(package):
        here, there = node(own), node(other)
        if here and there and here != there:
            found[here][there].add(str(file.relative_to(package)))
    return found


def room(parts: Parts) -> str | None:
    """The room at the top of the package: a folder, or a loose file."""
    return None if parts == ("__init__",) else parts[0]


def inside(name: str) -> Callable[[Parts], str | None]:
    """Sub-rooms and loose files of the room ``name`` as nodes."""
    return lambda parts: parts[1] if parts[0] == name and len(parts) > 1 else None


def climbing(graph: Graph, layers: list[list[str]]) -> list[str]:
    height = {name: -line for line, names in enumerate(layers) for name in names}
    return [
        f"{here} imports {there}: {', '.join(sorted(files))}"
        for here, others in graph.items()
        for there, files in others.items()
        if height[here] <= height[there]
    ]


BY_NAME = ("import_module", "__import__", "run_module", "run_path", "exec", "eval")
"""Calls that import what no reader of the file, and no list of what a rule depends on, can see."""


AHEAD = ("running/warm/imports.py", "running/warm/script.py")
"""Import what the script of a rule imports by name, and run that script: nothing hangs on them alone."""


def unseen(package: Path) -> list[str]:
    """Imports that the picture cannot judge: by a computed name, of everything, or of a near module."""
    found = []
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Name, ast.Attribute)):
                said = node.id if isinstance(node, ast.Name) else node.attr
                by_name = said in BY_NAME and not (
                    isinstance(node, ast.Attribute) and said in ("exec", "eval")
                )
            elif isinstance(node, ast.ImportFrom):
                names = [alias.name for alias in node.names]
                by_name = bool(node.level) or "*" in names or bool({*names} & {*BY_NAME})
            else:
                continue
            if by_name:
                found.append(f"{file.relative_to(package)}:{node.lineno}: {ast.unparse(node)}")
    return found


def circle(graph: Graph) -> list[str]:
    """One circle of imports, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


LAYERS = layers_drawn((PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"))


def test_every_room_is_drawn_once():
    there = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/*.py")
    }
    drawn = [name for names in LAYERS for name in names]
    assert sorted(drawn) == sorted(there - {"__init__"})


def test_no_import_climbs():
    assert climbing(graph(PACKAGE, room), LAYERS) == []


@pytest.mark.parametrize("name", ["models", "measurement", "readers"])
def test_no_circle_inside_a_room(name):
    assert circle(graph(PACKAGE, inside(name))) == []


def test_no_module_of_the_package_goes_in_a_circle():
    assert circle(graph(PACKAGE, "/".join)) == []


def test_every_import_can_be_seen():
    assert [line for line in unseen(PACKAGE) if not line.startswith(AHEAD)] == []


@pytest.mark.parametrize("name", ["models", "measurement"])
def test_no_level_is_crowded(name):
    folders = [PACKAGE / name, *(path for path in (PACKAGE / name).rglob("*") if path.is_dir())]
    files = {
        str(folder.relative_to(PACKAGE)): len(set(folder.glob("*.py")) - {folder / "__init__.py"})
        for folder in folders
    }
    assert {folder: count for folder, count in files.items() if count > MOST_FILES_AT_ONE_LEVEL} == {}


def test_a_climb_and_a_circle_are_found_also_under_type_checking(tmp_path):
    package = tmp_path / "house"
    for path, text in {
        "__init__.py": "",
        "low/__init__.py": "",
        "low/first.py": "from house.low import second\n",
        "low/second.py": "if TYPE_CHECKING:\n    from house.low.first import Thing\n",
        "low/third.py": "def late():\n    import house.high\n",
        "high.py": "from house.low.third import late\n",
    }.items():
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text(text)
    assert climbing(graph(package, room), [["high"], ["low"]]) == ["low imports high: low/third.py"]
    assert set(circle(graph(package, inside("low")))) == {"first", "second"}
    (package / "high.py").unlink()
    imports.cache_clear()
    assert set(circle(graph(package, "/".join))) == {"low/first", "low/second"}
    with pytest.raises(LookupError):
        layers_drawn("# Contributing\n")


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nimportlib.import_module('house.high')",
        "from importlib import import_module as bring\nbring('house.high')",
        "def late():\n    return __import__('house.high')",
        "from house import *",
        "from . import near",
        "import runpy\nrunpy.run_module('house.high')",
        "exec('import house.high')",
    ],
)
def test_an_import_that_nobody_sees_is_found(text, tmp_path):
    (tmp_path / "one.py").write_text(text)
    (tmp_path / "two.py").write_text("import re\nfrom importlib.metadata import version\nmodel.eval()\n")
    assert [line.partition(":")[0] for line in unseen(tmp_path)] == ["one.py"]


def test_to_see_that_nothing_is_to_be_done_imports_nothing_heavy():
    """The command and the Snakefile: what they import is all that a run without work waits for."""
    lines = (PROJECT / "workflow/Snakefile").read_text(encoding="utf-8").splitlines()
    named = {line.split()[1] for line in lines if line.startswith("from alliance_modes.")}
    named |= {"alliance_modes.cli", "alliance_modes.running.checks", "alliance_modes.running.launch"}
    asked = f"import sys, {', '.join(sorted(named))}\n"
    asked += "alliance_modes.running.checks.check_before_run(['demo_2024']); print(*sys.modules)"
    command = [sys.executable, "-P", "-c", asked]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    heavy = {"numpy", "pandas", "pyarrow", "scipy", "matplotlib", "statsmodels", "openpyxl"}
    assert set(done.stdout.split()) & heavy == set()
