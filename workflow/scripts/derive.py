"""Clean tables and scores to the tables that models are fitted to."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from datetime import date

    from alliance_modes.derive import READ, Recorded, write_derived
    from alliance_modes.dictionary.cleaning import TABLES as CLEANING
    from alliance_modes.ground.files import read_tables
    from alliance_modes.plan.plan import Exposure
    from alliance_modes.scoring.stored import StoredScores

    read, exposure = snakemake.input, Exposure.model_validate(snakemake.params.plan)
    recorded = Recorded(read_tables(read.tables), StoredScores(read.scores, READ))
    account, day = CLEANING["account"].read(read.account), date.fromisoformat(snakemake.params.data_lock)
    enrolments, counted = write_derived(recorded, account, exposure, day, snakemake.output)
    say(f"{enrolments:,} enrolments, {counted:,} in the denominator")
