# REQUIRED INPUTS: the typed tables
# OUTPUTS: data/processed/{cohort}/clean/: clean tables, and the account of every row and cell
rule clean:
    input:
        tables=rules.ingest.output.tables,
        changes=rules.ingest.output.changes,
        instruments=study.instrument_files(),
        code=code("clean"),
    output:
        tables=expand("data/processed/{{cohort}}/clean/{table}.parquet", table=TABLES),
        account="data/processed/{cohort}/clean/account.csv",
        excluded="data/processed/{cohort}/clean/excluded.csv",
        changes="data/processed/{cohort}/clean/changes.csv",
        flags="data/processed/{cohort}/clean/flags.csv",
        checks="data/processed/{cohort}/clean/checks.csv",
    log:
        "logs/{cohort}/clean.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=600,
    params:
        plan=study.plan_part("cleaning"),
        data_lock=lambda wildcards: study.data_lock(wildcards.cohort),
        made_with=study.made_with("clean"),
        environment=study.environment,
    script:
        "../scripts/clean.py"
