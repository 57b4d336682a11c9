#!/usr/bin/env bash
# A report written in Markdown goes to PDF by pandoc's typst writer. Texts of a table that begin with a sign of typst's own
# are written without a mask, so that typst reads them as its markup, without a word: "= 5 or more" becomes a heading (the
# sign is gone, and the PDF has an outline entry that nobody wrote), "/ n: none" a term, "- none" and "+ 2 weeks" an item of
# a list (the sign is gone: plus two weeks is "1." two weeks). Of "-?" nothing is seen: typst reads it as a place where a
# word may be broken. The same source shows every sign in HTML and Word.
#
# pandoc 3.9 (pypandoc_binary 1.17) and typst 0.15.2 (PyPI); the PDF is read by pypdfium2 5.3.0.
# Known answer: the texts as they stand in the source, which pandoc's plain writer gives.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check pypandoc_binary==1.17 typst==0.15.2 pypdfium2==5.3.0
cat > "$here/check.py" <<'PY'
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pypandoc
import pypdfium2
import typst

here = Path(sys.argv[1])
CELLS = ("= 5 or more", "/ n: none", "- none", "+ 2 weeks", "-?", "none")


def text(value):
    return [{"t": "Plain", "c": [{"t": "Str", "c": value}]}]


def cell(value):
    return [["", [], []], {"t": "AlignDefault"}, 1, 1, text(value)]


def row(value):
    return [["", [], []], [cell(value)]]


# The document as pandoc itself holds it: each text is one string, so that no reader of Markdown has a part in this.
table = {"t": "Table", "c": [["", [], []], [None, []], [[{"t": "AlignDefault"}, {"t": "ColWidthDefault"}]],
         [["", [], []], [row("Answer")]], [[["", [], []], 0, [], [row(one) for one in CELLS]]], [["", [], []], []]]}
native = subprocess.run([pypandoc.get_pandoc_path(), "-f", "markdown", "-t", "json"], input="x", text=True,
                        capture_output=True, check=True).stdout
document = json.dumps({**json.loads(native), "blocks": [table]})


def written(form, *more):
    return subprocess.run([pypandoc.get_pandoc_path(), "-f", "json", "-t", form, *more], input=document, text=True,
                          capture_output=True, check=True).stdout


plain = written("plain")
source = here / "report.typ"
source.write_text(written("typst", "--standalone"), encoding="utf-8")
typst.compile(str(source), output=str(here / "report.pdf"))
pdf = pypdfium2.PdfDocument(here / "report.pdf")
shown = "\n".join(page.get_textpage().get_text_range() for page in pdf)
print(f"pandoc {pypandoc.get_pandoc_version()}, typst {version('typst')}")
lost = []
for one in CELLS:
    there = one in shown
    print(f"{one!r}: in pandoc's plain text {one in plain}, in the PDF {there}")
    lost += [] if there else [one]
outline = [item.get_title() if hasattr(item, "get_title") else item.title for item in pdf.get_toc()]
print(f"outline of the PDF: {outline}; what it shows: {shown.split()}")
as_said = all(one in plain for one in CELLS) and lost == list(CELLS[:-1]) and len(outline) == 1
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
