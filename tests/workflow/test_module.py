"""Another workflow uses this one as a module, on a cohort of its own, in a folder of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from projects import HERE, Project, new_project, write_short_plan

from alliance_modes.running.jobs import BEFORE_SHEETS, BESIDE_REPORTS, FOR_READERS, MARK_OF_FOLDER
from alliance_modes.simulate import load_truth, write_cohort

SNAKEFILE = """
configfile: "config/config.yaml"


module alliance_modes:
    snakefile:
        "{snakefile}"
    config:
        {config}


use rule * from alliance_modes{named}


rule everything:
    default_target: True
    input:
        rules.{prefix}all.input,
        "mine/first_effects.csv",


rule first_effects:
    input:
        "reports/north/internal/tables/estimates.csv",
    output:
        "mine/first_effects.csv",
    shell:
        "head -n {{config[rows]}} {{input}} > {{output}}"
"""
CONFIG = "rows: 3\nalliance_modes:\n  cohorts: [north]\n  plan: config/short.yaml\n"
NOTHING = "Nothing to be done"


@dataclass(frozen=True)
class Importer(Project):
    """A folder with a workflow of its own; the package, with the workflow of it, is that of another."""

    package: Project

    def environment(self) -> dict[str, str]:
        return self.package.environment()

    def imports(self, prefix: str, config: str = 'config["alliance_modes"]') -> None:
        """Write its Snakefile, in which rules of the module have this before their names."""
        text = SNAKEFILE.format(
            snakefile=self.package.root / "workflow/Snakefile",
            config=config,
            named=f" as {prefix}*" if prefix else "",
            prefix=prefix,
        )
        (self.root / "Snakefile").write_text(text, encoding="utf-8")

    def first_lines(self) -> list[str]:
        return (self.root / "mine/first_effects.csv").read_text(encoding="utf-8").splitlines()

    def for_readers(self) -> list[Path]:
        """What is there for readers of a cohort."""
        patterns = [pattern for found in FOR_READERS.values() for pattern in found]
        return [path for pattern in patterns for path in (self.root / "reports/north").glob(pattern)]


@pytest.fixture
def importer(tmp_path) -> Importer:
    found = Importer(tmp_path / "importer", new_project(tmp_path / "package"))
    (found.root / "config").mkdir(parents=True)
    (found.root / "config/config.yaml").write_text(CONFIG, encoding="utf-8")
    write_short_plan(found.root / "config/short.yaml")
    truth = load_truth(HERE / "data/raw/demo_2024/truth.yaml").with_size(240, practitioners=20)
    write_cohort(truth, found.root / "data/raw/north", "north")
    return found


def test_a_workflow_runs_this_one_as_a_module_with_and_without_a_prefix(importer):
    importer.imports("am_")
    done = importer.snakemake("--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(importer.first_lines()) == 3
    assert importer.first_lines()[1].startswith("completion,")
    assert {path.name for path in importer.for_readers()} >= {
        "report.html",
        "research.pdf",
        "release",
        "parts",
    }
    assert not list((importer.root / "reports").rglob(MARK_OF_FOLDER))
    for prefix in ("am_", ""):
        importer.imports(prefix)
        again = importer.snakemake("--cores", "2")
        assert NOTHING in again.stdout + again.stderr

    flow = importer.root / "data/processed/north/analysis/flow.csv"
    flow.write_text(flow.read_text(encoding="utf-8").replace("240", "241"), encoding="utf-8")
    planned = importer.snakemake("-n")
    assert "flow.csv is not what was made (changed): made again" in planned.stdout + planned.stderr
    assert NOTHING not in planned.stdout + planned.stderr
    assert importer.for_readers()

    importer.package.break_derive('raise AllianceModesError("the planted error")')
    failed = importer.snakemake("--cores", "2", "--keep-going")
    assert failed.returncode == 1
    assert (failed.stdout + failed.stderr).count("the planted error") == 1
    assert importer.for_readers() == []
    assert len(importer.first_lines()) == 3


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("config", 'unknown key "rows"'),
        ('{"cohorts": ["north"]}', 'the key "plan" is missing'),
        ('config["alliance_modes"]\n    prefix:\n        "mine"', "moves the files of this workflow"),
    ],
)
def test_what_a_module_statement_cannot_say_is_one_message(importer, config, said):
    importer.imports("am_", config)
    refused = importer.snakemake("-n")
    told = refused.stdout + refused.stderr
    assert refused.returncode == 1
    assert said in told and "Traceback" not in told


def test_what_hangs_on_each_rule_is_what_snakemake_knows(fresh):
    """``BESIDE_REPORTS`` and ``BEFORE_SHEETS`` are held to the rules, with all that a plan can ask for."""
    fresh.replace("config/plan.yaml", "sheets: false", "sheets: true")
    cohorts = "cohorts: [small, other]\nplan: config/plan.yaml\nengines: {lme4: auto}\n"
    (fresh.root / "config/config.yaml").write_text(cohorts, encoding="utf-8")
    truth = load_truth(HERE / "data/raw/demo_2024/truth.yaml").with_size(40)
    write_cohort(truth, fresh.root / "data/raw/other", "other")
    done = fresh.snakemake("--rulegraph", "dot")
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', done.stdout))
    edges = [(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", done.stdout)]

    def after(rule: str) -> set[str]:
        found = {to for of, to in edges if of == rule}
        return found.union(*map(after, found))

    rules = set(names.values()) - {"all", "default", *FOR_READERS}
    assert len(rules) > 28
    assert {rule for rule in rules if not after(rule) & {"report", "research", "release"}} == BESIDE_REPORTS
    assert {rule for rule in rules if "supervision" in after(rule)} == BEFORE_SHEETS
