"""Analysis tables and the result of one model to the bootstrap of its primary tests."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.result_table import read_each
    from alliance_modes.ground.files import write_json
    from alliance_modes.models.refitting.bootstrap_check import bootstrap_model
    from alliance_modes.models.result import read_result
    from alliance_modes.plan.parts import BootstrapTask
    from alliance_modes.plan.reading import columns_read

    task = BootstrapTask.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, [snakemake.input.table], columns_read(task))
    fitted = read_result(snakemake.input.result)
    result = bootstrap_model(task, tables, fitted)
    write_json(result.model_dump(mode="json"), snakemake.output.checks)
    say(f"tests: {len(result.checks)}")
