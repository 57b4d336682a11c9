"""Typed tables to clean ones, with an account of every row left out and every cell changed."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from datetime import date
    from pathlib import Path

    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_table, read_tables, write_csv, write_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import Plan

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    rules = Plan.model_validate(snakemake.params.plan).cleaning
    day = date.fromisoformat(snakemake.params.data_lock)
    changes, instruments = read_table(snakemake.input.changes), load_instruments(STUDY_INSTRUMENTS)
    cleaned = clean_cohort(tables, changes, rules, day, instruments)
    write_tables(cleaned.tables, Path(snakemake.output.tables[0]).parent)
    for name in ("account", "excluded", "changes", "flags", "checks"):
        write_csv(getattr(cleaned, name), snakemake.output[name])
    kept = sum(len(table) for table in cleaned.tables.values())
    say(f"{sum(len(table) for table in tables.values()):,} rows in, {kept:,} kept")
