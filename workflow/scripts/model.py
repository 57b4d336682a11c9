"""Analysis tables to the result of one model of the plan, with a fit per outcome."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.measurement import TABLES as MEASUREMENT
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.ground.files import write_json
    from alliance_modes.models.effects.measurement_error import reliabilities_of
    from alliance_modes.models.fitting import fit_model
    from alliance_modes.plan.parts import ModelTask
    from alliance_modes.plan.reading import columns_read

    task = ModelTask.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, [snakemake.input.table], columns_read(task))
    known = reliabilities_of(MEASUREMENT["exposure_reliability"].read(snakemake.input.reliability))
    result = fit_model(task, tables, known)
    write_json(result.model_dump(mode="json"), snakemake.output.result)
    say(result.line)
