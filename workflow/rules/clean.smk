# REQUIRED INPUTS: the typed tables, and what each file held
# OUTPUTS: data/processed/{cohort}/clean/: clean tables, and the account of every row and cell
rule clean:
    input:
        tables=rules.ingest.output.tables,
        changes=rules.ingest.output.changes,
        sources=rules.ingest.output.sources,
        instruments=study.instrument_files(),
        code=code_list("clean"),
    output:
        tables=expand("data/processed/{{cohort}}/clean/{table}.parquet", table=TABLES),
        account="data/processed/{cohort}/clean/account.csv",
        excluded="data/processed/{cohort}/clean/excluded.csv",
        changes="data/processed/{cohort}/clean/changes.csv",
        flags="data/processed/{cohort}/clean/flags.csv",
        checks="data/processed/{cohort}/clean/checks.csv",
    log:
        "logs/{cohort}/clean.log",
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("clean"),
    params:
        plan=study.cleaning,
        losses=lambda wildcards: study.loss_rules(wildcards.cohort),
        data_lock=lambda wildcards: study.data_lock(wildcards.cohort),
        made_with=study.made_with("clean"),
        held=held("clean"),
        environment=study.environment,
    script:
        "../scripts/clean.py"


# REQUIRED INPUTS: the clean tables, what cleaning did, and the reasons that ingest found
# OUTPUTS: data/processed/{cohort}/clean/missing_map.csv: what is missing, where and why
rule missingness:
    input:
        tables=rules.clean.output.tables,
        missing=rules.ingest.output.missing,
        changes=rules.clean.output.changes,
        excluded=rules.clean.output.excluded,
        instruments=study.instrument_files(),
        code=code_list("missingness"),
    output:
        missing_map="data/processed/{cohort}/clean/missing_map.csv",
    log:
        "logs/{cohort}/missingness.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("missingness"),
    params:
        made_with=study.made_with("missingness"),
        held=held("missingness"),
        environment=study.environment,
    script:
        "../scripts/missingness.py"
