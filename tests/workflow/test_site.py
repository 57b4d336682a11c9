"""``make docs``: the documentation as a site that nothing is missing from, and that needs no network."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml
from projects import HERE

BUILD = """
import sys
from mkdocs.__main__ import cli
try:
    cli(["build", "--strict", "--site-dir", sys.argv[1]])  # --quiet would hide warnings from --strict too
except SystemExit as end:
    status = end.code or 0
print("imported:", sorted({"alliance_modes", "numpy", "pandas", "snakemake"} & set(sys.modules)))
sys.exit(status)
"""
FOLDERS = ("config", "benchmarks", "notebooks")
LOADED = re.compile(
    r"""(?:src|srcset)=["']?((?:https?:)?//[^"'\s>]+)
    |<link[^>]+href=["']?((?:https?:)?//[^"'\s>]+)
    |url\(["']?((?:https?:)?//[^"')]+)
    |@import\s+["']((?:https?:)?//[^"']+)""",
    flags=re.VERBOSE,
)


def _build(project: Path, folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", BUILD, str(folder)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = _build(HERE, folder)
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


def test_broken_links_stop_the_site_and_are_named(tmp_path):
    shutil.copytree(HERE / "docs", tmp_path / "docs")
    for name in ("mkdocs.yml", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", *FOLDERS):
        copy = shutil.copytree if (HERE / name).is_dir() else shutil.copy2
        copy(HERE / name, tmp_path / name)
    (tmp_path / "src/alliance_modes").mkdir(parents=True)  # no page of the API
    whole = _build(tmp_path, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    with (tmp_path / "docs/windows.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](nowhere.md) [b](models.md#no-such-part) [c](../absent.csv)\n")
    broken = _build(tmp_path, tmp_path / "broken")
    assert broken.returncode != 0
    assert [name for name in ("nowhere.md", "#no-such-part", "absent.csv") if name not in broken.stderr] == []


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


def test_a_list_with_paragraphs_in_it_stays_one_list(site):
    page = (site / "refresh.html").read_text(encoding="utf-8")
    (steps,) = re.findall(r"<ol>.*?</ol>", page, flags=re.S)
    assert steps.count("<li>") == 5


def test_search_works_from_the_file(site):
    index = (site / "search/search_index.js").read_text(encoding="utf-8")
    assert "omega" in index
    start = (site / "index.html").read_text(encoding="utf-8")
    assert 'src="assets/iframe-worker.js"' in start
    assert (site / "assets/iframe-worker.js").is_file()


def test_every_page_says_in_its_first_words_whom_it_is_for():
    pages = sorted((HERE / "docs").glob("*.md"))
    pages += [HERE / name for name in ("CONTRIBUTING.md", "config/README.md", "benchmarks/README.md")]
    silent = [
        page.name for page in pages if not re.search(r"^For ", page.read_text(encoding="utf-8"), flags=re.M)
    ]
    assert silent == ["index.md"]


def test_no_tool_of_the_site_names_a_host():
    text = (HERE / "mkdocs.yml").read_text(encoding="utf-8")
    assert "://" not in text
    assert yaml.compose(text) is not None


PATH_IN_CODE = re.compile(r"`([\w./-]+\.(?:py|R|smk|yaml|j2|cff))`")
MADE_BY_A_PERSON = {
    "plan_additions.yaml",
    "study.yaml",
    "plan.yaml",
    "withdrawn.yaml",
    "wording.de.yaml",
    "wording.en.yaml",
    "config/plan_north.yaml",
    "config/instruments/safety_in_group.yaml",
    "data/raw/north/cohort.yaml",
    "data/raw/north/plan_additions.yaml",
    "ours/config.yaml",
}


def test_every_file_that_a_page_names_is_there():
    held = [path.as_posix() for room in ("src", "workflow", "tests") for path in (HERE / room).rglob("*.*")]
    pages = [
        *(HERE / "docs").glob("*.md"),
        HERE / "README.md",
        HERE / "CONTRIBUTING.md",
        HERE / "config/README.md",
    ]
    absent = [
        f"{page.name}: {named}"
        for page in pages
        for named in PATH_IN_CODE.findall(page.read_text(encoding="utf-8"))
        if named not in MADE_BY_A_PERSON
        and not (HERE / named).exists()
        and not any(path.endswith(f"/{named}") for path in held)
        and not list((HERE / "data/raw").glob(f"*/{named}"))
    ]
    assert absent == []


def test_the_glossary_explains_what_the_field_and_the_line_fix():
    from alliance_modes.domain import COMPONENTS, MODES, NEEDS

    text = (HERE / "docs/glossary.md").read_text(encoding="utf-8")
    terms = [*(f"{mode} mode" for mode in MODES), *COMPONENTS, *(need.replace("_", " ") for need in NEEDS)]
    terms += [
        "drop-out",
        "removed",
        "administrative end",
        "not_run",
        "not_estimated",
        "not_checked",
        "data lock",
    ]
    assert [term for term in terms if term not in text.lower().replace("anti-auth", "anti auth")] == []


def test_every_link_of_the_readme_leads_to_a_file():
    text = (HERE / "README.md").read_text(encoding="utf-8")
    links = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", text)}
    links |= set(re.findall(r'src="([^"]+)"', text))
    near = {link for link in links if "://" not in link}
    assert len(near) > 20
    assert sorted(link for link in near if not (HERE / link).is_file()) == []


def test_what_the_pages_import_can_be_imported():
    pages = sorted((HERE / "docs").glob("*.md"))
    blocks = [
        (page.name, textwrap.dedent(block))
        for page in pages
        for block in re.findall(r"^ *```python\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.M | re.S)
    ]
    assert len(blocks) >= 4
    for page, block in blocks:
        imports: list[ast.stmt] = [
            node for node in ast.parse(block).body if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        try:
            exec(compile(ast.Module(imports, type_ignores=[]), page, "exec"), {})
        except ImportError as error:
            pytest.fail(f"{page}: {error}")
