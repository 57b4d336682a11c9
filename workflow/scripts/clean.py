"""Typed tables to clean ones, with an account of every row left out and every cell changed."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from datetime import date

    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.ingest import TABLES as INGEST
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.ground.files import read_tables, write_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import CleaningRules

    tables = read_tables(snakemake.input.tables)
    rules, day = CleaningRules.model_validate(snakemake.params.plan), snakemake.params.data_lock
    changes = INGEST["changes"].read(snakemake.input.changes)
    instruments = load_instruments(STUDY_INSTRUMENTS)
    cleaned = clean_cohort(tables, changes, rules, date.fromisoformat(day), instruments)
    write_tables(cleaned.tables, snakemake.output.tables)
    write_each(CLEANING, vars(cleaned), snakemake.output)
    kept = sum(len(table) for table in cleaned.tables.values())
    say(f"{sum(len(table) for table in tables.values()):,} rows in, {kept:,} kept")
