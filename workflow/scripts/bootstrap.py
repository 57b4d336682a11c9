"""Analysis tables and the result of one model to the bootstrap of its primary tests."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.ground.files import read_json, read_tables, write_json
    from alliance_modes.models.refitting.bootstrap_check import bootstrap_model
    from alliance_modes.models.result import ModelResult
    from alliance_modes.plan.plan import Plan

    name, plan = snakemake.wildcards.model, Plan.model_validate(snakemake.params.plan)
    names = tuple(Path(path).stem for path in snakemake.input.tables)
    tables = read_tables(Path(snakemake.input.tables[0]).parent, names)
    fitted = ModelResult.model_validate(read_json(snakemake.input.result))
    result = bootstrap_model(name, plan, tables, fitted)
    write_json(result.model_dump(mode="json"), snakemake.output.checks)
    say(f"tests: {len(result.checks)}")
