"""SPSS and Stata files that are damaged: whatever the decoder does, a message comes out."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from raw_exports import cells, read_export, refusal

from alliance_modes.ground import confined
from alliance_modes.readers import apart, statistical_file

TABLE = pd.DataFrame(
    {"a": [float(row % 5) for row in range(300)], "b": [f"case {row}" for row in range(300)]}
)

WRITERS = {
    "plain.sav": lambda path: pyreadstat.write_sav(TABLE, path),
    "rows.sav": lambda path: pyreadstat.write_sav(TABLE, path, row_compress=True),
    "small.zsav": lambda path: pyreadstat.write_sav(TABLE, path, compress=True),
    "old.dta": lambda path: pyreadstat.write_dta(TABLE, path, version=10),
    "new.dta": lambda path: pyreadstat.write_dta(TABLE, path, version=15),
}


def made(folder: Path, name: str) -> tuple[Path, str]:
    path = folder / name
    WRITERS[name](path)
    return path, "stata" if name.endswith("dta") else "spss"


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_a_whole_file_is_read_and_a_cut_one_refused(tmp_path, name):
    path, form = made(tmp_path, name)
    assert cells(read_export(path, form, ("a", "b")), "b") == TABLE["b"].tolist()
    whole = path.read_bytes()
    for share in (0.05, 0.6, 0.98):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert "cannot be read" in refusal(path, form, ("a", "b")).message


def stand_in(monkeypatch, tmp_path: Path, code: str) -> None:
    """Put a program that does ``code`` in the place of the one that decodes files."""
    program = tmp_path / "decoder.py"
    program.write_text(code)
    monkeypatch.setattr(statistical_file, "__file__", str(program))


@pytest.mark.parametrize("name", ["plain.sav", "new.dta"])
def test_a_decoder_that_crashes_becomes_a_message(monkeypatch, tmp_path, name):
    path, form = made(tmp_path, name)
    stand_in(monkeypatch, tmp_path, f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    problem = refusal(path, form, ("a",))
    assert "damaged" in problem.message and path.suffix in problem.hint


def test_an_error_that_nobody_expected_is_named_without_what_it_quotes(monkeypatch, tmp_path):
    path, form = made(tmp_path, "plain.sav")
    stand_in(monkeypatch, tmp_path, "raise KeyError('Ada Lovelace')")
    message = refusal(path, form, ("a",)).message
    assert "decoding it failed (KeyError)" in message and "Ada" not in message


def test_a_decoder_that_never_ends_becomes_a_message(monkeypatch, tmp_path):
    path, form = made(tmp_path, "plain.sav")
    monkeypatch.setattr(apart, "SECONDS", 1)
    monkeypatch.setattr(apart, "PATIENCE", 1)
    stand_in(monkeypatch, tmp_path, "import time; time.sleep(60)")
    assert "did not end within 1 s" in refusal(path, form, ("a",)).message


@pytest.mark.slow
def test_a_decoder_that_turns_in_circles_becomes_a_message(monkeypatch, tmp_path):
    path, form = made(tmp_path, "new.dta")
    monkeypatch.setattr(apart, "SECONDS", 1)
    real = Path(statistical_file.__file__).read_text()
    endless = real.replace("    import pyreadstat", "    while True: pass", 1)
    stand_in(monkeypatch, tmp_path, endless)
    assert "did not end within 1 s" in refusal(path, form, ("a",)).message


def test_a_file_that_asks_for_too_much_memory_becomes_a_message(tmp_path, monkeypatch):
    path, form = made(tmp_path, "plain.sav")
    real = Path(statistical_file.__file__).read_text()
    stand_in(monkeypatch, tmp_path, real.replace("import pyreadstat", "raise MemoryError", 1))
    assert "more memory" in refusal(path, form, ("a",)).message


def test_the_decoder_leaves_no_core_file_and_has_limits():
    import json
    import subprocess
    import sys

    code = (
        "import json, resource, runpy, sys\n"
        f"file = {confined.__file__!r}\n"
        "limit = runpy.run_path(file)['limit']\n"
        "limit({'path': file, 'seconds': 5, 'wait': 9})\n"
        "kinds = resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_CPU\n"
        "print(json.dumps([resource.getrlimit(kind)[0] for kind in kinds]))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    memory, core, computing = json.loads(done.stdout)
    size = os.stat(confined.__file__).st_size
    assert core == 0 and computing == 5
    assert memory == confined.MEMORY + confined.MEMORY_PER_BYTE * size


def test_what_the_decoder_says_is_not_taken_for_its_answer(monkeypatch, tmp_path):
    path, form = made(tmp_path, "plain.sav")
    real = Path(statistical_file.__file__).read_text()
    stand_in(monkeypatch, tmp_path, real.replace("import pyreadstat", "print('noise'); import pyreadstat", 1))
    assert cells(read_export(path, form, ("a",)), "a") == TABLE["a"].tolist()


def test_spaces_after_text_do_not_make_two_values(tmp_path):
    path = tmp_path / "x.sav"
    pyreadstat.write_sav(pd.DataFrame({"a": [" ja", "ja", "nein"]}), path)
    column = read_export(path, "spss", ("a",)).columns["a"]
    assert column.values == ("ja", "nein") and column.codes.tolist() == [0, 0, 1]


def test_spss_text_and_number_ranges_that_are_user_missing(tmp_path):
    path = tmp_path / "x.sav"
    table = pd.DataFrame({"a": [1.0, 97.0, 98.0, 99.0], "b": ["x", "NA", "y", ""]})
    pyreadstat.write_sav(
        table,
        path,
        missing_ranges={"a": [{"lo": 98, "hi": 99}, 97], "b": ["NA"]},
        variable_value_labels={"a": {97: "نعم لا", 99: "отказ"}},
    )
    raw = read_export(path, "spss", ("a", "b"))
    assert dict(raw.columns["a"].user_missing) == {97.0: "نعم لا", 98.0: "user-missing value", 99.0: "отказ"}
    assert dict(raw.columns["b"].user_missing) == {"NA": "user-missing value"}
