"""Clean item responses to scores: one row per administration and scale, and one per administration."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.scoring.files import write_scores
    from alliance_modes.scoring.scores import scored_blocks

    instruments = load_instruments(STUDY_INSTRUMENTS)
    flags = CLEANING["flags"].read(snakemake.input.flags)
    blocks = scored_blocks(read_tables(snakemake.input.tables), instruments, flags)
    files = snakemake.output
    made = write_scores(blocks, instruments, files.scores, files.wide, files.counts)
    say(f"{made.scores:,} scores, {made.instruments} instruments, {made.prorated:,} prorated")
