"""Analysis tables to the figures that need no model."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.figures.cohort import cohort_pictures
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments

    tables = read_each(DERIVE, snakemake.input.tables)
    flow = DERIVE["flow"].read(snakemake.input.flow)
    missing_map = CLEANING["missing_map"].read(snakemake.input.missing_map)
    pictures = cohort_pictures(tables, flow, load_instruments(STUDY_INSTRUMENTS), missing_map)
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
