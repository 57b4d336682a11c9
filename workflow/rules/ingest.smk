# REQUIRED INPUTS: cohort.yaml and the raw files that it names
# OUTPUTS: data/processed/{cohort}/typed/: one typed table each, missing and changed cells, sources
rule ingest:
    input:
        cohort=lambda wildcards: study.cohort_file(wildcards.cohort),
        raw=lambda wildcards: study.raw_files(wildcards.cohort),
        instruments=study.instrument_files(),
        code=code_list("ingest"),
    output:
        tables=expand("data/processed/{{cohort}}/typed/{table}.parquet", table=TABLES),
        missing="data/processed/{cohort}/typed/missing.parquet",
        changes="data/processed/{cohort}/typed/changes.parquet",
        sources="data/processed/{cohort}/typed/sources.json",
        origin="data/processed/{cohort}/typed/origin.json",
    log:
        "logs/{cohort}/ingest.log",
    priority: 100
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("ingest"),
    params:
        raw=lambda wildcards: study.raw_digest(wildcards.cohort),
        key=lambda wildcards: study.key_fingerprint(wildcards.cohort),
        key_file=study.config.key_file,
        made_with=study.made_with("ingest"),
        held=held("ingest"),
        environment=study.environment,
    script:
        "../scripts/ingest.py"
