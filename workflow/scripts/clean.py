"""Typed tables to clean ones, with an account of every row left out and every cell changed."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from datetime import date

    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.ingest import TABLES as INGEST
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.ground.files import read_json, read_tables, write_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.intake.agreements import require_agreement
    from alliance_modes.plan.plan import CleaningRules

    read, given = snakemake.input, snakemake.params
    tables, changes = read_tables(read.tables), INGEST["changes"].read(read.changes)
    rules, day = CleaningRules.model_validate(snakemake.params.plan), date.fromisoformat(given.data_lock)
    cleaned = clean_cohort(tables, changes, rules, day, load_instruments(STUDY_INSTRUMENTS))
    require_agreement(snakemake.wildcards.cohort, tables, cleaned, read_json(read.sources), given.losses)
    write_tables(cleaned.tables, snakemake.output.tables)
    write_each(CLEANING, vars(cleaned), snakemake.output)
    say(f"{sum(map(len, tables.values())):,} rows in, {sum(map(len, cleaned.tables.values())):,} kept")
