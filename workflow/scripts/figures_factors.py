"""Loadings to their figure."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.factors import TABLES as FACTORS
    from alliance_modes.figures.factor_loadings import factor_loadings
    from alliance_modes.figures.picture import write_picture

    picture = factor_loadings(FACTORS["loadings"].read(snakemake.input.loadings))
    write_picture(picture, Path(snakemake.output[0]).parent, "factor_loadings")
    say("1 figure")
