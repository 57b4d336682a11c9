"""Clean tables and scores to the tables that models are fitted to."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from datetime import date

    from alliance_modes.derive import derive_cohort
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import write_each
    from alliance_modes.dictionary.scoring import TABLES as SCORING
    from alliance_modes.ground.files import read_tables
    from alliance_modes.plan.plan import Exposure

    read, exposure = snakemake.input, Exposure.model_validate(snakemake.params.plan)
    tables, day = read_tables(read.tables), date.fromisoformat(snakemake.params.data_lock)
    scores, account = SCORING["scores"].read(read.scores), CLEANING["account"].read(read.account)
    derived = derive_cohort(tables, scores, account, exposure, day)
    write_each(DERIVE, vars(derived), snakemake.output)
    counted = int(derived.enrolment["denominator"].sum())
    say(f"{len(derived.enrolment):,} enrolments, {counted:,} in the denominator")
