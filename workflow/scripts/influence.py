"""Analysis tables and the result of one model to what leaving out practitioners and sites does to it."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.ground.files import write_json
    from alliance_modes.models.refitting.influence import influence_model
    from alliance_modes.models.result import read_result
    from alliance_modes.plan.parts import ModelTask
    from alliance_modes.plan.reading import columns_read

    task = ModelTask.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, [snakemake.input.table], columns_read(task))
    fitted = read_result(snakemake.input.result)
    result = influence_model(task, tables, fitted)
    write_json(result.model_dump(mode="json"), snakemake.output.influence)
    say(f"rows: {len(result.rows)}")
