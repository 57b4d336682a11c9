"""Analysis tables to the figures that need no model."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.figures.cohort import ANALYSIS, FIGURES
    from alliance_modes.figures.declared import drawn, figures
    from alliance_modes.figures.picture import write_picture
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments

    read = snakemake.input
    tables = read_each(DERIVE, (path for path in read.tables if Path(path).stem in ANALYSIS))
    given = {"analysis": tables, "flow": DERIVE["flow"].read(read.flow)}
    given |= {"missing_map": CLEANING["missing_map"].read(read.missing_map)}
    given |= {"clean_checks": CLEANING["checks"].read(read.checks)}
    pictures = drawn(figures(FIGURES), given | {"instruments": load_instruments(STUDY_INSTRUMENTS)})
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
