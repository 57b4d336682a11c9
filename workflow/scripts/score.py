"""Clean item responses to scores: one row per administration and scale, and one per administration."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_table, read_tables, write_csv, write_parquet
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.scoring.scores import score_cohort
    from alliance_modes.scoring.wide import scoring_counts, wide_scores

    instruments = load_instruments(STUDY_INSTRUMENTS)
    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    scores = score_cohort(tables, instruments, read_table(snakemake.input.flags))
    write_parquet(scores, snakemake.output.scores)
    write_parquet(wide_scores(scores, instruments), snakemake.output.wide)
    write_csv(scoring_counts(scores), snakemake.output.counts)
    prorated = scores["prorated"].sum()
    say(f"{len(scores):,} scores, {scores['instrument'].nunique()} instruments, {prorated:,} prorated")
