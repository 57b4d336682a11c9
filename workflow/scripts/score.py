"""Clean item responses to scores, one row per administration and scale."""

from alliance_modes.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.files import read_table, read_tables, write_parquet
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.layout import STUDY_INSTRUMENTS
    from alliance_modes.schema import TABLES
    from alliance_modes.scoring import score_cohort

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    scores = score_cohort(tables, load_instruments(STUDY_INSTRUMENTS), read_table(snakemake.input.flags))
    write_parquet(scores, snakemake.output.scores)
    say(f"{len(scores):,} scores, {scores['instrument'].nunique()} instruments")
