"""Analysis tables to estimates over completed data sets, beside those of complete cases."""

from alliance_modes.running.jobs import Job

with Job(snakemake.rule, snakemake.wildcards, snakemake.log) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
    from alliance_modes.dictionary.result_table import read_each, write_each
    from alliance_modes.imputation.analysis import imputed_estimates
    from alliance_modes.imputation.tipping import tipping_points
    from alliance_modes.plan.plan import Plan

    plan = Plan.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, snakemake.input.tables)
    imputed = imputed_estimates(plan, tables)
    found = {"imputed": imputed, "tipping": tipping_points(plan, tables)}
    write_each(IMPUTATION, found, snakemake.output)
    pooled = int(imputed.loc[imputed["status"] == "ok", "outcome"].nunique())
    say(f"{pooled} outcomes pooled over {plan.imputation.m} completed data sets")
