"""One Markdown source to HTML, Word and PDF."""

from __future__ import annotations

import base64
import json
import os
import re
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from alliance_modes.ground.typeset import MADE, pdf, printable
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
AT_A_TIME = 24
"""Reports for one process of pandoc (3.9): at 80 short ones its Lua ended in a general protection fault."""
DOTS = 300
"""Per inch, of the pictures."""
TEXT_WIDTH, TEXT_HEIGHT, NARROW_HEIGHT = 17.0, 20.5, 15.5
"""Centimetres that a picture may take of an A4 page, its caption beside it; and how high one may be that is
narrower than the text: nothing can stand beside it, and what it belongs to should stand on its page."""


@dataclass(frozen=True)
class Manuscript:
    """A report before it is documents.

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
    formats : tuple of {"html", "docx", "pdf"}
        What is made.
    lang : str
        Language of the text, ``en-GB``.
    foot : str
        What stands at the foot of every page of Word and PDF; the title unless given.
    contents : bool
        A list of the sections: where ``source`` has a division ``contents``, else before the first section.
    """

    source: str
    title: str
    kind: str
    pictures: Mapping[str, bytes]
    formats: tuple[Format, ...] = FORMATS
    lang: str = "en-GB"
    foot: str = ""
    contents: bool = True


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
    """Make the documents of one report; the parameters are those of ``Manuscript``.

    Returns
    -------
    dict of str to bytes
        By format. HTML is one file with style and pictures inside it. The same inputs give the same bytes.
    """
    one = Manuscript(source, title, kind, pictures, tuple(formats), lang, foot, contents)
    return documents_of([one])[0]


def documents_of(every: Sequence[Manuscript]) -> list[dict[str, bytes]]:
    """Make the documents of several reports, in few processes of pandoc, which takes a while to start.

    Returns
    -------
    list of dict
        As ``documents``, in the order of ``every``.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        _pandoc([task for place, one in enumerate(every) for task in _laid_out(one, folder, place)], folder)
        return [
            {form: _FINISH[form](folder / f"{place}", one.pictures) for form in _wanted(one)}
            for place, one in enumerate(every)
        ]


def _wanted(one: Manuscript) -> list[Format]:
    return [form for form in FORMATS if form in one.formats]


def _laid_out(one: Manuscript, folder: Path, place: int) -> Iterator[str]:
    """Write what a report is made of into a folder of its own; what pandoc is to make of it.

    Each task names the folder, the source in it, and the formats. In print some characters cannot be drawn.
    """
    here = folder / f"{place}"
    here.mkdir()
    for picture, png in one.pictures.items():
        (here / f"{picture}.png").write_bytes(png)
    (here / "reference.docx").write_bytes(reference(one.foot or one.title, one.lang))
    source = _head(one) + one.source
    in_print, wanted = printable(source), _wanted(one)
    printed = [form for form in wanted if form == "pdf" and in_print != source]
    for name, text, forms in (
        ("printed", in_print, printed),
        ("source", source, [form for form in wanted if form not in printed]),
    ):
        if forms:
            (here / f"{name}.md").write_text(text, encoding="utf-8", newline="\n")
            yield " ".join([f"{place}", f"{name}.md", *(_WRITERS[form] for form in forms)])


def foot(title: str, edition: str) -> str:
    """What stands at the foot of every page of a report, so that no page by itself hides its edition."""
    return f"{title} · Edition: {edition}"


def _head(one: Manuscript) -> str:
    language, _, region = one.lang.partition("-")
    values = {
        "title": escaped(one.title),
        "subtitle": escaped(one.kind),
        "kind": escaped(one.kind),
        "lang": one.lang,
        "language": language,
        "region": region,
        "foot": escaped(one.foot),
        "contents": one.contents,
        "sizes": {name: _width(png) for name, png in one.pictures.items()},
        "screen": {name: _width(png, TEXT_HEIGHT) for name, png in one.pictures.items()},
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


def _pandoc(tasks: Sequence[str], folder: Path) -> None:
    """pandoc reads arguments as the locale spells them, and files of the user (``~/.local/share/pandoc``)
    before its own: so it is given no path from outside ``folder``, and that as home."""
    (folder / PAGE).symlink_to(HERE, target_is_directory=True)
    for first in range(0, len(tasks), AT_A_TIME):
        some = tasks[first : first + AT_A_TIME]
        done = subprocess.run(
            [program(), "lua", f"{PAGE}/write.lua", READER, PAGE, *some],
            cwd=folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(MADE), "HOME": ".", "XDG_DATA_HOME": "."},
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace")
            raise RuntimeError(f"pandoc could not write {' and '.join(some)}: {said}")


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
    return pdf(source.replace("align(center)[#table(", "align(left)[#table("), folder)


_WRITERS = {"html": "html5", "docx": "docx", "pdf": "typst"}
_FINISH = {"html": _html, "docx": _docx, "pdf": _pdf}
