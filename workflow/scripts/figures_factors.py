"""Loadings to their figure."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.dictionary.factors import TABLES as FACTORS
    from alliance_modes.figures.declared import drawn, figures
    from alliance_modes.figures.factors import FIGURES
    from alliance_modes.figures.picture import write_picture

    pictures = drawn(figures(FIGURES), {"loadings": FACTORS["loadings"].read(snakemake.input.loadings)})
    for name, picture in pictures.items():
        write_picture(picture, Path(snakemake.output[0]).parent, name)
    say(f"{len(pictures)} figures")
