"""Clean item responses of several cohorts to the invariance of every instrument between them."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.ground.files import read_tables, write_csv
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS, processed
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.factors.tables import invariance_of_cohorts

    cohorts = {name: read_tables(processed(name, "clean"), TABLES) for name in snakemake.params.cohorts}
    found = invariance_of_cohorts(cohorts, load_instruments(STUDY_INSTRUMENTS))
    write_csv(found, snakemake.output.invariance)
    say(f"{len(found)} steps between {len(cohorts)} cohorts")
