"""What jobs are said to take of memory: as measured, more of larger cohorts, and never more than there is."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import InputFiles

from alliance_modes.running.memory import CARRIED, LIMIT, MEASURED, memory_limit, memory_where

memory = memory_where(lambda: False)
RULES = Path(__file__).parents[2] / "workflow" / "rules"


def size(megabytes: float) -> SimpleNamespace:
    return SimpleNamespace(size_mb=megabytes)


class Sized:
    """A file of so many MiB, as Snakemake asks it."""

    def __init__(self, megabytes: int) -> None:
        self.megabytes = megabytes

    async def size(self) -> int:
        return self.megabytes * 1024**2


def test_every_rule_declares_what_was_measured_of_it():
    declared = {}
    for path in RULES.glob("*.smk"):
        for name, body in re.findall(r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), re.M | re.S):
            declared[name] = re.findall(r"mem_mb=(.*),", body)
    assert declared == {name: [f'memory("{name}")'] for name in MEASURED}


def test_it_grows_with_the_input_up_to_the_limit_of_the_run(monkeypatch):
    monkeypatch.delenv(LIMIT, raising=False)
    of_model = memory("model")
    assert of_model(None, size(0.3)) < 700
    assert 2000 < of_model(None, size(13.6)) < 2500
    monkeypatch.setenv(LIMIT, "2000")
    assert of_model(None, size(13.6)) == 2000


def test_a_rule_may_go_by_one_of_its_inputs_whatever_else_it_reads(monkeypatch):
    monkeypatch.delenv(LIMIT, raising=False)
    read = InputFiles([Sized(2), Sized(5)])
    read._set_name("tables", 0, 1)
    base, for_each = MEASURED["specification"]
    assert memory("specification")(None, read) == base + 2 * for_each
    assert memory("report")(None, read) == MEASURED["report"][0] + 7 * MEASURED["report"][1]


def test_on_a_cluster_what_carries_the_script_counts_and_no_limit_of_this_machine(monkeypatch):
    monkeypatch.setenv(LIMIT, "500")
    of_model = memory_where(lambda: True)("model")
    without = MEASURED["model"][0] + 5 * MEASURED["model"][1]
    assert of_model(None, size(5)) == without + CARRIED


@pytest.mark.parametrize(("cores", "asked", "limit"), [(2, None, 4000), (16, None, 32000), (16, 3.5, 3500)])
def test_the_limit_is_as_asked_for_or_by_cores(cores, asked, limit):
    assert memory_limit(cores, asked) == limit
