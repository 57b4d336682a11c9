"""Effects over cohorts to their page."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from pathlib import Path

    from alliance_modes.cohort import load_cohort
    from alliance_modes.dictionary.relations import TABLES
    from alliance_modes.ground.files import whole_file
    from alliance_modes.ground.layout import STUDY_INSTRUMENTS
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import load_plan
    from alliance_modes.reports.over_cohorts.page import cohorts_page

    effects = TABLES["over_cohorts"].read(snakemake.input.effects)
    plan = load_plan(snakemake.input.plan, load_instruments(STUDY_INSTRUMENTS))
    cohorts = [load_cohort(Path(path).parent) for path in snakemake.input.cohorts]
    page = cohorts_page(effects, plan, cohorts)
    with whole_file(snakemake.output.page) as path:
        path.write_bytes(page)
    say(f"{len(page):,} bytes")
