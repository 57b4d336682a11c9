"""Markup in titles, labels, names, captions and cells is plain text in HTML, Word and PDF."""

from __future__ import annotations

import pytest
from documents_read import html_text, pdf_text, png, word_paragraphs

from alliance_modes.reports.page.documents import documents
from alliance_modes.words.display import display_table, escaped, markdown

PLANTED = (
    "<script>document.title='x'</script>",
    "=cmd|' /C calc'!A0",
    "{{ 7 * 7 }} {% if %} {# x #}",
    '#eval("1+1") $x^2$ @ref <label>',
    "*bold* _it_ `code` ~~gone~~ [a](b) ![i](j)",
    "a<b and c>d",
    "Site <A>",
    "<10",
    "R & D",
    "- not a list",
    "1. not a number",
    "# not a heading",
    "= not a heading",
    "/ Term: none",
    "A -- B --- C ... 'D'",
    '-5 to -3, (-.5), 1--2, x -? y, "quoted" ...and so on....',
    "http://example.org/a//b /* c */ // d",
    "::: notice",
    "---",
    "| a | b |",
    "\\textbf{x} \\# #set page(width: 1cm)",
    "[@citation] [^note] ^[x] H~2~O",
    "Ünïcode, שלום and العربية",
)


def _source(text: str) -> str:
    plain = escaped(text)
    table = markdown(display_table(text, ["First", text], "lr", [[text, "1.0"], [text, "10"]], text))
    return (
        f"---\nfront: |\n  ::: notice\n  {plain}\n  :::\n---\n\n# {plain}\n\n{plain}\n\n- {plain}\n\n"
        f'{table}\n\n![{plain}](one.png){{#fig-one alt="{plain}"}}\n\n::: caution\n{plain}\n:::\n'
    )


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace("\u200b", "")


@pytest.mark.parametrize("text", PLANTED, ids=range(len(PLANTED)))
def test_markup_is_plain_text_in_every_format(text):
    made = documents(_source(text), text, "Report", {"one": png()}, foot=text)
    word = " ".join(said for _, said in word_paragraphs(made["docx"]))
    # title, front, contents, heading, paragraph, bullet, caption, 3 cells, note, figure, caution
    for said in (html_text(made["html"]), word, *_read_in_order(made["pdf"], text)):
        assert _squeezed(said).count(_squeezed(text)) >= 12, said
    assert b"<script>document" not in made["html"]


def _read_in_order(pdf: bytes, text: str) -> list[str]:
    """The words of a PDF, which are put out of order where some are written from right to left."""
    return [pdf_text(pdf)] if "שלום" not in text else []


def test_what_no_file_can_hold_and_what_turns_text_round_is_left_out():
    assert escaped("a\x00b\x0b c\u202ed\n  e\ufffe") == "ab cd e"
    made = documents("# A\n\n" + escaped("x\x01y \u202ez"), "T\x02", "K", {})
    assert "xy z" in html_text(made["html"]) and ("FirstParagraph", "xy z") in word_paragraphs(made["docx"])


def test_a_character_that_no_font_of_the_pdf_draws_stands_as_its_number():
    made = documents("# A\n\n" + escaped("name 漢 😀"), "Title 漢", "K", {})
    assert "name 漢 😀" in html_text(made["html"])
    assert "name(U+6F22)" in _squeezed(pdf_text(made["pdf"]))


def test_a_very_long_word_stays_on_the_page():
    word = "a" * 300
    table = markdown(display_table("C", ["H", "I", "J"], "lll", [[word, word, "x"]]))
    made = documents(f"# A\n\n{word}\n\n{table}\n", "T", "K", {})
    assert _squeezed(pdf_text(made["pdf"])).count(word) == 3
