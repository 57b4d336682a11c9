"""One Markdown source to HTML, Word and PDF."""

from __future__ import annotations

import base64
import json
import os
import re
import struct
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from alliance_modes.reports.page.pdf.typeset import pdf, printable
from alliance_modes.reports.page.render import report_style
from alliance_modes.reports.page.word.document import finished, reference
from alliance_modes.words.display import escaped

Format = Literal["html", "docx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "docx", "pdf")
HERE = Path(__file__).parent
READER = (
    "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-tex_math_dollars-smart-citations"
    "-example_lists-latex_macros"
)
ONE_LINE = "1000000"
"""Columns of pandoc's pipe tables: above the longest row, so that no column gets a fixed width."""
MADE = 946684800
"""Seconds since 1970 that every file says it was made at, so that the same inputs give the same bytes."""
DOTS = 300
"""Per inch, of the pictures."""
TEXT_WIDTH, TEXT_HEIGHT = 17.0, 20.5
"""Centimetres that a picture may take of an A4 page, its caption beside it."""


def documents(
    source: str,
    title: str,
    kind: str,
    pictures: Mapping[str, bytes],
    formats: Iterable[Format] = FORMATS,
    lang: str = "en-GB",
    foot: str = "",
    contents: bool = True,
) -> dict[str, bytes]:
    """Make the documents of a report.

    Parameters
    ----------
    source : str
        Markdown; ``#`` is a section, a picture is named ``<name>.png``. ``front`` of its metadata stands
        under the title. ``[](#id)`` becomes "Table 3" or "Figure 2" of the table or figure with that id.
        Raw HTML, TeX and typst are plain text.
    title, kind : str
        Title of the report, and what stands above it ("Programme report").
    pictures : mapping
        PNG bytes by name.
    formats : iterable of {"html", "docx", "pdf"}
        What is made.
    lang : str
        Language of the text, ``en-GB``.
    foot : str
        What stands at the foot of every page of Word and PDF; the title unless given.
    contents : bool
        A list of the sections: where ``source`` has a division ``contents``, else before the first section.

    Returns
    -------
    dict of str to bytes
        By format. HTML is one file with style and pictures inside it. The same inputs give the same bytes.
    """
    made: dict[str, bytes] = {}
    with TemporaryDirectory() as folder:
        for name, png in pictures.items():
            Path(folder, f"{name}.png").write_bytes(png)
        Path(folder, "reference.docx").write_bytes(reference(foot or title, lang))
        head = _head(title, kind, pictures, lang, foot, contents)
        for form in formats:
            made[form] = _MAKERS[form](head + source, Path(folder), pictures)
    return made


def _head(title: str, kind: str, pictures: Mapping[str, bytes], lang: str, foot: str, contents: bool) -> str:
    language, _, region = lang.partition("-")
    values = {
        "title": escaped(title),
        "subtitle": escaped(kind),
        "kind": escaped(kind),
        "lang": lang,
        "language": language,
        "region": region,
        "foot": escaped(foot),
        "contents": contents,
        "sizes": {name: _width(png) for name, png in pictures.items()},
    }
    return f"---\n{json.dumps(values, ensure_ascii=False)}\n---\n\n"


def _width(png: bytes) -> str:
    """As it was drawn, but no wider than the text and no higher than a page."""
    wide, high = struct.unpack(">II", png[16:24])
    return f"{min(2.54 * wide / DOTS, TEXT_WIDTH, TEXT_HEIGHT * wide / high):.2f}cm"


def _html(source: str, folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    page = _pandoc(source, "html5", folder, f"--variable=style:{report_style()}").decode("utf-8")
    page = re.sub(r"<th[^>]*></th>", "<td></td>", page)
    for name in pictures:
        inside = base64.b64encode(pictures[name]).decode("ascii")
        page = page.replace(f'src="{name}.png"', f'src="data:image/png;base64,{inside}"')
    return page.encode("utf-8")


def _docx(source: str, folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    return finished(_pandoc(source, "docx", folder, "--reference-doc=reference.docx"))


def _pdf(source: str, folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    typst = _pandoc(printable(source), "typst", folder).decode("utf-8")
    return pdf(typst.replace("align(center)[#table(", "align(left)[#table("), folder, MADE)


_MAKERS = {"html": _html, "docx": _docx, "pdf": _pdf}
_TEMPLATES = {"html5": "html/page.html", "typst": "pdf/page.typ"}


def _pandoc(source: str, form: str, folder: Path, *options: str) -> bytes:
    from pypandoc import get_pandoc_path

    template = [f"--template={HERE / _TEMPLATES[form]}"] if form in _TEMPLATES else []
    done = subprocess.run(
        [
            get_pandoc_path(),
            f"--from={READER}",
            f"--to={form}",
            "--standalone",
            f"--lua-filter={HERE / 'every_format.lua'}",
            f"--columns={ONE_LINE}",
            "--wrap=none",
            "--eol=lf",
            "--output=-",
            *template,
            *options,
        ],
        input=source.encode("utf-8"),
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(MADE)},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pandoc could not write {form}: {done.stderr.decode('utf-8', 'replace')}")
    return done.stdout
