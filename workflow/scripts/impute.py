"""Analysis tables to the estimates of one model over completed data sets, beside those of complete cases."""

from alliance_modes.running.jobs import Job

with Job(snakemake) as say:
    from alliance_modes.dictionary.derive import TABLES as DERIVE
    from alliance_modes.dictionary.imputation import TABLES as IMPUTATION
    from alliance_modes.dictionary.result_table import read_each, write_each
    from alliance_modes.imputation.analysis import imputed_estimates
    from alliance_modes.imputation.tipping import tipping_points
    from alliance_modes.plan.parts import ImputationTask
    from alliance_modes.plan.reading import columns_read

    task = ImputationTask.model_validate(snakemake.params.plan)
    tables = read_each(DERIVE, snakemake.input.tables, columns_read(task))
    imputed = imputed_estimates(task, tables)
    found = {"imputed": imputed, "tipping": tipping_points(task, tables)}
    write_each(IMPUTATION, found, snakemake.output)
    pooled = int(imputed.loc[imputed["status"] == "ok", "outcome"].nunique())
    say(f"{pooled} outcomes pooled over {task.imputation.m} completed data sets")
