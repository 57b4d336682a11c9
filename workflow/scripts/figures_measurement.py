"""Tables of measurement and scores to the figures of measurement."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.figures.declared import drawn, figures
    from alliance_modes.figures.measurement import FIGURES, READ
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.scoring.stored import StoredScores

    read = snakemake.input
    given = {"measured": read_each(MEASUREMENT, read.measurement), **read_tables(read.tables)}
    given |= {"scores": StoredScores(read.scores, READ)}
    pictures = drawn(figures(FIGURES), given | {"instruments": load_instruments(STUDY_INSTRUMENTS)})
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
