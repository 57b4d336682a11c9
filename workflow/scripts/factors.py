"""Clean item responses to the fit of factor structures, loadings and invariance."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_tables, write_csv
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.factors.tables import structure_of_cohort

    tables = read_tables(Path(snakemake.input.tables[0]).parent, TABLES)
    found = structure_of_cohort(tables, load_instruments(STUDY_INSTRUMENTS))
    write_csv(found.fit, snakemake.output.fit)
    write_csv(found.loadings, snakemake.output.loadings)
    write_csv(found.invariance, snakemake.output.invariance)
    say(f"{len(found.fit)} structures, {int((found.fit['status'] == 'ok').sum())} estimated")
