"""Analysis tables to estimates over completed data sets, beside those of complete cases."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from pathlib import Path

    from alliance_modes.ground.files import read_tables, write_csv
    from alliance_modes.imputation.analysis import imputed_estimates
    from alliance_modes.imputation.tipping import tipping_points
    from alliance_modes.plan.plan import Plan

    plan = Plan.model_validate(snakemake.params.plan)
    names = tuple(Path(path).stem for path in snakemake.input.tables)
    tables = read_tables(Path(snakemake.input.tables[0]).parent, names)
    imputed = imputed_estimates(plan, tables)
    write_csv(imputed, snakemake.output.imputed)
    write_csv(tipping_points(plan, tables), snakemake.output.tipping)
    pooled = int(imputed.loc[imputed["status"] == "ok", "outcome"].nunique())
    say(f"{pooled} outcomes pooled over {plan.imputation.m} completed data sets")
