"""Two occasions of one form, however files, columns and cells say so, are never taken for repeats."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise
from alliance_modes.drafting.wide import wide_blocks
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.words.occasions import occasion_of, occasions_in

PEOPLE = 10
ANSWERS = {
    (person, session): [random.Random(f"{person}/{session}/{item}").randint(1, 5) for item in range(12)]
    for person in range(PEOPLE)
    for session in (3, 10)
}
ENROLMENTS = "case,client,started,status\n" + "".join(
    f"C{person:02},K{person:02},2024-02-{person + 1:02},completed\n" for person in range(PEOPLE)
)
WIDE = (
    "T1_WAI_{i} T2_WAI_{i}", "WAI_{i}_T1 WAI_{i}_T2", "pre_wai_{i} post_wai_{i}", "wai{i}_pre wai{i}_post",
    "wai_s3_{i} wai_s10_{i}", "wai{i}_s3 wai{i}_s10", "WaiBaseline{i} WaiEnd{i}",
    "wai_session3_{i} wai_session10_{i}", "vorher_wai_{i} nachher_wai_{i}", "wai_début_{i} wai_fin_{i}",
    "wai.antes.{i} wai.después.{i}", "wai_{i}.voormeting wai_{i}.nameting", "wai week1 {i}|wai week9 {i}",
)  # fmt: skip
WORDS = (
    "Pre|Post", "Session 3|Session 10", "baseline|end", "week 6|week 20", "T1|T2", "Vorher|Nachher",
    "Sitzung 3|Sitzung 10", "3. Sitzung|10. Sitzung", "avant|après", "Séance 3|Séance 10", "inicio|fin",
    "sesión 3|sesión 10", "begin|einde", "sessie 3|sessie 10", "Intake|Follow-up", "Pre-test|Post-test",
)  # fmt: skip
FIRST = re.compile(
    r"pre|t1|s3|session3|baseline|vorher|début|antes|voormeting|week ?[16]\b|avant|inicio|begin|intake|_a\."
)
FORMS = ("client_pre.csv client_post.csv", "client_t1.csv client_t2.csv", "client_a.csv client_b.csv")
OCCASIONS = ("T1", "T2", "t3", "pre", "post", "baseline", "s3", "s12", "week1", "Session4", "end")
ORDINARY = ("wai_{i}", "wai_s_{i}", "Session {i}", "time_{i}", "Q2_{i}", "W[SQ{i:03}]", "srs{i}")
CELLS = ("Client", "E001", "site 3", "3", "custody", "Thinking Skills", "completed", "north")


def table(names: list[str], rows: list[list[Any]]) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in [names, *rows])


def wide(pattern: str) -> dict[str, str]:
    forms = pattern.split("|") if "|" in pattern else pattern.split()
    names = [form.format(i=item) for item in range(1, 13) for form in forms]
    rows = [
        [f"C{person:02}", *(ANSWERS[person, session][item] for item in range(12) for session in (3, 10))]
        for person in range(PEOPLE)
    ]
    return {"client_forms.csv": table(["case", *names], rows)}


def long(words: str, column: str = "moment") -> dict[str, str]:
    items = [f"wai_{item}" for item in range(1, 13)]
    rows = [
        [f"C{person:02}", word, *ANSWERS[person, session]]
        for person in range(PEOPLE)
        for session, word in zip((3, 10), words.split("|"), strict=True)
    ]
    return {"client_forms.csv": table(["case", column, *items], rows)}


def apart(names: str) -> dict[str, str]:
    items = [f"wai_{item}" for item in range(1, 13)]
    return {
        name: table(
            ["case", *items], [[f"C{person:02}", *ANSWERS[person, session]] for person in range(PEOPLE)]
        )
        for session, name in zip((3, 10), names.split(), strict=True)
    }


def drafted(folder: Path, files: dict[str, str]) -> str:
    found = []
    for name, text in {"enrolments.csv": ENROLMENTS, **files}.items():
        (folder / name).write_text(text)
        found.append(recognise(folder / name, name))
    return draft_yaml(draft_cohort("small", join_equal_forms(found), load_instruments()))


def answered(text: str) -> str:
    """The open occasions in the order in which a person who knows the forms answers them."""
    lines = []
    for line in text.splitlines():
        if '"?"  # question' in line:
            asked = line.partition("# question")[2].lower()
            said = (re.findall(r'(?:named|is) "([^"]+)"', asked) or [asked])[0]
            line = line.replace('"?"', "3" if FIRST.search(said) else "10", 1)
        lines.append(line)
    return "\n".join(lines)


def assert_truth(folder: Path, text: str) -> None:
    (folder / "cohort.yaml").write_text(text)
    forms = ingest_cohort(folder, bytes(32)).tables["alliance"]
    assert len(forms) == 2 * PEOPLE
    assert not forms.duplicated(["enrolment_id", "session_no"]).any()
    for session in (3, 10):
        here = forms[forms["session_no"] == session].sort_values("source_row")
        assert [list(row) for row in here.filter(regex=r"^item_").iloc[:, :12].to_numpy()] == [
            ANSWERS[person, session] for person in range(PEOPLE)
        ]


@pytest.mark.parametrize("pattern", WIDE)
def test_wide_forms_are_two_sources_whose_session_is_asked(tmp_path, pattern):
    text = drafted(tmp_path, wide(pattern))
    assert text.count('constant: "?"  # question') == 2
    assert_truth(tmp_path, answered(text))


@pytest.mark.parametrize("words", WORDS)
def test_words_for_occasions_are_asked_unless_they_say_the_session(tmp_path, words):
    text = drafted(tmp_path, long(words))
    asked = text.count('"?"  # question')
    said = occasion_of(words.split("|")[0])
    assert said is not None and asked == (0 if said.session else 2)
    assert_truth(tmp_path, answered(text))


@pytest.mark.parametrize("names", FORMS)
def test_files_with_the_same_people_are_asked_for_their_sessions(tmp_path, names):
    text = drafted(tmp_path, apart(names))
    assert text.count('constant: "?"  # question') == 2
    assert_truth(tmp_path, answered(text))


def test_files_of_other_people_are_one_table_and_not_asked(tmp_path):
    half = {name: text.splitlines() for name, text in apart("client_north.csv client_south.csv").items()}
    files = {
        "client_north.csv": "\n".join(half["client_north.csv"][:6]) + "\n",
        "client_south.csv": "\n".join([half["client_south.csv"][0], *half["client_south.csv"][6:]]) + "\n",
    }
    text = drafted(tmp_path, files)
    assert "constant" not in text and "client_north.csv" in text and "client_south.csv" in text


def test_repeated_ids_of_which_nothing_says_the_session_are_asked_for_a_column(tmp_path):
    coded = re.sub(r",(Pre|Post),", lambda word: f",{len(word[1])}7,", long("Pre|Post")["client_forms.csv"])
    files = {"client_forms.csv": coded}
    text = drafted(tmp_path, files)
    assert (
        'session_no: "?"' in text and "10 of 10 ids stand more than once" in text and "one of: moment" in text
    )


def test_a_session_number_is_not_asked(tmp_path):
    text = drafted(tmp_path, long("3|10", "session_no"))
    assert '"?"' not in text.partition("tables:")[2]
    assert_truth(tmp_path, text)


@settings(max_examples=60, deadline=None)
@given(
    occasions=st.lists(st.sampled_from(OCCASIONS), min_size=2, max_size=3, unique=True),
    order=st.permutations(["{occasion}", "wai", "{item}"]),
    sign=st.sampled_from("_.- "),
    items=st.integers(4, 12),
)  # fmt: skip
def test_any_order_of_occasion_form_and_item_is_found(occasions, order, sign, items):
    form = sign.join(order)
    names = [
        form.format(occasion=occasion, item=item) for item in range(1, items + 1) for occasion in occasions
    ]
    found = {block.occasion: block.columns for block in wide_blocks(names)}
    expected = {
        occasion: tuple(form.format(occasion=occasion, item=item) for item in range(1, items + 1))
        for occasion in occasions
    }
    assert found == expected


@pytest.mark.parametrize("names", ORDINARY)
def test_ordinary_names_say_no_occasion(names):
    assert wide_blocks([names.format(i=item) for item in range(1, 13)]) == []


@pytest.mark.parametrize("text", CELLS)
def test_other_cells_are_no_occasions(text):
    assert occasion_of(text) is None


def test_names_of_files_say_occasions():
    assert occasions_in("wai_pre_2024") == ("pre",)
    assert occasions_in("alliance session3") == ("session3",)
    assert occasions_in("alliance_client") == ()


def test_drafts_are_yaml(tmp_path):
    assert yaml.safe_load(drafted(tmp_path, wide(WIDE[0])))["tables"]["alliance"][0]["columns"]["session_no"]
