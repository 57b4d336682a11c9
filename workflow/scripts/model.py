"""Analysis tables to the result of one model of the plan, with a fit per outcome."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.ground.files import read_table, read_tables, write_json
    from alliance_modes.models.effects.measurement_error import reliabilities_of
    from alliance_modes.models.fitting import fit_model
    from alliance_modes.plan.plan import Plan

    name, plan = snakemake.wildcards.model, Plan.model_validate(snakemake.params.plan)
    names = tuple(Path(path).stem for path in snakemake.input.tables)
    tables = read_tables(Path(snakemake.input.tables[0]).parent, names)
    known = reliabilities_of(read_table(snakemake.input.reliability))
    result = fit_model(name, plan, tables, known)
    write_json(result.model_dump(mode="json"), snakemake.output.result)
    say(f"{result.status}; outcomes: {len(result.fits)}")
