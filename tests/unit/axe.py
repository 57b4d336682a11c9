"""Accessibility of HTML pages, as axe-core sees them in Chromium.

    python tests/unit/axe.py [--width 1100] PAGE.html …

axe-core comes from npm into a temporary folder, unless AXE names its axe.min.js. Ends with 1 where a rule is
violated.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

AXE_CORE = "axe-core@4.14.1"
RUN = """<script>%s</script><script>
addEventListener("load", () => axe.run().then(found => {
  const said = document.createElement("pre");
  said.id = "axe-found";
  said.textContent = JSON.stringify(found.violations.flatMap(
    one => one.nodes.map(node => one.id + ": " + node.html.slice(0, 160) + " (" + one.help + ")")));
  document.body.append(said);
}));
</script></body>"""


class NotThereError(Exception):
    """Chromium or axe-core is not there."""


def violations(page: Path, axe: str, width: int = 1100) -> list[str]:
    """What axe-core, whose text is ``axe``, finds wrong in ``page``."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise NotThereError("Chromium is not installed")
    with TemporaryDirectory() as folder:
        copy = Path(folder, "page.html")
        before, _, after = page.read_text(encoding="utf-8").rpartition("</body>")
        copy.write_text(before + RUN.replace("%s", axe, 1) + after, encoding="utf-8")
        options = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--dump-dom",
        )
        done = subprocess.run(
            [
                chromium,
                *options,
                f"--user-data-dir={folder}/profile",
                f"--window-size={width},1200",
                "--virtual-time-budget=120000",
                copy.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
    found = re.search(r'<pre id="axe-found">(.*?)</pre>', done.stdout, re.DOTALL)
    if found is None:
        raise RuntimeError(f"axe-core said nothing about {page.name}: {done.stderr[-400:]}")
    return [str(one) for one in json.loads(html.unescape(found[1]))]


def axe_core() -> str:
    """The text of axe.min.js: the file that AXE names, else from npm."""
    if "AXE" in os.environ:
        return Path(os.environ["AXE"]).read_text(encoding="utf-8")
    npm = shutil.which("npm")
    if npm is None:
        raise NotThereError("npm is not installed, and AXE names no axe.min.js")
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [npm, "pack", "--silent", AXE_CORE], cwd=folder, capture_output=True, timeout=120
        )
        packed = next(Path(folder).glob("*.tgz"), None)
        if packed is None:
            raise NotThereError(f"npm did not give {AXE_CORE}: {done.stderr.decode(errors='replace')[-200:]}")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            if member is None:
                raise NotThereError(f"{AXE_CORE} holds no axe.min.js")
            return member.read().decode("utf-8")


def main() -> int:
    """Say what is violated, page by page."""
    asked = argparse.ArgumentParser(description="axe-core over HTML pages")
    asked.add_argument("pages", nargs="+", type=Path)
    asked.add_argument("--width", type=int, default=1100)
    given = asked.parse_args()
    axe, wrong = axe_core(), 0
    for page in given.pages:
        found = violations(page, axe, given.width)
        wrong += len(found)
        print(f"{page}: {len(found)} violations")
        for one in found:
            print(f"  {one}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
