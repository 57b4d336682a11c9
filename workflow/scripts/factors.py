"""Clean item responses to the fit of factor structures, loadings and invariance."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.factors import TABLES as FACTORS
    from alliance_modes.ground.files import read_tables
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.measurement.factors.tables import structure_of_cohort
    from alliance_modes.measurement.factors.two_level.tables import two_levels_of_cohort
    from alliance_modes.plan.plan import TwoLevel

    tables, instruments = read_tables(snakemake.input.tables), load_instruments(STUDY_INSTRUMENTS)
    found = structure_of_cohort(tables, instruments)
    levels = two_levels_of_cohort(tables, instruments, TwoLevel.model_validate(snakemake.params.plan))
    FACTORS["factor_fit"].write(found.fit, snakemake.output.fit)
    FACTORS["loadings"].write(found.loadings, snakemake.output.loadings)
    FACTORS["invariance"].write(found.invariance, snakemake.output.invariance)
    FACTORS["two_level_fit"].write(levels.fit, snakemake.output.two_level_fit)
    FACTORS["two_level_estimates"].write(levels.estimates, snakemake.output.two_level)
    say(f"{len(found.fit)} structures, {int((found.fit['status'] == 'ok').sum())} estimated")
