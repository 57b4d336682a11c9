"""LibreOffice reads a Word document of ours and loses no heading, table, caption or alternative text."""

from __future__ import annotations

import re
import shutil
import subprocess
from zipfile import ZipFile

import pytest
from documents_read import png, word_paragraphs
from test_documents import SOURCE

from alliance_modes.reports.page.documents import documents

pytestmark = pytest.mark.slow


def test_nothing_is_lost_on_the_way_through_libreoffice(tmp_path):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("not run: LibreOffice is not installed")
    made = documents(
        SOURCE, "A title", "Research report", {"one": png()}, formats=("docx",), foot="At the foot"
    )
    file = tmp_path / "report.docx"
    file.write_bytes(made["docx"])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "odt", "--outdir", str(tmp_path), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with ZipFile(tmp_path / "report.odt") as parts:
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
