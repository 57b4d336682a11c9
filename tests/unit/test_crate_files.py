"""The files of the project that a crate takes along."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.running.crate.contents import FILES, FOLDERS

HERE = Path(__file__).parents[2]


def test_what_a_crate_takes_along_is_named_from_the_project_and_is_there():
    for name in (*FILES, *FOLDERS):
        assert not Path(name).is_absolute() and (HERE / name).exists(), name
