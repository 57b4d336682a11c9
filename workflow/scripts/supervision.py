"""Analysis tables to the sheet of each practitioner."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.cohort import load_cohort
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.dictionary.scoring import TABLES as SCORING
    from alliance_modes.plan.parts import SupervisionTask
    from alliance_modes.reports.supervision.page import write_sheets
    from alliance_modes.reports.supervision.sheet import supervision_sheets

    read = snakemake.input
    task = SupervisionTask.model_validate(snakemake.params.plan)
    known = (SCORING["scores"].read(read.scores), MEASUREMENT["scales"].read(read.scales))
    cohort = load_cohort(Path(read.cohort).parent)
    sheets = supervision_sheets(task, read_each(DERIVE, read.tables), *known, cohort)
    say(f"{write_sheets(sheets, snakemake.output.sheets)} sheets")
