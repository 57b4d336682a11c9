"""Clean item responses to scores: one row per administration and scale, and one per administration."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.scoring import TABLES as SCORING
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.scoring.scores import score_cohort
    from alliance_modes.scoring.wide import scoring_counts, wide_scores

    instruments = load_instruments(STUDY_INSTRUMENTS)
    tables = read_tables(snakemake.input.tables)
    scores = score_cohort(tables, instruments, CLEANING["flags"].read(snakemake.input.flags))
    del tables  # of many sessions each of these tables is large
    SCORING["scores"].write(scores, snakemake.output.scores)
    SCORING["scoring"].write(scoring_counts(scores), snakemake.output.counts)
    SCORING["scores_wide"].write(wide_scores(scores, instruments), snakemake.output.wide)
    prorated = scores["prorated"].sum()
    say(f"{len(scores):,} scores, {scores['instrument'].nunique()} instruments, {prorated:,} prorated")
