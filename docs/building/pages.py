"""Hooks of the site: pages that lie outside docs/, a page of the API for each room, links among them all."""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LOG = logging.getLogger("mkdocs.hooks.pages")
ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/alliance_modes"
ELSEWHERE = {
    "configuration.md": "config/README.md",
    "benchmarks.md": "benchmarks/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "notebooks.md": "notebooks/README.md",
    "changes.md": "CHANGELOG.md",
}
"""Pages of the site that lie outside docs/, with the file that holds each."""
API = "API"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)]*)?\)")
FENCE = re.compile(r"^\s*```")
LIST_OR_TABLE = re.compile(r"^(?:[-*] |\d+\. |\|)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the API behind those of the last reader, the developer."""
    readers = config.nav or []
    (pages,) = readers[-1].values()
    pages.append({API: [{name: page} for page, name in api_pages().items()]})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie in docs/."""
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for page in api_pages():
        files.append(File.generated(config, page, content=_api_text(page)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """Let links lead to pages of the site, and lists and tables begin as they do on a forge."""
    here = page.file.src_uri
    source = ELSEWHERE.get(here, f"docs/{here}")
    return with_blank_lines(LINK.sub(lambda link: _site_link(link, source, here), markdown))


def api_pages() -> dict[str, str]:
    """Pages of the API by their path in the site, with their names: one per folder that holds modules.

    Returns
    -------
    dict
        ``{"api/models.engine.md": "models.engine"}`` and so on, the package itself first.
    """
    rooms = sorted({path.parent for path in PACKAGE.rglob("*.py") if _modules(path.parent)})
    names = [".".join(room.relative_to(PACKAGE).parts) for room in rooms]
    return {f"api/{name or 'alliance_modes'}.md": name or "alliance_modes" for name in names}


def with_blank_lines(markdown: str) -> str:
    """Set a blank line before each list and table that follows a line of text.

    Forges begin a list there; the site's Markdown would take it for a part of the paragraph.
    """
    lines: list[str] = []
    begins = ""  # the first line of the block of lines that this one stands in
    fenced = False
    for line in markdown.split("\n"):
        if begins and not fenced and LIST_OR_TABLE.match(line) and not LIST_OR_TABLE.match(begins):
            lines.append("")
            begins = ""
        fenced ^= bool(FENCE.match(line))
        lines.append(line)
        begins = begins or line if line.strip() else ""
    return "\n".join(lines)


def _modules(room: Path) -> list[Path]:
    return sorted(path for path in room.glob("*.py") if path.name != "__init__.py")


def _api_text(page: str) -> str:
    room = page.removeprefix("api/").removesuffix(".md")
    folder = PACKAGE if room == "alliance_modes" else PACKAGE.joinpath(*room.split("."))
    package = ".".join(folder.relative_to(PACKAGE.parent).parts)
    names = [package, *(f"{package}.{module.stem}" for module in _modules(folder))]
    return "\n\n".join([f"# `{room}`", *(_block(name) for name in names)]) + "\n"


def _block(name: str) -> str:
    return f"::: {name}\n    options:\n      show_submodules: false\n"


def _site_link(link: re.Match[str], source: str, here: str) -> str:
    """The same link as seen from the page, or the words and the path where the site has no such page."""
    words, target, anchor = link.group(1), link.group(2), link.group(3) or ""
    if re.match(r"[a-z]+:", target):
        return link.group(0)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if (ROOT / path).is_dir():
        path = f"{path}/README.md"
    pages = {file: page for page, file in ELSEWHERE.items()}
    page = pages.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
    if not (ROOT / path).exists():
        LOG.warning("%s: the link to %s leads nowhere", source, target)
    if page is None:
        return f"{words} (`{path}`)" if words != path else f"`{path}`"
    return f"[{words}]({posixpath.relpath(page, posixpath.dirname(here) or '.')}{anchor})"
