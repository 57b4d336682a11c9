"""Clean item responses and scores to every table of measurement."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.tables import READ, measurement_tables
    from alliance_modes.scoring.stored import StoredScores

    tables = read_tables(snakemake.input.tables)
    scores = StoredScores(snakemake.input.scores, READ)
    found = measurement_tables(tables, scores, load_instruments(STUDY_INSTRUMENTS))
    write_each(MEASUREMENT, found, snakemake.output)
    say(f"{len(found['reliability'])} scales, {len(found['items'])} items")
