"""Analysis tables to one model of the plan as R's lme4 fits it, beside glmm."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.ground.files import write_json
    from alliance_modes.models.refitting.through_lme4 import lme4_model
    from alliance_modes.models.second_engines.rscript import find_lme4
    from alliance_modes.plan.parts import ModelTask

    task = ModelTask.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, [snakemake.input.table])
    here = find_lme4()
    result = lme4_model(task, tables, here, snakemake.params.seconds)
    write_json(result.model_dump(mode="json"), snakemake.output.refits)
    say(here.reason or f"lme4 {here.version}; outcomes: {len(result.refits)}")
