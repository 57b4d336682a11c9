"""Clean tables and scores to the tables that models are fitted to."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from datetime import date
    from pathlib import Path

    from alliance_modes.derive import derive_cohort
    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_table, read_tables, write_csv, write_parquet
    from alliance_modes.plan.plan import Plan

    read, exposure = snakemake.input, Plan.model_validate(snakemake.params.plan).exposure
    tables, day = (
        read_tables(Path(read.tables[0]).parent, TABLES),
        date.fromisoformat(snakemake.params.data_lock),
    )
    derived = derive_cohort(tables, read_table(read.scores), read_table(read.account), exposure, day)
    for path in snakemake.output.tables:
        write_parquet(getattr(derived, Path(path).stem), path)
    write_csv(derived.flow, snakemake.output.flow)
    counted = int(derived.enrolment["denominator"].sum())
    say(f"{len(derived.enrolment):,} enrolments, {counted:,} in the denominator")
