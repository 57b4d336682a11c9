"""Which files of the package a script depends on, so that editing one re-runs the right rules."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
SCRIPTS = Path("workflow/scripts")

_NOT_DATA = {".py", ".pyc", ".pyi"}


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
        Paths relative to the working directory where they lie inside it.
    """
    entry = Path(scripts) / f"{script}.py"
    modules = _closure(entry)
    data = {file for folder in {module.parent for module in modules} for file in _data_files(folder)}
    return sorted(_shown(path) for path in {entry, *modules, *data})


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


def _closure(entry: Path) -> set[Path]:
    reached: set[Path] = set()
    waiting = list(_imported(entry, ""))
    while waiting:
        module = waiting.pop()
        for path, name in _files_of(module):
            if path not in reached:
                reached.add(path)
                waiting += _imported(path, name)
    return reached


def _files_of(module: str) -> Iterator[tuple[Path, str]]:
    """The file of ``module`` and the ``__init__`` of each package above it, with their names.

    A last part that is no module (a function, a class) has no file; its package has.
    """
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        base = PACKAGE.joinpath(*parts[1:length])
        if (base / "__init__.py").is_file():
            yield base / "__init__.py", ".".join(parts[:length])
        elif base.with_suffix(".py").is_file():
            yield base.with_suffix(".py"), ".".join(parts[:length])
            return


@cache
def _imported(path: Path, name: str) -> tuple[str, ...]:
    """Dotted names inside the package that the file ``path`` (module ``name``) imports.

    A file that is not Python yields none: the job that runs it says so in its log.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError:
        return ()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: list[str] = []
    for node in _running_nodes(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, package)
            found += [f"{base}.{alias.name}" for alias in node.names]
    return tuple(module for module in found if module.split(".")[0] == PACKAGE.name)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, node.module] if node.module else above)


def _running_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below ``node`` except the bodies of ``if TYPE_CHECKING:``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield other
                yield from _running_nodes(other)
            continue
        yield child
        yield from _running_nodes(child)


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


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
