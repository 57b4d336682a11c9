"""Two raters in one file are kept apart, by a column of words in five languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_drafting_occasions import ANSWERS, ENROLMENTS, PEOPLE, table

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.raters import by_rater, rater_of
from alliance_modes.drafting.recognise import recognise
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments

WORDS = (
    "Client|Practitioner", "participant|Facilitator", "Teilnehmer|Fachkraft", "Klientin|Therapeut",
    "bénéficiaire|intervenant", "cliente|terapeuta", "deelnemer|behandelaar", "client|observer",
)  # fmt: skip


def drafted(folder: Path, words: str) -> str:
    items = [f"wai_{item}" for item in range(1, 13)]
    rows = [
        [f"C{person:02}", 3, word, *ANSWERS[person, session]]
        for person in range(PEOPLE)
        for word, session in zip(words.split("|"), (3, 10), strict=True)
    ]
    (folder / "enrolments.csv").write_text(ENROLMENTS)
    (folder / "forms.csv").write_text(table(["case", "session_no", "filled in by", *items], rows))
    found = [
        part for name in ("enrolments.csv", "forms.csv") for part in by_rater(recognise(folder / name, name))
    ]
    return draft_yaml(draft_cohort("small", join_equal_forms(found), load_instruments()))


@pytest.mark.parametrize("words", WORDS)
def test_rows_of_another_rater_are_never_the_clients(tmp_path, words):
    text = drafted(tmp_path, words)
    client, other = words.split("|")
    assert f'rows: {{"filled in by": ["{client}"]}}' in text
    (tmp_path / "cohort.yaml").write_text(
        text.replace('instrument: "?"', "instrument: wai_sr_t").replace('"?"', '"not needed"')
    )
    forms = ingest_cohort(tmp_path, bytes(32)).tables["alliance"]
    mine = forms[forms["rater"] == "client"].sort_values("source_row")
    assert [list(row) for row in mine.filter(regex="^item_").iloc[:, :12].to_numpy()] == [
        ANSWERS[person, 3] for person in range(PEOPLE)
    ]
    assert not forms.duplicated(["enrolment_id", "session_no", "rater"]).any()
    rated = rater_of(other)
    assert set(forms["rater"]) <= {"client", rated}


def test_a_column_with_other_words_beside_raters_divides_nothing(tmp_path):
    (tmp_path / "x.csv").write_text(
        "case,by\n" + "".join(f"C{n},{w}\n" for n, w in enumerate(["client", "north"] * 3))
    )
    file = recognise(tmp_path / "x.csv", "x.csv")
    assert list(by_rater(file)) == [file]
