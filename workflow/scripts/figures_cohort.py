"""Analysis tables to the figures that need no model."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.figures.cohort import cohort_pictures
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.ground.files import read_table
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments

    tables = {Path(path).stem: read_table(path) for path in snakemake.input.tables}
    flow, missing_map = read_table(snakemake.input.flow), read_table(snakemake.input.missing_map)
    pictures = cohort_pictures(tables, flow, load_instruments(STUDY_INSTRUMENTS), missing_map)
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
