"""Which files of the package a script depends on, so that editing one re-runs the right rules."""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from alliance_modes.ground.files import write_json, write_text
from alliance_modes.ground.layout import PRIVATE
from alliance_modes.running.looking import looking
from alliance_modes.shipped import ROOT, SCRIPTS, WORKFLOW

PACKAGE = Path(__file__).parents[1]
KEPT = PRIVATE / "imports.json"
LISTS = PRIVATE / "code"

_NOT_DATA = {".py", ".pyc", ".pyi"}
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class Import(NamedTuple):
    """One import statement: ``import module``, or ``from module import names``."""

    module: str
    names: tuple[str, ...]


def code(script: str, scripts: str | Path = SCRIPTS) -> list[str]:
    """Every file that decides what ``workflow/scripts/<script>.py`` does, in sorted order.

    The script itself; each module of the package that it imports, directly or through others,
    imports inside functions and the ``__init__`` of every package on the way included; and the
    data files (YAML, templates) in the package folders so reached. Imports for type checking
    only are left out, since they never run.

    Parameters
    ----------
    script : str
        Name of a rule, which is the name of its script.
    scripts : path
        The folder of the scripts.

    Returns
    -------
    list of str
        Paths relative to the clone, or to the folder of installed packages; others to the working directory.
    """
    return sorted(_shown(path, os.getcwd()) for path in _code(Path(scripts) / f"{script}.py"))


def _code(entry: Path) -> set[Path]:
    modules = _closure(entry, PACKAGE)
    data = {file for folder in {module.parent for module in modules} for file in _data_files(folder)}
    return {entry, *modules, *data}


def code_list(script: str, scripts: str | Path = SCRIPTS) -> str | list[str]:
    """Path of the file that lists the code of a script, which stands for all of it as an input of its rule.

    ``.alliance_modes/code/<script>.sha256``, a row per file of ``code``: the SHA-256 of its content and its
    path, as ``sha256sum -c`` reads them in a clone, or where packages are installed. It is written where it
    is not there or says anything else; where it is only looked (``looking``) it stays as it is, and one that
    is not there is no input.
    """
    path = LISTS / f"{script}.sha256"
    if looking():
        return str(path) if path.is_file() else []
    said = _listed(script, scripts)
    if not path.is_file() or path.read_text(encoding="utf-8") != said:
        write_text(said, path)
    return str(path)


def listed_file(name: str) -> Path:
    """The file that a list of code names: of the project wherever it lies, else of the working directory."""
    return path if (path := ROOT / name).exists() else Path(name)


def code_changes(script: str) -> list[str]:
    """Files of the code of a script that are not what the list of the last run has: edited, new or gone.

    Empty where there is no list, or where something has looked at the workflow since and written it anew.
    """
    path = LISTS / f"{script}.sha256"
    if not path.is_file():
        return []
    before, now = (
        {name: found for found, _, name in (line.partition("  ") for line in text.splitlines())}
        for text in (path.read_text(encoding="utf-8"), _listed(script, SCRIPTS))
    )
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def code_digest(script: str) -> str:
    """SHA-256 over the names and contents of the code of a script."""
    return hashlib.sha256(_listed(script, SCRIPTS).encode()).hexdigest()


@cache
def whole_digest() -> str:
    """SHA-256 over all files of the package and of the workflow: the same in a clone and in a wheel of it."""
    found = {
        f"{name}/{path.relative_to(root)}": path
        for name, root in (("package", PACKAGE), ("workflow", WORKFLOW))
        for path in _all_files(root)
    }
    lines = (f"{_code_digest(path)}  {name}\n" for name, path in sorted(found.items()))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _all_files(folder: Path) -> Iterator[Path]:
    hidden = ("__pycache__", ".ipynb_checkpoints")
    return (path for path in folder.rglob("*") if path.is_file() and not set(hidden) & set(path.parts))


@cache
def _listed(script: str, scripts: str | Path) -> str:
    entry, here = Path(scripts) / f"{script}.py", os.getcwd()
    lines = ((_shown(path, here), _code_digest(path)) for path in _code(entry))
    return "".join(f"{found}  {shown}\n" for shown, found in sorted(lines))


@cache
def _code_digest(path: Path) -> str:
    """Code is taken as it is when a process first meets it: most files belong to many rules."""
    return _content_digest(path).hex()


def imports(script: str, scripts: str | Path = SCRIPTS) -> list[Import]:
    """What ``workflow/scripts/<script>.py`` imports, directly or through the package, each once.

    In the order in which a process meets it that imports as early as it can. Imports inside functions
    and those of other packages are included, those for type checking only are not.
    """
    entry = Path(scripts) / f"{script}.py"
    files = [(entry, ""), *((path, _name_of(path)) for path in _closure(entry, PACKAGE))]
    return list(dict.fromkeys(one for path, name in files for one in _imported(path, name)))


def digest(paths: Iterable[str | Path]) -> str:
    """SHA-256 over the names and contents of files; a file that is not there counts as absent.

    Unlike a modification time it also tells a file that was replaced by an older one.
    """
    total = hashlib.sha256()
    for path in sorted(str(path) for path in paths):
        total.update(path.encode() + b"\0" + _content_digest(Path(path)))
    return total.hexdigest()


def _content_digest(path: Path) -> bytes:
    """SHA-256 of a file of any size, read in blocks; what cannot be read is left to its reader to refuse."""
    if not path.is_file():
        return b"absent"
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError:
        return b"unreadable"


def _name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _closure(entry: Path, package: Path) -> tuple[Path, ...]:
    """The modules of ``package`` that the file ``entry`` imports, directly or not, nearest first."""
    reached: dict[Path, None] = {}
    waiting = [(entry, "")]
    for path, name in waiting:
        for found, full in _direct(path, name, package):
            if found not in reached:
                reached[found] = None
                waiting.append((found, full))
    return tuple(reached)


@cache
def _direct(path: Path, name: str, package: Path) -> tuple[tuple[Path, str], ...]:
    """The modules of ``package`` that one file imports, and the packages above them, with their names."""
    modules = _within(_imported(path, name), package.name)
    return tuple(dict.fromkeys(found for module in modules for found in _files_of(module, package)))


def _within(imported: Iterable[Import], package: str) -> Iterator[str]:
    """Dotted names inside the package, those of functions and classes among them."""
    for one in imported:
        if one.module.split(".")[0] == package:
            yield from (f"{one.module}.{name}" for name in one.names) if one.names else (one.module,)


@cache
def _files_of(module: str, package: Path) -> tuple[tuple[Path, str], ...]:
    """The file of ``module`` and the ``__init__`` of each package above it, with their names.

    A last part that is no module (a function, a class) has no file; its package has.
    """
    parts = module.split(".")
    above = _files_of(".".join(parts[:-1]), package) if len(parts) > 1 else ()
    base = package.joinpath(*parts[1:])
    if (base / "__init__.py").is_file():
        return (*above, (base / "__init__.py", module))
    file = base.with_name(f"{base.name}.py")
    return (*above, (file, module)) if len(parts) > 1 and file.is_file() else above


@cache
def _imported(path: Path, name: str) -> tuple[Import, ...]:
    """What the file ``path`` (module ``name``) imports.

    A file that is not Python yields none: the job that runs it says so in its log.
    """
    key = f"{name} {_code_digest(path)}"
    if key not in _found:
        kept = _kept().get(key)
        _found[key] = _read(path.read_bytes(), path, name) if kept is None else kept
    return _found[key]


_found: dict[str, tuple[Import, ...]] = {}
"""What files import, by their module and content."""


@cache
def _kept() -> dict[str, tuple[Import, ...]]:
    """What an earlier run found; nothing where it cannot be read."""
    try:
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
        return {
            key: tuple(Import(module, tuple(names)) for module, names in found) for key, found in kept.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def keep_imports() -> None:
    """Keep what files import for the next run: to read it out of the files is most of a run without work."""
    if _found != _kept():
        write_json(_found, KEPT)


def _read(content: bytes, path: Path, name: str) -> tuple[Import, ...]:
    try:
        tree = ast.parse(content, filename=str(path))
    except SyntaxError:
        return ()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: list[Import] = []
    for node in _running(tree.body):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found.append(Import(_absolute(node, package), tuple(alias.name for alias in node.names)))
    return tuple(found)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def _running(block: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All statements of a block and of the blocks in it, except the bodies of ``if TYPE_CHECKING:``."""
    for statement in block:
        yield statement
        for part in _BLOCKS:
            inner = getattr(statement, part, ())
            if part == "body" and isinstance(statement, ast.If) and _for_types(statement):
                continue
            if isinstance(inner, list):
                yield from _running(inner)


def _for_types(statement: ast.If) -> bool:
    return "TYPE_CHECKING" in ast.unparse(statement.test)


@cache
def _data_files(folder: Path) -> tuple[Path, ...]:
    """Data files of a package folder, those in its subfolders that are not packages included."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            if not (path / "__init__.py").exists():
                found += _data_files(path)
        elif path.suffix not in _NOT_DATA:
            found.append(path)
    return tuple(found)


@cache
def _shown(path: Path, here: str) -> str:
    """A name that is the same for all who share a folder, wherever the environment of each is."""
    if path.is_relative_to(ROOT):
        return str(path.relative_to(ROOT))
    relative = os.path.relpath(path, here)
    return str(path) if relative.startswith("..") else relative
