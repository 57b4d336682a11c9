"""Clean tables and the reasons of what is missing to the missing data map."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_table, read_tables, write_csv
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.missingness.missing_map import missing_map

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    missing, changes, excluded = (
        read_table(snakemake.input[name]) for name in ("missing", "changes", "excluded")
    )
    whole = missing_map(tables, missing, changes, excluded, load_instruments(STUDY_INSTRUMENTS))
    write_csv(whole, snakemake.output.missing_map)
    say(f"{len(whole):,} lines")
