"""Analysis tables and estimates of several cohorts to primary effects over all of them."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.models import TABLES as MODELS
    from alliance_modes.dictionary.relations import TABLES
    from alliance_modes.ground.layout import processed, report
    from alliance_modes.plan.parts import RelationTask
    from alliance_modes.relations.cohorts.analysis import over_cohorts

    task = RelationTask.model_validate(snakemake.params.plan)
    names: list[str] = list(dict.fromkeys(model.table for model in task.models.values()))
    tables = {
        cohort: {name: DERIVE[name].read(processed(cohort, "analysis", f"{name}.parquet")) for name in names}
        for cohort in snakemake.params.cohorts
    }
    estimates = {
        cohort: MODELS["estimates"].read(report(cohort, "internal", "tables", "estimates.csv"))
        for cohort in tables
    }
    found = over_cohorts(task, tables, estimates)
    TABLES["over_cohorts"].write(found, snakemake.output.effects)
    say(f"{len(found)} numbers over {len(tables)} cohorts")
