"""Clean item responses to the reliability of every scale and the statistics of every item."""

from alliance_modes.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.files import read_tables, write_csv
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.layout import STUDY_INSTRUMENTS
    from alliance_modes.measurement import measure_cohort
    from alliance_modes.schema import TABLES

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    reliability, items = measure_cohort(tables, load_instruments(STUDY_INSTRUMENTS))
    write_csv(reliability, snakemake.output.reliability)
    write_csv(items, snakemake.output.statistics)
    say(f"{len(reliability)} scales, {len(items)} items")
