"""Labels of people: what is drawn, and that typing errors are found at the door."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_cohorts import COHORT, ENROLMENTS, only_problem, write_cohort

from alliance_modes.cli import main
from alliance_modes.cohort import load_cohort
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.survey.labels import new_labels
from alliance_modes.words.pseudonyms import KINDS, SIGNS, VALUES, check_character, weights, wrong

DECLARED = COHORT.replace(
    "enrolment_id: enrolment\n", "enrolment_id: {column: enrolment, pseudonyms: client, fold_case: true}\n", 1
)
ALLIANCE = "enrolment," + ",".join(f"w{item}" for item in range(1, 13)) + "\n"


def test_the_examples_of_the_standard():
    """ISO 7064 MOD 37-2 is that of donation numbers (ISBT 128); values of python-stdnum 2.2."""
    assert check_character("G123489654321") == "Y"
    assert check_character("A999914123456") == "N"


def test_the_label_of_the_documentation_is_one():
    page = (Path(__file__).parents[2] / "docs/survey.md").read_text(encoding="utf-8")
    assert wrong(page.partition("labels such as `")[2][:8], "client") == ""


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_of_their_kind_and_each_is_given_once(kind):
    labels = new_labels(3000, kind, seed=5)
    assert len(set(labels)) == 3000
    assert {wrong(label, kind) for label in labels} == {""}
    assert set("".join(labels)) <= set(SIGNS)


def test_every_wrong_sign_and_every_exchange_of_neighbours_is_found():
    signs = VALUES[:-1]
    for label in new_labels(40, "client", seed=6):
        for place in range(len(label)):
            for sign in signs.replace(label[place], ""):
                assert wrong(label[:place] + sign + label[place + 1 :], "client")
        for place in range(len(label) - 1):
            one, other = label[place], label[place + 1]
            exchanged = label[:place] + other + one + label[place + 2 :]
            assert one == other or wrong(exchanged, "client")
        assert wrong(label[:-1], "client") and wrong(label + "2", "client")
        assert "practitioner" in wrong(label, "practitioner")


def test_the_weights_are_those_of_the_check():
    label = new_labels(1, "practitioner", seed=1)[0]
    assert sum(weight * VALUES.index(sign) for weight, sign in zip(weights(), label, strict=True)) % 37 == 1


def test_labels_given_before_are_not_given_again(tmp_path):
    issued = tmp_path / "labels.txt"
    first = new_labels(50, "client", issued, seed=1)
    second = new_labels(50, "client", issued, seed=1)
    assert not {*first} & {*second}
    assert issued.read_text().split() == [*first, *second]


def test_without_a_seed_labels_are_others_each_time():
    assert not {*new_labels(100, "client")} & {*new_labels(100, "client")}


def test_the_command_prints_labels_and_says_what_it_cannot_read(tmp_path):
    runner = CliRunner()
    done = runner.invoke(main, ["pseudonyms", "3", "--kind", "practitioner", "--seed", "4"])
    assert tuple(done.output.split()) == new_labels(3, "practitioner", seed=4)
    (tmp_path / "x.bin").write_bytes(b"\xff\xfe\x00")
    wrong_file = runner.invoke(main, ["pseudonyms", "3", "--issued", str(tmp_path / "x.bin")])
    assert wrong_file.exit_code == 1 and "cannot be read" in wrong_file.output


def cohort(folder: Path, one: str, other: str) -> Path:
    people = ENROLMENTS.replace("E1", one).replace("E2", other)
    forms = ALLIANCE + f"{one.lower()}" + ",3" * 12 + "\n"
    declared = DECLARED.replace("columns: {enrolment_id: enrolment}", AGAIN)
    return write_cohort(folder, declared, enrolments__csv=people, alliance__csv=forms)


AGAIN = "columns: {enrolment_id: {column: enrolment, pseudonyms: client, fold_case: true}}"


def test_a_label_in_small_letters_is_the_same_and_a_typing_error_is_named_by_its_place(tmp_path):
    one, other = new_labels(2, "client", seed=8)
    rng = random.Random(1)
    place = rng.randrange(1, 7)
    slip = other[:place] + next(sign for sign in SIGNS if sign != other[place]) + other[place + 1 :]
    problem = only_problem(cohort(tmp_path, one, slip))
    assert (problem.file, problem.column, problem.rows) == ("enrolments.csv", "enrolment", (3,))
    assert "check character" in problem.message and slip not in str(problem)
    assert "card or list" in problem.hint


def test_a_practitioners_label_is_no_clients(tmp_path):
    one, other = new_labels(1, "client", seed=8)[0], new_labels(1, "practitioner", seed=8)[0]
    problem = only_problem(cohort(tmp_path, one, other))
    assert "begins with P" in problem.message


def test_pseudonyms_are_of_ids_alone(tmp_path):
    declared = COHORT.replace("started_on: started", "started_on: {column: started, pseudonyms: client}")
    with pytest.raises(ConfigurationError, match="are for ids"):
        load_cohort(write_cohort(tmp_path, declared))
