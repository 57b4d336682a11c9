"""Clean item responses of several cohorts to the invariance of every instrument between them."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.canonical import TABLES
    from alliance_modes.dictionary.factors import TABLES as FACTORS
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS, processed
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.factors.tables import invariance_of_cohorts

    files = {name: processed(name, "clean") for name in snakemake.params.cohorts}
    cohorts = {
        name: read_tables(folder / f"{table}.parquet" for table in TABLES) for name, folder in files.items()
    }
    found = invariance_of_cohorts(cohorts, load_instruments(STUDY_INSTRUMENTS))
    FACTORS["invariance_cohorts"].write(found, snakemake.output.invariance)
    say(f"{len(found)} steps between {len(cohorts)} cohorts")
