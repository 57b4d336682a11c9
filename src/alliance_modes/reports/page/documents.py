"""One Markdown source to HTML, Word and PDF."""

from __future__ import annotations

import base64
import json
import os
import re
import struct
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from alliance_modes.reports.page.pdf.typeset import pdf, printable
from alliance_modes.reports.page.word.document import finished, reference
from alliance_modes.words.display import escaped

Format = Literal["html", "docx", "pdf"]
FORMATS: tuple[Format, ...] = ("html", "docx", "pdf")
HERE = Path(__file__).parent

PAGE = "page"
"""How the folder of the templates is called where pandoc works."""

READER = (
    "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-tex_math_dollars-smart-citations"
    "-example_lists-latex_macros"
)
MADE = 946684800
"""Seconds since 1970 that every file says it was made at, so that the same inputs give the same bytes."""
DOTS = 300
"""Per inch, of the pictures."""
TEXT_WIDTH, TEXT_HEIGHT, NARROW_HEIGHT = 17.0, 20.5, 15.5
"""Centimetres that a picture may take of an A4 page, its caption beside it; and how high one may be that is
narrower than the text: nothing can stand beside it, and what it belongs to should stand on its page."""


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
    source = _head(title, kind, pictures, lang, foot, contents) + source
    in_print = printable(source)
    wanted = [form for form in FORMATS if form in set(formats)]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for picture, png in pictures.items():
            (folder / f"{picture}.png").write_bytes(png)
        (folder / "reference.docx").write_bytes(reference(foot or title, lang))
        if in_print != source and "pdf" in wanted:
            _pandoc(in_print, ["pdf"], folder)
            _pandoc(source, [form for form in wanted if form != "pdf"], folder)
        else:
            _pandoc(source, wanted, folder)
        return {form: _FINISH[form](folder, pictures) for form in wanted}


def foot(title: str, edition: str) -> str:
    """What stands at the foot of every page of a report, so that no page by itself hides its edition."""
    return f"{title} · Edition: {edition}"


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
        "screen": {name: _width(png, TEXT_HEIGHT) for name, png in pictures.items()},
    }
    return f"---\n{json.dumps(values, ensure_ascii=False)}\n---\n\n"


def _width(png: bytes, narrow: float = NARROW_HEIGHT) -> str:
    """As it was drawn, but no wider than the text, and no higher than it may be, or than ``narrow``."""
    wide, high = (2.54 * dots / DOTS for dots in struct.unpack(">II", png[16:24]))
    highest = TEXT_HEIGHT if wide >= TEXT_WIDTH else narrow
    return f"{min(wide, TEXT_WIDTH, highest * wide / high):.2f}cm"


def program() -> Path:
    """The pandoc of the lock; pypandoc asks each one of the machine how new it is, and takes the newest."""
    import pypandoc

    return Path(pypandoc.__file__).resolve().parent / "files" / "pandoc"


def _pandoc(source: str, formats: Sequence[Format], folder: Path) -> None:
    """pandoc reads arguments as the locale spells them, and files of the user (``~/.local/share/pandoc``)
    before its own: so it is given no path from outside ``folder``, and that as home."""
    if not (folder / PAGE).is_symlink():
        (folder / PAGE).symlink_to(HERE, target_is_directory=True)
    (folder / "source.md").write_text(source, encoding="utf-8", newline="\n")
    done = subprocess.run(
        [program(), "lua", f"{PAGE}/write.lua", READER, PAGE, *(_WRITERS[form] for form in formats)],
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(MADE), "HOME": ".", "XDG_DATA_HOME": "."},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        raise RuntimeError(f"pandoc could not write {' and '.join(formats)}: {said}")


def _html(folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    page = (folder / "made.html5").read_text(encoding="utf-8")
    page = re.sub(r"<th[^>]*></th>", "<td></td>", page)
    for name in pictures:
        inside = base64.b64encode(pictures[name]).decode("ascii")
        page = page.replace(f'src="{name}.png"', f'src="data:image/png;base64,{inside}"')
    return page.encode("utf-8")


def _docx(folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    return finished((folder / "made.docx").read_bytes())


def _pdf(folder: Path, pictures: Mapping[str, bytes]) -> bytes:
    source = (folder / "made.typst").read_text(encoding="utf-8")
    return pdf(source.replace("align(center)[#table(", "align(left)[#table("), folder, MADE)


_WRITERS = {"html": "html5", "docx": "docx", "pdf": "typst"}
_FINISH = {"html": _html, "docx": _docx, "pdf": _pdf}
