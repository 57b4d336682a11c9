"""One source to HTML, Word and PDF: what each of them holds, and that it is the same."""

from __future__ import annotations

import os
import re
import shutil
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pypandoc
import pytest
from documents_read import DRAWING, W, html_text, pdf_pages, pdf_text, png, word_body, word_paragraphs

from alliance_modes.reports import page
from alliance_modes.reports.page import documents as module
from alliance_modes.reports.page.documents import FORMATS, NARROW_HEIGHT, documents
from alliance_modes.running.code import code
from alliance_modes.words.display import display_table, markdown

EMU_PER_CM = 360_000
TABLE = markdown(
    display_table(
        "How many", ["", "n", "Mean"], "lrr", [["All", "10", "1.25"], ["Some", "9", "12.5"]], "A note."
    )
)
SOURCE = f"""---
front: |
  ::: simulated
  Nobody in this is real.
  :::

  ::: notice
  Not for circulation.
  :::
---

# First

See [](#fig-one), [](#table-2) and [](#fig-none). ::: is no division here.

{TABLE}

![A picture. With words.](one.png){{#fig-one alt="Two bars, 3 and 4."}}

# Second

### Too deep

{TABLE}

::: caution
Take care.
:::
"""


@pytest.fixture(scope="module")
def made():
    return documents(SOURCE, "A title", "Research report", {"one": png()})


def test_the_same_inputs_give_the_same_bytes(made):
    assert documents(SOURCE, "A title", "Research report", {"one": png()}) == made
    assert tuple(made) == FORMATS


def test_tables_and_figures_have_the_same_numbers_in_every_format(made):
    said = "See Figure\u00a01, Table\u00a02 and not in this report."
    assert said.replace("\u00a0", " ") in html_text(made["html"])
    paragraphs = word_paragraphs(made["docx"])
    assert any(text.startswith(said) for _, text in paragraphs)
    captions = [(style, text) for style, text in paragraphs if style.endswith("Caption")]
    assert captions == [
        ("TableCaption", "Table 1. How many"),
        ("ImageCaption", "Figure 1. A picture. With words."),
        ("TableCaption", "Table 2. How many"),
    ]
    for text in (html_text(made["html"]), " ".join(pdf_text(made["pdf"]).split())):
        assert all(caption in text for _, caption in captions)


def test_html_has_one_first_heading_no_gap_below_it_and_headers_of_rows(made):
    page = made["html"].decode().partition("<body>")[2]
    assert re.findall(r"<h(\d)", page) == ["1", "2", "2", "3"]
    assert page.count('scope="col"') == 4 and page.count("<td></td>") == 2
    assert page.count('scope="row"') == 4
    assert '<a class="skip" href="#main">' in page and '<main id="main">' in page


def test_word_has_real_styles_alternative_texts_and_headers_of_tables(made):
    styles = [style for style, _ in word_paragraphs(made["docx"])]
    assert styles[:4] == ["Title", "Subtitle", "Simulated", "Notice"]
    assert [style for style in styles if style.startswith("Heading")] == ["Heading1", "Heading1", "Heading2"]
    assert "Caution" in styles and "Note" in styles
    body = word_body(made["docx"])
    assert [one.get("descr") for one in body.iter(f"{DRAWING}docPr")] == ["Two bars, 3 and 4."]
    for table in body.iter(f"{W}tbl"):
        first, *others = table.findall(f"{W}tr")
        assert first.find(f"{W}trPr/{W}tblHeader") is not None
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in (first, *others))
        assert table.find(f"{W}tblPr/{W}tblLook").get(f"{W}firstColumn") == "1"


def test_what_word_says_of_a_figure_stays_on_one_page(made):
    with ZipFile(BytesIO(made["docx"])) as parts:
        styles = parts.read("word/styles.xml").decode("utf-8")
    of_caption = styles.partition('w:styleId="ImageCaption"')[2].partition("</w:style>")[0]
    assert "<w:keepLines" in of_caption and "<w:keepNext" not in of_caption


def test_a_narrow_picture_leaves_room_on_paper_for_what_it_belongs_to_and_stays_large_on_a_screen():
    made = documents('![Tall](tall.png){alt="Tall"}', "A", "B", {"tall": png(1200, 2400)}, ("html", "docx"))
    (high,) = {int(one.get("cy")) / EMU_PER_CM for one in word_body(made["docx"]).iter(f"{DRAWING}extent")}
    assert round(high, 1) == NARROW_HEIGHT
    assert b"max-width: 10.16cm" in made["html"]


def test_a_pandoc_of_the_machine_is_not_the_one_that_makes_reports(tmp_path, monkeypatch):
    """One that says it is newer than any, and writes nothing."""
    pypandoc.clean_pandocpath_cache()
    other = tmp_path / "pandoc"
    other.write_text("#!/bin/sh\necho pandoc 99.0\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    page = documents(SOURCE, "A title", "Report", {"one": png()}, ("html",))["html"]
    assert b"Nobody in this is real." in page


def test_the_pdf_is_tagged_and_says_its_language_and_standards(made):
    pdf = made["pdf"]
    assert b"/StructTreeRoot" in pdf and b"/Lang(en-GB)" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf and b"<pdfaid:part>2</pdfaid:part>" in pdf


def test_a_long_table_leaves_no_row_alone_under_its_caption_at_the_end_of_a_page():
    rows = [[f"Line{line}", "10", "1.25"] for line in range(1, 31)]
    table = markdown(display_table("How many", ["", "n", "Mean"], "lrr", rows))
    begun = set()
    for before in range(28, 40):
        filler = "\n\n".join(f"Paragraph {one}." for one in range(before))
        made = documents(f"# First\n\n{filler}\n\n{table}\n", "A", "B", {}, ("pdf",))["pdf"]
        pages = pdf_pages(made)
        (place,) = (place for place, one in enumerate(pages) if "How many" in one)
        begun.add(place)
        assert "Line3" in pages[place], before
        assert f"Paragraph {before - 1}." in pages[0], "what stands before it keeps its place"
    assert begun == {0, 1}, "tables that begin on the page and tables for which too little is left"


def test_a_picture_without_words_is_refused_by_the_pdf():
    typst = pytest.importorskip("typst")
    with pytest.raises(typst.TypstError, match="alt"):
        documents('![A picture](one.png){alt=""}', "T", "K", {"one": png()}, formats=("pdf",))


def test_what_a_report_is_made_of_is_all_among_the_files_that_its_rule_depends_on():
    folder = Path(page.__file__).parent
    made_of = {
        path.name for path in folder.rglob("*") if path.suffix in {".css", ".html", ".lua", ".typ", ".j2"}
    }
    assert made_of <= {Path(name).name for name in code("report")} and len(made_of) == 6


def test_neither_locale_nor_folder_nor_files_of_the_user_change_a_byte(made, tmp_path, monkeypatch):
    elsewhere = tmp_path / "Projekt für 'uns' 100%/page"
    shutil.copytree(module.HERE, elsewhere)
    for place in ("xdg/pandoc", "home/.pandoc", "home/.local/share/pandoc"):
        (tmp_path / place / "templates").mkdir(parents=True)
        for name in ("html5", "typst", "openxml"):
            (tmp_path / place / f"templates/default.{name}").write_text("another: $body$")
        (tmp_path / place / "reference.docx").write_text("broken")
    monkeypatch.setattr(module, "HERE", elsewhere)
    for name, value in {"LC_ALL": "C", "HOME": "home", "XDG_DATA_HOME": "xdg"}.items():
        monkeypatch.setenv(name, value if name == "LC_ALL" else str(tmp_path / value))
    assert documents(SOURCE, "A title", "Research report", {"one": png()}) == made
