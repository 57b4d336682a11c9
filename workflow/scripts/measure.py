"""Clean item responses and scores to every table of measurement."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_table, read_tables, write_csv
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.tables import measurement_tables

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    scores = read_table(snakemake.input.scores)
    found = measurement_tables(tables, scores, load_instruments(STUDY_INSTRUMENTS))
    for path in snakemake.output:
        write_csv(found[Path(path).stem], path)
    say(f"{len(found['reliability'])} scales, {len(found['items'])} items")
