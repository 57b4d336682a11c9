"""The release folder: what it takes, what it refuses, and that nothing of it is left when it does."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pypdfium2
import pytest
from releases import COURSES, FOREST, PEOPLE, page, png, release, report

from alliance_modes.disclosure.earlier import from_json
from alliance_modes.ground.errors import ReleaseError
from alliance_modes.ground.files import read_json
from alliance_modes.release.contents import Document, Picture
from alliance_modes.release.folder import DEFECT, FOUND, write_release
from alliance_modes.release.reading import Read, read, unwrapped, without_feet
from alliance_modes.release.search import Hidden, Sought, findings, not_shown
from alliance_modes.reports.page.documents import documents


def folder_of(tmp_path: Path) -> Path:
    return tmp_path / "reports/north/release"


def refusal(tmp_path: Path, *parts, **more) -> str:
    with pytest.raises(ReleaseError) as caught:
        write_release(release(*parts, **more), tmp_path)
    assert not folder_of(tmp_path).exists()
    assert not (tmp_path / "reports/north/internal/release_record").exists()
    assert [path.name for path in tmp_path.rglob(".*")] == []
    return str(caught.value)


def test_a_release_is_its_files_a_list_a_record_and_a_checksum_of_each(tmp_path):
    written = write_release(release(), tmp_path)
    names = {path.name for path in written.folder.iterdir()}
    assert names == {
        "course_by_site.csv", "bond_by_site.csv", "effects.csv", "flow.png", "report.html", "outputs.csv",
        "results.json", "config.json", "certificate.html", "checksums",
    }  # fmt: skip
    for path in written.folder.iterdir():
        if path.is_file():
            kept = (written.folder / "checksums" / f"{path.name}.txt").read_text()
            assert kept == hashlib.sha256(path.read_bytes()).hexdigest()


def test_no_count_leaves_as_it_is_and_the_counts_stay_inside(tmp_path):
    written = write_release(release(), tmp_path)
    shown = list(csv.reader((written.folder / "course_by_site.csv").open()))
    kept = list(csv.reader((written.inside / "course_by_site.csv").open()))
    assert shown[0] == kept[0] == ["", "Completed", "Dropped out", "Started"]
    assert [row[0] for row in shown] == [row[0] for row in kept]
    assert kept[3][:3] == ["Hill", str(COURSES["Hill", "completed"]), str(COURSES["Hill", "dropped out"])]
    assert shown[3][2] == "withheld" and shown[1][1:] == ["45", shown[1][2], "65"]
    assert {int(cell) % 5 for row in shown[1:] for cell in row[1:] if cell.isdigit()} == {0}


def test_the_list_says_of_every_file_what_is_behind_it_and_what_is_withheld(tmp_path):
    written = write_release(release(), tmp_path)
    rows = {row["file"]: row for row in csv.DictReader((written.folder / "outputs.csv").open())}
    assert set(rows) == {path.name for path in written.folder.iterdir() if path.suffix} - {
        "results.json", "config.json"
    }  # fmt: skip
    table = rows["course_by_site.csv"]
    withheld = sum(
        cell == "withheld" for row in csv.reader((written.folder / table["file"]).open()) for cell in row
    )
    assert table["withheld"] == f"{withheld} of 15" and "below 10" in table["why"]
    assert table["behind it (stays inside)"] == "internal/release_record/course_by_site.csv"
    assert rows["report.html"]["withheld"] == table["withheld"]


def test_what_leaves_does_not_tell_a_small_cell_from_one_that_protects_it(tmp_path):
    written = write_release(release(), tmp_path)
    outside = read_json(written.folder / "results.json")["results"]["course_by_site.csv"]
    inside = read_json(written.inside / "results.json")["results"]["course_by_site.csv"]
    assert set(outside["files"][0]["sdc"]["cells"]) == {"Withheld"}
    assert set(inside["files"][0]["sdc"]["cells"]) == {"MinimumThresholdCheck", "FullCellCheck"}
    flagged = sorted(cell for cells in inside["files"][0]["sdc"]["cells"].values() for cell in cells)
    assert flagged == outside["files"][0]["sdc"]["cells"]["Withheld"]
    assert (inside["status"], outside["status"]) == ("fail", "pass")


def test_what_was_published_is_kept_for_the_ledger(tmp_path):
    written = write_release(replace(release(), order=3), tmp_path)
    published = from_json((written.inside / "published.json").read_text())
    assert (published.order, published.data_lock) == (3, "2024-12-31")
    assert None in [count.value for count in published.counts]
    assert {count.value for count in published.counts} - {None} <= set(range(10, 300, 5))


def test_the_same_release_is_the_same_bytes(tmp_path):
    written = [write_release(release(), tmp_path / name) for name in "ab"]
    one, other = (
        {path.relative_to(each.folder.parent): path.read_bytes() for path in each.folder.parent.rglob("*.*")}
        for each in written
    )
    assert one == other


def test_a_release_takes_the_place_of_the_one_before_whole(tmp_path):
    write_release(release(), tmp_path)
    (folder_of(tmp_path) / "left.txt").write_text("from another day")
    write_release(release(report("Nothing more.")), tmp_path)
    assert not {"left.txt", "flow.png"} & {path.name for path in folder_of(tmp_path).iterdir()}


def test_a_refused_release_leaves_the_one_before_as_it_was(tmp_path):
    write_release(release(), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(ReleaseError):
        write_release(release(report("There were 43 people.")), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_rows_of_people_have_no_place(tmp_path):
    assert "a DataFrame has no place in a release" in refusal(tmp_path, PEOPLE)


@pytest.mark.parametrize("suffix", ["svg", "csv", "xlsx", "parquet", "sav", "zip"])
def test_other_kinds_of_files_have_no_place(suffix, tmp_path):
    said = refusal(tmp_path, Document("data", suffix, "Data", b"a,b\n", ()))
    assert f".{suffix} has no place in a release" in said


@pytest.mark.parametrize("content", [b"<svg/>", b"%PDF-1.7", b""])
def test_a_picture_that_is_no_png_is_refused(content, tmp_path):
    assert "is a PNG" in refusal(tmp_path, Picture("flow", "Flow", content))


def test_what_to_do_is_said_once_below_what_was_found(tmp_path):
    said = refusal(tmp_path, report("There were 43 people. Of them 7 clients left."))
    assert "2 problems" in said and said.endswith(f"\n    -> {FOUND}")
    assert refusal(tmp_path, PEOPLE).endswith(f"\n    -> {DEFECT}")


def test_a_picture_that_carries_a_text_is_refused(tmp_path):
    assert "carries a text" in refusal(tmp_path, Picture("flow", "Flow", png(Author="A. Person")))


def test_a_document_of_the_internal_edition_is_refused(tmp_path):
    made = b"<html><body><p>Edition: internal. A sheet for supervision.</p></body></html>"
    assert "does not say that it is the release edition" in refusal(tmp_path, report(content=made))


@pytest.mark.parametrize("name", ["results", "../report", "a/b", "", "Report", ".hidden"])
def test_names_that_lead_elsewhere_are_refused(name, tmp_path):
    assert "cannot be called so" in refusal(tmp_path, report(name=name))


def test_two_parts_of_one_name_are_refused(tmp_path):
    assert "one name" in refusal(tmp_path, report(), report())


def test_numbers_of_a_table_that_is_not_there_are_refused(tmp_path):
    assert 'numbers are of "other"' in refusal(tmp_path, report(tables=("other",)))


@pytest.mark.parametrize(("df", "units"), [(9.0, 104.0), (98.0, 9.0)])
def test_an_estimate_that_rests_on_too_little_is_refused(df, units, tmp_path):
    said = refusal(tmp_path, replace(FOREST, residual_df=(df,), units=(units,)))
    assert "effects.csv, row 2" in said and "is not released" in said


def test_an_estimate_that_does_not_say_what_it_rests_on_is_refused(tmp_path):
    assert "not every row" in refusal(tmp_path, replace(FOREST, residual_df=()))


def test_a_table_that_did_not_pass_the_gate_is_refused(tmp_path):
    made = release()
    other = replace(made.counted[0], name="another")
    with pytest.raises(ReleaseError, match="did not pass the disclosure gate"):
        write_release(replace(made, counted=(*made.counted, other)), tmp_path)


PLANTED = {
    "an id": ("Client 3f9a0c11be22d704 said so.", "an id of somebody"),
    "a place": ("Made from /home/anna/exports/2024.csv today.", "a place of a machine"),
    "a place of Windows": (r"Made from C:\Users\anna\north.xlsx today.", "a place of a machine"),
    "an exact count": ("There were 43 people.", "says 43 of people"),
    "a small count": ("Only 3 clients dropped out at Hill.", "says 3 of people"),
    "a small count in a word": ("Only three clients dropped out.", "says 3 of people"),
    "a count with a word between": ("We saw 214 different people.", "says 214 of people"),
    "a count beside its labels": ("At Hill, dropped out: 3.", 'the count of "Hill", "Dropped out"'),
    "a count in a table": (
        "<table><tr><th>Site<th>Dropped out<tr><th>Hill<td>3</table>", 'the count of "Hill", "Dropped out"'
    ),
    "a count in words for a picture": ('<img alt="Flow: 43 people completed">', "says 43 of people"),
    "a drawing": ("<svg><text>43</text></svg>", "no text, table or PNG: <svg>"),
    "a program": ("<script>let people = 43</script>", "no text, table or PNG: <script>"),
    "a packed file": (
        f'<a href="data:text/csv;base64,{base64.b64encode(b"site,n").decode()}">x</a>', "PNG: text/csv"
    ),
    "something hidden": ("<!-- 43 people -->", "says 43 of people"),
}  # fmt: skip


@pytest.mark.parametrize("how", PLANTED)
def test_what_is_planted_in_a_page_is_found(how, tmp_path):
    sentence, said = PLANTED[how]
    assert said in refusal(tmp_path, report(content=page(sentence)))


def test_what_is_planted_in_a_picture_inside_a_page_is_found(tmp_path):
    coded = base64.b64encode(png(Comment="drawn for /home/anna/x")).decode()
    said = refusal(tmp_path, report(f'<img src="data:image/png;base64,{coded}">'))
    assert "a picture in it carries a text" in said


def word(sentence: str, creator: str = "", table: bool = False) -> bytes:
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    cells = "<w:tbl>{}</w:tbl>".format(
        "".join(
            "<w:tr>{}</w:tr>".format(
                "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row)
            )
            for row in (("Site", "Dropped out"), ("Hill", "3"))
        )
    )
    body = f"<w:p><w:r><w:t>Edition: release.</w:t></w:r></w:p><w:p><w:r><w:t>{sentence}</w:t></w:r></w:p>"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{main}">{body}{cells if table else ""}</w:document>'
        )
        archive.writestr("docProps/core.xml", f"<core><creator>{creator}</creator></core>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (word("There were 43 people."), "says 43 of people"),
        (word("Nothing.", creator="C:\\Users\\anna"), "a place of a machine"),
        (word("Nothing.", table=True), 'the count of "Hill", "Dropped out"'),
    ],
)
def test_what_is_planted_in_a_word_file_is_found(content, said, tmp_path):
    assert said in refusal(tmp_path, report(suffix="docx", content=content))


RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="{}" {}/></Relationships>'
)


@pytest.mark.parametrize(
    ("name", "part", "said"),
    [
        ("customXml/item1.xml", "<a><b>3f9a0c11be22d704</b></a>", "an id of somebody"),
        ("word/settings.xml", '<a path="/home/anna/x.docx"/>', "a place of a machine"),
        (
            "word/_rels/settings.xml.rels",
            RELATION.format("file:///home/anna/t.dotx", 'TargetMode="External"'),
            "a place of a machine",
        ),
        ("word/embeddings/sheet.xlsx", "x", "no text, table or PNG"),
    ],
)
def test_what_is_planted_in_another_part_of_a_word_file_is_found(name, part, said, tmp_path):
    stream = io.BytesIO(word("Nothing."))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(name, part)
    assert said in refusal(tmp_path, report(suffix="docx", content=stream.getvalue()))


def test_pictures_that_a_word_file_names_are_no_places(tmp_path):
    stream = io.BytesIO(word("Nothing."))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/_rels/document.xml.rels", RELATION.format("media/rId13.png", ""))
    write_release(release(report(suffix="docx", content=stream.getvalue())), tmp_path)


@pytest.mark.parametrize("how", ["data-client", "href", "id", "class"])
def test_what_is_planted_in_an_attribute_of_a_page_is_found(how, tmp_path):
    said = refusal(tmp_path, report(content=page(f'<span {how}="3f9a0c11be22d704">x</span>')))
    assert "an id of somebody" in said


def test_what_is_planted_in_what_a_pdf_says_of_itself_is_found(tmp_path):
    from matplotlib.figure import Figure

    stream = io.BytesIO()
    figure = Figure()
    figure.text(0.1, 0.5, "Release edition.")
    figure.savefig(stream, format="pdf")
    marked = stream.getvalue() + b"<x:xmpmeta><dc:source>/home/anna/x</dc:source></x:xmpmeta>"
    assert "a place of a machine" in refusal(tmp_path, report(suffix="pdf", content=marked))


def test_what_is_planted_in_a_pdf_is_found(tmp_path):
    from matplotlib.figure import Figure

    stream = io.BytesIO()
    figure = Figure()
    figure.text(0.1, 0.5, "Release edition. There were 43 people.")
    figure.savefig(stream, format="pdf")
    assert "says 43 of people" in refusal(tmp_path, report(suffix="pdf", content=stream.getvalue()))


@pytest.mark.parametrize(
    "sentence",
    [
        "Of about 225 people who started, 155 people completed.",
        "Of every 100 people, about 9 more people complete.",
        "About 9 more of every 100 people complete, perhaps 3 to 14 people of every 100.",
        "Nothing is said of fewer than 10 people.",
        "The mean bond was 4.3 in 2024, 62 % of people said so.",
        "At Hill, dropped out: withheld. Of North 45 completed.",
        "One practitioner differs from two practitioners by one step.",
    ],
)
def test_what_may_be_said_is_not_refused(sentence, tmp_path):
    write_release(release(report(sentence)), tmp_path)


def test_a_number_of_a_publication_may_be_said_where_it_is_named(tmp_path):
    sentence = "Published studies of 41,438 people say so."
    assert "says 41438 of people" in refusal(tmp_path, report(sentence))
    write_release(release(report(sentence), said=frozenset({41438})), tmp_path)


def test_a_label_that_a_spreadsheet_would_compute_is_a_text(tmp_path):
    people = pd.concat([PEOPLE.assign(site=PEOPLE["site"].replace("South", '=HYPERLINK("x")'))])
    written = write_release(release(FOREST, people=people), tmp_path)
    assert "'=HYPERLINK" in (written.folder / "course_by_site.csv").read_text()


def test_a_count_that_another_table_shows_under_the_same_labels_is_no_leak():
    shown_elsewhere = [("All", "people", 60, None), ("All", "People", 60, 60)]
    assert not_shown(shown_elsewhere) == ()
    assert not_shown([("All", "people", 58, None), ("All", "people", 60, 60)]) == (
        Hidden("All", "people", 58),
    )
    assert not_shown([("North", "people", 60, None), ("All", "people", 60, 60)]) == (
        Hidden("North", "people", 60),
    )


SITE = (("S1", "Enrolled", 70, None), ("S1", "Started", 69, 70), ("S1", "people", 67, 65))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("A withheld number were enrolled at S1, and about 70 started.", []),
        ("About 70 people were enrolled at S1.", ["Enrolled"]),
        ("Of every 100 people who started at S1, 67 finished.", []),
        ("At S1 65 people answered, and 67 of every 100 finished.", []),
        ("At S1 67 people answered, and 67 of every 100 finished.", ["people"]),
        ("Of every 100 people at S1 67 finished, and 67 people answered.", ["people"]),
        ("At S1 6 more of every 100 finish where 67 people answered.", ["people"]),
    ],
)
def test_a_share_or_a_number_shown_of_something_else_tells_no_count(sentence, told):
    """With hundreds of sites some share, or what another column shows, is by chance the number of people."""
    secret = Sought(not_shown(SITE))
    found = findings(Read(text=sentence), secret, frozenset({65, 67, 70, 100}))
    assert [one.split('"')[3] for one in found] == told


WRAPPED = (
    "Beside other sites nothing stands out in what was counted here. Of every 100 people who started at the "
    "site S1, 67 finished, and about 70 of those who were enrolled began at all, as they do elsewhere."
)


@pytest.mark.parametrize("suffix", ["html", "docx", "pdf"])
@pytest.mark.parametrize(
    ("said", "told"),
    [(WRAPPED, []), (WRAPPED.replace("Of every 100", "Of those"), ["people"])],
)
def test_a_sentence_is_read_whole_however_its_lines_are_broken(suffix, said, told):
    """In a PDF "of every 100" stands at the end of a line and the share on the next, or a label does."""
    for lead in ("", "So it is said. ", "So it is said of all of them together here. "):
        made = documents(lead + said, "A site", "Programme report", {}, formats=(suffix,))[suffix]
        found = findings(read(suffix, made), Sought(not_shown(SITE)), frozenset({65, 67, 70, 100}))
        assert [one.split('"')[3] for one in found if "tells the count" in one] == told


@pytest.mark.parametrize(
    ("said", "told"),
    [(WRAPPED, []), (WRAPPED.replace("Of every 100", "Of those"), ["people"])],
)
def test_a_sentence_is_read_whole_over_the_end_of_a_page(said, told):
    """Wherever the page ends: each source has some lines more before the sentence."""
    around = "Of nobody alone is anything said in what stands before and after, and this is long enough. " * 3
    broken = 0
    for above in range(37, 45):
        source = "\n\n".join([*("A line.\n" for _ in range(above)), f"{around}{said} {around}"])
        made = documents(source, "A site", "Programme report", {}, formats=("pdf",))["pdf"]
        found = findings(read("pdf", made), Sought(not_shown(SITE)), frozenset({65, 67, 70, 100}))
        assert [one.split('"')[3] for one in found if "tells the count" in one] == told
        broken += _ends_within(made, said)
    assert broken, "in one of them the page ends within the sentence"


def _ends_within(pdf: bytes, said: str) -> bool:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    return not any(said in page for page in pages)


def test_rows_of_a_table_and_entries_of_a_list_are_no_running_text():
    lines = ["Site  People  Finished", "S1  70  67", f"• {'long ' * 20}entry 9", "• next entry", "Other"]
    assert unwrapped("\r\n".join(lines)) == "\n".join(lines)
    table = [
        "People Of all enrolled Of those who started Whole cohort: of all enrolled",
        "Enrolled 140 – – –",
    ]
    assert unwrapped("\n".join(table)) == "\n".join(table)


def test_one_page_has_no_foot():
    assert without_feet(["One line\nanother"]) == "One line\nanother"
    pages = ["One\nTitle Page 1 of 2", "another\nTitle Page 2 of 2"]
    assert without_feet(pages) == "One\nanother\nTitle Page 1 of 2\nTitle Page 2 of 2"
