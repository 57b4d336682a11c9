"""Take the pictures of docs/tutorial.md and of the README again (run this file).

The tutorial is followed in a project of its own; the picture of the README is of the report that
``make demo`` left in this one. Needs Chromium (``apt install chromium``) and DejaVu fonts.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from projects import HERE, Project
from tutorial_page import edit, give, steps, tutorial_project

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGES = {
    "tutorial/check-problem.png": ("reports/north/check.html", (1000, 780)),
    "tutorial/check-good.png": ("reports/north/check.html", (1000, 900)),
    "tutorial/report.png": ("reports/north/internal/report.html", (1000, 1560)),
}
FIGURES = {"tutorial/effects.png": "reports/north/internal/figures/effects_forest.png"}
README = ("report.png", "reports/demo_2024/internal/report.html", (1000, 1620))
WIDEST = 1000
COLOURS = 128


def main() -> None:
    """Follow the page in a temporary folder, and take each picture where the page shows it."""
    with tempfile.TemporaryDirectory() as folder:
        project = tutorial_project(Path(folder) / "project")
        for step in steps():
            if step.kind == "command":
                sys.stdout.write(give(project, step.text).stdout)
            elif step.kind == "edit":
                edit(project, step.text)
            elif step.kind == "picture":
                _take(project, step.text)
    name, page, size = README
    _photograph(HERE / page, HERE / "docs" / name, size)


def _take(project: Project, name: str) -> None:
    if name in FIGURES:
        _save(Image.open(project.root / FIGURES[name]), HERE / "docs" / name)
    else:
        page, size = PAGES[name]
        _photograph(project.root / page, HERE / "docs" / name, size)


def _photograph(page: Path, picture: Path, size: tuple[int, int]) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"none of {', '.join(BROWSERS)} was found: install Chromium")
    if not page.is_file():
        sys.exit(f"{page} is not there: make it first (make demo, for the picture of the README)")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    flags += [f"--window-size={size[0]},{size[1]}", f"--screenshot={picture}"]
    subprocess.run([browser, *flags, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)
    _save(Image.open(picture), picture)


def _save(image: Image.Image, path: Path) -> None:
    """Save at most ``WIDEST`` wide and in few colours: small files, and no difference to the eye."""
    height = round(image.height * min(1.0, WIDEST / image.width))
    smaller = image.convert("RGB").resize((min(image.width, WIDEST), height), Image.Resampling.LANCZOS)
    smaller.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
