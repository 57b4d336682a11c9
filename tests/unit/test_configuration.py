"""Reading YAML: strict, and every problem with its line."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.ground.yaml_models import Closed, load_model, read_yaml


class Part(Closed):
    number: int
    words: tuple[str, ...] = ()
    either: str | float = 0.0


class Whole(Closed):
    name: str
    share: Annotated[float, Field(ge=0, le=1)] = 0.5
    parts: dict[str, Part] = Field(default_factory=dict)


def write(folder, text: str | bytes):
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refusals(path, model=Whole):
    with pytest.raises(ConfigurationError) as caught:
        load_model(path, model)
    return caught.value.problems


def test_only_true_and_false_are_truth_and_times_stay_text(tmp_path):
    kept = ("no", "on", "12:30", "010", "1_000", "2024-01-08", "0x10", ".", "1.2.3", ".inf", ".nan")
    assert read_yaml(write(tmp_path, "".join(f"- {text}\n" for text in kept))).value == list(kept)
    read = {"true": True, "~": None, "1e3": 1000.0, "-5": -5, "0.50": 0.5, "2.": 2.0}
    assert read_yaml(write(tmp_path, "".join(f"- {text}\n" for text in read))).value == list(read.values())


def test_lines_of_keys_and_entries(tmp_path):
    located = read_yaml(write(tmp_path, "a: 1\nb:\n  - x\n  - c: 2\n"))
    assert located.line(("a",)) == 1
    assert located.line(("b", 1, "c")) == 4
    assert located.line(("b", 1, "nothing here")) == 4


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("a: 1\na: 2\n", "stands twice", 2),
        ("a: &x 1\nb: 2\n", "anchors", 1),
        ("a: 1\nb: *a\n", "anchors", 2),
        ("a: !!python/object:os.system 1\n", "tag", 1),
        ("a: 1\n---\nb: 2\n", "more than one document", 2),
        ("a: [1\nb: 2\n", "not valid YAML", 2),
        ("a: " + "[" * 60 + "]" * 60 + "\n", "levels deep", 1),
        ("? [a, b]\n: 1\n", "plain text", 1),
        ("", "is empty", None),
        ("# only a comment\n", "is empty", None),
        (b"a: \xff\n", "not UTF-8", None),
        (b"a: \x00\n", "not valid YAML", None),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(tmp_path, text, said, line):
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(write(tmp_path, text))
    assert said in caught.value.problems[0].message
    assert caught.value.problems[0].line == line


def test_absent_file_and_folder(tmp_path):
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigurationError, match="a folder"):
        read_yaml(tmp_path)


def test_a_number_of_thousands_of_digits_is_text_and_no_traceback(tmp_path):
    path = write(tmp_path, "name: x\nparts: {a: {number: " + "9" * 5000 + "}}\n")
    (problem,) = refusals(path)
    assert problem.line == 2 and "integer" in problem.message


def test_every_problem_of_a_file_comes_with_its_line(tmp_path):
    path = write(tmp_path, "nmae: x\nshare: 2\nparts:\n  a:\n    number: one\n  b: {wrds: [x]}\n")
    found = {(problem.line, problem.message.split(" (it says")[0]) for problem in refusals(path)}
    assert found == {
        (1, 'unknown key "nmae"'),
        (1, 'the key "name" is missing'),
        (2, "share: must be less than or equal to 1"),
        (5, "parts.a.number: must be a valid integer, unable to parse string as an integer"),
        (6, 'unknown key "parts.b.wrds"'),
        (6, 'the key "parts.b.number" is missing'),
    }


def test_unknown_key_gets_the_nearest_known_one_or_all(tmp_path):
    problems = refusals(write(tmp_path, "name: x\nzzz: 1\nparts: {a: {number: 1, wrds: []}}\n"))
    hints = {problem.line: problem.hint for problem in problems}
    assert hints[2] == "Known keys here: name, parts, share."
    assert hints[3] == 'Did you mean "words"?'


def test_wrong_type_where_several_are_allowed_is_one_problem(tmp_path):
    (problem,) = refusals(write(tmp_path, "name: x\nparts: {a: {number: 1, either: null}}\n"))
    assert problem.line == 2 and problem.message.startswith("parts.a.either: must be")


@pytest.mark.parametrize("text", ["[1, 2]", "x", "5"])
def test_file_that_holds_no_keys(tmp_path, text):
    (problem,) = refusals(write(tmp_path, text))
    assert "the file must hold keys" in problem.message


def test_loaded_model_does_not_change(tmp_path):
    model = load_model(write(tmp_path, "name: x\n"), Whole)
    with pytest.raises(ValueError, match="frozen"):
        model.name = "y"


def test_a_question_mark_is_an_answer_still_to_be_given_and_its_comment_is_the_question(tmp_path):
    text = 'name: "?"  # question 2: what is it called?\nparts:\n  a: {number: "?", words: ["?", y]}\n'
    problems = refusals(write(tmp_path, text))
    assert [problem.line for problem in problems] == [1, 3, 3]
    assert problems[0].message.startswith("name: ") and "still to be given" in problems[0].message
    assert "question 2: what is it called?" in problems[0].hint
    assert [problem.message.partition(":")[0] for problem in problems[1:]] == [
        "parts.a.number",
        "parts.a.words.0",
    ]


def test_what_else_is_wrong_is_told_beside_the_open_answers(tmp_path):
    problems = refusals(write(tmp_path, 'name: "?"\nzzz: 1\nparts: {a: {number: x}}\n'))
    assert {problem.line for problem in problems} == {1, 2, 3} and len(problems) == 3
