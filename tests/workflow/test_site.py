"""``make docs``: the documentation as a site that nothing is missing from, and that needs no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects import HERE

BUILD = """
import sys
from mkdocs.__main__ import cli
try:
    cli(["build", "--strict", "--quiet", "--site-dir", sys.argv[1]])
except SystemExit as end:
    status = end.code or 0
print("imported:", sorted({"alliance_modes", "numpy", "pandas", "snakemake"} & set(sys.modules)))
sys.exit(status)
"""
LOADED = re.compile(
    r"""(?:src|srcset)=["']?((?:https?:)?//[^"'\s>]+)
    |<link[^>]+href=["']?((?:https?:)?//[^"'\s>]+)
    |url\(["']?((?:https?:)?//[^"')]+)
    |@import\s+["']((?:https?:)?//[^"']+)""",
    flags=re.VERBOSE,
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)], cwd=HERE, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "imported: []" in done.stdout, "the pages of the API are to be read from the source, not imported"
    return folder


def test_no_page_loads_anything_from_another_host(site):
    loaded = {
        f"{path.relative_to(site)}: {''.join(found)}"
        for path in sorted(site.rglob("*"))
        if path.suffix in {".html", ".css"}
        for found in LOADED.findall(path.read_text(encoding="utf-8"))
    }
    assert loaded == set()


def test_what_would_be_loaded_is_recognised():
    text = """<script src=https://a.org/x.js></script><link rel=x href="//b.org/y"> url('http://c.org/z')"""
    assert ["".join(found) for found in LOADED.findall(text)] == [
        "https://a.org/x.js",
        "//b.org/y",
        "http://c.org/z",
    ]


def test_every_room_of_the_package_has_its_page_with_its_functions(site):
    package = HERE / "src/alliance_modes"
    rooms = {path.parent for path in package.rglob("*.py") if path.name != "__init__.py"} - {package}
    pages = {".".join(room.relative_to(package).parts) for room in rooms}
    assert {path.stem for path in (site / "api").glob("*.html")} == pages | {"alliance_modes"}
    scores = (site / "api/scoring.html").read_text(encoding="utf-8")
    assert 'id="alliance_modes.scoring.scores.score"' in scores
    assert "Score every administration of one instrument." in scores


def test_search_works_from_the_file(site):
    index = (site / "search/search_index.js").read_text(encoding="utf-8")
    assert "omega" in index
    start = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="assets/iframe-worker.js"' in start
    assert (site / "assets/iframe-worker.js").is_file()


def test_every_page_says_in_its_first_words_whom_it_is_for():
    pages = sorted((HERE / "docs").glob("*.md"))
    silent = [
        page.name for page in pages if not re.search(r"^For ", page.read_text(encoding="utf-8"), flags=re.M)
    ]
    assert silent == ["index.md"]


def test_no_tool_of_the_site_names_a_host():
    text = (HERE / "mkdocs.yml").read_text(encoding="utf-8")
    assert "://" not in text
    assert yaml.compose(text) is not None
