"""LibreOffice reads a Word document of ours, loses nothing of it, and lays page one out on one page."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from documents_read import pdf_pages, png, word_paragraphs
from test_documents import SOURCE
from test_programme_report import clear, unclear

from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.programme.report import programme_report

pytestmark = pytest.mark.slow


def through_libreoffice(document: bytes, form: str, folder: Path) -> Path:
    """A Word document as LibreOffice writes it in another format."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("not run: LibreOffice is not installed")
    file = folder / "report.docx"
    file.write_bytes(document)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", form, "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder / f"report.{form}"


def test_page_one_of_a_programme_report_is_one_page(tmp_path):
    fonts = shutil.which("fc-match")
    known = fonts and subprocess.run([fonts, "Calibri"], capture_output=True, text=True, check=True).stdout
    if not known or not re.search("Calibri|Carlito", known):
        pytest.skip("not run: no font here is as wide as Calibri (apt install fonts-crosextra-carlito)")
    for found in (clear(), unclear()):
        report = programme_report(found)
        made = documents(report.markdown, report.title, report.kind, report.pictures, formats=("docx",))
        pages = pdf_pages(through_libreoffice(made["docx"], "pdf", tmp_path).read_bytes())
        assert "What this does not show." in pages[0]
        assert pages[1].startswith("Contents")


def test_nothing_is_lost_on_the_way_through_libreoffice(tmp_path):
    made = documents(
        SOURCE, "A title", "Research report", {"one": png()}, formats=("docx",), foot="At the foot"
    )
    odt = through_libreoffice(made["docx"], "odt", tmp_path)
    with ZipFile(odt) as parts:
        body = parts.read("content.xml").decode("utf-8")
        foot = parts.read("styles.xml").decode("utf-8")
    plain = re.sub(r"<[^>]*>", "", body)
    assert all(
        text.replace("\u2007", "") in plain.replace("\u2007", "") for _, text in word_paragraphs(made["docx"])
    )
    levels = re.findall(r'<text:h [^>]*text:outline-level="(\d)"', body)
    assert levels == ["1", "1", "2"]
    assert body.count("<table:table ") == 2 and body.count("<table:table-header-rows>") == 2
    assert body.count("<svg:desc>Two bars, 3 and 4.</svg:desc>") == 1
    assert "At the foot" in foot and "<text:page-number" in foot
