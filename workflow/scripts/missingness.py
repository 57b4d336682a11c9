"""Clean tables and the reasons of what is missing to the missing data map."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.ingest import TABLES as INGEST
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.missingness.missing_map import missing_map

    tables = read_tables(snakemake.input.tables)
    missing = INGEST["missing"].read(snakemake.input.missing)
    changes, excluded = (CLEANING[name].read(snakemake.input[name]) for name in ("changes", "excluded"))
    whole = missing_map(tables, missing, changes, excluded, load_instruments(STUDY_INSTRUMENTS))
    CLEANING["missing_map"].write(whole, snakemake.output.missing_map)
    say(f"{len(whole):,} lines")
