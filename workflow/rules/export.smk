# REQUIRED INPUTS: the clean tables and the flags of cleaning
# OUTPUTS: reports/{cohort}/internal/data/: records with scores as CSV, SPSS and Stata, and their codebook
rule export:
    input:
        cohort=lambda wildcards: study.cohort_file(wildcards.cohort),
        tables=rules.clean.output.tables,
        flags=rules.clean.output.flags,
        instruments=study.instrument_files(),
        code=code_list("export"),
    output:
        data=expand(
            "reports/{{cohort}}/internal/data/{table}.{suffix}",
            table=TABLES,
            suffix=["csv", "sav", "dta"],
        ),
        codebook=report(
            "reports/{cohort}/internal/data/codebook.csv",
            caption="../report/codebook.rst",
            category="{cohort}",
            subcategory="Data",
            labels={"content": "codebook", "kind": "table"},
        ),
        page=report(
            "reports/{cohort}/internal/data/codebook.html",
            caption="../report/codebook.rst",
            category="{cohort}",
            subcategory="Data",
            labels={"content": "codebook", "kind": "page"},
        ),
    log:
        "logs/{cohort}/export.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=memory("export"),
    params:
        raw=lambda wildcards: study.raw_digest(wildcards.cohort),
        made_with=study.made_with("export"),
        held=held("export"),
        environment=study.environment,
    script:
        "../scripts/export.py"
